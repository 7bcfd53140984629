"""The part of CatalogService that is about plans and their fee changes."""

from __future__ import annotations

import grpc

from quitrent.domain.plan import Plan, PlanKind
from quitrent.rpc.calls import mutate, page_out, page_request
from quitrent.rpc.effect_messages import effects_out
from quitrent.rpc.gate import current_caller
from quitrent.rpc.plan_messages import (
    KIND_AND_MANAGER,
    PLAN_FIELDS,
    changed_plan_in,
    fee_change_out,
    new_fee_change_in,
    new_plan_in,
    plan_out,
)
from quitrent.rpc.values import enum_in, mask_in
from quitrent.services import fee_changes, plans
from quitrent.services.deployment import Deployment
from quitrent.services.visibility import visible_plan
from quitrent.v1 import catalog_service_pb2 as pb
from quitrent.v1 import plan_pb2


class PlanCalls:
    """Plans, and what they cost from when."""

    _deployment: Deployment

    def CreatePlan(self, request: pb.CreatePlanRequest, context: grpc.ServicerContext) -> pb.CreatePlanResponse:
        caller = current_caller()
        plan = new_plan_in(request.plan, request.plan_id, caller)
        return mutate(
            self._deployment,
            request,
            pb.CreatePlanResponse,
            lambda: pb.CreatePlanResponse(plan=self._plan_out(plans.create_plan(self._deployment, caller, plan))),
        )

    def GetPlan(self, request: pb.GetPlanRequest, context: grpc.ServicerContext) -> pb.GetPlanResponse:
        return pb.GetPlanResponse(plan=self._plan_out(visible_plan(current_caller(), request.name)))

    def ListPlans(self, request: pb.ListPlansRequest, context: grpc.ServicerContext) -> pb.ListPlansResponse:
        kind = enum_in(plan_pb2.PlanKind, request.kind, PlanKind)
        page = plans.list_plans(
            current_caller(), kind, request.managed_by, request.currency_code, page_request(request)
        )
        found, token = page_out(page, self._plan_out)
        return pb.ListPlansResponse(plans=found, next_page_token=token)

    def UpdatePlan(self, request: pb.UpdatePlanRequest, context: grpc.ServicerContext) -> pb.UpdatePlanResponse:
        caller = current_caller()
        fields = mask_in(request.update_mask, "plan", PLAN_FIELDS, {"name", *KIND_AND_MANAGER})
        wanted = changed_plan_in(request.plan, fields)
        return mutate(
            self._deployment,
            request,
            pb.UpdatePlanResponse,
            lambda: pb.UpdatePlanResponse(
                plan=self._plan_out(plans.update_plan(self._deployment, caller, wanted, fields))
            ),
        )

    def DeletePlan(self, request: pb.DeletePlanRequest, context: grpc.ServicerContext) -> pb.DeletePlanResponse:
        caller = current_caller()
        return mutate(self._deployment, request, pb.DeletePlanResponse, lambda: plans.delete_plan(caller, request.name))

    def CreateFeeChange(
        self, request: pb.CreateFeeChangeRequest, context: grpc.ServicerContext
    ) -> pb.CreateFeeChangeResponse:
        caller = current_caller()
        change = new_fee_change_in(request.fee_change, request.parent)
        if request.validate_only:
            previewed = fee_changes.preview_fee_change(self._deployment, caller, change, page_request(request))
            return pb.CreateFeeChangeResponse(
                fee_change=fee_change_out(change),
                **effects_out(previewed),
            )
        return mutate(
            self._deployment,
            request,
            pb.CreateFeeChangeResponse,
            lambda: pb.CreateFeeChangeResponse(
                fee_change=fee_change_out(fee_changes.create_fee_change(self._deployment, caller, change))
            ),
        )

    def GetFeeChange(self, request: pb.GetFeeChangeRequest, context: grpc.ServicerContext) -> pb.GetFeeChangeResponse:
        change = fee_changes.get_fee_change(current_caller(), request.name)
        return pb.GetFeeChangeResponse(fee_change=fee_change_out(change))

    def ListFeeChanges(
        self, request: pb.ListFeeChangesRequest, context: grpc.ServicerContext
    ) -> pb.ListFeeChangesResponse:
        page = fee_changes.list_fee_changes(current_caller(), request.parent, page_request(request))
        found, token = page_out(page, fee_change_out)
        return pb.ListFeeChangesResponse(fee_changes=found, next_page_token=token)

    def DeleteFeeChange(
        self, request: pb.DeleteFeeChangeRequest, context: grpc.ServicerContext
    ) -> pb.DeleteFeeChangeResponse:
        caller = current_caller()
        return mutate(
            self._deployment,
            request,
            pb.DeleteFeeChangeResponse,
            lambda: fee_changes.delete_fee_change(caller, request.name),
        )

    def _plan_out(self, plan: Plan) -> plan_pb2.Plan:
        return plan_out(plan, self._deployment.today())
