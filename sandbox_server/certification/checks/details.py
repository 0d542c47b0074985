"""Whether a client stands names of any script, keeps money exact, and outlives a clock that is set back."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from sandbox_server.certification.check import Level, Occasion, check, held, judged, undone
from sandbox_server.certification.evidence import Call, Evidence, Wire, instant

PATIENCE = timedelta(minutes=4)
MOST_LOST = Decimal("0.10")
"""What is missing beyond that was kept on purpose, as a fee is."""
CREATED, UNPROCESSABLE = 201, 422
_OF_AMOUNTS = {"NET", "TAX", "TOTAL"}
_OPEN = {"NEW", "ACKNOWLEDGED", "PARTIALLY_SHIPPED"}


@check(
    "text.unicode",
    Level.MUST,
    clause="Orders, `buyer`: names and addresses as they were written, in any script",
    scenarios="names-of-the-world",
    mutant="writes-latin-letters-alone",
    why="An order of somebody whose name does not fit is stuck, and holds up whatever comes behind it.",
    mend="Treat text as Unicode from end to end, in files and logs too, and leave its form as it came.",
    version=2,
)
def unicode(evidence: Evidence) -> Iterator[Occasion]:
    """Orders of people whose names are in any script are worked through like all others."""
    placed = {order["orderId"] for act in _for_named_buyers(evidence) for order in act["answer"]["items"]}
    for order in evidence.world.get("orders", ()) if evidence.calls else ():
        if order["orderId"] in placed:
            calls = [call for call in evidence.calls if order["orderId"] in call.subject]
            said = f"The order {order['orderId']} of {order['buyer']['name']} was left {order['status']}."
            is_open = order["status"] in _OPEN
            yield undone(said, evidence, instant(order["placedAt"]), *calls) if is_open else held(*calls)


def _for_named_buyers(evidence: Evidence) -> list[Wire]:
    return [
        act for act in evidence.act("placeOrders") if not (act["asked"].get("buyer") or {"name": ""})["name"].isascii()
    ]


@check(
    "money.exact",
    Level.MUST,
    clause="Conventions, money: a decimal string with the currency's own number of decimals, never a float",
    scenarios=("brought-back", "new-prices"),
    mutant="reckons-money-in-floats",
    why="Every cent that is lost is a difference that somebody has to find in the accounts, and a buyer's complaint.",
    mend="Reckon with decimals or whole minor units, and pass amounts on as the text that they came as.",
)
def money_exact(evidence: Evidence) -> Iterator[Occasion]:
    """What is paid back is what was owed, and what is billed what it cost, to the minor unit."""
    owed: dict[tuple[str, str], Wire] = {}
    for call in evidence.calls:
        if call.operation == "refundReturn" and isinstance(call.body, dict) and not call.errors:
            name = call.path.split("/")[-2]
            for line in call.body["lines"]:
                told = owed.get((name, line["lineId"]))
                if told is not None and told["refundableQuantity"] == line["quantity"]:
                    yield judged(_of_amount(line["amount"]["amount"], told["refundable"]["amount"], name), call)
        if call.operation == "postInvoice" and not call.errors and call.status in {CREATED, UNPROCESSABLE}:
            yield judged(_of_invoice(call), call)
        owed |= {(rma["returnId"], line["lineId"]): line for rma in _returns_on(call) for line in rma["lines"]}


def _of_amount(paid: str, told: str, name: str) -> str | None:
    missing = Decimal(told) - Decimal(paid)
    decimals = {Decimal(amount).as_tuple().exponent for amount in (told, paid)}
    if len(decimals) > 1 or missing < 0 or 0 < missing < MOST_LOST:
        return f"{told} was owed for {name}, and {paid} was to be paid back."
    return None


def _of_invoice(call: Call) -> str | None:
    """Return what the marketplace finds wrong with an invoice's amounts."""
    wrong = [one for one in call.answer.get("errors", ()) if one["code"] in _OF_AMOUNTS]
    return f"The invoice of {call.body['shipmentId']} was wrong: {wrong[0]['message']}" if wrong else None


def _returns_on(call: Call) -> list[Wire]:
    """Return the returns that an answer shows."""
    if not call.is_done or not isinstance(call.answer, dict):
        return []
    if call.operation == "listReturns":
        return list(call.answer["items"])
    return [call.answer] if "returnId" in call.answer and "lines" in call.answer else []


@check(
    "time.skew",
    Level.SHOULD,
    clause="Conventions, pages: the Date of a feed's first page is the next updatedAfter",
    scenarios="clock-set-back",
    mutant="never-looks-back",
    why="Orders that come while the watermark lies in the future are never listed: they expire one by one.",
    mend="Keep the watermark in UTC; where the marketplace's time is before it, read all that is open, and go on.",
    version=2,
)
def skew(evidence: Evidence) -> Iterator[Occasion]:
    """Orders that come after the marketplace's clock was set back are met as well."""
    wrong = [call for call in evidence.of("listOrders") if call.effect == "clockSkew"]
    for order in evidence.placed if wrong else ():
        placed_at = instant(order["placedAt"])
        if placed_at < wrong[-1].at:
            continue
        met = next((call for call in evidence.calls if order["orderId"] in call.subject), None)
        if met is not None:
            yield held(wrong[-1], met)
        elif evidence.ended_at is not None and evidence.ended_at - placed_at >= PATIENCE:
            later = [call for call in evidence.of("listOrders") if call.at >= placed_at][:1]
            breach = f"{order['orderId']} came when the clock was right again, and was never met."
            yield undone(breach, evidence, placed_at, *later)
