"""Health as load balancers and grpcurl ask for it, with a service for each plugin: `quitrent.plugins.markup`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2

from quitrent.services.deployment import Deployment
from quitrent.services.plugin_states import PluginCondition, plugin_states

PREFIX = "quitrent.plugins."


class PluginHealth:
    """A health servicer that asks after a plugin when it is asked itself. A plugin's trouble is not the server's."""

    def __init__(self, deployment: Deployment) -> None:
        """Take the deployment, whose plugins are asked after."""
        self._deployment = deployment
        self._health = health.HealthServicer()
        self.set, self.enter_graceful_shutdown = self._health.set, self._health.enter_graceful_shutdown

    def Check(  # noqa: N802 -- named after the RPC.
        self, request: health_pb2.HealthCheckRequest, context: grpc.ServicerContext
    ) -> health_pb2.HealthCheckResponse:
        """Give the health of the server, of a service, or of a plugin."""
        self._look(request.service)
        return self._health.Check(request, context)

    def Watch(  # noqa: N802 -- named after the RPC.
        self,
        request: health_pb2.HealthCheckRequest,
        context: grpc.ServicerContext,
        send_response_callback: Callable[[Any], None] | None = None,
    ) -> Any:
        """Give it at once and whenever it has changed; of a plugin, as far as someone has checked since."""
        self._look(request.service)
        return self._health.Watch(request, context, send_response_callback)

    def List(  # noqa: N802 -- named after the RPC.
        self, request: health_pb2.HealthListRequest, context: grpc.ServicerContext
    ) -> health_pb2.HealthListResponse:
        """Give the health of all that is known."""
        self._look(PREFIX)
        return self._health.List(request, context)

    def _look(self, service: str) -> None:
        if service.startswith(PREFIX):
            for state in plugin_states(self._deployment):
                status = "SERVING" if state.condition is PluginCondition.IN_USE else "NOT_SERVING"
                self.set(PREFIX + state.name, health_pb2.HealthCheckResponse.ServingStatus.Value(status))
