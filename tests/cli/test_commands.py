"""The command line, as an operator types it."""

from __future__ import annotations

import json
import re
import subprocess
from contextlib import chdir
from pathlib import Path

import grpc
import pytest
from click.testing import CliRunner

from quitrent.cli import quitrent
from tests.cli.served import QUITRENT, Served, shown_key
from tests.databases import fresh_database
from tests.harness import Caller, day


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder: one that would serve as a program, the others here, which is quicker."""
    if "serve" in arguments:
        command = [QUITRENT, *arguments]
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    with chdir(folder):
        ended = CliRunner().invoke(quitrent, arguments)
    return subprocess.CompletedProcess(arguments, ended.exit_code, ended.stdout, ended.stderr)


def test_a_fresh_database_shows_one_admin_key_once(tmp_path: Path) -> None:
    first = Served(tmp_path)
    key = shown_key(first.lines)
    with grpc.insecure_channel(first.address) as channel:
        assert not Caller(channel, key).ListPlans().plans
    assert first.stop() == 0
    second = Served(tmp_path)
    assert shown_key(second.lines) is None
    with grpc.insecure_channel(second.address) as channel:
        assert not Caller(channel, key).ListPlans().plans
    assert second.stop() == 0


def test_keys_are_made_listed_and_revoked(tmp_path: Path) -> None:
    served = Served(tmp_path)
    with grpc.insecure_channel(served.address) as channel:
        Caller(channel, shown_key(served.lines)).CreateReseller(reseller_id="acme", reseller={})
        made = run(tmp_path, "keys", "create", "--role", "reseller", "--reseller", "resellers/acme")
        acme = Caller(channel, made.stdout.strip())
        assert [found.name for found in acme.ListResellers().resellers] == ["resellers/acme"]
        listed = json.loads(run(tmp_path, "keys", "list", "--json").stdout)
        assert [(key["role"], key["reseller"]) for key in listed] == [("admin", ""), ("reseller", "resellers/acme")]
        assert made.stdout.strip().split("_")[2] not in run(tmp_path, "keys", "list").stdout
        run(tmp_path, "keys", "revoke", listed[1]["id"])
        assert acme.refusal("ListResellers").code == "UNAUTHENTICATED"
    served.stop()


NOWHERE = "postgresql://app:secret@localhost:1/quitrent"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("keys", "create", "--role", "reseller"), "give --reseller with --role reseller"),
        (("keys", "create", "--role", "admin", "--reseller", "resellers/acme"), "give --reseller with --role reseller"),
        (("keys", "create", "--role", "reseller", "--reseller", "resellers/none"), "resellers/none is not found"),
        (("keys", "create", "--role", "king"), "'king' is not one of"),
        (("keys", "revoke", "abc"), "key abc is not found"),
        (("bill", "--through", "2026-02-30"), "'2026-02-30' does not match"),
        (("bill", "--through", "2126-01-01"), "at most five years from today"),
        (("serve", "--listen", "0.0.0.0:0"), "keys would travel in plain text"),
        (("serve", "--tls-certificate", "none.pem", "--tls-key", "none.pem"), "none.pem cannot be read"),
        (("serve", "--processes", "2", "--listen", "0.0.0.0:0"), "keys would travel in plain text"),
        (("serve", "--processes", "2", "--listen", "50051"), "has to be a host and a port, like localhost:50051"),
        (("serve", "--processes", "2", "--listen", "localhost:65536"), "localhost:65536 cannot be listened on"),
        (("serve", "--processes", "0"), "0 is not in the range"),
        (("--database-url", "mysql://x", "serve"), "has to be like sqlite:///quitrent.db"),
        (("--database-url", NOWHERE, "keys", "list"), "postgresql://app@localhost:1/quitrent cannot be opened"),
        (("--database-url", NOWHERE, "plugins"), "postgresql://app@localhost:1/quitrent cannot be opened"),
        (("--time-zone", "Mars/Olympus", "serve"), "there is no zone Mars/Olympus"),
        (("keys", "create", "--role", "reseller", "--reseller", "acme"), "like resellers/acme"),
        (("--database-url", "sqlite:///none.db", "keys", "list"), "there is no database at sqlite:///none.db"),
        (("serve", "--listen", "50051"), "has to be a host and a port, like localhost:50051"),
        (("serve", "--threads", "0"), "0 is not in the range"),
        (("srve",), "No such command 'srve'"),
    ],
)
def test_what_an_operator_got_wrong_is_told_in_a_line(tmp_path: Path, arguments: tuple[str, ...], told: str) -> None:
    run(tmp_path, "migrate")
    ended = run(tmp_path, *arguments)
    assert ended.returncode in (1, 2)
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "secret" not in ended.stderr


def test_where_the_data_is_is_told_without_the_password(tmp_path: Path) -> None:
    url = fresh_database(tmp_path, on_postgresql=True).replace("postgres:@", "postgres:secret@")
    assert "secret" in url
    ended = run(tmp_path, "--database-url", url, "migrate")
    assert "is up to date" in ended.stdout
    assert "secret" not in ended.stdout
    served = Served(tmp_path, QUITRENT_DATABASE_URL=url)
    assert "its data is at postgresql://postgres@/" in "".join(served.lines)
    assert served.stop() == 0
    assert "secret" not in "".join(served.lines)


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        ('listn = "x"', "there is no key listn"),
        ('threads = "many"', "threads has to be of type int, like 16"),
        ("plugins = 1", "plugins has to hold a table for each plugin"),
        ("[plugins]\nmarkup = 1", "plugins has to hold a table for each plugin"),
        ("listen = ", "is not TOML"),
        ("[plugins.none]", "plugin none has a table in the settings and is not installed"),
        (
            "[plugins.markup.resellers]\n'resellers/acme' = true",
            "plugin markup: resellers.resellers/acme is True; it takes a number",
        ),
    ],
)
def test_wrong_settings_keep_the_server_from_starting(tmp_path: Path, toml: str, told: str) -> None:
    (tmp_path / "quitrent.toml").write_text(toml)
    ended = run(tmp_path, "serve", "--listen", "localhost:0")
    assert ended.returncode in (1, 2)
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("place", ["plugin", "database"])
def test_what_keeps_every_process_from_serving_is_told_once_in_the_words_of_a_single_server(
    tmp_path: Path, place: str
) -> None:
    if place == "plugin":
        (tmp_path / "quitrent.toml").write_text("[plugins.markup.resellers]\n'resellers/acme' = true")
    else:
        (tmp_path / "text.db").write_text("no database, and long enough to be looked at as one" * 100)
    options = () if place == "plugin" else ("--database-url", "sqlite:///text.db")
    alone, several = (
        run(tmp_path, *options, "serve", "--listen", "localhost:0", "--processes", number) for number in ("1", "3")
    )
    assert (several.returncode, several.stdout, several.stderr) == (alone.returncode, alone.stdout, alone.stderr)
    assert several.returncode == 1
    assert several.stderr.startswith("Error: ")
    assert several.stderr.count("\n") == 1


def test_an_option_beats_the_environment_beats_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QUITRENT_DATABASE_URL", raising=False)
    (tmp_path / "quitrent.toml").write_text('database_url = "sqlite:///file.db"')
    run(tmp_path, "migrate")
    monkeypatch.setenv("QUITRENT_DATABASE_URL", "sqlite:///environment.db")
    run(tmp_path, "migrate")
    run(tmp_path, "--database-url", "sqlite:///option.db", "migrate")
    (tmp_path / "other.toml").write_text('database_url = "sqlite:///config.db"')
    monkeypatch.delenv("QUITRENT_DATABASE_URL")
    monkeypatch.setenv("QUITRENT_CONFIG", "other.toml")
    run(tmp_path, "migrate")
    made = sorted(path.name for path in tmp_path.glob("*.db"))
    assert made == ["config.db", "environment.db", "file.db", "option.db"]


def test_plugins_are_listed_with_their_hooks_and_where_they_come_from(tmp_path: Path) -> None:
    (tmp_path / "quitrent.toml").write_text("[plugins.markup.resellers]\n'resellers/acme' = '10'")
    listed = {plugin["name"]: plugin for plugin in json.loads(run(tmp_path, "plugins", "--json").stdout)}
    other, markup = listed["market-entry"], listed["markup"]
    assert (other["in_use"], other["condition"], other["hooks"]) == (False, "NOT_IN_USE", [])
    assert (markup["in_use"], markup["condition"], markup["cause"]) == (True, "IN_USE", "")
    assert (markup["name"], markup["version"], markup["package"]) == ("markup", "0.1.0", "quitrent-markup")
    assert markup["hooks"] == ["quitrent_adjust_retail"]
    assert markup["location"]
    table = run(tmp_path, "plugins").stdout
    assert "quitrent-markup" in table
    assert "not in use" in table
    assert "like [plugins.markup]." in table


def test_a_bill_is_previewed_and_run_from_the_command_line(tmp_path: Path) -> None:
    served = Served(tmp_path)
    with grpc.insecure_channel(served.address) as channel:
        admin = Caller(channel, shown_key(served.lines))
        fee = {"currency_code": "USD", "units": 10}
        admin.CreatePlan(plan_id="fee", plan={"kind": "PLAN_KIND_RESELLER", "fee": fee, "applied_more_than_once": True})
        admin.CreatePlan(plan_id="price", plan={"kind": "PLAN_KIND_ACCOUNT", "fee": fee, "shared_with_resellers": True})
        plans = {"account_plan": "plans/price", "reseller_plan": "plans/fee"}
        product = {"kind": "PRODUCT_KIND_MAIN", "shared_with_resellers": True, **plans}
        admin.CreateProduct(product_id="gold", product=product)
        admin.CreateReseller(reseller_id="acme", reseller={})
        admin.CreateCustomer(parent="resellers/acme", customer_id="c1", customer={})
        account = admin.CreateAccount(parent="resellers/acme/customers/c1", account_id="a1", account={}).account.name
        subscription = {"product": "products/gold", "start_date": day("2026-01-01")}
        name = admin.CreateSubscription(parent=account, subscription=subscription).subscription.name
        previewed = run(tmp_path, "bill", "--through", "2026-03-31", "--validate-only")
        assert "30.00 USD" in previewed.stdout
        assert "bill: 2 of 2 sides of subscriptions" in previewed.stderr
        assert not admin.ListCharges().charges
        billed = run(tmp_path, "bill", "--through", "2026-03-31")
        assert billed.returncode == 0
        assert "billingRuns/2026-03-31-1" in billed.stdout
        assert len(admin.ListCharges().charges) == 6
        lived = run(tmp_path, "timeline", name).stdout
        assert re.search(r"2026-01-01\s+│\s+products/gold from 2026-01-01 to 2026-02-01\s+│\s+10.00\s+│\s+10.00", lived)
        assert re.search(r"all in all\s+│\s+30.00 USD\s+│\s+30.00 USD", lived)
        unknown = run(tmp_path, "timeline", f"{name}x")
        assert (unknown.returncode, "is not found" in unknown.stderr) == (1, True)
    served.stop()


def test_the_demo_prints_what_the_provider_receives() -> None:
    played = subprocess.run([QUITRENT, "demo"], capture_output=True, text=True, timeout=60, check=True).stdout
    assert re.search(r"gold\s+│\s+21\s+│\s+210\.00", played)


def test_a_second_server_on_a_port_is_refused(tmp_path: Path) -> None:
    served = Served(tmp_path)
    ended = run(tmp_path, "serve", "--listen", served.address)
    served.stop()
    assert ended.returncode == 1
    assert "is another server there?" in ended.stderr
