"""A server of bare grpcio that does nothing: it answers every call with the bytes of a file."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc

THREADS = 16


def main() -> None:
    """Serve until it is ended, and print where."""
    reply = Path(sys.argv[1]).read_bytes()
    handler: Any = grpc.unary_unary_rpc_method_handler(lambda _request, _context: reply)
    server = grpc.server(ThreadPoolExecutor(THREADS))
    server.add_generic_rpc_handlers((_Always(handler),))
    sys.stdout.write(f"localhost:{server.add_insecure_port('localhost:0')}\n")
    sys.stdout.flush()
    server.start()
    server.wait_for_termination()


class _Always(grpc.GenericRpcHandler):
    def __init__(self, handler: Any) -> None:
        self._handler = handler

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        return self._handler


if __name__ == "__main__":
    main()
