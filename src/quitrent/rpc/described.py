"""Reflection that also knows methods and enums by name, as `grpcurl describe` asks for them."""

from __future__ import annotations

from typing import Any

import grpc
from google.protobuf import descriptor_pool
from grpc_reflection.v1alpha import reflection

from quitrent.v1 import error_reason_pb2

# No message refers to the reasons of errors, and callers want to look them up: importing them is
# what lets the pool know of them.
REASONS = error_reason_pb2.ErrorReason


class _ForgivingPool:
    """Finds the file of a symbol, or of what the symbol stands in: protobuf's own pool knows no methods."""

    def __init__(self) -> None:
        self._pool = descriptor_pool.Default()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pool, name)

    def FindFileContainingSymbol(self, symbol: str) -> Any:  # noqa: N802 -- the pool's own name for it.
        """Give the file that declares a symbol. Errors: KeyError."""
        try:
            return self._pool.FindFileContainingSymbol(symbol)
        except KeyError:
            parent = symbol.rpartition(".")[0]
            if not parent:
                raise
            return self.FindFileContainingSymbol(parent)


def describe_services(names: list[str], server: grpc.Server) -> None:
    """Let callers ask for the protos of the named services."""
    reflection.enable_server_reflection([*names, reflection.SERVICE_NAME], server, pool=_ForgivingPool())
