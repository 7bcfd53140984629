"""The part of CatalogService that is about products."""

from __future__ import annotations

import grpc

from quitrent.domain.product import ProductKind, ProductState
from quitrent.rpc.calls import mutate, page_out, page_request
from quitrent.rpc.gate import current_caller
from quitrent.rpc.plan_messages import KIND_AND_MANAGER
from quitrent.rpc.product_messages import PRODUCT_FIELDS, changed_product_in, new_product_in, product_out
from quitrent.rpc.values import enum_in, mask_in
from quitrent.services import products
from quitrent.services.deployment import Deployment
from quitrent.services.products import OfferedProduct
from quitrent.v1 import catalog_service_pb2 as pb
from quitrent.v1 import product_pb2


class ProductCalls:
    """What can be assigned."""

    _deployment: Deployment

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
                product=self._product_out(products.create_product(self._deployment, caller, product))
            ),
        )

    def GetProduct(self, request: pb.GetProductRequest, context: grpc.ServicerContext) -> pb.GetProductResponse:
        return pb.GetProductResponse(product=self._product_out(products.get_product(current_caller(), request.name)))

    def ListProducts(self, request: pb.ListProductsRequest, context: grpc.ServicerContext) -> pb.ListProductsResponse:
        page = products.list_products(
            current_caller(),
            enum_in(product_pb2.ProductKind, request.kind, ProductKind),
            request.managed_by,
            enum_in(product_pb2.Product.State, request.state, ProductState),
            page_request(request),
        )
        found, token = page_out(page, self._product_out)
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
                product=self._product_out(products.update_product(self._deployment, caller, wanted, fields))
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
                product=self._product_out(products.archive_product(self._deployment, caller, request.name))
            ),
        )

    def DeleteProduct(
        self, request: pb.DeleteProductRequest, context: grpc.ServicerContext
    ) -> pb.DeleteProductResponse:
        caller = current_caller()
        return mutate(
            self._deployment, request, pb.DeleteProductResponse, lambda: products.delete_product(caller, request.name)
        )

    def _product_out(self, offered: OfferedProduct) -> product_pb2.Product:
        return product_out(offered, self._deployment.today())
