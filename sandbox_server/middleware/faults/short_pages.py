"""`shortPages`: a list comes in many pages."""

import re
from typing import Any

from sandbox_server.middleware.faults import pages
from sandbox_server.middleware.faults.effect import About, Effect
from sandbox_server.middleware.faults.stage import Stage

_TO_BLANK, _TO_PAGE = "b", "p"
# Whoever trims a cursor's end gets on all the same, so that this alone is what they did wrong.
_MASKED = re.compile(r"[0-9]{6}\.([bp])~(.+?)={0,2}")


class ShortPagesEffect(Effect):
    """Cuts a list into small pages."""

    about = About(
        "shortPages",
        "A page has so many items at the most, whatever limit asks for; with blanks each further page comes after one "
        "of none, with milliseconds it takes that long. Cursors are other ones than without the rule.",
        {"match": {"operation": "listOrders"}, "effect": {"shortPages": {"items": 3, "blanks": True}}},
        operations=pages.LISTS,
        member="items",
    )

    async def play(self, given: Any, stage: Stage) -> None:
        """Let the operation give a small page, and mask its cursor; or give a page of none that leads to it."""
        asked = pages.query(stage)
        masked = _MASKED.fullmatch(asked.get("cursor", ""))
        if "cursor" in asked:
            await stage.wait(given.get("milliseconds", 0) / 1000)
        limit = asked.get("limit", "100")
        if limit.isdecimal() and int(limit) > given["items"]:
            pages.ask(stage, limit=str(given["items"]))
        if masked is not None:
            pages.ask(stage, cursor=masked[2])

        def change(page: pages.Page) -> None:
            if masked is not None and masked[1] == _TO_BLANK:
                page.update({"items": [], "nextCursor": _mask(stage, _TO_PAGE, masked[2])})
            elif "nextCursor" in page:
                kind = _TO_BLANK if given.get("blanks") else _TO_PAGE
                page["nextCursor"] = _mask(stage, kind, page["nextCursor"])

        await pages.turn(stage, change)


def _mask(stage: Stage, kind: str, cursor: str) -> str:
    return f"{int(stage.draw('cursor') * 10**6):06}.{kind}~{cursor}=="
