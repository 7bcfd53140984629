"""The part of BillingService that is about resellers, customers and accounts."""

from __future__ import annotations

import grpc

from quitrent.rpc.calls import mutate, page_out, page_request
from quitrent.rpc.gate import current_caller
from quitrent.rpc.party_messages import changed_party_in, new_party_in, party_out
from quitrent.rpc.values import mask_in
from quitrent.services import parties
from quitrent.services.deployment import Deployment
from quitrent.services.parties import PARTY_FIELDS
from quitrent.v1 import billing_service_pb2 as pb
from quitrent.v1 import party_pb2


class PartyCalls:
    """Create, get, list and update of each party."""

    _deployment: Deployment

    def CreateReseller(
        self, request: pb.CreateResellerRequest, context: grpc.ServicerContext
    ) -> pb.CreateResellerResponse:
        party = new_party_in(request.reseller, "", "resellers", request.reseller_id)
        return mutate(
            self._deployment,
            request,
            pb.CreateResellerResponse,
            lambda: pb.CreateResellerResponse(
                reseller=party_out(parties.create_reseller(self._deployment, party), party_pb2.Reseller)
            ),
        )

    def GetReseller(self, request: pb.GetResellerRequest, context: grpc.ServicerContext) -> pb.GetResellerResponse:
        party = parties.get_reseller(current_caller(), request.name)
        return pb.GetResellerResponse(reseller=party_out(party, party_pb2.Reseller))

    def ListResellers(
        self, request: pb.ListResellersRequest, context: grpc.ServicerContext
    ) -> pb.ListResellersResponse:
        page = parties.list_resellers(current_caller(), page_request(request))
        found, token = page_out(page, lambda party: party_out(party, party_pb2.Reseller))
        return pb.ListResellersResponse(resellers=found, next_page_token=token)

    def UpdateReseller(
        self, request: pb.UpdateResellerRequest, context: grpc.ServicerContext
    ) -> pb.UpdateResellerResponse:
        caller = current_caller()
        fields = mask_in(request.update_mask, "reseller", PARTY_FIELDS, {"name"})
        wanted = changed_party_in(request.reseller, "reseller")
        return mutate(
            self._deployment,
            request,
            pb.UpdateResellerResponse,
            lambda: pb.UpdateResellerResponse(
                reseller=party_out(
                    parties.update_reseller(self._deployment, caller, wanted, fields), party_pb2.Reseller
                )
            ),
        )

    def CreateCustomer(
        self, request: pb.CreateCustomerRequest, context: grpc.ServicerContext
    ) -> pb.CreateCustomerResponse:
        caller = current_caller()
        party = new_party_in(request.customer, request.parent, "customers", request.customer_id)
        return mutate(
            self._deployment,
            request,
            pb.CreateCustomerResponse,
            lambda: pb.CreateCustomerResponse(
                customer=party_out(parties.create_customer(self._deployment, caller, party), party_pb2.Customer)
            ),
            within=request.parent,
        )

    def GetCustomer(self, request: pb.GetCustomerRequest, context: grpc.ServicerContext) -> pb.GetCustomerResponse:
        party = parties.get_customer(current_caller(), request.name)
        return pb.GetCustomerResponse(customer=party_out(party, party_pb2.Customer))

    def ListCustomers(
        self, request: pb.ListCustomersRequest, context: grpc.ServicerContext
    ) -> pb.ListCustomersResponse:
        page = parties.list_customers(current_caller(), request.parent, page_request(request))
        found, token = page_out(page, lambda party: party_out(party, party_pb2.Customer))
        return pb.ListCustomersResponse(customers=found, next_page_token=token)

    def UpdateCustomer(
        self, request: pb.UpdateCustomerRequest, context: grpc.ServicerContext
    ) -> pb.UpdateCustomerResponse:
        caller = current_caller()
        fields = mask_in(request.update_mask, "customer", PARTY_FIELDS, {"name"})
        wanted = changed_party_in(request.customer, "customer")
        return mutate(
            self._deployment,
            request,
            pb.UpdateCustomerResponse,
            lambda: pb.UpdateCustomerResponse(
                customer=party_out(
                    parties.update_customer(self._deployment, caller, wanted, fields), party_pb2.Customer
                )
            ),
        )

    def CreateAccount(
        self, request: pb.CreateAccountRequest, context: grpc.ServicerContext
    ) -> pb.CreateAccountResponse:
        caller = current_caller()
        party = new_party_in(request.account, request.parent, "accounts", request.account_id)
        return mutate(
            self._deployment,
            request,
            pb.CreateAccountResponse,
            lambda: pb.CreateAccountResponse(
                account=party_out(parties.create_account(self._deployment, caller, party), party_pb2.Account)
            ),
            within=request.parent,
        )

    def GetAccount(self, request: pb.GetAccountRequest, context: grpc.ServicerContext) -> pb.GetAccountResponse:
        party = parties.get_account(current_caller(), request.name)
        return pb.GetAccountResponse(account=party_out(party, party_pb2.Account))

    def ListAccounts(self, request: pb.ListAccountsRequest, context: grpc.ServicerContext) -> pb.ListAccountsResponse:
        page = parties.list_accounts(current_caller(), request.parent, page_request(request))
        found, token = page_out(page, lambda party: party_out(party, party_pb2.Account))
        return pb.ListAccountsResponse(accounts=found, next_page_token=token)

    def UpdateAccount(
        self, request: pb.UpdateAccountRequest, context: grpc.ServicerContext
    ) -> pb.UpdateAccountResponse:
        caller = current_caller()
        fields = mask_in(request.update_mask, "account", PARTY_FIELDS, {"name"})
        wanted = changed_party_in(request.account, "account")
        return mutate(
            self._deployment,
            request,
            pb.UpdateAccountResponse,
            lambda: pb.UpdateAccountResponse(
                account=party_out(parties.update_account(self._deployment, caller, wanted, fields), party_pb2.Account)
            ),
        )
