"""Whether parcels leave: in time, once, as much as can, and under a number that the carrier knows."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import timedelta

from sandbox_server.certification.check import EVERY, Level, Occasion, broken, check, held, judged, undone
from sandbox_server.certification.evidence import Call, Evidence, Wire, instant
from sandbox_server.domain.shipments import TRACKING_FORMS

SHIP = "createShipment"
FORMS = {str(carrier): form for carrier, form in TRACKING_FORMS.items()}
_NUMBERED = {"/carrier", "/trackingNumber"}
PATIENCE = timedelta(hours=2)
"""Virtual time in which what lies on the shelf is to leave."""


@check(
    "ship.valid-tracking",
    Level.MUST,
    clause="Shipments: POST /shipments, a tracking number of the carrier's form, once per carrier",
    scenarios=EVERY,
    mutant="invents-tracking-numbers",
    why="Nobody finds a parcel whose number the carrier does not know: the shipment is refused, and the order waits.",
    mend="Take the number from the carrier's label, as it is printed, and give each parcel its own.",
)
def valid_tracking(evidence: Evidence) -> Iterator[Occasion]:
    """Every parcel has a number of its carrier's form, which no other parcel has."""
    first: dict[tuple[str, str], Call] = {}
    for call in evidence.of(SHIP):
        error = next((one for one in call.errors if one.get("pointer") in _NUMBERED), None)
        if error is not None:
            yield broken(f"{error['pointer']}: {error['message']}", call)
    for order in evidence.world.get("orders", ()):
        for call in _parcels(evidence, order):
            other = first.setdefault(_number(call), call)
            yield judged(_of_number(call, other), *([call] if other is call else [other, call]))


def _of_number(call: Call, other: Call) -> str | None:
    carrier, number = _number(call)
    if carrier not in FORMS:
        return f"There is no carrier {carrier}."
    if re.fullmatch(FORMS[carrier], number, re.ASCII) is None:
        return f"{number} is no tracking number of {carrier}; those have the form {FORMS[carrier]}."
    return f"{carrier} {number} was given to two parcels." if _contents(call) != _contents(other) else None


@check(
    "ship.once",
    Level.MUST,
    clause="Shipments: POST /shipments, never more than ordered",
    scenarios=("answers-lost", "told-thrice"),
    mutant="ships-twice",
    why="The second parcel is a gift: its goods are gone, and the shelf has less than everybody believes.",
    mend="Give a parcel its number and its key once, keep both, and repeat the call with them alone.",
)
def ships_once(evidence: Evidence) -> Iterator[Occasion]:
    """Of each line at most so many units leave as were ordered."""
    left: dict[str, dict[tuple[str, str], Call]] = defaultdict(dict)
    for order in evidence.world.get("orders", ()) if evidence.calls else ():
        ordered = {line["lineId"]: line["quantity"] for line in order["lines"]}
        for call in _parcels(evidence, order):
            others = [other for number, other in left[order["orderId"]].items() if number != _number(call)]
            units = sum(map(_units, others), _units(call))
            more = next((line_id for line_id in _units(call) if units[line_id] > ordered.get(line_id, 0)), None)
            if more is not None and others:
                said = f"{ordered.get(more, 0)} of line {more} were ordered, and {units[more]} shipped."
                yield broken(f"{order['orderId']}: {said}", *others, call)
            elif call.changes:
                left[order["orderId"]][_number(call)] = call
                yield held(call)


