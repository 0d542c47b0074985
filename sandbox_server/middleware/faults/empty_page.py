"""`emptyPage`: a list has nothing to tell."""

from typing import Any

from sandbox_server.middleware.faults import pages
from sandbox_server.middleware.faults.effect import About, Effect
from sandbox_server.middleware.faults.stage import Stage


class EmptyPageEffect(Effect):
    """Takes all items of a page, and the way to the next one."""

    about = About(
        "emptyPage",
        "A list answers with no items and no nextCursor, as if it ended here.",
        {"match": {"operation": "listOrders"}, "maxCount": 1, "effect": {"emptyPage": True}},
        operations=pages.LISTS,
    )

    async def play(self, _given: Any, stage: Stage) -> None:
        """Empty the page."""
        await pages.turn(stage, _empty)


def _empty(page: pages.Page) -> None:
    page["items"] = []
    page.pop("nextCursor", None)
