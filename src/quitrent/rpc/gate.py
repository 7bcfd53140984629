"""The gate: what every call passes on its way to a servicer, and every error on its way out.

In this order: the key, the role, the bytes, the fields. Health and reflection need no key, but
their bytes are parsed here too: grpcio would answer malformed ones with INTERNAL.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Event
from time import sleep
from typing import Any
from uuid import uuid4

import grpc
from google.protobuf.message import Message
from google.rpc import status_pb2
from grpc_status import rpc_status

from quitrent.domain.errors import QuitrentError
from quitrent.rpc.access import check_access
from quitrent.rpc.status import internal_error, status_of
from quitrent.rpc.validation import check_rules, parsed
from quitrent.services.caller import Caller
from quitrent.services.deployment import Deployment
from quitrent.services.keys import identify

_log = logging.getLogger(__name__)

# A grpc.RpcMethodHandler, whose attributes its types do not declare.
Handler = Any

# The package whose methods need a key.
OURS = "/quitrent.v1."

# There is a lull when no call has come for so long; there may be none.
LULL_SECONDS = 0.1
MOST_LULLS = 5

_caller: ContextVar[Caller] = ContextVar("caller")


def current_caller() -> Caller:
    """Give who makes the call that this thread is serving."""
    return _caller.get()


class Gate(grpc.ServerInterceptor):
    """Takes each call's bytes itself, lets the right ones through, and says what is wrong with the rest."""

    def __init__(self, deployment: Deployment) -> None:
        """Take what knows the keys; a call of ours holds a connection of its store."""
        self._store = deployment.store
        self._open = Event()
        self._open.set()
        self._come_count = 0
        self._wrapped: dict[str, Any] = {}

    @contextmanager
    def closed(self, most_waiting: int) -> Iterator[None]:
        """Have the calls that come meanwhile wait, and begin with that when no more are coming: those inside go on.

        Who makes one call after another waits for an answer by then. Where more than `most_waiting` have come
        there is no end of them, and it is not waited for.
        """
        self._open.clear()
        try:
            self._wait_for_lull(most_waiting)
            yield
        finally:
            self._open.set()

    def _wait_for_lull(self, most_waiting: int) -> None:
        come_before = self._come_count
        for _ in range(MOST_LULLS):
            come = self._come_count
            sleep(LULL_SECONDS)
            if self._come_count == come or self._come_count - come_before > most_waiting:
                return

    def intercept_service(
        self, continuation: Callable[[grpc.HandlerCallDetails], Any], handler_call_details: grpc.HandlerCallDetails
    ) -> Any:
        """Wrap the handler of a call, whatever its shape; unknown methods stay UNIMPLEMENTED."""
        # One thread of grpcio's does this for every call.
        self._come_count += 1
        method = handler_call_details.method
        if method not in self._wrapped:
            handler: Handler = continuation(handler_call_details)
            if handler is None:
                return None
            self._wrapped[method] = self._wrap(handler, method)
        return self._wrapped[method]

    def _wrap(self, handler: Handler, method: str) -> Any:
        # Without a deserializer grpcio hands the bytes over as they came.
        if handler.unary_unary:
            return grpc.unary_unary_rpc_method_handler(
                self._unary(handler, method), response_serializer=handler.response_serializer
            )
        if handler.unary_stream:
            return grpc.unary_stream_rpc_method_handler(
                self._stream(handler, method), response_serializer=handler.response_serializer
            )
        if handler.stream_unary:
            return grpc.stream_unary_rpc_method_handler(
                self._collection(handler, method), response_serializer=handler.response_serializer
            )
        return grpc.stream_stream_rpc_method_handler(
            self._conversation(handler, method), response_serializer=handler.response_serializer
        )

    def _unary(self, handler: Handler, method: str) -> Callable[[bytes, grpc.ServicerContext], Any]:
        def answer(data: bytes, context: grpc.ServicerContext) -> Any:
            self._open.wait()
            with _errors_told(context, method):
                if not method.startswith(OURS):
                    return handler.unary_unary(parsed(data, handler.request_deserializer), context)
                with self._store.connection():
                    self._admit(method, context)
                    return handler.unary_unary(_checked(data, handler), context)

        return answer

    def _stream(self, handler: Handler, method: str) -> Callable[[bytes, grpc.ServicerContext], Iterator[Any]]:
        def answer(data: bytes, context: grpc.ServicerContext) -> Iterator[Any]:
            self._open.wait()
            with _errors_told(context, method):
                if not method.startswith(OURS):
                    yield from handler.unary_stream(parsed(data, handler.request_deserializer), context)
                    return
                # A stream may last: it takes a connection when it needs one.
                with self._store.connection():
                    self._admit(method, context)
                yield from handler.unary_stream(_checked(data, handler), context)

        return answer

    def _collection(self, handler: Handler, method: str) -> Callable[[Iterator[bytes], grpc.ServicerContext], Any]:
        def answer(data: Iterator[bytes], context: grpc.ServicerContext) -> Any:
            self._open.wait()
            with _errors_told(context, method):
                with self._store.connection():
                    self._admit(method, context)
                return handler.stream_unary((_checked(one, handler) for one in data), context)

        return answer

    def _conversation(
        self, handler: Handler, method: str
    ) -> Callable[[Iterator[bytes], grpc.ServicerContext], Iterator[Any]]:
        def answer(data: Iterator[bytes], context: grpc.ServicerContext) -> Iterator[Any]:
            self._open.wait()
            with _errors_told(context, method):
                if not method.startswith(OURS):
                    requests = (parsed(one, handler.request_deserializer) for one in data)
                    yield from handler.stream_stream(requests, context)
                    return
                with self._store.connection():
                    self._admit(method, context)
                yield from handler.stream_stream((_checked(one, handler) for one in data), context)

        return answer

    def _admit(self, method: str, context: grpc.ServicerContext) -> None:
        """Refuse who shows no key that counts, or has not the role. Errors: Unauthenticated, PermissionDenied."""
        caller = identify(_authorization(context))
        check_access(caller, method.rpartition("/")[2])
        _caller.set(caller)


def _checked(data: bytes, handler: Handler) -> Message:
    """Give a request, or one of many, that is well-formed and keeps the rules. Errors: InvalidArgument."""
    request = parsed(data, handler.request_deserializer)
    check_rules(request)
    return request


@contextmanager
def _errors_told(context: grpc.ServicerContext, method: str) -> Iterator[None]:
    # No exception outlives its `except`: with its traceback it would hold the call, which grpcio
    # would count as one that goes on.
    try:
        yield
    except QuitrentError as error:
        status = status_of(error)
    # The caller is gone in the middle of its requests. Nobody is told; grpcio keeps what it raised.
    except grpc.RpcError as gone:
        gone.with_traceback(None)
        status = status_pb2.Status(code=grpc.StatusCode.CANCELLED.value[0])
    # The caller gets a number, the log what happened: an exception's text may hold anything.
    except Exception:  # noqa: BLE001
        incident = uuid4().hex
        _log.exception("incident %s in %s", incident, method)
        status = status_of(internal_error(incident))
    else:
        return
    told = rpc_status.to_status(status)
    context.set_trailing_metadata(told.trailing_metadata)
    context.abort(told.code, told.details)


def _authorization(context: grpc.ServicerContext) -> str:
    for key, value in context.invocation_metadata():
        if key == "authorization" and isinstance(value, str):
            return value
    return ""
