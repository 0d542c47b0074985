"""The retail chain's own feed of what its tills and counts say; who calls is one of the marketplace's clients."""

from sandbox_server.api.operation import Call, Reply
from sandbox_server.api.pagination import next_cursor, page_query
from sandbox_server.control import forms
from sandbox_server.services import tills
from sandbox_server.services.ports import Transaction

_FILTERS = {"storeId": "store_id", "sku": "sku"}


def list_pos_stock(call: Call, tx: Transaction) -> Reply:
    """Answer GET /pos/stock."""
    page = tx.levels.page(page_query(call, tx, _FILTERS))
    levels = [tx.levels.unpack(row) for row in page.rows]
    items = [forms.pos_stock(tx, level, tills.units(tx, level)) for level in levels]
    return Reply(content={"items": items, **next_cursor(call, tx, page.next_position)})


def list_pos_changes(call: Call, tx: Transaction) -> Reply:
    """Answer GET /pos/changes; there is always a next page, for changes that are still to come."""
    query = page_query(call, tx, _FILTERS)
    changes = [tx.counts.unpack(row) for row in tx.counts.page(query).rows]
    seen = changes[-1].number if changes else query.after
    return Reply(content={"items": [forms.pos_change(one) for one in changes], **next_cursor(call, tx, seen)})
