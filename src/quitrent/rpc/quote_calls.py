"""The part of BillingService that is about quotes."""

from __future__ import annotations

from collections.abc import Iterator
from threading import BoundedSemaphore

import grpc

from quitrent.domain.errors import QuitrentError
from quitrent.rpc.billing_messages import quote_out
from quitrent.rpc.calls import room_for_stream
from quitrent.rpc.gate import current_caller
from quitrent.rpc.status import status_of
from quitrent.rpc.values import date_in
from quitrent.services.caller import Caller
from quitrent.services.deployment import Deployment
from quitrent.services.gathered import Gathered
from quitrent.services.quoting import Quote, quote_prices
from quitrent.services.terms_asked import QuoteRequest
from quitrent.v1 import billing_service_pb2 as pb


class QuoteCalls:
    """One quote, many, and as many as there are."""

    _deployment: Deployment
    _quotes: Gathered[QuoteRequest, Quote | QuitrentError]
    _streams: BoundedSemaphore

    def QuotePrice(self, request: pb.QuotePriceRequest, context: grpc.ServicerContext) -> pb.QuotePriceResponse:
        quote = self._quotes.answer(_request_in(current_caller(), request, "date"))
        if isinstance(quote, QuitrentError):
            try:
                raise quote
            finally:
                # Raised, it holds this frame, and the frame may not hold it.
                del quote
        return pb.QuotePriceResponse(quote=quote_out(quote))

    def BatchQuotePrices(
        self, request: pb.BatchQuotePricesRequest, context: grpc.ServicerContext
    ) -> pb.BatchQuotePricesResponse:
        return pb.BatchQuotePricesResponse(results=self._results(current_caller(), request))

    def StreamQuotes(
        self, request_iterator: Iterator[pb.StreamQuotesRequest], context: grpc.ServicerContext
    ) -> Iterator[pb.StreamQuotesResponse]:
        caller = current_caller()
        with room_for_stream(self._streams):
            for request in request_iterator:
                yield pb.StreamQuotesResponse(results=self._results(caller, request))

    def _results(
        self, caller: Caller, request: pb.BatchQuotePricesRequest | pb.StreamQuotesRequest
    ) -> Iterator[pb.QuoteResult]:
        wanted = [_request_in(caller, one, f"requests[{place}].date") for place, one in enumerate(request.requests)]
        return map(_result_out, quote_prices(self._deployment, wanted))


def _request_in(caller: Caller, request: pb.QuotePriceRequest, date_field: str) -> QuoteRequest:
    return QuoteRequest(
        caller=caller,
        day=date_in(request, "date", date_field),
        subscription=request.subscription,
        product=request.assignment.product,
        account=request.assignment.account,
    )


def _result_out(result: Quote | QuitrentError) -> pb.QuoteResult:
    if isinstance(result, QuitrentError):
        return pb.QuoteResult(error=status_of(result))
    return pb.QuoteResult(quote=quote_out(result))
