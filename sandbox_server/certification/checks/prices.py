"""Whether a client that tells prices tells those that the chain wants."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from sandbox_server.certification.check import Level, Occasion, check, judged, undone
from sandbox_server.certification.evidence import Call, Evidence, Wire, instant

WANT, REPORT = "wantPrices", "reportPrices"
PATIENCE = timedelta(minutes=5)
"""Virtual time in which the marketplace is to be told."""
_AMOUNTS, _TIMES = ("listPrice", "salePrice"), ("saleFrom", "saleTo")
Place = tuple[str, str]
Terms = Mapping[str, object]


@check(
    "price.valid",
    Level.MUST,
    clause="Prices and promotions: PUT /prices",
    scenarios="new-prices",
    mutant="takes-every-time-for-utc",
    needs=REPORT,
    why="What is on sale for nothing, or a day too early, is sold at that price, and has to be delivered.",
    mend="Report prices as they stand in the chain's list, times with their zone, and leave out what can be no price.",
    version=2,
)
def valid(evidence: Evidence) -> Iterator[Occasion]:
    """A price that is reported is above nothing, and the one that the chain wants for that time."""
    followed = set[Place]()
    calls = [call for call in evidence.of(REPORT) if not call.errors]
    for call in calls:
        wanted = _wanted(evidence, call.at)
        for item in call.body["items"]:
            place = place_of(item)
            yield judged(_of_item(item, wanted.get(place, [])), call)
            followed |= {place} & wanted.keys()
    if followed:
        yield from _of_untold(evidence, [call for call in calls if call.is_done])


def is_price(item: Wire) -> bool:
    """Whether what stands in a list can be a price: above nothing, no sale above it, no sale that ends as it begins."""
    return _flaw(item) is None


def place_of(item: Wire) -> Place:
    """Return where a price holds: a store, or "" for all that have none of their own; and of which SKU it is."""
    return item.get("storeId", ""), item["sku"]


def terms_of(item: Wire) -> Terms:
    """Return what a price says, however its times are written."""
    amounts = {name: (item[name]["amount"], item[name]["currency"]) for name in _AMOUNTS if name in item}
    return amounts | {name: instant(item[name]) for name in _TIMES if name in item}


def _of_item(item: Wire, wanted: list[Wire]) -> str | None:
    flaw = _flaw(item)
    if flaw is not None:
        return flaw
    if not wanted or terms_of(item) in map(terms_of, wanted):
        return None
    return f"{item['sku']} is to be {_in_words(wanted[-1])}, and was told to be {_in_words(item)}."


def _flaw(item: Wire) -> str | None:
    amounts = [Decimal(item[name]["amount"]) for name in _AMOUNTS if name in item]
    if min(amounts) <= 0:
        return f"{item['sku']} is to be {_in_words(item)}, which is no price."
    if amounts[-1] > amounts[0]:
        return f"The sale price of {item['sku']} is above its price."
    if all(name in item for name in _TIMES) and instant(item["saleTo"]) <= instant(item["saleFrom"]):
        return f"The sale of {item['sku']} is over before it begins."
    return None


def _in_words(item: Wire) -> str:
    amounts = [f"{item[name]['amount']} {item[name]['currency']}" for name in _AMOUNTS if name in item]
    return " ".join([", on sale ".join(amounts), *(str(item[name]) for name in _TIMES if name in item)])


def _wanted(evidence: Evidence, at: datetime) -> Mapping[Place, list[Wire]]:
    """Return what was wanted by then, the latest last: a client may have read the list just before it changed."""
    wanted: dict[Place, list[Wire]] = {}
    for act in evidence.act(WANT):
        if instant(act["at"]) <= at:
            for item in act["asked"]:
                wanted[place_of(item)] = [*wanted.get(place_of(item), [])[-1:], item]
    return wanted


def _of_untold(evidence: Evidence, calls: Sequence[Call]) -> Iterator[Occasion]:
    """Say which prices of the last list were wanted for long, and never told."""
    act = evidence.act(WANT)[-1]
    since = instant(act["at"])
    if evidence.ended_at is None or evidence.ended_at - since < PATIENCE:
        return
    told = [(place_of(item), terms_of(item)) for call in calls for item in _accepted(call)]
    for item in act["asked"]:
        if is_price(item) and (place_of(item), terms_of(item)) not in told:
            breach = f"{item['sku']} is to be {_in_words(item)}, which was never told."
            yield undone(breach, evidence, since, *calls[-1:])


def _accepted(call: Call) -> Iterator[Wire]:
    results = zip(call.body["items"], call.answer["items"], strict=True)
    return (item for item, result in results if "code" not in result)
