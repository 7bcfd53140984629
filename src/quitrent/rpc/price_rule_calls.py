"""The part of CatalogService that is about price rules."""

from __future__ import annotations

import grpc

from quitrent.rpc.calls import mutate, page_out, page_request
from quitrent.rpc.effect_messages import effects_out
from quitrent.rpc.gate import current_caller
from quitrent.rpc.price_rule_messages import (
    PRICE_RULE_FIELDS,
    PRICE_RULE_IMMUTABLE,
    changed_price_rule_in,
    new_price_rule_in,
    price_rule_out,
    revision_out,
)
from quitrent.rpc.values import mask_in
from quitrent.services import price_rules
from quitrent.services.deployment import Deployment
from quitrent.v1 import catalog_service_pb2 as pb


class PriceRuleCalls:
    """A reseller's own prices, and their history."""

    _deployment: Deployment

    def CreatePriceRule(
        self, request: pb.CreatePriceRuleRequest, context: grpc.ServicerContext
    ) -> pb.CreatePriceRuleResponse:
        caller = current_caller()
        rule = new_price_rule_in(request.price_rule, request.parent, request.price_rule_id)
        if request.validate_only:
            previewed = price_rules.preview_new_price_rule(self._deployment, caller, rule, page_request(request))
            return pb.CreatePriceRuleResponse(
                price_rule=price_rule_out(rule),
                **effects_out(previewed),
            )
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
        if request.validate_only:
            asked = page_request(request)
            changed, previewed = price_rules.preview_changed_price_rule(self._deployment, caller, wanted, names, asked)
            return pb.UpdatePriceRuleResponse(
                price_rule=price_rule_out(changed),
                **effects_out(previewed),
            )
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
            lambda: price_rules.delete_price_rule(self._deployment, caller, request.name),
        )

    def ListPriceRuleRevisions(
        self, request: pb.ListPriceRuleRevisionsRequest, context: grpc.ServicerContext
    ) -> pb.ListPriceRuleRevisionsResponse:
        page = price_rules.list_revisions(current_caller(), request.parent, request.price_rule, page_request(request))
        found, token = page_out(page, revision_out)
        return pb.ListPriceRuleRevisionsResponse(price_rule_revisions=found, next_page_token=token)
