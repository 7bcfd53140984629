"""The part of BillingService that is about rehearsals."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from threading import Event

import grpc

from quitrent.domain.errors import invalid
from quitrent.domain.rehearsal import Span
from quitrent.rpc.plugin_calls import PREFIX
from quitrent.rpc.rehearsal_messages import rehearsal_out
from quitrent.rpc.values import date_in
from quitrent.services.deployment import Deployment
from quitrent.services.rehearsal import Added, Change, rehearse
from quitrent.v1 import billing_service_pb2 as pb
from quitrent.v1 import rehearsal_pb2


class RehearsalCalls:
    """Rehearse."""

    _deployment: Deployment

    def RehearsePrices(
        self, request: pb.RehearsePricesRequest, context: grpc.ServicerContext
    ) -> pb.RehearsePricesResponse:
        span = Span(date_in(request, "from_date", "from_date"), date_in(request, "through_date", "through_date"))
        change = _change_in(request)
        ended = Event()
        # Where the call has ended already there is nobody to tell.
        if not context.add_callback(ended.set):
            ended.set()
        found = rehearse(self._deployment, span, change, ended)
        return pb.RehearsePricesResponse(rehearsal=rehearsal_out(found, PREFIX))


def _change_in(request: pb.RehearsePricesRequest) -> Change:
    # `with` is a word of Python's.
    given = getattr(request, "with")
    return Change(
        added=tuple(_added_in(one, f"with[{place}]") for place, one in enumerate(given)),
        without={f"without[{place}]": name.removeprefix(PREFIX) for place, name in enumerate(request.without)},
    )


def _added_in(given: rehearsal_pb2.RehearsedPlugin, field: str) -> Added:
    settings_field = f"{field}.settings_toml"
    table = _table_in(given.settings_toml, settings_field)
    return Added(given.name.removeprefix(PREFIX), table, f"{field}.name", settings_field)


def _table_in(text: str, field: str) -> Mapping[str, object]:
    """Read a table of settings. Errors: InvalidArgument."""
    try:
        # A number with a point is exact as it stands, and not a float.
        return tomllib.loads(text, parse_float=Decimal)
    except RecursionError:
        raise invalid(field, "must be TOML of fewer levels") from None
    # What is no TOML, and a number of too many digits.
    except ValueError as error:
        raise invalid(field, f'must be TOML, like percent = "10": {error}') from None
