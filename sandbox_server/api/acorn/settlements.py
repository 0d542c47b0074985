"""Settlements, and their lines."""

from msgspec.structs import replace

from sandbox_server.api.acorn import finance_wire as wire
from sandbox_server.api.acorn.replies import listing, one
from sandbox_server.api.operation import Call, Listing, Reply
from sandbox_server.api.pagination import next_cursor, page_query
from sandbox_server.services import settlements
from sandbox_server.services.ports import Transaction


def list_settlements(call: Call, tx: Transaction) -> Reply:
    """Answer GET /settlements."""
    return listing(call, tx, tx.settlements, wire.settlement, {})


def get_settlement(call: Call, tx: Transaction) -> Reply:
    """Answer GET /settlements/{settlementId}."""
    return one(settlements.get(tx, call.parameters["settlementId"]), wire.settlement)


def list_settlement_lines(call: Call, tx: Transaction) -> Reply:
    """Answer GET /settlements/{settlementId}/lines."""
    settlement = settlements.get(tx, call.parameters["settlementId"])
    query = page_query(call, tx, {"kind": "kind"})
    page = tx.settlement_lines.page(replace(query, where={**query.where, "period": str(settlement.period)}))
    return Reply(content=Listing(page.rows, wire.settlement_line, next_cursor(call, tx, page.next_position)))
