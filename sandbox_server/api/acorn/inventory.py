"""Stock reports, levels, the unified view and the ledger."""

from sandbox_server.api.acorn import intake
from sandbox_server.api.acorn import inventory_wire as wire
from sandbox_server.api.acorn.replies import require_store
from sandbox_server.api.operation import Call, Reply
from sandbox_server.api.pagination import next_cursor, page_query
from sandbox_server.domain.inventory import StockReport
from sandbox_server.services import catalogue, inventory
from sandbox_server.services.ports import Transaction


def report_inventory(call: Call, tx: Transaction) -> Reply:
    """Answer PUT /inventory."""
    reports = intake.stock_reports(call.body)
    require_store(call, *dict.fromkeys(report.store_id for report in reports))
    refusals = inventory.report(tx, reports)

    def kept(report: StockReport) -> int:
        return inventory.level_of(tx, report.store_id, report.sku).sequence

    return Reply(content=wire.report_results(reports, refusals, kept))


def list_inventory(call: Call, tx: Transaction) -> Reply:
    """Answer GET /inventory."""
    page = tx.levels.page(page_query(call, tx, {"storeId": "store_id", "sku": "sku"}))
    levels = [tx.levels.unpack(row) for row in page.rows]
    safety_stock = {store_id: inventory.safety_stock(tx, store_id) for store_id in {level.store_id for level in levels}}
    items = [wire.stock_level(level, safety_stock[level.store_id], tx.now) for level in levels]
    return Reply(content={"items": items, **next_cursor(call, tx, page.next_position)})


def get_inventory(call: Call, tx: Transaction) -> Reply:
    """Answer GET /inventory/{sku}."""
    product = catalogue.get(tx, call.parameters["sku"])
    shares = inventory.unified(tx, product.sku)
    return Reply(content=wire.unified_stock(product.sku, shares, product.updated_at, tx.now))


def list_inventory_movements(call: Call, tx: Transaction) -> Reply:
    """Answer GET /inventory/movements."""
    found, after = tx.ledger.page(page_query(call, tx, {"storeId": "store_id", "sku": "sku", "cause": "cause"}))
    return Reply(content={"items": [wire.movement(entry) for entry in found], **next_cursor(call, tx, after)})
