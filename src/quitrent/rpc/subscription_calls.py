"""The part of BillingService that is about subscriptions."""

from __future__ import annotations

import grpc

from quitrent.domain.party import parent_of
from quitrent.domain.subscription import PausedDays, Subscription, SubscriptionState
from quitrent.rpc.calls import mutate, page_out, page_request
from quitrent.rpc.gate import current_caller
from quitrent.rpc.party_messages import subscription_out
from quitrent.rpc.values import date_in, enum_in, new_id, required_text
from quitrent.services import subscriptions
from quitrent.services.caller import Caller
from quitrent.services.deployment import Deployment
from quitrent.services.product_changes import (
    ChangeTiming,
    ProductChange,
    change_product,
    withdraw_product_change,
)
from quitrent.v1 import billing_service_pb2 as pb
from quitrent.v1 import subscription_pb2

_WITHDRAWALS = {
    pb.SUBSCRIPTION_CHANGE_SUSPENSION: subscriptions.withdraw_suspension,
    pb.SUBSCRIPTION_CHANGE_RESUME: subscriptions.withdraw_resume,
    pb.SUBSCRIPTION_CHANGE_END: subscriptions.withdraw_end,
    pb.SUBSCRIPTION_CHANGE_PRODUCT: withdraw_product_change,
}


class SubscriptionCalls:
    """Assign, suspend, resume, close, change, and take back."""

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
            within=request.parent,
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
            within=parent_of(request.name),
        )

    def ResumeSubscription(
        self, request: pb.ResumeSubscriptionRequest, context: grpc.ServicerContext
    ) -> pb.ResumeSubscriptionResponse:
        caller = current_caller()
        day = date_in(request, "resume_date", "resume_date")
        paused_days = enum_in(subscription_pb2.PausedDays, request.paused_days, PausedDays)
        return mutate(
            self._deployment,
            request,
            pb.ResumeSubscriptionResponse,
            lambda: pb.ResumeSubscriptionResponse(
                subscription=self._out(
                    subscriptions.resume_subscription(self._deployment, caller, request.name, day, paused_days), caller
                )
            ),
            within=parent_of(request.name),
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
            within=parent_of(request.name),
        )

    def ChangeSubscriptionProduct(
        self, request: pb.ChangeSubscriptionProductRequest, context: grpc.ServicerContext
    ) -> pb.ChangeSubscriptionProductResponse:
        caller = current_caller()
        change = ProductChange(
            subscription=request.name,
            name=f"{parent_of(request.name)}/subscriptions/{request.subscription_id or new_id()}",
            product=request.product,
            day=date_in(request, "change_date", "change_date"),
            timing=enum_in(pb.ProductChangeTiming, request.timing, ChangeTiming) or ChangeTiming.NEXT_BOUNDARY,
        )

        def work() -> pb.ChangeSubscriptionProductResponse:
            old, new = change_product(self._deployment, caller, change)
            return pb.ChangeSubscriptionProductResponse(
                subscription=self._out(new, caller), replaced=self._out(old, caller)
            )

        return mutate(self._deployment, request, pb.ChangeSubscriptionProductResponse, work, parent_of(request.name))

    def WithdrawSubscriptionChange(
        self, request: pb.WithdrawSubscriptionChangeRequest, context: grpc.ServicerContext
    ) -> pb.WithdrawSubscriptionChangeResponse:
        caller = current_caller()
        withdraw = _WITHDRAWALS[request.change]
        return mutate(
            self._deployment,
            request,
            pb.WithdrawSubscriptionChangeResponse,
            lambda: pb.WithdrawSubscriptionChangeResponse(
                subscription=self._out(withdraw(self._deployment, caller, request.name), caller)
            ),
            within=parent_of(request.name),
        )

    def _out(self, subscription: Subscription, caller: Caller) -> subscription_pb2.Subscription:
        return subscription_out(subscription, self._deployment.today(), caller)
