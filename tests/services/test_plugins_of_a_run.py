"""What a run and its charges keep of the plugins that priced them."""

from __future__ import annotations

from contextlib import closing
from datetime import date
from decimal import Decimal
from threading import Event
from typing import Any

import pytest

from quitrent import Adjustment, Line, RetailAmount, Review, Verdict, hookimpl
from quitrent.hooks.discovery import digest_of
from quitrent.hooks.errors import PluginError
from quitrent.hooks.hosting import Hosting
from quitrent.hooks.manager import Plugins
from quitrent.server import build_deployment
from quitrent.services.billing import post_fees
from quitrent.services.runs import ask_for_run
from quitrent.store.tables import ExplanationRow
from tests.harness import House, wait_for


class Adds:
    """Adds an amount; one that sets the final price says so."""

    def __init__(self, amount: str, *, final: bool = False) -> None:
        self.amount = Decimal(amount)
        self.sets_final_price = final

    @hookimpl
    def quitrent_adjust_retail(self, line: Line) -> Adjustment:
        return Adjustment("adds", f"{self.amount} more", amount=self.amount, currency=line.currency)


class Fails:
    @hookimpl
    def quitrent_adjust_retail(self, line: Line) -> None:
        raise RuntimeError("no price today")

    @hookimpl
    def quitrent_review_retail(self, line: Line, price: RetailAmount) -> Review:
        return Review(Verdict.WARN, "seen")


class FailsToReview:
    @hookimpl
    def quitrent_review_retail(self, line: Line, price: RetailAmount) -> None:
        raise RuntimeError("no judgement today")


def plugins_of(**made: object) -> Plugins:
    plugins = Plugins()
    for name, plugin in made.items():
        plugins.register(name, plugin, "1.0")
    return plugins


def steps_of(house: House) -> list[tuple[str, str, str]]:
    """The kind, the plugin and the text of each step of the one retail charge, as far as a plugin is named."""
    [charge] = house.charges(side="SIDE_RETAIL")
    return [(step.plugin, _kind(step), step.text) for step in charge.explanation.steps if step.plugin]


def _kind(step: Any) -> str:
    name = step.DESCRIPTOR.fields_by_name["kind"].enum_type.values_by_number[step.kind].name
    return str(name.removeprefix("STEP_KIND_"))


def bill_one(house: House, plugins: Plugins) -> None:
    house.assign(house.make_account("acme"))
    house.use_plugins(plugins)
    house.bill("2026-01-31")


FAILED = "which raised RuntimeError"
ADDS = "+1 USD: 1 more"
# The plugins, and what happens to a line that one of them fails for | the retail amounts, what is said of them
POLICIES: dict[str, tuple[dict[str, object], str, list[str], list[tuple[str, str, str]]]] = {
    "parked": ({"adds": Adds("1"), "fails": Fails()}, "park", [], []),
    "without its adjustment": (
        {"adds": Adds("1"), "fails": Fails()},
        "price-without",
        ["21.00"],
        [
            ("adds", "ADJUSTMENT", ADDS),
            ("fails", "LEFT_OUT", f"made without this plugin, {FAILED}"),
            ("fails", "REVIEW", "seen"),
        ],
    ),
    "without its review": (
        {"adds": Adds("1"), "fails": FailsToReview()},
        "price-without",
        ["21.00"],
        [("adds", "ADJUSTMENT", ADDS), ("fails", "LEFT_OUT", f"not reviewed by this plugin, {FAILED}")],
    ),
    "the review parked": ({"adds": Adds("1"), "fails": FailsToReview()}, "park", [], []),
}


@pytest.mark.parametrize(("made", "on_failure", "amounts", "said"), POLICIES.values(), ids=POLICIES)
def test_a_line_that_a_plugin_fails_for_becomes_what_the_deployment_says(
    gold: House, made: dict[str, object], on_failure: Any, amounts: list[str], said: list[tuple[str, str, str]]
) -> None:
    plugins = Plugins()
    for name, plugin in made.items():
        plugins.register(name, plugin, "1.0", hosting=Hosting(on_failure=on_failure))
    bill_one(gold, plugins)
    assert gold.amounts("WHOLESALE") == ["10.00"]
    assert gold.amounts("RETAIL") == amounts
    assert (steps_of(gold) if amounts else []) == said
    assert [one.plugin for one in gold.admin.ListParkedCharges().parked_charges] == ([] if amounts else ["fails"])


