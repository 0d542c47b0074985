"""Prices, reported and listed."""

from sandbox_server.api.acorn import prices_intake as intake
from sandbox_server.api.acorn import prices_wire as wire
from sandbox_server.api.acorn.replies import require_store
from sandbox_server.api.operation import Call, Reply
from sandbox_server.api.pagination import next_cursor, page_query
from sandbox_server.domain.prices import PriceReport
from sandbox_server.services import prices
from sandbox_server.services.ports import Transaction


def report_prices(call: Call, tx: Transaction) -> Reply:
    """Answer PUT /prices."""
    reports = intake.price_reports(call.body)
    require_store(call, *dict.fromkeys(report.store_id for report in reports))
    refusals = prices.report(tx, reports)

    def kept(report: PriceReport) -> int:
        return prices.sequence_kept(tx, report)

    return Reply(content=wire.report_results(reports, refusals, tx.currency, kept))


def list_prices(call: Call, tx: Transaction) -> Reply:
    """Answer GET /prices."""
    page = tx.prices.page(page_query(call, tx, {"sku": "sku", "storeId": "store_id"}))
    at = call.parameters.get("at", tx.now)
    items = [wire.price(tx.prices.unpack(row), at) for row in page.rows]
    return Reply(content={"items": items, **next_cursor(call, tx, page.next_position)})
