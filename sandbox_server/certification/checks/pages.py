"""Whether a client reads lists as they are meant to be read."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import islice

from sandbox_server.certification.check import Level, Occasion, broken, check, held, judged
from sandbox_server.certification.evidence import Call, Evidence, Wire, instant

LIST, ACKNOWLEDGE = "listOrders", "acknowledgeOrder"
CALLS_BETWEEN = 10
"""A list that a client comes back to after so many other calls may be one that it is still reading."""
POLLS_LATER = 3
"""So many more polls may go by until an order that was not there at the first page is acted on."""
FEED = "listEvents"
"""It has no end: a page of none is its last one for now, and has a cursor all the same."""
_OF_THE_PAGE = {"cursor", "limit"}


@check(
    "page.reads-to-the-end",
    Level.MUST,
    clause="Conventions, pages: the reply carries nextCursor or no such member",
    scenarios=("working-day", "many-pages"),
    mutant="reads-first-page-alone",
    why="Orders on later pages are never seen: they lapse, and each counts as a failure of the chain.",
    mend="Ask on with `cursor=<nextCursor>` until an answer has no such member.",
)
def reads_to_the_end(evidence: Evidence) -> Iterator[Occasion]:
    """A list is read until a page has no cursor."""
    for page in evidence.calls:
        if _leads_on(page) and page.answer["items"]:
            yield from _of_going_on(evidence, page, "a page")


@check(
    "page.tolerates-empty-page",
    Level.MUST,
    clause="Conventions, pages: a page may be empty and still carry a cursor",
    scenarios="many-pages",
    mutant="stops-at-an-empty-page",
    why="Behind a page of which all orders were filtered out there are more: they are never seen, and lapse.",
    mend="Let the missing `nextCursor` end the list, and nothing else; not a page of none.",
)
def tolerates_empty_page(evidence: Evidence) -> Iterator[Occasion]:
    """A page of none that has a cursor is not taken for the last."""
    for page in evidence.calls:
        if _leads_on(page) and not page.answer["items"]:
            yield from _of_going_on(evidence, page, "a page of none")


@check(
    "page.cursor-opaque",
    Level.MUST,
    clause="Conventions, pages: cursor opaque",
    scenarios="many-pages",
    mutant="trims-cursors",
    why="A cursor that was taken apart, trimmed or made anew leads somewhere else tomorrow: orders are skipped.",
    mend="Send `nextCursor` back byte for byte, percent-encoded once.",
)
def cursor_opaque(evidence: Evidence) -> Iterator[Occasion]:
    """A cursor is sent back byte for byte."""
    given: dict[str, set[str]] = defaultdict(set)
    for call in evidence.calls:
        cursor = call.query.get("cursor")
        if cursor is not None and given[call.path]:
            breach = f"{call.operation} was asked for a cursor that it had not given: {cursor!r}."
            yield judged(None if cursor in given[call.path] else breach, call)
        if _leads_on(call):
            given[call.path].add(call.answer["nextCursor"])


@check(
    "page.sees-inserts",
    Level.MUST,
    clause="Conventions, pages: a cursor survives inserts; change feeds",
    scenarios="many-pages",
    mutant="takes-the-list-as-it-stood",
    why="At a peak there is always an order that comes while a list is read: it is never answered, and lapses.",
    mend="Move the watermark no further than to the time at which you began to read the list.",
    version=2,
)
def sees_inserts(evidence: Evidence) -> Iterator[Occasion]:
    """An order that comes while a list is read is acted on by the next poll."""
    walks = list(_walks(evidence))
    for order in evidence.placed:
        came = instant(order["placedAt"])
        walk = next((one for one in walks if one[0].at < came < one[-1].at), None)
        if walk is None:
            continue
        answer = next((call for call in evidence.of(ACKNOWLEDGE) if order["orderId"] in call.path), None)
        if answer is not None:
            yield held(walk[0], walk[-1], answer)
        elif len([one for one in walks if one[0].number > walk[-1].number]) >= POLLS_LATER:
            yield broken(_of_insert(order), walk[0], walk[-1])


def _of_insert(order: Wire) -> str:
    return f"{order['orderId']} came between the first page and the last one, and was never acted on."


def _of_going_on(evidence: Evidence, page: Call, what: str) -> Iterator[Occasion]:
    """Judge whether a page's own cursor was gone on with; one that nobody has given is for `page.cursor-opaque`."""
    if page.operation == FEED:
        return
    elsewhere = {one.answer["nextCursor"] for one in evidence.calls if _leads_on(one)} - {page.answer["nextCursor"]}
    same_list = (one for one in evidence.after(page) if "cursor" in one.query and _list(one) == _list(page))
    following = next((one for one in same_list if one.query["cursor"] not in elsewhere), None)
    if following is not None:
        yield held(page, following)
    elif len(list(islice(evidence.after(page), CALLS_BETWEEN + 1))) > CALLS_BETWEEN:
        yield broken(f"{page.operation} was left after {what} that had a next one.", page)


def _leads_on(page: Call) -> bool:
    """Whether an answer is a page that has a next one."""
    return page.is_done and isinstance(page.answer, dict) and {"items", "nextCursor"} <= page.answer.keys()


def _list(call: Call) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return which list a page is of: the path, and what it is narrowed by."""
    return call.path, tuple(sorted((name, value) for name, value in call.query.items() if name not in _OF_THE_PAGE))


def _walks(evidence: Evidence) -> Iterator[list[Call]]:
    """Give the pages of each time that orders were read to the end."""
    under_way: dict[object, list[Call]] = {}
    for call in evidence.of(LIST):
        if not call.is_done:
            continue
        if "cursor" not in call.query:
            under_way[_list(call)] = []
        walk = under_way.setdefault(_list(call), [])
        walk.append(call)
        if not _leads_on(call):
            yield walk
