"""CatalogService: the servicers of its nouns, together."""

from __future__ import annotations

from quitrent.rpc.plan_calls import PlanCalls
from quitrent.rpc.price_rule_calls import PriceRuleCalls
from quitrent.rpc.product_calls import ProductCalls
from quitrent.services.deployment import Deployment
from quitrent.v1 import catalog_service_pb2_grpc


class CatalogServicer(PlanCalls, ProductCalls, PriceRuleCalls, catalog_service_pb2_grpc.CatalogServiceServicer):
    """Plans, products and price rules. The protos document the methods."""

    def __init__(self, deployment: Deployment) -> None:
        """Take what the use cases need."""
        self._deployment = deployment
