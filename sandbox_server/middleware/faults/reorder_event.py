"""`reorderEvent`: events come in another order than they happened."""

from typing import Any

from sandbox_server.middleware.faults import pages
from sandbox_server.middleware.faults.effect import About, Effect
from sandbox_server.middleware.faults.stage import Stage


class ReorderEventEffect(Effect):
    """Shuffles a page of the feed."""

    about = About(
        "reorderEvent",
        "The events of a page come in an order drawn at random, never in the right one where there are two or more.",
        {"match": {"operation": "listEvents"}, "effect": {"reorderEvent": True}},
        operations=pages.FEED,
    )

    async def play(self, _given: Any, stage: Stage) -> None:
        """Shuffle the events."""

        def shuffle(page: pages.Page) -> None:
            numbers = range(len(page["items"]))
            drawn = sorted(numbers, key=lambda number: stage.draw(f"event {number}"))
            order = drawn if drawn != list(numbers) else drawn[::-1]
            page["items"] = [page["items"][number] for number in order]

        await pages.turn(stage, shuffle)
