"""Resellers, customers, accounts and subscriptions: between messages and domain values."""

from __future__ import annotations

from datetime import date
from typing import TypeVar

from quitrent.domain.party import Party, reseller_of
from quitrent.domain.subscription import Subscription
from quitrent.rpc.values import date_out, enum_out, new_id, required_text, time_out
from quitrent.services.caller import Caller
from quitrent.v1 import party_pb2, subscription_pb2

PartyMessage = TypeVar("PartyMessage", party_pb2.Reseller, party_pb2.Customer, party_pb2.Account)


def new_party_in(message: PartyMessage, parent: str, collection: str, party_id: str) -> Party:
    """Read a reseller, a customer or an account to create under a parent."""
    name = f"{parent}/{collection}/{party_id or new_id()}" if parent else f"{collection}/{party_id or new_id()}"
    return Party(name, message.display_name, dict(message.labels))


def changed_party_in(message: PartyMessage, noun: str) -> Party:
    """Read the new values of a reseller, a customer or an account. Errors: InvalidArgument."""
    return Party(required_text(message.name, f"{noun}.name"), message.display_name, dict(message.labels))


def party_out(party: Party, message_type: type[PartyMessage]) -> PartyMessage:
    """Write a reseller, a customer or an account."""
    return message_type(
        name=party.name,
        display_name=party.display_name,
        labels=party.labels,
        create_time=time_out(party.create_time),
        update_time=time_out(party.update_time),
    )


def subscription_out(subscription: Subscription, today: date, caller: Caller) -> subscription_pb2.Subscription:
    """Write a subscription as it is today, without a reseller plan that the caller may not read."""
    reads_reseller_plan = caller.is_admin or reseller_of(subscription.reseller_plan) == caller.reseller
    wholesale_end = subscription.wholesale.schedule.end
    return subscription_pb2.Subscription(
        name=subscription.name,
        product=subscription.product,
        start_date=date_out(subscription.start),
        end_date=date_out(subscription.end) if subscription.end else None,
        state=enum_out(subscription_pb2.Subscription.State, subscription.state_on(today)),
        suspensions=[
            subscription_pb2.Suspension(
                start_date=date_out(suspension.start),
                end_date=date_out(suspension.end) if suspension.end else None,
                paused_days=enum_out(subscription_pb2.PausedDays, suspension.paused_days),
            )
            for suspension in subscription.suspensions
        ],
        account_plan=subscription.account_plan,
        reseller_plan=subscription.reseller_plan if reads_reseller_plan else "",
        wholesale_billed_until=date_out(subscription.wholesale.billed_until),
        retail_billed_until=date_out(subscription.retail.billed_until),
        retail_settled_until=date_out(subscription.retail.settled_until),
        wholesale_end_date=date_out(wholesale_end) if wholesale_end else None,
        wholesale_start_date=date_out(subscription.wholesale.schedule.start),
        replaces=subscription.replaces,
        create_time=time_out(subscription.create_time),
        update_time=time_out(subscription.update_time),
    )
