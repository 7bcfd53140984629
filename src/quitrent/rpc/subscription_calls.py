"""The part of BillingService that is about subscriptions."""

from __future__ import annotations

import grpc

from quitrent.domain.subscription import Subscription, SubscriptionState
from quitrent.rpc.calls import mutate, page_out, page_request
from quitrent.rpc.gate import current_caller
from quitrent.rpc.party_messages import subscription_out
from quitrent.rpc.values import date_in, enum_in, new_id, required_text
from quitrent.services import subscriptions
from quitrent.services.caller import Caller
from quitrent.services.deployment import Deployment
from quitrent.v1 import billing_service_pb2 as pb
from quitrent.v1 import subscription_pb2


class SubscriptionCalls:
    """Assign, suspend, resume and close."""

    _deployment: Deployment

    def CreateSubscription(
        self, request: pb.CreateSubscriptionRequest, context: grpc.ServicerContext
    ) -> pb.CreateSubscriptionResponse:
        caller = current_caller()
        name = f"{request.parent}/subscriptions/{request.subscription_id or new_id()}"
        product = required_text(request.subscription.product, "subscription.product")
        start = date_in(request.subscription, "start_date", "subscription.start_date")
        return mutate(
            self._deployment,
            request,
            pb.CreateSubscriptionResponse,
            lambda: pb.CreateSubscriptionResponse(
                subscription=self._out(
                    subscriptions.assign_product(self._deployment, caller, name, product, start), caller
                )
            ),
        )

    def GetSubscription(
        self, request: pb.GetSubscriptionRequest, context: grpc.ServicerContext
    ) -> pb.GetSubscriptionResponse:
        caller = current_caller()
        found = subscriptions.get_subscription(caller, request.name)
        return pb.GetSubscriptionResponse(subscription=self._out(found, caller))

    def ListSubscriptions(
        self, request: pb.ListSubscriptionsRequest, context: grpc.ServicerContext
    ) -> pb.ListSubscriptionsResponse:
        caller = current_caller()
        state = enum_in(subscription_pb2.Subscription.State, request.state, SubscriptionState)
        page = subscriptions.list_subscriptions(
            self._deployment, caller, request.parent, request.product, state, page_request(request)
        )
        found, token = page_out(page, lambda one: self._out(one, caller))
        return pb.ListSubscriptionsResponse(subscriptions=found, next_page_token=token)

    def SuspendSubscription(
        self, request: pb.SuspendSubscriptionRequest, context: grpc.ServicerContext
    ) -> pb.SuspendSubscriptionResponse:
        caller = current_caller()
        start = date_in(request, "start_date", "start_date")
        return mutate(
            self._deployment,
            request,
            pb.SuspendSubscriptionResponse,
            lambda: pb.SuspendSubscriptionResponse(
                subscription=self._out(
                    subscriptions.suspend_subscription(self._deployment, caller, request.name, start), caller
                )
            ),
        )

    def ResumeSubscription(
        self, request: pb.ResumeSubscriptionRequest, context: grpc.ServicerContext
    ) -> pb.ResumeSubscriptionResponse:
        caller = current_caller()
        day = date_in(request, "resume_date", "resume_date")
        return mutate(
            self._deployment,
            request,
            pb.ResumeSubscriptionResponse,
            lambda: pb.ResumeSubscriptionResponse(
                subscription=self._out(
                    subscriptions.resume_subscription(self._deployment, caller, request.name, day), caller
                )
            ),
        )

    def CloseSubscription(
        self, request: pb.CloseSubscriptionRequest, context: grpc.ServicerContext
    ) -> pb.CloseSubscriptionResponse:
        caller = current_caller()
        end = date_in(request, "end_date", "end_date")
        return mutate(
            self._deployment,
            request,
            pb.CloseSubscriptionResponse,
            lambda: pb.CloseSubscriptionResponse(
                subscription=self._out(
                    subscriptions.close_subscription(self._deployment, caller, request.name, end), caller
                )
            ),
        )

    def _out(self, subscription: Subscription, caller: Caller) -> subscription_pb2.Subscription:
        return subscription_out(subscription, self._deployment.today(), caller)
