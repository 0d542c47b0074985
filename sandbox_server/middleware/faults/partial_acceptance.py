"""`partialAcceptance`: a report is taken in part."""

from datetime import timedelta
from typing import Any

import orjson

from sandbox_server.middleware.faults.effect import About, Effect
from sandbox_server.middleware.faults.stage import Stage

_AHEAD = timedelta(days=1)


class PartialAcceptanceEffect(Effect):
    """Has the marketplace reject items that are right."""

    about = About(
        "partialAcceptance",
        "That share of a stock report's items, drawn one by one, is REJECTED with AS_OF_IN_FUTURE, as by a "
        "server whose clock is behind; they change nothing, and are accepted when they are sent again.",
        {"match": {"operation": "reportInventory"}, "effect": {"partialAcceptance": {"fraction": 0.1}}},
        operations=frozenset({"reportInventory"}),
        member="fraction",
    )

    async def play(self, given: Any, stage: Stage) -> None:
        """Let the operation find items from the future, so that the marketplace itself rejects them."""
        report = _report(await stage.request.body())
        if report is not None:
            ahead = (stage.tenant.now() + _AHEAD).isoformat()
            for number, item in enumerate(report["items"]):
                if isinstance(item, dict) and "asOf" in item and stage.draw(f"item {number}") < given["fraction"]:
                    item["asOf"] = ahead
            await stage.request.say(orjson.dumps(report))
        await stage.run()


def _report(body: bytes) -> Any:
    """Return the report in a body; None where it is none."""
    try:
        report = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return report if isinstance(report, dict) and isinstance(report.get("items"), list) else None
