"""The part of BillingService that exports."""

from __future__ import annotations

from collections.abc import Iterator
from threading import BoundedSemaphore

import grpc

from quitrent.rpc.billing_messages import charge_out, statement_line_out
from quitrent.rpc.calls import replies, room_for_stream
from quitrent.rpc.charge_calls import charge_filter_in
from quitrent.rpc.gate import current_caller
from quitrent.rpc.values import month_in
from quitrent.services.deployment import Deployment
from quitrent.services.exports import export_charges, export_statement_lines
from quitrent.v1 import billing_service_pb2 as pb


class ExportCalls:
    """All charges, and all lines of a statement."""

    _deployment: Deployment
    _streams: BoundedSemaphore

    def ExportCharges(
        self, request: pb.ExportChargesRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.ExportChargesResponse]:
        wanted = charge_filter_in(request)
        with room_for_stream(self._streams):
            found = export_charges(self._deployment, current_caller(), wanted)
            for charges in replies(map(charge_out, found)):
                yield pb.ExportChargesResponse(charges=charges)

    def ExportStatementLines(
        self, request: pb.ExportStatementLinesRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.ExportStatementLinesResponse]:
        month = month_in(request, "month", "month")
        with room_for_stream(self._streams):
            found = export_statement_lines(
                self._deployment, current_caller(), request.reseller, month, below_cost=request.below_cost
            )
            for lines in replies(map(statement_line_out, found)):
                yield pb.ExportStatementLinesResponse(statement_lines=lines)
