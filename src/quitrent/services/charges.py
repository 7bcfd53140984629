"""Charges and parked charges: listed, and taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from quitrent.domain.charge import Charge, ChargeFilter, ChargeReason, ParkedCharge, Side, reversal_of
from quitrent.domain.errors import PermissionDenied, Reason, not_found
from quitrent.domain.party import reseller_of
from quitrent.services.caller import Caller
from quitrent.services.deployment import Deployment
from quitrent.services.paging import Page, PageRequest, page_of
from quitrent.services.parties import existing_parent
from quitrent.services.subscriptions import get_subscription
from quitrent.store import charge_lists
from quitrent.store import charges as stored
from quitrent.store.parked_charges import list_parked_charges as stored_parked_charges


def get_charge(caller: Caller, name: str) -> Charge:
    """Give a charge. Errors: NotFound."""
    caller.check_sees(name)
    charge = stored.find_charge(name)
    if charge is None:
        raise not_found(name)
    return charge


def list_charges(caller: Caller, wanted: ChargeFilter, request: PageRequest) -> Page[Charge]:
    """Give a page of charges. Errors: NotFound (the parent)."""

    def load(after: int, limit: int) -> Sequence[Charge]:
        under = replace(wanted, parent=existing_charge_parent(caller, wanted.parent))
        return charge_lists.list_charges(under, after, limit)

    return page_of(caller, request, load)


def list_parked_charges(caller: Caller, parent: str, plugin: str, request: PageRequest) -> Page[ParkedCharge]:
    """Give a page of parked charges. Errors: NotFound (the parent)."""
    return page_of(
        caller,
        request,
        lambda after, limit: stored_parked_charges(existing_charge_parent(caller, parent), plugin, after, limit),
    )


def reverse_charge(deployment: Deployment, caller: Caller, name: str, note: str) -> Charge:
    """Take a charge back: the provider on the wholesale side, the reseller on its own retail side.

    Errors: NotFound, PermissionDenied, FailedPrecondition.
    """
    charge = get_charge(caller, name)
    if caller.is_admin != (charge.side is Side.WHOLESALE):
        owed = "the provider" if charge.side is Side.WHOLESALE else reseller_of(name)
        raise PermissionDenied(Reason.SIDE_OF_OTHER_PARTY, f"{name} is owed to {owed}, which alone can reverse it")
    if charge.reversed_by:
        return get_charge(caller, charge.reversed_by)
    reversal = reversal_of(charge, note, deployment.today(), credited=_is_credited(charge))
    stored.insert_reversal(reversal, charge, deployment.now())
    return get_charge(caller, reversal.name)


def _is_credited(charge: Charge) -> bool:
    has_one = charge.reason in (ChargeReason.RECURRING, ChargeReason.SUSPENSION_CREDIT)
    return has_one and stored.has_counterpart(charge)


def existing_charge_parent(caller: Caller, parent: str) -> str:
    """Give the party or the subscription to list under, which the caller sees and which exists; empty for all.

    Errors: NotFound.
    """
    if "/subscriptions/" in parent:
        return get_subscription(caller, parent).name
    return existing_parent(caller, parent)
