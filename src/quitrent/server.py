"""Builds a server from settings: the one place where everything comes together."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from quitrent.hooks.discovery import host_plugins, load_plugins
from quitrent.hooks.manager import Plugins
from quitrent.rpc.access import check_complete
from quitrent.rpc.billing_servicer import BillingServicer
from quitrent.rpc.catalog_servicer import CatalogServicer
from quitrent.rpc.described import describe_services
from quitrent.rpc.gate import Gate
from quitrent.rpc.plugin_health import PluginHealth
from quitrent.services.biller import Biller, CarriesOutRuns
from quitrent.services.deployment import Deployment
from quitrent.services.standing import SetAsideInStore
from quitrent.settings import RUN_IN, Settings, SettingsError
from quitrent.stopping import GRACE_SECONDS
from quitrent.store.database import open_store
from quitrent.v1 import (
    billing_service_pb2,
    billing_service_pb2_grpc,
    catalog_service_pb2,
    catalog_service_pb2_grpc,
)

SERVICES = {
    **catalog_service_pb2.DESCRIPTOR.services_by_name,
    **billing_service_pb2.DESCRIPTOR.services_by_name,
}

_MIB = 1024 * 1024
_SECOND_MS = 1000
_MINUTE_MS = 60 * _SECOND_MS

# Each differs from grpcio's default, which knows no limit or hides a mistake.
OPTIONS = (
    ("grpc.max_receive_message_length", _MIB),
    ("grpc.max_send_message_length", 4 * _MIB),
    ("grpc.max_metadata_size", 8 * 1024),
    ("grpc.absolute_max_metadata_size", 16 * 1024),
    ("grpc.max_concurrent_streams", 100),
    ("grpc.keepalive_time_ms", _MINUTE_MS),
    ("grpc.keepalive_timeout_ms", 20 * _SECOND_MS),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 30 * _SECOND_MS),
    ("grpc.http2.max_ping_strikes", 2),
    ("grpc.max_connection_idle_ms", 5 * _MINUTE_MS),
    ("grpc.max_connection_age_ms", 30 * _MINUTE_MS),
    ("grpc.max_connection_age_grace_ms", 30 * _SECOND_MS),
)

_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


def build_deployment(
    settings: Settings,
    plugins: Plugins | None = None,
    clock: Callable[[], datetime] | None = None,
    *,
    must_exist: bool = False,
) -> Deployment:
    """Open the database, and take the plugins into use; `close` the deployment in the end.

    plugins, clock: in the place of the configured plugins and of the system's clock.
    must_exist: whether a database that is not there is an error, and not made.
    Errors: SettingsError, StoreError, PluginError.
    """
    try:
        time_zone = ZoneInfo(settings.time_zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise SettingsError(f"time_zone: there is no zone {settings.time_zone}; use one like Europe/Vienna") from error
    clock = clock or _system_clock
    plugins = _plugins(settings) if plugins is None else plugins
    try:
        store = open_store(settings.database_url, must_exist=must_exist)
        plugins.keep_set_aside_in(SetAsideInStore(store, clock))
    except BaseException:
        plugins.close()
        raise
    return Deployment(store, plugins, time_zone, clock)


def _plugins(settings: Settings) -> Plugins:
    if settings.plugins_run_in not in RUN_IN:
        raise SettingsError(f"plugins_run_in: {settings.plugins_run_in} has to be one of {', '.join(RUN_IN)}")
    return load_plugins(settings.plugins) if settings.plugins_run_in == "inline" else host_plugins(settings.plugins)


class Server:
    """A gRPC server with its biller, listening once it has been made."""

    def __init__(self, settings: Settings, deployment: Deployment, *, bills: bool = True) -> None:
        """Bind the port.

        bills: whether it carries runs out; of several server processes one does.
        Errors: SettingsError where it is taken, or would be open to others without TLS.
        """
        check_complete(method.name for service in SERVICES.values() for method in service.methods)
        self.deployment, self._threads = deployment, settings.threads
        shared = settings.processes > 1
        self._biller = _carries_out_runs(settings, deployment)
        self._bills = bills
        self._health = PluginHealth(deployment)
        self._gate = Gate(deployment)
        self._server = grpc.server(
            ThreadPoolExecutor(settings.threads, thread_name_prefix="call"),
            interceptors=[self._gate],
            # Unless the port is shared, a second server on it is refused; by default it would quietly take half
            # of the calls.
            options=(*OPTIONS, ("grpc.so_reuseport", int(shared))),
            maximum_concurrent_rpcs=4 * settings.threads,
        )
        self._add_services(settings)
        self.port = _bound_port(self._server, settings)

    def start(self) -> None:
        """Serve, and take up the runs that were cut off."""
        if self._bills:
            self._biller.start()
        for name in ("", *(service.full_name for service in SERVICES.values())):
            self._health.set(name, health_pb2.HealthCheckResponse.SERVING)
        self._server.start()

    def stop(self, grace_seconds: int = GRACE_SECONDS) -> None:
        """Take no more calls, let those in flight end, and let the biller finish the batch that it is at.

        grace_seconds: a call that goes on after so long ends with UNAVAILABLE; 0 ends all of them at once.
        """
        self._health.enter_graceful_shutdown()
        self._refuse_calls(grace_seconds).wait()
        if self._bills:
            self._biller.stop(GRACE_SECONDS)
        self.deployment.close()

    def _refuse_calls(self, grace_seconds: int) -> Event:
        if not grace_seconds:
            return self._server.stop(0)
        # grpcio ends a call that reaches a server as it stops with CANCELLED, which no caller makes again
        # (github.com/grpc/grpc/issues/41785).
        with self._gate.closed(self._threads):
            return self._server.stop(grace_seconds)

    def _add_services(self, settings: Settings) -> None:
        catalog_service_pb2_grpc.add_CatalogServiceServicer_to_server(CatalogServicer(self.deployment), self._server)
        billing_service_pb2_grpc.add_BillingServiceServicer_to_server(
            BillingServicer(self.deployment, self._biller, settings.threads // 2), self._server
        )
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        if settings.reflection:
            names = [service.full_name for service in SERVICES.values()]
            describe_services([*names, health.SERVICE_NAME], self._server)


def _carries_out_runs(settings: Settings, deployment: Deployment) -> CarriesOutRuns:
    if settings.runs_by_workers():
        # Its driver takes a tenth of a second to import.
        from quitrent.workers.queue import Queue, QueuedRuns  # noqa: PLC0415

        return QueuedRuns(Queue(settings.database_url))
    # The process that is asked for a run cannot wake the one that carries it out.
    return Biller(deployment, 1) if settings.processes > 1 else Biller(deployment)


def _bound_port(server: grpc.Server, settings: Settings) -> int:
    host, _ = settings.host_and_port()
    try:
        if settings.tls_certificate or settings.tls_key:
            return server.add_secure_port(settings.listen, _credentials(settings))
        if host not in _LOOPBACK and not settings.allow_plaintext:
            raise SettingsError(
                f"listen: {settings.listen} is open to other machines, and keys would travel in plain text; "
                "set tls_certificate and tls_key, or allow_plaintext behind a proxy that has them"
            )
        return server.add_insecure_port(settings.listen)
    except RuntimeError as error:
        raise settings.port_taken() from error


def _credentials(settings: Settings) -> grpc.ServerCredentials:
    try:
        certificate, key = (Path(path).read_bytes() for path in (settings.tls_certificate, settings.tls_key))
    except OSError as error:
        raise SettingsError(f"tls_certificate, tls_key: {error.filename} cannot be read: {error.strerror}") from error
    return grpc.ssl_server_credentials([(key, certificate)])


def _system_clock() -> datetime:
    return datetime.now(UTC)
