"""`repeatCursor`: a walk comes back to where it is."""

from typing import Any

from sandbox_server.middleware.faults import pages
from sandbox_server.middleware.faults.effect import About, Effect
from sandbox_server.middleware.faults.stage import Stage


class RepeatCursorEffect(Effect):
    """Leads from a page to itself."""

    about = About(
        "repeatCursor",
        "The nextCursor of a page is the cursor that led to it, also where the list ends there: who follows "
        "it blindly never comes to an end. The first page, which no cursor leads to, is as it should be.",
        {"match": {"operation": "listOrders"}, "effect": {"repeatCursor": True}},
        operations=pages.LISTS,
    )

    async def play(self, _given: Any, stage: Stage) -> None:
        """Give the page's own cursor for the next one."""
        cursor = pages.own_cursor(stage)
        await pages.turn(stage, lambda page: page.update({} if cursor is None else {"nextCursor": cursor}))
