"""`quitrent plugins rehearse`: tables, figures and a page, beside a server that has the same answer."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from quitrent.hooks.discovery import PluginsSettings, host_plugins
from tests.databases import contents
from tests.docs.page import Page, blocks_of, missing
from tests.harness import GOLD, House, day, iso, money, text_of
from tests.installed import install

README = Page(Path(__file__).parents[2] / "README.md")
QUITRENT = str(Path(sys.executable).with_name("quitrent"))
SPAN = ("--from", "2026-01-01", "--through", "2026-03-31")
SETTINGS = """
database_url = "{url}"
[plugins.markup]
percent = "10"
"""
NEW = """
[plugins.markup]
percent = "-60"
[plugins.refuser]
"""
# Refuses what one reseller asks, in the words of its label.
REFUSER = """
from quitrent import Review, Verdict, hookimpl
class Plugin:
    def __init__(self, settings): pass
    @hookimpl
    def quitrent_review_retail(self, line, price):
        if line.reseller.labels:
            return Review(Verdict.REFUSE, "not for " + line.reseller.labels["tier"] + " & others")
"""
SCRIPT = "<script>alert('x')</script>"


class Shop:
    """A folder with a database, a settings file and one more plugin, and a server at it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "new.toml").write_text(NEW)
        (folder / "installed").mkdir()
        self.path = install(folder / "installed", "refuser", REFUSER)
        self.house = House(folder, host_plugins(PluginsSettings({"markup": {"percent": "10"}})))
        (folder / "quitrent.toml").write_text(SETTINGS.format(url=self.house.settings.database_url))
        self.house.make_product()
        for reseller, tier in (("acme", ""), ("enters", SCRIPT), ("other", "")):
            self.house.assign(self.house.make_account(reseller))
            if tier:
                labelled = {"name": f"resellers/{reseller}", "labels": {"tier": tier}}
                self.house.admin.UpdateReseller(reseller=labelled, update_mask={"paths": ["labels"]})
        rule = {"product": GOLD, "price": {"fixed": money("30.00")}, "effective_date": day("2026-01-01")}
        self.house.admin.CreatePriceRule(parent="resellers/other", price_rule=rule)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command, as an operator in the folder."""
        return subprocess.run(
            [QUITRENT, "plugins", "rehearse", *arguments],
            cwd=self.folder,
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": self.path},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def figures(self, *arguments: str) -> Any:
        """Give what --json prints."""
        ended = self.run(*SPAN, *arguments, "--json")
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    made = Shop(tmp_path_factory.mktemp("shop"))
    yield made
    made.house.close()


def plain(message: Any) -> Any:
    """Give a message as --json has it: by field names, money as text, days as text."""
    kind = message.DESCRIPTOR.full_name
    if kind == "google.type.Money":
        return {"currency_code": message.currency_code, "amount": text_of(message)}
    if kind == "google.type.Date":
        return iso(message)
    if kind == "google.type.Decimal":
        return message.value
    return {field.name: _field(message, field) for field in message.DESCRIPTOR.fields}


def _field(message: Any, field: Any) -> Any:
    value = getattr(message, field.name)
    if field.message_type is None:
        return list(value) if field.is_repeated else value
    if field.is_repeated:
        return [plain(one) for one in value]
    return plain(value) if message.HasField(field.name) else None


def test_the_figures_are_those_of_the_rpc(shop: Shop) -> None:
    printed = shop.figures("--with", "markup", "--settings", "new.toml")
    asked = {"from_date": day("2026-01-01"), "through_date": day("2026-03-31")}
    given = [{"name": "plugins/markup", "settings_toml": 'percent = "-60"'}]
    assert printed == plain(shop.house.admin.RehearsePrices(**asked, **{"with": given}).rehearsal)
    [total] = printed["totals"]
    # 3 months of 22.00, 22.00 and 33.00, which become 8.00, 8.00 and 12.00.
    assert (total["before"], total["after"]) == (usd("231.00"), usd("84.00"))
    assert (total["wholesale_before"], total["wholesale_difference"]) == (usd("90.00"), usd("0.00"))
    assert printed["newly_below_cost_line_count"] == 6


def usd(amount: str) -> dict[str, str]:
    return {"currency_code": "USD", "amount": amount}


def test_the_tables_show_them_too_and_nothing_is_changed(shop: Shop) -> None:
    before = contents(shop.house.settings.database_url)
    ended = shop.run(*SPAN, "--with", "markup", "--settings", "new.toml")
    assert contents(shop.house.settings.database_url) == before
    assert ended.returncode == 0, ended.stderr
    assert "Rehearsal of 2026-01-01 to 2026-03-31: markup with other settings in the place of markup" in ended.stdout
    assert re.search(r"customers owe resellers\s+│ USD\s+│ 231\.00 │\s+84\.00 │\s+-147\.00", ended.stdout)
    assert re.search(r"resellers owe the provider\s+│ USD\s+│\s+90\.00 │\s+90\.00 │\s+0\.00", ended.stdout)
    assert re.search(r"the margin of resellers\s+│ USD\s+│\s+│\s+│\s+-147\.00", ended.stdout)
    assert re.search(
        r"resellers/other\s+│ products/gold │ USD\s+│\s+3 │\s+3 │\s+99\.00 │\s+36\.00 │\s+-63\.00", ended.stdout
    )
    assert "newly below the reseller's own cost" in ended.stdout


def test_settings_come_from_the_file_given_or_else_from_the_one_in_use_or_are_empty(shop: Shop) -> None:
    assert shop.figures("--with", "markup")["changed_line_count"] == 0
    refused = shop.figures("--with", "refuser")
    assert (refused["only_before_line_count"], refused["changed_line_count"]) == (3, 0)
    assert refused["failures_after"][0]["plugin"] == "plugins/refuser"
    both = shop.figures("--with", "refuser", "--with", "markup", "--settings", "new.toml")
    assert [one["name"] for one in both["plugins_after"]] == ["markup", "refuser"]
    assert both["totals"][0]["after"] == usd("60.00")
    gone = shop.figures("--without", "markup")
    assert (gone["plugins_after"], gone["totals"][0]["after"]) == ([], usd("210.00"))


def test_the_page_stands_alone_escapes_everything_and_shows_the_totals(shop: Shop) -> None:
    arguments = ("--with", "refuser", "--with", "markup", "--settings", "new.toml", "--html", "page.html")
    assert shop.run(*SPAN, *arguments).returncode == 0
    page = (shop.folder / "page.html").read_text("utf-8")
    assert page.startswith("<!DOCTYPE html>\n")
    tree = ET.fromstring(page)
    texts = list(tree.itertext())
    assert any(f"plugin refuser refused the price: not for {SCRIPT} & others" in text for text in texts)
    assert SCRIPT not in page
    tags = {element.tag.rpartition("}")[2] for element in tree.iter()}
    assert tags & {"script", "link", "img", "iframe", "object"} == set()
    attributes = [(name, value) for element in tree.iter() for name, value in element.attrib.items()]
    assert [name for name, _ in attributes if name in {"src", "href", "style"} or name.startswith("on")] == []
    assert "url(" not in page
    assert "@import" not in page
    assert "Rehearsal of 2026-01-01 to 2026-03-31: markup with other settings, refuser in the place of markup" in texts
    assert "prefers-color-scheme: dark" in page
    for text in ("231.00", "60.00", "-171.00", "90.00"):
        assert text in texts, text


def test_the_bars_have_both_signs(shop: Shop) -> None:
    (shop.folder / "signs.toml").write_text('[plugins.markup.resellers]\n"resellers/acme" = "30"\n')
    arguments = ("--with", "markup", "--settings", "signs.toml", "--html", "signs.html")
    assert shop.run(*SPAN, *arguments).returncode == 0
    tree = ET.fromstring((shop.folder / "signs.html").read_text("utf-8"))
    bars = {
        group.findtext("{*}title"): (bar.get("class"), int(bar.get("x", "")), int(bar.get("width", "")))
        for group in tree.iter("{http://www.w3.org/2000/svg}g")
        for bar in group.iter("{http://www.w3.org/2000/svg}rect")
    }
    # 22.00, 22.00 and 33.00 become 26.00, 20.00 and 30.00, three times.
    rise, fall, more = (
        bars[f"resellers/{name} products/gold: {amount}"]
        for name, amount in (("acme", "+12.00"), ("enters", "-6.00"), ("other", "-9.00"))
    )
    assert [rise[0], fall[0], more[0]] == ["rise", "fall", "fall"]
    # One zero: where falls end, the rise begins.
    assert fall[1] + fall[2] == more[1] + more[2] == rise[1]
    assert rise[2] > more[2] > fall[2]


def test_the_readme_shows_what_is_printed(shop: Shop) -> None:
    blocks = {block.language: block.text for block in blocks_of(README.section("Rehearsal"))}
    (shop.folder / "launch.toml").write_text(blocks["toml"])
    [typed] = blocks["sh"].splitlines()
    ended = shop.run(*typed.removeprefix("quitrent plugins rehearse ").split())
    assert missing(blocks["text"], ended.stdout) == ""


# What is typed | what is told
WRONG = [
    ((*SPAN,), "give --with or --without, at least once"),
    (("--from", "2026-01-01", "--with", "markup"), "Missing option '--through'"),
    ((*SPAN, "--with", "none"), "--with: no plugin none is installed; there are "),
    ((*SPAN, "--without", "refuser"), "--without refuser: plugin refuser is not in use; in use are markup"),
    ((*SPAN, "--with", "markup", "--settings", "bad.toml"), "--with markup: plugin markup"),
    ((*SPAN, "--with", "markup", "--settings", "none.toml"), "none.toml cannot be read"),
    (("--from", "2026-04-01", "--through", "2026-03-31", "--with", "markup"), "must not be after the last day"),
    ((*SPAN, "--without", "markup", "--html", "none/page.html"), "--html none/page.html: there is no folder none"),
    ((*SPAN, "--without", "markup", "--html", "installed"), "is a directory"),
]


@pytest.mark.parametrize(("arguments", "told"), WRONG)
def test_what_is_wrong_is_told_in_a_line(shop: Shop, arguments: tuple[str, ...], told: str) -> None:
    (shop.folder / "bad.toml").write_text('[plugins.markup]\npercnt = "1"\n')
    ended = shop.run(*arguments)
    assert ended.returncode in (1, 2)
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr


def test_without_a_database_there_is_nothing_to_rehearse(tmp_path: Path, shop: Shop) -> None:
    elsewhere = Shop.__new__(Shop)
    elsewhere.folder, elsewhere.path = tmp_path, shop.path
    ended = elsewhere.run(*SPAN, "--with", "markup")
    assert (ended.returncode, "there is no database" in ended.stderr) == (1, True)
    assert list(tmp_path.iterdir()) == []
