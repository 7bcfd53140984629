"""Which plans a product may name, who may assign it, and what of it can be changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from quitrent.domain.errors import Reason, Violation, invalid, not_found
from quitrent.domain.money import Money
from quitrent.domain.plan import Plan, PlanKind
from quitrent.domain.product import (
    Product,
    ProductKind,
    ProductState,
    changed_product,
    check_assignable,
    check_product,
    check_product_sharing,
)
from tests.domain.refusals import refusal

GOLD = Product("products/gold", ProductKind.MAIN, "plans/price", "plans/fee", shared_with_resellers=True)
PRICE = Plan("plans/price", PlanKind.ACCOUNT, Money(20_000_000, "USD"), shared_with_resellers=True)
FEE = Plan("plans/fee", PlanKind.RESELLER, Money(10_000_000, "USD"), applied_more_than_once=True)
ACME = "resellers/acme"


@pytest.mark.parametrize(
    ("product", "account_plan", "reseller_plan", "refused"),
    [
        ({}, {}, {}, None),
        (
            {"managed_by": ACME},
            {},
            {},
            "FIELD_INVALID product.shared_with_resellers: is only for products that the provider manages",
        ),
        (
            {},
            {"kind": PlanKind.RESELLER},
            {},
            "PLAN_KIND_WRONG plans/price is of kind RESELLER; product.account_plan needs one of kind ACCOUNT",
        ),
        (
            {},
            {},
            {"kind": PlanKind.ACCOUNT},
            "PLAN_KIND_WRONG plans/fee is of kind ACCOUNT; product.reseller_plan needs one of kind RESELLER",
        ),
        (
            {},
            {"managed_by": ACME},
            {},
            "PLAN_MANAGED_BY_OTHER plans/price is managed by resellers/acme; a product that is managed by "
            "the provider needs plans that are too",
        ),
        (
            {"managed_by": ACME, "shared_with_resellers": False},
            {"managed_by": ACME},
            {},
            "PLAN_MANAGED_BY_OTHER plans/fee is managed by the provider; a product that is managed by "
            "resellers/acme needs plans that are too",
        ),
        (
            {"managed_by": ACME, "shared_with_resellers": False},
            {"managed_by": ACME, "shared_with_resellers": False},
            {"managed_by": ACME},
            None,
        ),
        (
            {},
            {"shared_with_resellers": False},
            {},
            "ACCOUNT_PLAN_NOT_SHARED plans/price is not shared with resellers; a product that is shared needs an "
            "account plan that is shared too",
        ),
        ({"shared_with_resellers": False}, {"shared_with_resellers": False}, {}, None),
        (
            {},
            {},
            {"applied_more_than_once": False},
            "RESELLER_PLAN_NOT_APPLIED_MORE_THAN_ONCE plans/fee is not applied_more_than_once; the fee of a product "
            "is charged once for every account, so its reseller plan has to be",
        ),
    ],
)
def test_a_product_names_plans_that_fit_it(
    product: dict[str, Any], account_plan: dict[str, Any], reseller_plan: dict[str, Any], refused: str | None
) -> None:
    wanted = replace(GOLD, **product), replace(PRICE, **account_plan), replace(FEE, **reseller_plan)
    assert refusal(lambda: check_product(*wanted)) == refused


@pytest.mark.parametrize(("managed_by", "shared", "is_refused"), [(ACME, True, True), (ACME, False, False)])
def test_a_product_of_a_reseller_is_not_shared(managed_by: str, shared: bool, is_refused: bool) -> None:
    product = replace(GOLD, managed_by=managed_by, shared_with_resellers=shared)
    text = "FIELD_INVALID product.shared_with_resellers: is only for products that the provider manages"
    assert refusal(lambda: check_product_sharing(product)) == (text if is_refused else None)


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({}, None),
        ({"managed_by": ACME, "shared_with_resellers": False}, None),
        (
            {"managed_by": "resellers/other"},
            "PRODUCT_MANAGED_BY_OTHER products/gold is managed by resellers/other, and resellers/acme cannot assign it",
        ),
        (
            {"shared_with_resellers": False},
            "PRODUCT_NOT_SHARED products/gold is not shared with resellers, so none can assign it",
        ),
        (
            {"state": ProductState.ARCHIVED},
            "PRODUCT_ARCHIVED products/gold is archived: it can no longer be assigned",
        ),
    ],
)
def test_a_reseller_assigns_what_is_its_own_or_shared_and_on_sale(fields: dict[str, Any], refused: str | None) -> None:
    assert refusal(lambda: check_assignable(replace(GOLD, **fields), ACME)) == refused


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"display_name": "Gold", "account_plan": "plans/other"}, None),
        ({"name": "products/x"}, "FIELD_IMMUTABLE product.name: cannot be changed; make a new product"),
        ({"kind": ProductKind.ADD_ON}, "FIELD_IMMUTABLE product.kind: cannot be changed; make a new product"),
        ({"managed_by": ACME}, "FIELD_IMMUTABLE product.managed_by: cannot be changed; make a new product"),
    ],
)
def test_a_product_keeps_what_makes_it_what_it_is(changes: dict[str, Any], refused: str | None) -> None:
    # Only the named fields are looked at.
    wanted = replace(GOLD, state=ProductState.ARCHIVED, **changes)
    assert refusal(lambda: changed_product(GOLD, wanted, frozenset(changes))) == refused
    if refused is None:
        assert changed_product(GOLD, wanted, frozenset(changes)) == replace(GOLD, **changes)


def test_an_error_names_what_it_is_about_for_programs_too() -> None:
    wrong = invalid("plan.fee", "must be zero or more")
    assert str(wrong) == wrong.message == "plan.fee: must be zero or more"
    assert (wrong.reason, wrong.violations) == (
        Reason.FIELD_INVALID,
        (Violation("plan.fee", "must be zero or more"),),
    )
    missing = not_found("plans/gold")
    assert (missing.reason, missing.message) == (Reason.NOT_FOUND, "plans/gold is not found")
    assert (missing.metadata, missing.violations) == ({"name": "plans/gold"}, ())
