"""`staleRead`: a read tells how things were some time ago."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sandbox_server.domain.errors import NotFound
from sandbox_server.middleware.faults import pages
from sandbox_server.middleware.faults.delay_event import feed_until
from sandbox_server.middleware.faults.effect import About, Effect
from sandbox_server.middleware.faults.stage import Answer, Stage
from sandbox_server.services.journal import Journal
from sandbox_server.services.search import Filters
from sandbox_server.traffic.journal import Kept

_LOOKED_AT = 5_000  # calls, counted from the last one
_OK = 200
_CHANGED = ("updatedAt", "at")
_MADE = ("createdAt", "placedAt")
_KEPT_HEADERS = frozenset({"content-type", "etag"})


class StaleReadEffect(Effect):
    """Answers from a copy that lags behind."""

    about = About(
        "staleRead",
        "A read answers as it answered so many seconds of virtual time ago: with the newest answer to the "
        "same request by the same client that is so old, else with the oldest in the journal's last 5000 "
        "calls. A request that is new is answered as by a copy that lags: lists without what has changed "
        "since, the feed of events up to then, and 404 for what was made since.",
        {"match": {"operation": "getOrder"}, "effect": {"staleRead": {"bySeconds": 900}}},
        operations=pages.LISTS
        | {
            "getStore",
            "getProduct",
            "getInventory",
            "getOrder",
            "getShipment",
            "getReturn",
            "getTransfer",
            "getPromotion",
            "getInvoice",
            "getSettlement",
            "getReport",
            "getApplication",
            "getSubscription",
        },
        member="bySeconds",
    )

    async def play(self, given: Any, stage: Stage) -> None:
        """Answer from the past; a refusal goes by as it is."""
        answer = await stage.collect()
        past = answer
        if answer.status == _OK:
            until = stage.tenant.now() - timedelta(seconds=given["bySeconds"])
            past = _earlier(until, stage) or await _lagging(until, answer, stage)
        await stage.answer(past, instead_of=answer)


def _earlier(until: datetime, stage: Stage) -> Answer | None:
    """Return what the journal knows to have been answered; None where the request is new to it."""
    journal = stage.tenant.power(Journal)
    wanted = Filters(operation=stage.facts.operation, credential=stage.facts.credential, status=_OK)
    request = (stage.scope["path"], stage.scope["query_string"].decode("latin-1"))
    chosen: Kept | None = None
    for kept in journal.page(wanted, max(0, journal.last - _LOOKED_AT), _LOOKED_AT).entries:
        entry = kept.entry
        if (entry.path, entry.query) != request or entry.fault is not None:
            continue
        if chosen is not None and entry.received_at > until:
            break
        chosen = kept
    if chosen is None:
        return None
    fields = chosen.entry.response.fields()
    headers = [(name.encode(), value.encode()) for name, value in fields if name in _KEPT_HEADERS]
    return Answer(_OK, headers, chosen.response)


async def _lagging(until: datetime, answer: Answer, stage: Stage) -> Answer:
    """Return what a copy answers that knows nothing of what came after an instant."""
    if stage.facts.operation in pages.FEED:
        return await feed_until(until, answer, stage)
    content = answer.json
    if stage.facts.operation in pages.LISTS:
        items = [item for item in content["items"] if not _since(until, item, _CHANGED)]
        return answer.with_json({**content, "items": items})
    if _since(until, content, _MADE):
        stage.note_before(answer)
        raise NotFound(stage.facts.operation.removeprefix("get").lower(), *stage.path_parameters.values())
    return answer


def _since(until: datetime, item: Mapping[str, Any], members: tuple[str, ...]) -> bool:
    """Whether the first of these members that an item has names a later instant."""
    told = next((item[name] for name in members if name in item), None)
    return told is not None and datetime.fromisoformat(told) > until
