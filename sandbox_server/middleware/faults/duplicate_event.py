"""`duplicateEvent`: events come more than once."""

from typing import Any

from sandbox_server.middleware.faults import pages
from sandbox_server.middleware.faults.effect import About, Effect
from sandbox_server.middleware.faults.stage import Stage


class DuplicateEventEffect(Effect):
    """Tells everything several times."""

    about = About(
        "duplicateEvent",
        "Each event of a page comes so many times, with the same eventId; a page may be longer than its limit.",
        {"match": {"operation": "listEvents"}, "effect": {"duplicateEvent": {"times": 3}}},
        operations=pages.FEED,
        member="times",
    )

    async def play(self, given: Any, stage: Stage) -> None:
        """Repeat each event."""

        def repeat(page: pages.Page) -> None:
            page["items"] = [event for event in page["items"] for _ in range(given["times"])]

        await pages.turn(stage, repeat)
