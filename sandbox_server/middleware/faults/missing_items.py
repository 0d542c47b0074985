"""`missingItems`: a list leaves things out."""

from typing import Any

from sandbox_server.middleware.faults import pages
from sandbox_server.middleware.faults.effect import About, Effect
from sandbox_server.middleware.faults.stage import Stage


class MissingItemsEffect(Effect):
    """Takes items off a page."""

    about = About(
        "missingItems",
        "That share of a page's items, drawn one by one, is left out; the cursor leads on as if they had been there.",
        {"match": {"operation": "listOrders"}, "effect": {"missingItems": 0.05}},
        operations=pages.LISTS,
    )

    async def play(self, given: Any, stage: Stage) -> None:
        """Leave items out."""

        def thin(page: pages.Page) -> None:
            items = enumerate(page["items"])
            page["items"] = [item for number, item in items if stage.draw(f"item {number}") >= given]

        await pages.turn(stage, thin)
