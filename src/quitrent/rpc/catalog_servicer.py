"""CatalogService: convert in, call the use case, convert out."""

from __future__ import annotations

import grpc

from quitrent.domain.catalog import PlanKind, ProductKind, ProductState
from quitrent.rpc.calls import mutate, page_out, page_request
from quitrent.rpc.catalog_messages import (
    KIND_AND_MANAGER,
    PLAN_FIELDS,
    PRICE_RULE_FIELDS,
    PRICE_RULE_IMMUTABLE,
    PRODUCT_FIELDS,
    changed_plan_in,
    changed_price_rule_in,
    changed_product_in,
    new_plan_in,
    new_price_rule_in,
    new_product_in,
    plan_out,
    price_rule_out,
    product_out,
)
from quitrent.rpc.gate import current_caller
from quitrent.rpc.values import enum_in, mask_in
from quitrent.services import plans, price_rules, products
from quitrent.services.deployment import Deployment
from quitrent.services.visibility import visible_plan
from quitrent.v1 import catalog_service_pb2 as pb
from quitrent.v1 import catalog_service_pb2_grpc, plan_pb2, product_pb2


class CatalogServicer(catalog_service_pb2_grpc.CatalogServiceServicer):
    """Plans, products and price rules. The protos document the methods."""

    def __init__(self, deployment: Deployment) -> None:
        """Take what the use cases need."""
        self._deployment = deployment

    # Plans.

    def CreatePlan(self, request: pb.CreatePlanRequest, context: grpc.ServicerContext) -> pb.CreatePlanResponse:
        caller = current_caller()
        plan = new_plan_in(request.plan, request.plan_id, caller)
        return mutate(
            self._deployment,
            request,
            pb.CreatePlanResponse,
            lambda: pb.CreatePlanResponse(plan=plan_out(plans.create_plan(self._deployment, caller, plan))),
        )

    def GetPlan(self, request: pb.GetPlanRequest, context: grpc.ServicerContext) -> pb.GetPlanResponse:
        return pb.GetPlanResponse(plan=plan_out(visible_plan(current_caller(), request.name)))

    def ListPlans(self, request: pb.ListPlansRequest, context: grpc.ServicerContext) -> pb.ListPlansResponse:
        kind = enum_in(plan_pb2.PlanKind, request.kind, PlanKind)
        page = plans.list_plans(
            current_caller(), kind, request.managed_by, request.currency_code, page_request(request)
        )
        found, token = page_out(page, plan_out)
        return pb.ListPlansResponse(plans=found, next_page_token=token)

    def UpdatePlan(self, request: pb.UpdatePlanRequest, context: grpc.ServicerContext) -> pb.UpdatePlanResponse:
        caller = current_caller()
        fields = mask_in(request.update_mask, "plan", PLAN_FIELDS, {"name", *KIND_AND_MANAGER})
        wanted = changed_plan_in(request.plan, fields)
        return mutate(
            self._deployment,
            request,
            pb.UpdatePlanResponse,
            lambda: pb.UpdatePlanResponse(plan=plan_out(plans.update_plan(self._deployment, caller, wanted, fields))),
        )

    def DeletePlan(self, request: pb.DeletePlanRequest, context: grpc.ServicerContext) -> pb.DeletePlanResponse:
        caller = current_caller()
        return mutate(self._deployment, request, pb.DeletePlanResponse, lambda: plans.delete_plan(caller, request.name))

    # Products.

    def CreateProduct(
        self, request: pb.CreateProductRequest, context: grpc.ServicerContext
    ) -> pb.CreateProductResponse:
        caller = current_caller()
        product = new_product_in(request.product, request.product_id)
        return mutate(
            self._deployment,
            request,
            pb.CreateProductResponse,
            lambda: pb.CreateProductResponse(
                product=product_out(products.create_product(self._deployment, caller, product))
            ),
        )

    def GetProduct(self, request: pb.GetProductRequest, context: grpc.ServicerContext) -> pb.GetProductResponse:
        return pb.GetProductResponse(product=product_out(products.get_product(current_caller(), request.name)))

    def ListProducts(self, request: pb.ListProductsRequest, context: grpc.ServicerContext) -> pb.ListProductsResponse:
        page = products.list_products(
            current_caller(),
            enum_in(product_pb2.ProductKind, request.kind, ProductKind),
            request.managed_by,
            enum_in(product_pb2.Product.State, request.state, ProductState),
            page_request(request),
        )
        found, token = page_out(page, product_out)
        return pb.ListProductsResponse(products=found, next_page_token=token)

    def UpdateProduct(
        self, request: pb.UpdateProductRequest, context: grpc.ServicerContext
    ) -> pb.UpdateProductResponse:
        caller = current_caller()
        # To a reseller they are the provider's fields first of all, and the use case says so.
        fixed, refused = (KIND_AND_MANAGER, ()) if caller.is_admin else ((), KIND_AND_MANAGER)
        fields = mask_in(request.update_mask, "product", PRODUCT_FIELDS, {"name", "state", *fixed}, refused)
        wanted = changed_product_in(request.product, fields)
        return mutate(
            self._deployment,
            request,
            pb.UpdateProductResponse,
            lambda: pb.UpdateProductResponse(
                product=product_out(products.update_product(self._deployment, caller, wanted, fields))
            ),
        )

    def ArchiveProduct(
        self, request: pb.ArchiveProductRequest, context: grpc.ServicerContext
    ) -> pb.ArchiveProductResponse:
        caller = current_caller()
        return mutate(
            self._deployment,
            request,
            pb.ArchiveProductResponse,
            lambda: pb.ArchiveProductResponse(
                product=product_out(products.archive_product(self._deployment, caller, request.name))
            ),
        )

    def DeleteProduct(
        self, request: pb.DeleteProductRequest, context: grpc.ServicerContext
    ) -> pb.DeleteProductResponse:
        caller = current_caller()
        return mutate(
            self._deployment, request, pb.DeleteProductResponse, lambda: products.delete_product(caller, request.name)
        )

    # Price rules.

    def CreatePriceRule(
        self, request: pb.CreatePriceRuleRequest, context: grpc.ServicerContext
    ) -> pb.CreatePriceRuleResponse:
        caller = current_caller()
        rule = new_price_rule_in(request.price_rule, request.parent, request.price_rule_id)
        return mutate(
            self._deployment,
            request,
            pb.CreatePriceRuleResponse,
            lambda: pb.CreatePriceRuleResponse(
                price_rule=price_rule_out(price_rules.create_price_rule(self._deployment, caller, rule))
            ),
        )

    def GetPriceRule(self, request: pb.GetPriceRuleRequest, context: grpc.ServicerContext) -> pb.GetPriceRuleResponse:
        rule = price_rules.get_price_rule(current_caller(), request.name)
        return pb.GetPriceRuleResponse(price_rule=price_rule_out(rule))

    def ListPriceRules(
        self, request: pb.ListPriceRulesRequest, context: grpc.ServicerContext
    ) -> pb.ListPriceRulesResponse:
        page = price_rules.list_price_rules(current_caller(), request.parent, request.product, page_request(request))
        found, token = page_out(page, price_rule_out)
        return pb.ListPriceRulesResponse(price_rules=found, next_page_token=token)

    def UpdatePriceRule(
        self, request: pb.UpdatePriceRuleRequest, context: grpc.ServicerContext
    ) -> pb.UpdatePriceRuleResponse:
        caller = current_caller()
        fields = mask_in(request.update_mask, "price_rule", PRICE_RULE_FIELDS, PRICE_RULE_IMMUTABLE | {"name"})
        wanted = changed_price_rule_in(request.price_rule, fields)
        names = frozenset(PRICE_RULE_FIELDS[field] for field in fields)
        return mutate(
            self._deployment,
            request,
            pb.UpdatePriceRuleResponse,
            lambda: pb.UpdatePriceRuleResponse(
                price_rule=price_rule_out(price_rules.update_price_rule(self._deployment, caller, wanted, names))
            ),
        )

    def DeletePriceRule(
        self, request: pb.DeletePriceRuleRequest, context: grpc.ServicerContext
    ) -> pb.DeletePriceRuleResponse:
        caller = current_caller()
        return mutate(
            self._deployment,
            request,
            pb.DeletePriceRuleResponse,
            lambda: price_rules.delete_price_rule(caller, request.name),
        )
