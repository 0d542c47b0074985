"""A whole recording: sorted, judged, and summed up in a report."""

from collections.abc import Sequence
from typing import Any

import pytest

from sandbox_server.judging.bench import Terms
from sandbox_server.judging.recorded import Unreadable
from sandbox_server.judging.trial import judge
from sandbox_server.reporting.findings import Report, Side
from tests.judging.traffic import HOST, SAMPLE, THING, Entry, calls, entry

WRONG = entry(got={**THING, "size": "1"})
RIGHT = entry(got=THING)


def judged(entries: Sequence[Entry], processes: int = 1, **terms: Any) -> Report:
    return judge(calls(*entries), Terms(contract=SAMPLE, **terms), "traffic.har", lambda _: None, processes)


def test_a_clean_recording_is_clean() -> None:
    report = judged([RIGHT, entry(status=404)])
    assert report.is_clean
    assert (report.calls, report.subject, report.facts) == (2, "traffic.har", {"Contract": "Sample 1.2.3"})


def test_findings_name_their_call_and_can_be_made_again() -> None:
    (finding,) = judged([RIGHT, WRONG]).findings
    assert (finding.operation, finding.number, finding.where) == ("getThing", 2, "/size")
    assert finding.curl == (f"curl -sS -i -X GET {HOST}/v1/things/thg_1",)


def test_what_was_covered_is_told() -> None:
    report = judged([RIGHT, WRONG, entry("GET /things/1", status=404), entry("GET /things/thg_1", status=0)])
    by_name = {one.operation: one for one in report.coverage}
    assert list(by_name) == ["listThings", "makeThing", "latestThing", "getThing", "dropThing", "getPicture"]
    thing = by_name["getThing"]
    assert (thing.calls, thing.valid, thing.seen, thing.documented) == (4, 3, {"200": 2, "404": 1}, ("200", "404"))
    assert by_name["dropThing"].calls == 0
    assert report.keywords["required"] == 2
    assert report.keywords["minItems"] == 0
    assert "maxProperties" not in report.keywords


def test_many_processes_find_the_same_in_the_same_order() -> None:
    entries = [WRONG if number % 7 else RIGHT for number in range(300)]
    told: list[int] = []
    terms = Terms(contract=SAMPLE)
    many = judge(calls(*entries), terms, "x", told.append, 2)
    assert many == judge(calls(*entries), terms, "x", lambda _: None, 1)
    assert len(many.findings) == 257
    assert sum(told) == 300


def test_only_the_first_of_a_kind_carry_their_calls() -> None:
    report = judged([WRONG] * 30)
    assert [bool(one.exchanges) for one in report.findings] == [True] * 20 + [False] * 10
    assert len(report.groups) == 1


def test_one_call_has_no_more_than_twenty_findings() -> None:
    crowd = entry("POST /things", {"name": "ab", **{f"x{number}": 1 for number in range(50)}}, 201, THING)
    assert len(judged([crowd]).findings) == 20


@pytest.mark.parametrize(
    ("sides", "found"),
    [({Side.REQUEST}, ["path thingId"]), ({Side.RESPONSE}, ["/size"]), (set(Side), ["path thingId", "/size"])],
)
def test_one_side_can_be_judged_alone(sides: set[Side], found: list[str]) -> None:
    both = entry("GET /things/1", got={**THING, "size": "1"})
    assert [one.where for one in judged([both], sides=frozenset(sides)).findings] == found


def test_a_call_that_was_refused_for_having_no_operation_is_the_clients_fault() -> None:
    (finding,) = judged([RIGHT, entry("GET /thing/thg_1", status=404)]).findings
    assert (finding.check, finding.side, finding.number, finding.operation) == ("operation", Side.REQUEST, 2, "")
    assert finding.expected == "GET /v1/things/thg_1"
    assert finding.seen == "GET /v1/thing/thg_1"
    assert judged([RIGHT, entry("GET /thing/1", status=404)], sides=frozenset({Side.RESPONSE})).is_clean


def test_a_path_outside_of_the_base_is_explained_too() -> None:
    (finding,) = judged([RIGHT, entry("GET /things/thg_1", status=404, base=HOST)]).findings
    assert finding.expected == "GET /v1/things/thg_1"


def test_below_another_base_the_contracts_own_is_not_missed() -> None:
    other = f"{HOST}/acorn"
    report = judged(
        [entry(got=THING, base=other), entry("GET /thing/thg_1", status=404, base=other)], base_url="/acorn"
    )
    assert report.findings[0].expected == "GET /v1/things/thg_1"


def test_what_others_answered_is_counted_and_left_alone() -> None:
    elsewhere = entry("GET /style.css", status=404, base="https://cdn.example")
    documents = entry("GET /openapi.json", got={})
    report = judged([RIGHT, elsewhere, documents])
    assert report.is_clean
    assert (report.calls, report.facts["Calls to others"]) == (1, "2")


def test_what_faults_changed_is_told() -> None:
    report = judged([entry(got="{}", _bodyBeforeFault='{"thingId": "t", "size": 1}'), entry(status=0)])
    assert report.is_clean
    assert report.facts["Answers judged as they were before a fault"] == "1"
    assert report.facts["Calls without an answer to judge"] == "1"


def test_a_secret_that_was_redacted_is_not_blamed_for_its_looks() -> None:
    assert judged([entry(got={**THING, "secretKey": "no-such-prefix"})]).is_clean


def test_a_recording_of_something_else_is_no_clean_one() -> None:
    with pytest.raises(Unreadable, match=r"No call in traffic\.har goes to an operation below /v1; the first is GET"):
        judged([entry(base="https://other.example")])
    with pytest.raises(Unreadable, match=r"below https://staging\.example/v2"):
        judged([RIGHT], base_url="https://staging.example/v2")
