"""What a person at a terminal asks a server about itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness import House

GRPCURL = str(Path(sys.executable).with_name("grpcurl"))


@pytest.mark.parametrize(
    ("symbol", "told"),
    [
        ("quitrent.v1.BillingService", "rpc QuotePrice ( .quitrent.v1.QuotePriceRequest )"),
        ("quitrent.v1.BillingService.QuotePrice", "rpc QuotePrice ( .quitrent.v1.QuotePriceRequest )"),
        ("quitrent.v1.Plan", "message Plan {"),
        ("quitrent.v1.Product.State", "STATE_ARCHIVED = 2"),
        ("quitrent.v1.ErrorReason", "ERROR_REASON_PLAN_IN_USE"),
        ("quitrent.v1.Nothing", "Symbol not found: quitrent.v1.Nothing"),
    ],
)
def test_grpcurl_describes_what_it_is_asked(house: House, symbol: str, told: str) -> None:
    asked = [GRPCURL, "-plaintext", house.address, "describe", symbol]
    answer = subprocess.run(asked, capture_output=True, text=True, timeout=30, check=False)
    assert told in answer.stdout + answer.stderr


def test_health_is_told_to_anyone(house: House) -> None:
    for service in ("", "quitrent.v1.CatalogService", "quitrent.v1.BillingService"):
        asked = [
            GRPCURL,
            "-plaintext",
            "-d",
            f'{{"service": "{service}"}}',
            house.address,
            "grpc.health.v1.Health/Check",
        ]
        answer = subprocess.run(asked, capture_output=True, text=True, timeout=30, check=True)
        assert '"status": "SERVING"' in answer.stdout