@check(
    "ship.partial",
    Level.MUST,
    clause="Orders: per line ACCEPT or REJECT; PARTIALLY_SHIPPED",
    scenarios="short-of-one",
    mutant="cancels-what-is-short",
    why="For one thing that is missing, a buyer gets nothing, and the chain loses what it could have sold.",
    mend="Decide line by line: reject what is not there, and ship the others.",
    version=2,
)
def ships_in_part(evidence: Evidence) -> Iterator[Occasion]:
    """Of an order that is short of one thing, the others leave."""
    sold = {
        (change["storeId"], change["sku"])
        for change in evidence.world.get("counts", ())
        if change["cause"] == "WALK_IN_SALE"
    }
    for order in _now(evidence):
        lies = [line for line in order["lines"] if (line["allocations"][0]["storeId"], line["sku"]) not in sold]
        if not 0 < len(lies) < len(order["lines"]):
            continue
        for line in order["lines"]:
            yield from _of_line(evidence, order, line, lies=line in lies)


def _of_line(evidence: Evidence, order: Wire, line: Wire, *, lies: bool) -> Iterator[Occasion]:
    calls = _parcels(evidence, order)
    what = f"{order['orderId']}: line {line['lineId']}"
    if lies and line["cancelledQuantity"]:
        yield broken(f"{what} lay on the shelf, and was cancelled.", *evidence.of("cancelOrder"))
    elif line["shippedQuantity"] + line["cancelledQuantity"] == line["quantity"]:
        yield held(*calls)
    elif evidence.ended_at is not None and evidence.ended_at - instant(order["placedAt"]) > PATIENCE:
        yield undone(f"{what} was neither shipped nor given up.", evidence, instant(order["placedAt"]), *calls)


@check(
    "ship.in-time",
    Level.MUST,
    clause="Orders: shipBy, the store's next cut-off",
    scenarios="before-the-cut-off",
    mutant="accepts-and-never-ships",
    why="The carrier's van leaves without the parcel: the order is late, and two days later it is cancelled.",
    mend="Work on orders by their `shipBy`, the nearest first, and hand each over before it.",
    version=2,
)
def ships_in_time(evidence: Evidence) -> Iterator[Occasion]:
    """What a store has accepted leaves it by `shipBy`."""
    for order in _now(evidence):
        parts = [part for line in order["lines"] for part in line["allocations"]]
        for store_id, by in sorted({(part["storeId"], part["shipBy"]) for part in parts}):
            states = {part["status"] for part in parts if part["storeId"] == store_id}
            calls = [call for call in _parcels(evidence, order) if call.changes and call.body["storeId"] == store_id]
            late = [call for call in calls if call.at > instant(by)]
            since, until = instant(order["placedAt"]), instant(by)
            if late:
                yield undone(f"{order['orderId']} left {store_id} after {by}.", evidence, since, *late, until=until)
            elif "ALLOCATED" not in states and calls:
                yield held(*calls)
            elif "ALLOCATED" in states and evidence.ended_at is not None and evidence.ended_at > until:
                breach = f"{order['orderId']} was accepted by {store_id}, and had not left by {by}."
                yield undone(breach, evidence, since, *calls, until=until)


def _now(evidence: Evidence) -> list[Wire]:
    """Return the orders that were placed, as they stood at the end; none where the client did nothing."""
    placed = {order["orderId"] for order in evidence.placed if evidence.calls}
    return [order for order in evidence.world.get("orders", ()) if order["orderId"] in placed]


def _parcels(evidence: Evidence, order: Wire) -> list[Call]:
    """Return the calls that hand over parcels of an order as the contract has it, in order."""
    calls = [call for call in evidence.of(SHIP) if isinstance(call.body, dict) and not call.errors]
    return [call for call in calls if call.body.get("orderId") == order["orderId"]]


def _number(call: Call) -> tuple[str, str]:
    return str(call.body.get("carrier")), str(call.body.get("trackingNumber"))


def _contents(call: Call) -> tuple[str, str, Counter[str]]:
    return str(call.body.get("orderId")), str(call.body.get("storeId")), _units(call)


def _units(call: Call) -> Counter[str]:
    """Return the units by line that a call ships."""
    units: Counter[str] = Counter()
    for line in call.body.get("lines", ()):
        units[line["lineId"]] += line["quantity"]
    return units
