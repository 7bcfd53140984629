"""The part of BillingService that is about billing runs."""

from __future__ import annotations

from collections.abc import Iterator
from threading import BoundedSemaphore, Event

import grpc

from quitrent.domain.billing_run import RunState
from quitrent.domain.errors import Reason, ResourceExhausted
from quitrent.rpc.billing_messages import charge_out, parked_charge_out, run_out
from quitrent.rpc.calls import fitting, mutate, page_out, page_request
from quitrent.rpc.gate import current_caller
from quitrent.rpc.values import date_in, enum_in
from quitrent.services import runs
from quitrent.services.biller import CarriesOutRuns
from quitrent.services.billing import preview
from quitrent.services.deployment import Deployment
from quitrent.v1 import billing_run_pb2
from quitrent.v1 import billing_service_pb2 as pb


class RunCalls:
    """Start, preview, get, list, watch, cancel and continue."""

    _deployment: Deployment
    _biller: CarriesOutRuns
    # Each stream holds a thread of the server for as long as it is open.
    _streams: BoundedSemaphore

    def StartBillingRun(
        self, request: pb.StartBillingRunRequest, context: grpc.ServicerContext
    ) -> pb.StartBillingRunResponse:
        through = date_in(request, "through_date", "through_date")
        runs.check_through(self._deployment, through)
        if request.validate_only:
            books = preview(self._deployment, through)
            return pb.StartBillingRunResponse(
                billing_run=run_out(books.run),
                preview_charges=fitting(map(charge_out, books.charges)),
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
        found, token = page_out(page, run_out)
        return pb.ListBillingRunsResponse(billing_runs=found, next_page_token=token)

    def CancelBillingRun(
        self, request: pb.CancelBillingRunRequest, context: grpc.ServicerContext
    ) -> pb.CancelBillingRunResponse:
        return mutate(
            self._deployment,
            request,
            pb.CancelBillingRunResponse,
            lambda: pb.CancelBillingRunResponse(billing_run=run_out(runs.cancel_run(request.name))),
        )

    def ContinueBillingRun(
        self, request: pb.ContinueBillingRunRequest, context: grpc.ServicerContext
    ) -> pb.ContinueBillingRunResponse:
        response = mutate(
            self._deployment,
            request,
            pb.ContinueBillingRunResponse,
            lambda: pb.ContinueBillingRunResponse(
                billing_run=run_out(runs.continue_run(self._deployment, request.name))
            ),
        )
        self._biller.wake()
        return response

    def WatchBillingRun(
        self, request: pb.WatchBillingRunRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.WatchBillingRunResponse]:
        if not self._streams.acquire(blocking=False):
            raise ResourceExhausted(
                Reason.TOO_MANY_WATCHERS,
                "as many callers as the server has room for are watching runs; ask with GetBillingRun, or later",
            )
        ended = Event()
        try:
            # Where the call has ended already there is nobody to tell.
            if context.add_callback(ended.set):
                for run in runs.watch_run(self._deployment, request.name, ended):
                    yield pb.WatchBillingRunResponse(billing_run=run_out(run))
        finally:
            self._streams.release()
