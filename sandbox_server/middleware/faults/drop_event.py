"""`dropEvent`: an event never comes."""

from typing import Any

from sandbox_server.middleware.faults import pages
from sandbox_server.middleware.faults.effect import About, Effect
from sandbox_server.middleware.faults.stage import Stage


class DropEventEffect(Effect):
    """Loses an event."""

    about = About(
        "dropEvent",
        "One event of a page, drawn at random, is left out; the cursor leads past it, so that it never comes.",
        {"match": {"operation": "listEvents"}, "maxCount": 1, "effect": {"dropEvent": True}},
        operations=pages.FEED,
    )

    async def play(self, _given: Any, stage: Stage) -> None:
        """Leave one event out."""

        def lose(page: pages.Page) -> None:
            if page["items"]:
                del page["items"][int(stage.draw("event") * len(page["items"]))]

        await pages.turn(stage, lose)
