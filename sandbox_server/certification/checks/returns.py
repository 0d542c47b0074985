"""Whether goods that come back are booked where they came, and paid back once."""

from collections.abc import Iterator

from sandbox_server.certification.check import Level, Occasion, broken, check, held, judged
from sandbox_server.certification.evidence import Call, Evidence, Wire


@check(
    "return.posted",
    Level.MUST,
    clause="Returns, POST /returns/{returnId}/receipts",
    scenarios="brought-back",
    mutant="receives-at-another-store",
    why="Goods that nobody booked in are paid back by nobody, or stand in the wrong store's books.",
    mend="Post one receipt for each drop-off, of what came, at the store in which the buyer stood.",
    version=2,
)
def posted(evidence: Evidence) -> Iterator[Occasion]:
    """What a buyer brought back is posted once, at the store that it was brought to."""
    for rma in _brought_back(evidence):
        calls = [call for call in evidence.of("receiveReturn") if rma["returnId"] in call.path]
        if any(call.is_done for call in calls):
            yield judged(_of_receipts(rma), *calls)


def _of_receipts(rma: Wire) -> str | None:
    name, receipts = rma["returnId"], rma["receipts"]
    if elsewhere := next((one["storeId"] for one in receipts if one["storeId"] != rma["openedAtStore"]), None):
        return f"{name} came to {rma['openedAtStore']}, and was posted at {elsewhere}."
    if len(receipts) != 1:
        return f"{name} came in one piece, and was posted in {len(receipts)}."
    missing = sum(line["quantity"] - line["receivedQuantity"] for line in rma["lines"])
    return f"{missing} units of {name} were not posted." if missing else None


@check(
    "return.restocks",
    Level.MUST,
    clause="Returns: only what is SELLABLE is on hand again",
    scenarios="brought-back",
    mutant="takes-everything-for-sellable",
    why="Broken goods are sold once more, and come back once more.",
    mend="Say of each unit in what condition it came; a unit that the buyer calls damaged is not sellable.",
)
def restocks(evidence: Evidence) -> Iterator[Occasion]:
    """What came back damaged is not put on sale again."""
    for rma in _brought_back(evidence):
        reasons = {line["lineId"]: line["reason"] for line in rma["lines"]}
        for call in evidence.of("receiveReturn"):
            if rma["returnId"] in call.path and call.is_done:
                sold = [
                    line["lineId"]
                    for line in call.body["lines"]
                    if reasons.get(line["lineId"]) == "DAMAGED" and line["condition"] == "SELLABLE"
                ]
                yield judged(f"{rma['returnId']} was damaged, and posted as sellable." if sold else None, call)


@check(
    "return.refund-once",
    Level.MUST,
    clause="Returns, POST /returns/{returnId}/refunds: what is paid back is at most what was paid",
    scenarios=("brought-back", "told-thrice"),
    mutant="refunds-twice",
    why="Money that is paid back twice is gone.",
    mend="Pay back what is `refundable`, once, and repeat the call with its key alone.",
)
def refund_once(evidence: Evidence) -> Iterator[Occasion]:
    """Each unit that came back is paid back once."""
    for rma in evidence.world.get("returns", ()):
        calls = [call for call in evidence.of("refundReturn") if rma["returnId"] in call.path]
        if calls:
            again = next(
                (one for one in calls[1:] if one.key != calls[0].key and _units(one) == _units(calls[0])), None
            )
            said = f"The same units of {rma['returnId']} were to be paid back a second time."
            yield broken(said, calls[0], again) if again is not None else held(*calls)


def _units(call: Call) -> dict[str, int]:
    return {line["lineId"]: line["quantity"] for line in call.body["lines"]}


def _brought_back(evidence: Evidence) -> list[Wire]:
    """Return the returns that buyers made in the scenario."""
    names = {act["answer"]["returnId"] for act in evidence.act("returnAsBuyer")}
    return [rma for rma in evidence.world.get("returns", ()) if rma["returnId"] in names]
