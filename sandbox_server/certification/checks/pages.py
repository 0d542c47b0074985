"""Whether a client reads lists as they are meant to be read."""

from collections.abc import Iterator

from sandbox_server.certification.check import Level, Occasion, broken, check, held
from sandbox_server.certification.evidence import Evidence

CALLS_BETWEEN = 10
"""A list that a client comes back to after so many other calls may be one that it is still reading."""
FEED = "listEvents"
"""It has no end: `nextCursor` leads to what is still to happen."""


@check(
    "page.reads-to-the-end",
    Level.MUST,
    clause="Conventions, pages: the reply carries nextCursor or no such member",
    scenarios="working-day",
    mutant="reads-first-page-alone",
    why="Orders on later pages are never seen: they lapse, and each counts as a failure of the chain.",
    mend="Ask on with `cursor=<nextCursor>` until an answer has no such member.",
    version=2,
)
def reads_to_the_end(evidence: Evidence) -> Iterator[Occasion]:
    """A list is read until a page has no cursor."""
    for page in evidence.calls:
        cursor = page.answer.get("nextCursor") if page.is_done and isinstance(page.answer, dict) else None
        if cursor is None or page.operation == FEED:
            continue
        following = next(
            (one for one in evidence.after(page) if one.path == page.path and one.query.get("cursor") == cursor), None
        )
        if following is not None:
            yield held(page, following)
        elif sum(1 for _ in evidence.after(page)) > CALLS_BETWEEN:
            yield broken(f"{page.operation} was left after a page that had a next one.", page)
