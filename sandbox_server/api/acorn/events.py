"""The feed of events."""

from sandbox_server.api.acorn import wire
from sandbox_server.api.operation import Call, Listing, Reply
from sandbox_server.api.pagination import next_cursor, page_query
from sandbox_server.services.ports import Transaction


def list_events(call: Call, tx: Transaction) -> Reply:
    """Answer GET /events; there is always a next page, for what is still to happen."""
    query = page_query(call, tx, {"type": "type"})
    page = tx.events.page(query)
    seen = page.next_position if page.next_position is not None else max(query.after, tx.events.count())
    return Reply(content=Listing(page.rows, wire.event, next_cursor(call, tx, seen)))
