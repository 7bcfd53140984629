"""Quotes, charges, runs and statements: from domain values to messages."""

from __future__ import annotations

from functools import lru_cache

from quitrent.domain.billing_run import BillingRun
from quitrent.domain.charge import Charge, ParkedCharge, Step
from quitrent.domain.money import Money
from quitrent.domain.statement import Statement, StatementLine
from quitrent.rpc.values import date_out, decimal_out, enum_out, money_out, month_out, optional_money_out, time_out
from quitrent.services.quoting import Quote, QuotedSide
from quitrent.v1 import billing_run_pb2, charge_pb2, explanation_pb2, quote_pb2, statement_pb2


@lru_cache(1024)
def explanation_out(steps: tuple[Step, ...]) -> explanation_pb2.Explanation:
    """Write the steps of a calculation, which many lines have in common; a message that it is put into gets a copy."""
    return explanation_pb2.Explanation(
        steps=[
            explanation_pb2.Step(
                kind=enum_out(explanation_pb2.StepKind, step.kind),
                text=step.text,
                plugin=step.plugin,
                plugin_version=step.plugin_version,
                code=step.code,
                result=decimal_out(step.result) if step.result else None,
            )
            for step in steps
        ]
    )


def write_quote(quote: Quote, message: quote_pb2.Quote) -> None:
    """Write a quote into a message, of which most is as in others."""
    alike = Quote(quote.day, "", quote.product, "", quote.wholesale, quote.retail)
    message.CopyFrom(_without_names(alike))
    message.subscription, message.account = quote.subscription, quote.account


@lru_cache(1024)
def _without_names(quote: Quote) -> quote_pb2.Quote:
    return quote_pb2.Quote(
        product=quote.product,
        date=date_out(quote.day),
        retail=_side_out(quote.retail),
        wholesale=_side_out(quote.wholesale),
        margin=optional_money_out(quote.margin),
        margin_absent_reason=quote.margin_absent_reason,
    )


def charge_out(charge: Charge) -> charge_pb2.Charge:
    """Write a charge, with who owes it to whom."""
    return charge_pb2.Charge(
        name=charge.name,
        side=enum_out(charge_pb2.Side, charge.side),
        reason=enum_out(charge_pb2.ChargeReason, charge.reason),
        debtor=charge.debtor,
        creditor=charge.creditor,
        subscription=charge.subscription,
        product=charge.product,
        period_start=date_out(charge.period_start),
        period_end=date_out(charge.period_end),
        due_date=date_out(charge.due_date),
        amount=money_out(charge.amount),
        explanation=explanation_out(charge.steps),
        reverses=charge.reverses,
        reversed_by=charge.reversed_by,
        billing_run=charge.billing_run,
        create_time=time_out(charge.create_time),
    )


def parked_charge_out(parked: ParkedCharge) -> charge_pb2.ParkedCharge:
    """Write a parked charge."""
    return charge_pb2.ParkedCharge(
        subscription=parked.subscription,
        product=parked.product,
        period_start=date_out(parked.period_start),
        period_end=date_out(parked.period_end),
        due_date=date_out(parked.due_date),
        plugin=parked.plugin,
        cause=parked.cause,
        billing_run=parked.billing_run,
        attempt_count=parked.attempt_count,
        create_time=time_out(parked.create_time),
        update_time=time_out(parked.update_time),
    )


def run_out(run: BillingRun) -> billing_run_pb2.BillingRun:
    """Write a run as it stands."""
    return billing_run_pb2.BillingRun(
        name=run.name,
        through_date=date_out(run.through),
        state=enum_out(billing_run_pb2.BillingRun.State, run.state),
        phase=enum_out(billing_run_pb2.BillingRun.Phase, run.phase),
        total_count=run.total_count,
        done_count=run.done_count,
        amounts=[
            billing_run_pb2.RunAmount(
                side=enum_out(charge_pb2.Side, side),
                amount=money_out(Money(amount.amount_micros, currency)),
                charge_count=amount.charge_count,
            )
            for (side, currency), amount in sorted(run.amounts.items(), reverse=True)
        ],
        parked_count=run.parked_count,
        failure=run.failure,
        plugins=[
            billing_run_pb2.RunPlugin(name=one.name, version=one.version, settings_digest=one.settings_digest)
            for one in run.plugins
        ],
        remarks=run.remarks,
        create_time=time_out(run.create_time),
        finish_time=time_out(run.finish_time),
    )


def statement_out(statement: Statement) -> statement_pb2.Statement:
    """Write a statement."""
    return statement_pb2.Statement(
        reseller=statement.reseller,
        month=month_out(statement.month),
        totals=[
            statement_pb2.StatementTotal(
                wholesale_due=money_out(total.wholesale),
                retail_billed=money_out(total.retail),
                margin=optional_money_out(total.margin),
                margin_absent_reason=total.margin_absent_reason,
            )
            for total in statement.totals
        ],
        line_count=statement.line_count,
        charge_count=statement.charge_count,
        below_cost_line_count=statement.below_cost_line_count,
        parked_count=statement.parked_count,
    )


def statement_line_out(line: StatementLine) -> statement_pb2.StatementLine:
    """Write a line of a statement; a side without a charge is left out."""
    return statement_pb2.StatementLine(
        subscription=line.subscription,
        product=line.product,
        wholesale_due=optional_money_out(line.wholesale),
        retail_billed=optional_money_out(line.retail),
        margin=optional_money_out(line.margin),
        margin_absent_reason=line.margin_absent_reason,
        charge_count=line.charge_count,
        parked_count=line.parked_count,
        below_cost=line.below_cost,
    )


def _side_out(side: QuotedSide) -> quote_pb2.QuotedSide:
    return quote_pb2.QuotedSide(
        amount=money_out(side.priced.amount),
        period_start=date_out(side.part.start),
        period_end=date_out(side.part.end),
        due_date=date_out(side.due_date),
        explanation=explanation_out(side.priced.steps),
    )
