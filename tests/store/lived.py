"""A database that has lived: some of everything that there can be, in each of the tables."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from quitrent import Adjustment, Charge, Line, hookimpl
from quitrent.hooks.manager import Plugins
from quitrent.server import build_deployment
from quitrent.services import progress
from quitrent.services.billing import carry_out_partition
from quitrent.services.runs import ask_for_run
from quitrent.store.partitions import partitions_of
from quitrent.store.set_aside_plugins import set_aside
from tests.conftest import WHOLE
from tests.harness import GOLD, House, day, identities, iso, money, month

SILVER = "products/silver"
CUT_OFF_RUN = "billingRuns/2026-04-30-1"

# What is written apart in one database or the other, and what only looks the same.
TEXTS = {
    "tab": "a\tb",
    "lines": "a\nb\r\nc\r",
    "backslashes": "\\N \\. \\t \\\\",
    "quotes": "'a' \"b\" {c} %s",
    "umlauts": "Größe, façade, Ångström, A\u030angstrom",
    "letters": "\u202e שלום 日本語 \U0001d518\U0010ffff",
    "controls": "\x01\x1f\x7f\x85\u2028",
    "spaces": "  a \u00a0 ",
}


class Moody:
    """Prices nothing of one reseller, and does not want to hear of charges."""

    @hookimpl
    def quitrent_adjust_retail(self, line: Line) -> Adjustment | None:
        if line.reseller.name == "resellers/bolt":
            raise ValueError("not for bolt: \\N\t\n'é'")
        return None

    @hookimpl
    def quitrent_charges_posted(self, charges: Sequence[Charge]) -> None:
        raise OSError("not now")


def moody() -> Plugins:
    """The plugin, in use."""
    plugins = Plugins()
    plugins.register("moody", Moody(), "1.0")
    return plugins


@dataclass(frozen=True)
class Lived:
    """The folder of a server that is off, with a key of its admin, a page token and a call that was answered."""

    folder: Path
    key: str
    page_token: str
    request: dict[str, Any]

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder}/quitrent.db"

    def copied(self, folder: Path) -> Lived:
        """The same in another folder."""
        shutil.copytree(self.folder, folder)
        return Lived(folder, self.key, self.page_token, self.request)


def lived_in(folder: Path) -> Lived:
    """Have a server live in a folder, and leave it with a run that is cut off in the middle of its fees."""
    house = House(folder, moody(), on_postgresql=False)
    _assign(house)
    house.bill("2026-01-31")
    _change(house)
    house.bill("2026-03-31")
    _take_back(house)
    with house.deployment.store.write_within():
        set_aside("gone", "failed 5 times in a row", house.deployment.now())
    request = {"reseller_id": "late", "reseller": {"display_name": "late"}, "request_id": "r-1"}
    house.admin.CreateReseller(**request)
    token = house.admin.ListCharges(page_size=3).next_page_token
    house.close()
    _cut_a_run_off(house)
    return Lived(folder, str(house.admin.key), token, request)


def _assign(house: House) -> None:
    house.make_product(wholesale=WHOLE, retail={**WHOLE, "suspension": "SUSPENSION_POLICY_CREDIT_DAYS"})
    house.make_product("silver", "5.00", "9.00", retail={"timing": "TIMING_IN_ARREARS"})
    for number, reseller in enumerate(("acme", "acme", "acme", "bolt", "cord")):
        house.assign(house.make_account(reseller, f"a{number}"), product=SILVER if number == 2 else GOLD)
    for name, text in TEXTS.items():
        house.admin.CreateReseller(reseller_id=name, reseller={"display_name": text, "labels": {"text": text}})


def _change(house: House) -> None:
    admin, accounts = house.admin, "resellers/acme/customers/c1/accounts"
    price = {"product": GOLD, "price": {"percent": {"value": "-62.5"}}, "effective_date": day("2026-02-01")}
    admin.CreatePriceRule(parent="resellers/acme", price_rule_id="own", price_rule=price)
    admin.SuspendSubscription(name=f"{accounts}/a0/subscriptions/s1", start_date=day("2026-02-10"))
    admin.ResumeSubscription(name=f"{accounts}/a0/subscriptions/s1", resume_date=day("2026-02-20"))
    changed = {"product": SILVER, "change_date": day("2026-03-01"), "subscription_id": "s2"}
    admin.ChangeSubscriptionProduct(name=f"{accounts}/a1/subscriptions/s1", **changed)
    fee = {"effective_date": day("2026-03-01"), "fee": money("11.00")}
    admin.CreateFeeChange(parent="plans/gold-fee", fee_change=fee)
    admin.CloseSubscription(name="resellers/cord/customers/c1/accounts/a4/subscriptions/s1", end_date=day("2026-03-16"))


def _take_back(house: House) -> None:
    wanted = {"parent": "resellers/acme", "reason": "CHARGE_REASON_RECURRING"}
    for caller, side in ((house.reseller("acme"), "SIDE_RETAIL"), (house.admin, "SIDE_WHOLESALE")):
        caller.ReverseCharge(name=house.charges(side=side, **wanted)[0].name, note="by mistake")


def _cut_a_run_off(house: House) -> None:
    with (
        closing(build_deployment(house.settings, moody(), house._now)) as deployment,
        pytest.MonkeyPatch.context() as m,
    ):
        m.setattr(progress, "PARTITION", 2)
        with deployment.store.write():
            run = ask_for_run(deployment, date(2026, 4, 30))
        with deployment.store.connection():
            progress.divide(deployment, run)
            first, *others = partitions_of([run.key])
        assert others
        carry_out_partition(deployment, run, first, Event())


@contextmanager
def served(folder: Path, *, on_postgresql: bool) -> Iterator[House]:
    """A server on the database of a folder, which takes up by itself what was cut off."""
    folder.mkdir(exist_ok=True)
    house = House(folder, moody(), on_postgresql=on_postgresql)
    yield house
    house.close()


def books_of(house: House) -> list[Any]:
    """What is charged, what is parked, and what the resellers' statements say."""
    admin = house.admin
    parked = [(one.subscription, iso(one.period_start), one.cause) for one in admin.ListParkedCharges().parked_charges]
    statements = [
        admin.GetStatement(reseller=one.name, month=month(text)).SerializeToString(deterministic=True)
        for one in admin.ListResellers().resellers
        for text in ("2026-01", "2026-02", "2026-03", "2026-04", "2026-05")
    ]
    return [identities(house.charges()), sorted(parked), statements]
