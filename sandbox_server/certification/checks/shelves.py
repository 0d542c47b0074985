"""How a client reports stock: in time, in order, no more than it must, and until it is believed."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sandbox_server.certification.check import Level, Occasion, check, held, judged, undone
from sandbox_server.certification.checks.stock import WINDOW
from sandbox_server.certification.evidence import Call, Evidence, Wire, instant

VERIFIED_WITHIN = timedelta(minutes=30)
LINES_FOR_A_CHANGE = 5
_FEW_PLACES = 4
Place = tuple[str, str]


@check(
    "stock.fresh",
    Level.MUST,
    clause="Inventory: PUT /inventory; a level is stale after 15 minutes",
    scenarios="shelves",
    mutant="reports-only-what-is-gone",
    why="The marketplace sells by a count that was true once: too much of it, or too little.",
    mend="Follow the tills' changes, and report each place that has changed within a quarter of an hour.",
    version=2,
)
def fresh(evidence: Evidence) -> Iterator[Occasion]:
    """What the tills have changed is reported within 15 minutes."""
    for change in _changes(evidence):
        if change["onHand"] > 0:
            yield _reported_in_time(evidence, change)


@check(
    "stock.no-phantom",
    Level.MUST,
    clause="Inventory: PUT /inventory; a level is stale after 15 minutes",
    scenarios="shelves",
    mutant="never-reports-nothing",
    why="Goods that are gone are sold, and each of their orders is cancelled.",
    mend="Report 0 for what is gone; to leave a line out says that nothing has changed.",
    version=2,
)
def no_phantom(evidence: Evidence) -> Iterator[Occasion]:
    """What is gone is reported as 0 within 15 minutes."""
    for change in _changes(evidence):
        if change["onHand"] == 0:
            yield _reported_in_time(evidence, change)


@check(
    "stock.deltas",
    Level.SHOULD,
    clause="Inventory: PUT /inventory takes any part of the stock",
    scenarios="shelves",
    mutant="reports-everything",
    why="Full reports of hundreds of stores spend the quota, and the change that matters waits behind them.",
    mend="Report the places that have changed, and the whole stock once a day at the most.",
)
def deltas(evidence: Evidence) -> Iterator[Occasion]:
    """A report has what has changed, and not all there is."""
    changed = {_place(change) for change in _changes(evidence)}
    most = LINES_FOR_A_CHANGE * max(len(changed), _FEW_PLACES)
    for call in _reports(evidence):
        lines = len(call.body["items"])
        breach = f"{lines} lines were reported, where {len(changed)} places had changed."
        yield judged(breach if lines > most else None, call)


@check(
    "stock.sequence-grows",
    Level.MUST,
    clause="Inventory: a report with a sequence that is not higher is rejected as STALE_SEQUENCE",
    scenarios="troubled-reports",
    mutant="numbers-a-report-as-the-last",
    why="Of two reports on their way the older one may win, and the shelf is sold by it.",
    mend="Give each new report of a place a higher number, whatever became of the one before, over restarts, too.",
)
def sequence_grows(evidence: Evidence) -> Iterator[Occasion]:
    """Each report of a place has a higher number than any before."""
    known: dict[Place, tuple[int, Call]] = {}
    for call in evidence.of("reportInventory"):
        for item in call.body["items"] if isinstance(call.body, dict) else ():
            place, number = _place(item), item["sequence"]
            if place in known and known[place][1].text != call.text:
                breach = f"{' '.join(place)} was reported with {number} after {known[place][0]}."
                yield judged(breach if number <= known[place][0] else None, known[place][1], call)
            known[place] = max(number, known.get(place, (number, call))[0]), call


@check(
    "stock.repairs-partial-failure",
    Level.MUST,
    clause="Inventory: PUT /inventory answers 200 with a result for each item",
    scenarios="troubled-reports",
    mutant="sends-all-again",
    why="An item that was rejected and never mended is oversold; a whole report sent again for it spends the quota.",
    mend="Read the result of each item, and send those again that were rejected, and only those.",
    version=2,
)
def repairs(evidence: Evidence) -> Iterator[Occasion]:
    """Of a report that was accepted in part, the rest is sent again, and nothing else."""
    for call in _reports(evidence):
        results = call.answer["items"]
        rejected = {_place(one) for one in results if one["status"] == "REJECTED"}
        if call.effect != "partialAcceptance" or not rejected:
            continue
        counts = {_place(item): item["onHand"] for item in call.body["items"]}
        again = next((one for one in _reports(evidence, after=call) if rejected & _places(one)), None)
        if again is None:
            breach = f"{len(rejected)} lines were rejected, and not sent again."
            yield undone(breach, evidence, call.at, call)
            continue
        needless = [item for item in again.body["items"] if counts.get(_place(item)) == item["onHand"]]
        needless = [item for item in needless if _place(item) not in rejected]
        breach = f"{len(needless)} lines were sent again that had been accepted."
        yield judged(breach if needless else None, call, again)


@check(
    "stock.writes-verified",
    Level.SHOULD,
    clause="Inventory: GET /inventory is what the marketplace believes",
    scenarios="troubled-reports",
    mutant="believes-its-own-reports",
    why="A count that was taken and then lost stays wrong until somebody happens to sell there.",
    mend="Compare the marketplace's levels with your own now and then, and report the differences again.",
    version=2,
)
def writes_verified(evidence: Evidence) -> Iterator[Occasion]:
    """A report that was accepted and lost is noticed, and sent again."""
    for call in _reports(evidence):
        if call.effect == "writeLost" and _ends_after(evidence, call.at + WINDOW):
            later = [one for one in _reports(evidence, after=call) if one.at <= call.at + VERIFIED_WITHIN]
            lost = _places(call).difference(*map(_places, later))
            breach = f"A report was accepted and lost, and {len(lost)} of its lines were never sent again."
            yield undone(breach, evidence, call.at, call) if lost else held(call)


def _changes(evidence: Evidence) -> list[Wire]:
    """Return what tills have changed, long enough before the end that it can be judged."""
    if not evidence.calls:
        return []
    return [
        change
        for change in evidence.world.get("counts", ())
        if change["cause"] in {"WALK_IN_SALE", "COUNT"} and _ends_after(evidence, instant(change["at"]) + WINDOW)
    ]


def _reported_in_time(evidence: Evidence, change: Wire) -> Occasion:
    at = instant(change["at"])
    for call in _reports(evidence):
        if at <= call.at <= at + WINDOW and _place(change) in _places(call):
            return held(call)
    breach = f"{' '.join(_place(change))} had {change['onHand']} left, and it was not reported in 15 minutes."
    return undone(breach, evidence, at, until=at + WINDOW)


def _reports(evidence: Evidence, after: Call | None = None) -> list[Call]:
    """Return the reports that were answered."""
    reports = (call for call in evidence.of("reportInventory") if call.is_done and isinstance(call.body, dict))
    return [call for call in reports if after is None or call.number > after.number]


def _places(call: Call) -> set[Place]:
    return {_place(item) for item in call.body["items"]}


def _place(one: Wire) -> Place:
    return one["storeId"], one["sku"]


def _ends_after(evidence: Evidence, moment: datetime) -> bool:
    return evidence.ended_at is not None and evidence.ended_at >= moment
