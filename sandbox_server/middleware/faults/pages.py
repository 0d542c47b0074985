"""Pages of lists, as faults that play on them see them."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode

from sandbox_server.middleware.faults.stage import Answer, Stage

LISTS = frozenset(
    {
        "listStores",
        "listProducts",
        "listInventory",
        "listInventoryMovements",
        "listOrders",
        "listShipments",
        "listReturns",
        "listTransfers",
        "listPrices",
        "listPromotions",
        "listInvoices",
        "listSettlements",
        "listSettlementLines",
        "listReports",
        "listApplications",
        "listEvents",
        "listSubscriptions",
        "listDeliveries",
    }
)
FEED = frozenset({"listEvents"})
_OK = 200

Page = dict[str, Any]


def page_of(answer: Answer) -> Page | None:
    """Return the page that an answer is; None where the list was refused."""
    page: Page | None = answer.json if answer.status == _OK else None
    return page


async def turn(stage: Stage, change: Callable[[Page], object]) -> None:
    """Answer the call of a list with its page, changed; a refusal goes by as it is."""
    answer = await stage.collect()
    page = page_of(answer)
    if page is None:
        await stage.answer(answer)
        return
    change(page)
    await stage.answer(answer.with_json(page), instead_of=answer)


def own_cursor(stage: Stage) -> str | None:
    """Return the cursor that led to this page; None on the first one."""
    return query(stage).get("cursor")


def ask(stage: Stage, **parameters: str) -> None:
    """Let the operation find these query parameters instead of what was sent under their names."""
    text = urlencode({**query(stage), **parameters})
    stage.scope = {**stage.scope, "query_string": text.encode("ascii")}


def query(stage: Stage) -> dict[str, str]:
    """Return the query parameters; none where one is repeated, which the operation refuses."""
    pairs = parse_qsl(stage.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    found = dict(pairs)
    return found if len(found) == len(pairs) else {}
