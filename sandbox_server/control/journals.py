"""The journal: read, explained, carried away and verified."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sandbox_server.api.judge import Judge
from sandbox_server.api.operation import Call, Reply
from sandbox_server.api.pagination import decode, encode, filters_of
from sandbox_server.control import calls, exports
from sandbox_server.control.registry import Registry
from sandbox_server.domain.errors import NotFound
from sandbox_server.services.journal import Journal, Page
from sandbox_server.services.search import Filters
from sandbox_server.traffic.journal import Kept, Verdict

_FILTERS = {
    "operation": "operation",
    "status": "status",
    "requestId": "request_id",
    "storeId": "store",
    "orderId": "order",
    "fault": "fault",
    "receivedAfter": "received_after",
    "receivedBefore": "received_before",
}
_PIECE = 64 * 1024


class Journals:
    """
    What answers below /tenants/{tenant}/journal.

    Args:
        registry: Knows the tenants.
        judge: Holds calls against the marketplace's contract.
    """

    def __init__(self, registry: Registry, judge: Judge) -> None:
        self._registry = registry
        self._judge = judge

    def list_calls(self, call: Call) -> Reply:
        """Answer GET …/journal."""
        filters, journal, wanted_after = _filters(call), self._journal(call), call.parameters.get("after", 0)

        def find(after: int, limit: int) -> Page:
            return journal.page(filters, max(after, wanted_after), limit)

        content = self._page(call, find, lambda kept: calls.call(kept.entry))
        return Reply(content={**content, "last": journal.last})

    def get_call(self, call: Call) -> Reply:
        """Answer GET …/journal/{number}."""
        number = call.parameters["number"]
        kept = self._journal(call).get(number)
        if kept is None:
            raise NotFound("call", str(number))
        return Reply(content=calls.call_in_full(kept, self._judge))

    def export(self, call: Call) -> Reply:
        """Answer GET …/journal/export, piece by piece."""
        form, filters = call.parameters["format"], _filters(call)
        wanted = filter(filters.take, self._journal(call).entries())
        name = f"{call.parameters['tenant']}-journal.{form}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        if form == "har":
            return Reply(headers=headers, raw=_in_pieces(exports.har(wanted)))
        lines = _in_pieces(exports.ndjson(wanted, self._judge))
        return Reply(headers=headers, raw=lines, media_type="application/x-ndjson")

    def list_unmatched(self, call: Call) -> Reply:
        """Answer GET …/journal/unmatched."""
        page = self._page(call, self._journal(call).unmatched, lambda kept: calls.unmatched(kept, self._judge))
        return Reply(content=page)

    def verify(self, call: Call) -> Reply:
        """Answer POST …/journal/verify."""
        return Reply(content=calls.verification(self._journal(call).verify()))

    def _journal(self, call: Call) -> Journal:
        return self._registry.get(call.parameters["tenant"]).tenant.power(Journal)

    def _page(
        self, call: Call, find: Callable[[int, int], Page], to_wire: Callable[[Kept], dict[str, Any]]
    ) -> dict[str, Any]:
        asked, narrowed, seed = call.parameters, filters_of(call), self._registry.seed
        after = decode(asked["cursor"], narrowed, seed) if "cursor" in asked else 0
        found = find(after, asked["limit"])
        content: dict[str, Any] = {"items": [to_wire(kept) for kept in found.entries]}
        if found.next_after is not None:
            content["nextCursor"] = encode(found.next_after, narrowed, seed)
        return content


def _filters(call: Call) -> Filters:
    asked = call.parameters
    verdict = Verdict(asked["verdict"]) if "verdict" in asked else None
    return Filters(verdict=verdict, **{name: asked[wire] for wire, name in _FILTERS.items() if wire in asked})


def _in_pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Return the same bytes in pieces that are worth a write of their own."""
    gathered, size = [], 0
    for chunk in chunks:
        gathered.append(chunk)
        size += len(chunk)
        if size >= _PIECE:
            yield b"".join(gathered)
            gathered, size = [], 0
    yield b"".join(gathered)
