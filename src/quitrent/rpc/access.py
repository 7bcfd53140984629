"""Which role may call what. What a call may see and change beyond that, the services decide."""

from __future__ import annotations

from collections.abc import Iterable

from quitrent.domain.errors import PermissionDenied, Reason
from quitrent.services.caller import Caller, Role

EVERY_ROLE = frozenset({Role.ADMIN, Role.RESELLER})
ADMIN_ONLY = frozenset({Role.ADMIN})

ACCESS = {
    "CreatePlan": EVERY_ROLE,
    "GetPlan": EVERY_ROLE,
    "ListPlans": EVERY_ROLE,
    "UpdatePlan": EVERY_ROLE,
    "DeletePlan": EVERY_ROLE,
    "CreateFeeChange": EVERY_ROLE,
    "GetFeeChange": EVERY_ROLE,
    "ListFeeChanges": EVERY_ROLE,
    "DeleteFeeChange": EVERY_ROLE,
    "CreateProduct": ADMIN_ONLY,
    "GetProduct": EVERY_ROLE,
    "ListProducts": EVERY_ROLE,
    "UpdateProduct": EVERY_ROLE,
    "ArchiveProduct": ADMIN_ONLY,
    "DeleteProduct": ADMIN_ONLY,
    "CreatePriceRule": EVERY_ROLE,
    "GetPriceRule": EVERY_ROLE,
    "ListPriceRules": EVERY_ROLE,
    "UpdatePriceRule": EVERY_ROLE,
    "DeletePriceRule": EVERY_ROLE,
    "ListPriceRuleRevisions": EVERY_ROLE,
    "CreateReseller": ADMIN_ONLY,
    "GetReseller": EVERY_ROLE,
    "ListResellers": EVERY_ROLE,
    "UpdateReseller": ADMIN_ONLY,
    "CreateCustomer": EVERY_ROLE,
    "GetCustomer": EVERY_ROLE,
    "ListCustomers": EVERY_ROLE,
    "UpdateCustomer": EVERY_ROLE,
    "CreateAccount": EVERY_ROLE,
    "GetAccount": EVERY_ROLE,
    "ListAccounts": EVERY_ROLE,
    "UpdateAccount": EVERY_ROLE,
    "CreateSubscription": EVERY_ROLE,
    "GetSubscription": EVERY_ROLE,
    "ListSubscriptions": EVERY_ROLE,
    "SuspendSubscription": EVERY_ROLE,
    "ResumeSubscription": EVERY_ROLE,
    "CloseSubscription": EVERY_ROLE,
    "ChangeSubscriptionProduct": EVERY_ROLE,
    "WithdrawSubscriptionChange": EVERY_ROLE,
    "ImportBook": EVERY_ROLE,
    "QuotePrice": EVERY_ROLE,
    "BatchQuotePrices": EVERY_ROLE,
    "StreamQuotes": EVERY_ROLE,
    "StartBillingRun": ADMIN_ONLY,
    "GetBillingRun": ADMIN_ONLY,
    "ListBillingRuns": ADMIN_ONLY,
    "WatchBillingRun": ADMIN_ONLY,
    "CancelBillingRun": ADMIN_ONLY,
    "ContinueBillingRun": ADMIN_ONLY,
    "ListPlugins": ADMIN_ONLY,
    "ResumePlugin": ADMIN_ONLY,
    "RehearsePrices": ADMIN_ONLY,
    "GetCharge": EVERY_ROLE,
    "ListCharges": EVERY_ROLE,
    "ExportCharges": EVERY_ROLE,
    "ReverseCharge": EVERY_ROLE,
    "ListParkedCharges": EVERY_ROLE,
    "GetStatement": EVERY_ROLE,
    "ListStatementLines": EVERY_ROLE,
    "ExportStatementLines": EVERY_ROLE,
}


def check_access(caller: Caller, method: str) -> None:
    """Refuse a call that the caller's role may not make.

    Errors: PermissionDenied (ADMIN_ONLY).
    """
    if caller.role not in ACCESS[method]:
        raise PermissionDenied(Reason.ADMIN_ONLY, f"only the provider may call {method}")


def check_complete(methods: Iterable[str]) -> None:
    """Refuse to serve methods of which the table does not say who may call them."""
    missing = sorted(set(methods) - set(ACCESS))
    if missing:
        raise LookupError(f"the table of roles lacks {', '.join(missing)}")
