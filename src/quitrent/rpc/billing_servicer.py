"""BillingService: the servicers of its nouns, together."""

from __future__ import annotations

from functools import partial
from threading import BoundedSemaphore

from quitrent.rpc.charge_calls import ChargeCalls
from quitrent.rpc.export_calls import ExportCalls
from quitrent.rpc.import_calls import ImportCalls
from quitrent.rpc.party_calls import PartyCalls
from quitrent.rpc.plugin_calls import PluginCalls
from quitrent.rpc.quote_calls import QuoteCalls
from quitrent.rpc.rehearsal_calls import RehearsalCalls
from quitrent.rpc.run_calls import RunCalls
from quitrent.rpc.subscription_calls import SubscriptionCalls
from quitrent.services.biller import CarriesOutRuns
from quitrent.services.deployment import Deployment
from quitrent.services.gathered import Gathered
from quitrent.services.quoting import quote_prices
from quitrent.v1 import billing_service_pb2_grpc

# Batches of quotes: where a plugin keeps one waiting, the other goes on.
QUOTED_AT_ONCE = 2


class BillingServicer(
    PartyCalls,
    SubscriptionCalls,
    ImportCalls,
    QuoteCalls,
    RunCalls,
    PluginCalls,
    RehearsalCalls,
    ChargeCalls,
    ExportCalls,
    billing_service_pb2_grpc.BillingServiceServicer,
):
    """Parties, subscriptions, quotes, runs, plugins, rehearsals, charges, statements; documented in the protos."""

    def __init__(self, deployment: Deployment, biller: CarriesOutRuns, most_streams: int) -> None:
        """Take what the use cases need, the biller that carries runs out, and how many streams may be open at once."""
        self._deployment, self._biller = deployment, biller
        self._quotes = Gathered(partial(quote_prices, deployment), QUOTED_AT_ONCE)
        self._streams = BoundedSemaphore(most_streams)
