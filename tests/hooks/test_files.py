"""The files that settings name are part of them: a run tells them apart, and hosts of one plugin do not mix them."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from quitrent.domain.errors import FailedPrecondition
from quitrent.hooks.discovery import PluginsSettings, host_plugins
from quitrent.hooks.hosted import HostedPlugin
from quitrent.hooks.manager import Plugins
from tests.hooks.test_hostile_values import LINE

HEAD = "customer,product,currency,price,from,until\n"


def write(folder: Path, price: str) -> None:
    row = f"{LINE.customer.name},{LINE.product.name},USD,{price},2026-01-01,\n"
    (folder / "prices.csv").write_text(HEAD + row, encoding="utf-8")


def opened(folder: Path) -> Plugins:
    return host_plugins(PluginsSettings({"contract-price": {"file": "prices.csv"}}, folder=folder))


def digest(plugins: Plugins) -> str:
    [record] = plugins.records()
    return record.settings_digest


def test_the_digest_of_settings_tells_another_content_of_their_files(tmp_path: Path) -> None:
    digests = []
    for price in ("15.00", "16.00", "15.00"):
        write(tmp_path, price)
        with closing(opened(tmp_path)) as plugins:
            digests.append(digest(plugins))
    assert digests[0] == digests[2] != digests[1]


def test_a_host_that_is_started_later_does_not_price_by_a_file_that_has_changed(tmp_path: Path) -> None:
    write(tmp_path, "15.00")
    with closing(opened(tmp_path)) as plugins:
        [said] = plugins.adjust([LINE])
        assert isinstance(said, list)
        write(tmp_path, "1.00")
        # Whatever ends its hosts: the next one would read the new file.
        [seat] = plugins.seats()
        assert isinstance(seat, HostedPlugin)
        for host in tuple(seat._pool._hosts):
            host._process.kill()
            host._process.wait()
        [refused] = plugins.adjust([LINE])
        assert isinstance(refused, FailedPrecondition)
        assert refused.message == (
            "plugin contract-price declared something else than before; restart the server if that is meant"
        )
        write(tmp_path, "15.00")
        # It is tried again a second later.
        seat._pool._retry_ns = 0
        assert plugins.adjust([LINE]) == [said]
