"""The part of BillingService that is about charges, parked charges and statements."""

from __future__ import annotations

import grpc

from quitrent.domain.charge import ChargeFilter, ChargeReason, Side
from quitrent.rpc.billing_messages import charge_out, parked_charge_out, statement_line_out, statement_out
from quitrent.rpc.calls import mutate, page_out, page_request
from quitrent.rpc.gate import current_caller
from quitrent.rpc.validation import check_rules
from quitrent.rpc.values import enum_in, month_in, optional_date_in
from quitrent.services import charges, statements
from quitrent.services.deployment import Deployment
from quitrent.v1 import billing_service_pb2 as pb
from quitrent.v1 import charge_pb2


class ChargeCalls:
    """What is owed, what is parked, and the month that it adds up to."""

    _deployment: Deployment

    def GetCharge(self, request: pb.GetChargeRequest, context: grpc.ServicerContext) -> pb.GetChargeResponse:
        return pb.GetChargeResponse(charge=charge_out(charges.get_charge(current_caller(), request.name)))

    def ListCharges(self, request: pb.ListChargesRequest, context: grpc.ServicerContext) -> pb.ListChargesResponse:
        page = charges.list_charges(current_caller(), charge_filter_in(request), page_request(request))
        found, token = page_out(page, charge_out)
        return pb.ListChargesResponse(charges=found, next_page_token=token)

    def ReverseCharge(
        self, request: pb.ReverseChargeRequest, context: grpc.ServicerContext
    ) -> pb.ReverseChargeResponse:
        caller = current_caller()
        return mutate(
            self._deployment,
            request,
            pb.ReverseChargeResponse,
            lambda: pb.ReverseChargeResponse(
                charge=charge_out(charges.reverse_charge(self._deployment, caller, request.name, request.note))
            ),
            within=request.name.partition("/subscriptions/")[0],
        )

    def ListParkedCharges(
        self, request: pb.ListParkedChargesRequest, context: grpc.ServicerContext
    ) -> pb.ListParkedChargesResponse:
        page = charges.list_parked_charges(current_caller(), request.parent, request.plugin, page_request(request))
        found, token = page_out(page, parked_charge_out)
        return pb.ListParkedChargesResponse(parked_charges=found, next_page_token=token)

    def GetStatement(self, request: pb.GetStatementRequest, context: grpc.ServicerContext) -> pb.GetStatementResponse:
        month = month_in(request, "month", "month")
        statement = statements.get_statement(self._deployment, current_caller(), request.reseller, month)
        return pb.GetStatementResponse(statement=statement_out(statement))

    def ListStatementLines(
        self, request: pb.ListStatementLinesRequest, context: grpc.ServicerContext
    ) -> pb.ListStatementLinesResponse:
        month = month_in(request, "month", "month")
        page = statements.list_statement_lines(
            current_caller(), request.reseller, month, page_request(request), below_cost=request.below_cost
        )
        found, token = page_out(page, statement_line_out)
        return pb.ListStatementLinesResponse(statement_lines=found, next_page_token=token)


def charge_filter_in(request: pb.ListChargesRequest | pb.ExportChargesRequest) -> ChargeFilter:
    """Read which charges are wanted. Errors: InvalidArgument."""
    return ChargeFilter(
        parent=request.parent,
        side=enum_in(charge_pb2.Side, request.side, Side),
        reason=enum_in(charge_pb2.ChargeReason, request.reason, ChargeReason),
        product=request.product,
        period_from=optional_date_in(request, "period_from", "period_from"),
        period_before=optional_date_in(request, "period_before", "period_before"),
        billing_run=request.billing_run,
    )


def check_charge_filter(wanted: ChargeFilter) -> None:
    """Refuse names in a filter that are none, as a call with it would be refused. Errors: InvalidArgument."""
    check_rules(pb.ExportChargesRequest(parent=wanted.parent, product=wanted.product, billing_run=wanted.billing_run))
