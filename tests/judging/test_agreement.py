"""The judge of recordings and the journal's own, on the same calls: two implementations, one contract."""

from collections.abc import Mapping
from typing import Any

import orjson
import pytest

from sandbox_server.api.judge import Judge
from sandbox_server.control.exports import har, ndjson
from sandbox_server.judging.archive import read_archive
from sandbox_server.judging.checker import Checker
from sandbox_server.judging.lines import read_lines
from sandbox_server.judging.recorded import Recorded
from sandbox_server.judging.routes import Routes
from tests.control.test_exports import MARKETPLACE, REPORT, REPORTED, RESULT, a_journal

JUDGE = Judge(MARKETPLACE)
CHECKER = Checker(MARKETPLACE)
ROUTES = Routes(MARKETPLACE)
PLACES = {"query": "query ", "header": "header ", "path": "path "}

MADE_UP = {"fault": ("broken", "error")}
DRIFTED = {"before_fault": orjson.dumps(RESULT)}

Places = set[tuple[str, str]]


def changed(whole: Mapping[str, Any], **members: Any) -> bytes:
    """Return a body with some members of its first item changed; None takes one away."""
    first = {name: value for name, value in {**whole["items"][0], **members}.items() if value is not None}
    return orjson.dumps({**whole, "items": [first, *whole["items"][1:]]})


def by_the_journal(line: Mapping[str, Any]) -> Places:
    found: Places = set()
    for side in ("request", "response"):
        for error in line[f"{side}Errors"]:
            where = next(name for name in ("pointer", "parameter", "header") if name in error)
            prefix = {"parameter": "query ", "header": "header "}.get(where, "")
            found.add((side, prefix + error[where]))
    return found


def by_the_recording(call: Recorded) -> Places:
    match = ROUTES.find(call.exchange)
    assert match is not None
    return {(one.side, one.where) for one in CHECKER.check(call, match)}


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"request_body": changed(REPORT, onHand="3")},
        {"request_body": changed(REPORT, onHand=None, sku=None)},
        {"request_body": changed(REPORT, sequence=-1, asOf="soon")},
        {"request_body": changed(REPORT, colour="red")},
        {"request_body": b'{"items": []}'},
        {"query": b"dry=1"},
        {"response_body": changed(RESULT, status="TAKEN")},
        {"response_body": changed(RESULT, sku=None)},
        {"response_body": changed(RESULT, xNew=1)},
        {"response_body": b"{"},
        {"response_body": changed(RESULT, xNew=1), "notes": DRIFTED},
        {"response_body": changed(RESULT), "notes": {"before_fault": changed(RESULT, status="TAKEN")}},
        {"response_headers": REPORTED["response_headers"][:1]},
        {"status": 299},
        {"status": 299, "notes": MADE_UP},
    ],
)
def test_both_find_the_same_places_at_fault(facts: dict[str, Any]) -> None:
    journal = a_journal({**REPORTED, **facts})
    written = b"".join(ndjson(journal.entries(), JUDGE))
    expected = by_the_journal(orjson.loads(written))
    assert bool(expected) == (bool(facts) and facts.get("notes") not in (MADE_UP, DRIFTED))
    for call in (*read_lines(written), *read_archive(b"".join(har(journal.entries())))):
        assert by_the_recording(call) == expected
