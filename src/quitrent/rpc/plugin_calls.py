"""The part of BillingService that is about pricing plugins."""

from __future__ import annotations

import grpc

from quitrent.rpc.calls import mutate
from quitrent.rpc.values import enum_in, enum_out
from quitrent.services.deployment import Deployment
from quitrent.services.plugin_states import PluginCondition, PluginState, plugin_states, resume_plugin
from quitrent.v1 import billing_service_pb2 as pb
from quitrent.v1 import plugin_pb2

PREFIX = "plugins/"


class PluginCalls:
    """List and resume."""

    _deployment: Deployment

    def ListPlugins(self, request: pb.ListPluginsRequest, context: grpc.ServicerContext) -> pb.ListPluginsResponse:
        wanted = enum_in(plugin_pb2.Plugin.State, request.state, PluginCondition)
        states = plugin_states(self._deployment)
        return pb.ListPluginsResponse(
            plugins=[_plugin_out(state) for state in states if wanted in (None, state.condition)]
        )

    def ResumePlugin(self, request: pb.ResumePluginRequest, context: grpc.ServicerContext) -> pb.ResumePluginResponse:
        name = request.name.removeprefix(PREFIX)
        return mutate(
            self._deployment,
            request,
            pb.ResumePluginResponse,
            lambda: pb.ResumePluginResponse(plugin=_plugin_out(resume_plugin(self._deployment, name))),
        )


def _plugin_out(state: PluginState) -> plugin_pb2.Plugin:
    return plugin_pb2.Plugin(
        name=PREFIX + state.name,
        version=state.version,
        package=state.package,
        settings_digest=state.settings_digest,
        hooks=state.hooks,
        state=enum_out(plugin_pb2.Plugin.State, state.condition),
        cause=state.cause,
        on_failure=state.on_failure,
        untold_run_count=state.untold_runs,
        telling_failure=state.telling_failure,
    )
