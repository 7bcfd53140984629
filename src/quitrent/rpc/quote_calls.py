"""The part of BillingService that is about quotes."""

from __future__ import annotations

from collections.abc import Iterator
from threading import BoundedSemaphore

import grpc

from quitrent.domain.errors import QuitrentError
from quitrent.rpc.billing_messages import write_quote
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
        response = pb.QuotePriceResponse()
        write_quote(quote, response.quote)
        return response

    def BatchQuotePrices(
        self, request: pb.BatchQuotePricesRequest, context: grpc.ServicerContext
    ) -> pb.BatchQuotePricesResponse:
        response = pb.BatchQuotePricesResponse()
        self._answer(current_caller(), request, response)
        return response

    def StreamQuotes(
        self, request_iterator: Iterator[pb.StreamQuotesRequest], context: grpc.ServicerContext
    ) -> Iterator[pb.StreamQuotesResponse]:
        caller = current_caller()
        with room_for_stream(self._streams):
            for request in request_iterator:
                response = pb.StreamQuotesResponse()
                self._answer(caller, request, response)
                yield response

    def _answer(
        self,
        caller: Caller,
        request: pb.BatchQuotePricesRequest | pb.StreamQuotesRequest,
        response: pb.BatchQuotePricesResponse | pb.StreamQuotesResponse,
    ) -> None:
        wanted = [_request_in(caller, one, f"requests[{place}].date") for place, one in enumerate(request.requests)]
        for result in quote_prices(self._deployment, wanted):
            _write_result(result, response.results.add())


def _request_in(caller: Caller, request: pb.QuotePriceRequest, date_field: str) -> QuoteRequest:
    return QuoteRequest(
        caller=caller,
        day=date_in(request, "date", date_field),
        subscription=request.subscription,
        product=request.assignment.product,
        account=request.assignment.account,
    )


def _write_result(result: Quote | QuitrentError, message: pb.QuoteResult) -> None:
    if isinstance(result, QuitrentError):
        message.error.CopyFrom(status_of(result))
    else:
        write_quote(result, message.quote)
