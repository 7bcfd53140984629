"""The part of BillingService that is about billing runs."""

from __future__ import annotations

from collections.abc import Iterator
from threading import BoundedSemaphore, Event

import grpc

from quitrent.domain.billing_run import RunState
from quitrent.domain.errors import Reason, ResourceExhausted
from quitrent.rpc.billing_messages import charge_out, parked_charge_out, run_out
from quitrent.rpc.calls import mutate, page_request
from quitrent.rpc.gate import current_caller
from quitrent.rpc.values import date_in, enum_in
from quitrent.services import runs
from quitrent.services.biller import Biller
from quitrent.services.deployment import Deployment
from quitrent.v1 import billing_run_pb2
from quitrent.v1 import billing_service_pb2 as pb

# Each watcher holds a thread of the server for as long as it watches.
MOST_WATCHERS = 8


class RunCalls:
    """Start, preview, get, list and watch."""

    _deployment: Deployment
    _biller: Biller
    _watchers = BoundedSemaphore(MOST_WATCHERS)

    def StartBillingRun(
        self, request: pb.StartBillingRunRequest, context: grpc.ServicerContext
    ) -> pb.StartBillingRunResponse:
        through = date_in(request, "through_date", "through_date")
        if request.validate_only:
            books = runs.preview_run(self._deployment, through)
            return pb.StartBillingRunResponse(
                billing_run=run_out(books.run),
                preview_charges=map(charge_out, books.charges),
                preview_parked_charges=map(parked_charge_out, books.parked),
            )

        response = mutate(
            self._deployment,
            request,
            pb.StartBillingRunResponse,
            lambda: pb.StartBillingRunResponse(billing_run=run_out(runs.ask_for_run(self._deployment, through))),
        )
        self._biller.wake()
        return response

    def GetBillingRun(
        self, request: pb.GetBillingRunRequest, context: grpc.ServicerContext
    ) -> pb.GetBillingRunResponse:
        return pb.GetBillingRunResponse(billing_run=run_out(runs.get_run(request.name)))

    def ListBillingRuns(
        self, request: pb.ListBillingRunsRequest, context: grpc.ServicerContext
    ) -> pb.ListBillingRunsResponse:
        state = enum_in(billing_run_pb2.BillingRun.State, request.state, RunState)
        page = runs.list_runs(current_caller(), state, page_request(request))
        return pb.ListBillingRunsResponse(billing_runs=map(run_out, page.items), next_page_token=page.next_token)

    def WatchBillingRun(
        self, request: pb.WatchBillingRunRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.WatchBillingRunResponse]:
        if not self._watchers.acquire(blocking=False):
            raise ResourceExhausted(
                Reason.TOO_MANY_WATCHERS,
                f"{MOST_WATCHERS} callers are watching runs already; ask with GetBillingRun, or try again later",
            )
        ended = Event()
        try:
            # Where the call has ended already there is nobody to tell.
            if context.add_callback(ended.set):
                for run in runs.watch_run(self._deployment, request.name, ended):
                    yield pb.WatchBillingRunResponse(billing_run=run_out(run))
        finally:
            self._watchers.release()