@pytest.mark.parametrize("final", ["a", "z"])
def test_beside_a_final_price_nothing_else_counts_whatever_the_order_of_names(gold: House, final: str) -> None:
    bill_one(gold, plugins_of(**{"m": Adds("5"), final: Adds("-3", final=True)}))
    assert gold.amounts("RETAIL") == ["17.00"]
    not_counted = f"+5 USD is not counted, since plugin {final} sets the final price: 5 more"
    assert sorted(steps_of(gold)) == sorted(
        [
            (final, "ADJUSTMENT", "-3 USD: -3 more"),
            ("m", "LEFT_OUT", not_counted),
        ]
    )


def test_two_that_set_the_final_price_cannot_be_in_use_together() -> None:
    with pytest.raises(PluginError, match="plugins a and b both set the final price; use one of them"):
        plugins_of(a=Adds("1", final=True), b=Adds("2", final=True))


def test_a_thousand_charges_with_the_same_story_are_explained_once(gold: House) -> None:
    for number in range(20):
        gold.assign(gold.make_account(f"r{number % 4}", f"a{number}"))
    gold.use_plugins(plugins_of(adds=Adds("1")))
    gold.bill("2026-12-31")
    assert len(gold.charges()) == 20 * 12 * 2
    with gold.deployment.store.connection():
        count = ExplanationRow.select().count()
    # One for the fees, one for the prices.
    assert count == 2


def test_a_run_that_goes_on_with_other_plugins_says_so(gold: House) -> None:
    gold.assign(gold.make_account("acme"))
    gold.close()
    # Its fees are posted by a process that ends then, and that had other plugins.
    with closing(build_deployment(gold.settings, plugins_of(adds=Adds("1")), must_exist=True)) as before:
        with before.store.write():
            run = ask_for_run(before, date(2026, 1, 31))
        post_fees(before, run, Event())
    gold.use_plugins(plugins_of(adds=Adds("1"), other=Adds("2")))
    wait_for(lambda: bool(gold.admin.GetBillingRun(name=run.name).billing_run.finish_time.seconds))
    finished = gold.admin.GetBillingRun(name=run.name).billing_run
    assert [(one.name, one.version) for one in finished.plugins] == [("adds", "1.0"), ("other", "1.0")]
    assert list(finished.remarks) == [
        "went on with the plugins adds 1.0 (settings ), other 1.0 (settings ), after adds 1.0 (settings )"
    ]


def test_a_run_that_goes_on_with_the_same_plugins_has_nothing_to_say(gold: House) -> None:
    bill_one(gold, plugins_of(adds=Adds("1")))
    [finished] = gold.admin.ListBillingRuns().billing_runs
    assert (len(finished.plugins), list(finished.remarks)) == (1, [])


# Two tables | whether they have the same digest
TABLES: list[tuple[dict[str, object], dict[str, object], bool]] = [
    ({"percent": "1", "labels": {"a": "1", "b": "2"}}, {"labels": {"b": "2", "a": "1"}, "percent": "1"}, True),
    ({"percent": "1"}, {"percent": "2"}, False),
    ({"percent": "1"}, {"percnt": "1"}, False),
    ({"on": True}, {"on": 1}, False),
    ({"since": date(2026, 1, 1)}, {"since": date(2026, 1, 2)}, False),
    ({"names": ["a", "b"]}, {"names": ["b", "a"]}, False),
]


@pytest.mark.parametrize(("one", "other", "same"), TABLES)
def test_a_digest_tells_a_table_of_settings_from_another(
    one: dict[str, object], other: dict[str, object], same: bool
) -> None:
    assert (digest_of(one) == digest_of(other)) is same
