"""`lostResponse`: the call is done, and nobody hears of it."""

from typing import Any

from sandbox_server.middleware.faults.effect import About, Effect
from sandbox_server.middleware.faults.stage import Stage


class LostResponseEffect(Effect):
    """Loses an answer."""

    about = About(
        "lostResponse",
        "The call is done and its effect committed; then the connection is closed without an answer.",
        {"match": {"operation": "acknowledgeOrder"}, "maxCount": 1, "effect": {"lostResponse": True}},
    )

    async def play(self, _given: Any, stage: Stage) -> None:
        """Do what is asked, and say nothing."""
        stage.note_before(await stage.collect())
        await stage.close()
