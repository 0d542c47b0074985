"""Whether a client tells the marketplace what really lies in the stores."""

from collections.abc import Iterator
from datetime import timedelta

from sandbox_server.certification.check import Level, Occasion, check, held, judged, undone
from sandbox_server.certification.evidence import Evidence, Wire, instant

WINDOW = timedelta(minutes=15)
"""Virtual time in which what a till has sold is to be known at the marketplace."""


@check(
    "stock.never-oversells",
    Level.MUST,
    clause="Inventory: PUT /inventory; GET /inventory, stale after 15 minutes",
    scenarios="busy-tills",
    mutant="ignores-the-tills",
    why="What the tills have sold is sold again: the order is cancelled, and the buyer is lost.",
    mend="Follow the tills, report what is left within minutes, and accept only what lies on the shelf.",
    version=2,
)
def never_oversells(evidence: Evidence) -> Iterator[Occasion]:
    """What a till has sold is neither promised nor shipped."""
    believed = {(one["storeId"], one["sku"]): one for one in evidence.world.get("stock", ())}
    if not evidence.calls:
        return
    for change in evidence.world.get("counts", ()):
        place = change["storeId"], change["sku"]
        if change["cause"] == "WALK_IN_SALE" and _is_past(evidence, change):
            level = believed[place]
            breach = f"{' '.join(place)}: {level['reported']} are promised, {level['physical']} are there."
            is_promised = level["reported"] > level["physical"]
            yield undone(breach, evidence, instant(change["at"])) if is_promised else held()
        elif change["cause"] == "SHIPMENT" and change["onHand"] < 0:
            yield judged(f"{' '.join(place)}: {-change['onHand']} were shipped that were not there.")


def _is_past(evidence: Evidence, change: Wire) -> bool:
    return evidence.ended_at is not None and evidence.ended_at - instant(change["at"]) >= WINDOW
