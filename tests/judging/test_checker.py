"""One call against a contract: what is found, where, and in which words."""

from typing import Any

import pytest

from sandbox_server.judging.checker import Checker
from sandbox_server.judging.recorded import Recorded
from sandbox_server.judging.routes import Routes
from sandbox_server.reporting.findings import Finding
from tests.judging.traffic import HOST, SAMPLE, THING, calls, entry

CHECKER = Checker(SAMPLE)
TOLERANT = Checker(SAMPLE, allows_unknown=True)
ROUTES = Routes(SAMPLE)
LIST = "GET /things"
THERE = {"X-Way": "there"}
KNOWN = {"X-Request-Id": "req_1"}


def check(call: Recorded, checker: Checker = CHECKER) -> list[Finding]:
    match = ROUTES.find(call.exchange)
    assert match is not None
    return list(checker.check(call, match))


def found(**facts: Any) -> list[tuple[str, str, str]]:
    """Return whose fault, what was looked at and where, of a call to one thing unless said otherwise."""
    (call,) = calls(entry(**{"got": THING, **facts}))
    return [(str(one.side), one.check, one.where) for one in check(call)]


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {
            "target": "GET /things?limit=3&tag=a&tag=b",
            "got": {"items": [THING]},
            "sent_headers": THERE,
            "got_headers": KNOWN,
        },
        {"target": "POST /things", "sent": {"name": "ab", "count": 3}, "status": 201},
        {"status": 404, "got": None},
        {"target": "DELETE /things/thg_1", "status": 204, "got": None},
        {"target": "GET /things/latest", "status": 204, "got": None},
        {"got": {**THING, "owner": {"firm": "x"}, "tags": ["a"], "madeAt": "2026-11-27T15:00:00.000Z"}},
        {"got": {**THING, "within": {**THING, "within": THING}}},
        {"got_headers": {"content-type": "application/json; charset=utf-8"}},
        {"target": "GET /picture", "got": "PNG", "got_headers": {"content-type": "image/png"}},
        {"target": "GET /picture", "got": "a,é", "got_headers": {"content-type": "text/csv; charset=utf-8"}},
        {
            "target": "POST /things",
            "sent": "name=ab&count=3",
            "sent_headers": {"content-type": "application/x-www-form-urlencoded"},
            "status": 201,
        },
        {
            "target": "POST /things",
            "sent": {"name": "ab"},
            "status": 422,
            "got": {"code": "NO"},
            "got_headers": {"content-type": "application/problem+json"},
        },
    ],
)
def test_what_is_as_the_contract_says_is_not_found_fault_with(facts: dict[str, Any]) -> None:
    assert found(**facts) == []


@pytest.mark.parametrize(
    ("facts", "wrong"),
    [
        ({"target": "GET /things/1"}, ("request", "schema.pattern", "path thingId")),
        ({"target": "GET /things/thg_1?x=1"}, ("request", "parameter", "query x")),
        ({"got": {**THING, "size": "2.5"}}, ("response", "schema.type", "/size")),
        ({"got": {"thingId": "thg_1"}}, ("response", "schema.required", "/size")),
        ({"got": {**THING, "kind": "FLAT"}}, ("response", "schema.enum", "/kind")),
        ({"got": {**THING, "madeAt": "today"}}, ("response", "schema.format", "/madeAt")),
        ({"got": {**THING, "size": 0.3}}, ("response", "schema.multipleOf", "/size")),
        ({"got": {**THING, "size": 101}}, ("response", "schema.maximum", "/size")),
        ({"got": {**THING, "tags": []}}, ("response", "schema.minItems", "/tags")),
        ({"got": {**THING, "tags": ["a", "a"]}}, ("response", "schema.uniqueItems", "/tags")),
        ({"got": {**THING, "tags": ["a", 2]}}, ("response", "schema.type", "/tags/1")),
        ({"got": {**THING, "x/y~": 1}}, ("response", "schema.additionalProperties", "/x~1y~0")),
        ({"got": {**THING, "within": {**THING, "size": "1"}}}, ("response", "schema.type", "/within/size")),
        ({"got": {**THING, "owner": {"person": 3}}}, ("response", "schema.type", "/owner/person")),
        ({"got": None}, ("response", "body", "")),
        (
            {"target": "GET /picture", "got": "é", "got_headers": {"content-type": "text/csv"}},
            ("response", "schema.minLength", ""),
        ),
        ({"got": "{"}, ("response", "body", "")),
        ({"got_headers": {"content-type": "text/html"}}, ("response", "media-type", "header Content-Type")),
        ({"status": 418}, ("response", "status", "")),
        ({"status": 404}, ("response", "body", "")),
        ({"target": "GET /things/thg_1", "sent": {}}, ("request", "body", "")),
        ({"target": "POST /things", "status": 201}, ("request", "body", "")),
        ({"target": "POST /things", "sent": "{", "status": 201}, ("request", "body", "")),
        (
            {"target": "POST /things", "sent": {"name": "ab", "nmae": 1}, "status": 201},
            ("request", "schema.additionalProperties", "/nmae"),
        ),
        ({"target": "POST /things", "sent": {"name": "a"}, "status": 201}, ("request", "schema.minLength", "/name")),
        (
            {"target": "POST /things", "sent": "x", "sent_headers": {"content-type": "text/plain"}, "status": 201},
            ("request", "media-type", "header Content-Type"),
        ),
        (
            {"target": LIST, "got": {"items": []}, "got_headers": KNOWN},
            ("request", "parameter", "header X-Way"),
        ),
        (
            {"target": LIST, "got": {"items": []}, "sent_headers": THERE},
            ("response", "header", "header X-Request-Id"),
        ),
        (
            {
                "target": LIST,
                "got": {"items": []},
                "sent_headers": THERE,
                "got_headers": {**KNOWN, "X-Total": "many"},
            },
            ("response", "header", "header X-Total"),
        ),
        (
            {"target": f"{LIST}?limit=0", "got": {"items": []}, "sent_headers": THERE, "got_headers": KNOWN},
            ("request", "schema.minimum", "query limit"),
        ),
        (
            {"target": f"{LIST}?limit=3&limit=3", "got": {"items": []}, "sent_headers": THERE, "got_headers": KNOWN},
            ("request", "parameter", "query limit"),
        ),
        (
            {"target": f"{LIST}?limit=many", "got": {"items": []}, "sent_headers": THERE, "got_headers": KNOWN},
            ("request", "parameter", "query limit"),
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_place(facts: dict[str, Any], wrong: tuple[str, str, str]) -> None:
    assert found(**facts) == [wrong]


def one(**facts: Any) -> Finding:
    (call,) = calls(entry(**{"got": THING, **facts}))
    (finding,) = check(call)
    return finding


def test_the_expected_and_the_seen_are_told() -> None:
    enum = one(got={**THING, "kind": "FLAT"})
    assert (enum.message, enum.expected, enum.seen) == (
        "It must be one of ROUND, SQUARE.",
        "one of ROUND, SQUARE",
        '"FLAT"',
    )
    status = one(status=500)
    assert (status.expected, status.seen) == ("200, 404", "500")
    media_type = one(got_headers={"content-type": "text/html"})
    assert (media_type.expected, media_type.seen) == ("application/json", "text/html")


def test_a_long_value_is_shortened() -> None:
    assert len(one(got={**THING, "thingId": ["x" * 5000]}).seen) < 300


def test_a_number_too_large_for_most_is_shown() -> None:
    wrong = one(target=f"{LIST}?limit=-{'9' * 30}", got={"items": []}, sent_headers=THERE, got_headers=KNOWN)
    assert wrong.seen == "-" + "9" * 30


def test_a_slip_in_a_name_is_told() -> None:
    slip = one(target="POST /things", sent={"name": "ab", "cuont": 1}, status=201)
    assert slip.message == "The contract has no such member. Was count meant?"


def test_members_that_nobody_described_can_be_passed_over() -> None:
    (call,) = calls(entry(got={**THING, "new": 1}))
    assert len(check(call)) == 1
    assert check(call, TOLERANT) == []


def test_a_body_that_was_not_kept_is_not_judged() -> None:
    bare = entry("POST /things", status=201)
    bare["request"]["bodySize"] = 12
    bare["response"]["content"] = {"size": 300}
    (call,) = calls(bare)
    assert check(call) == []


def test_what_was_withheld_for_its_secrets_is_not_judged() -> None:
    (call,) = calls(entry("POST /things", sent='{"name": "ab", secret=', status=201, got=THING))
    assert b"withheld" in call.exchange.request_body
    assert check(call) == []


def test_an_answer_is_judged_as_it_was_before_a_fault() -> None:
    changed = entry(got={**THING, "kind": "FLAT"}, _bodyBeforeFault='{"thingId": "thg_1", "size": 1}')
    assert check(calls(changed)[0]) == []
    worse = entry(got=THING, _bodyBeforeFault='{"thingId": "thg_1"}')
    assert [found.where for found in check(calls(worse)[0])] == ["/size"]


@pytest.mark.parametrize("effect", ["error", "fault"])
def test_an_answer_that_a_fault_made_up_is_nobodys(effect: str) -> None:
    assert check(calls(entry(status=599, got="<html>", _effect=effect))[0]) == []
    assert check(calls(entry(status=599, got="<html>", _effect="delay"))[0])


def test_where_nothing_was_answered_the_request_alone_is_judged() -> None:
    (call,) = calls(entry("GET /things/1", status=0))
    assert [one.where for one in check(call)] == ["path thingId"]


def test_an_answer_that_was_cut_is_judged_by_its_status_alone() -> None:
    cut = entry(got='{"thingId": "thg_', status=200)
    cut["response"]["_error"] = "net::ERR_CONTENT_LENGTH_MISMATCH"
    assert check(calls(cut)[0]) == []


def test_keywords_are_counted() -> None:
    CHECKER.keywords.clear()
    found()
    assert CHECKER.keywords["required"] == 1
    assert CHECKER.keywords["enum"] == 0
    assert CHECKER.keywords["multipleOf"] == 1


def test_concrete_words_go_before_places() -> None:
    (call,) = calls(entry("GET /things/latest"))
    match = ROUTES.find(call.exchange)
    assert match is not None
    assert match.operation.operation_id == "latestThing"


def test_what_stands_in_a_path_is_decoded() -> None:
    (call,) = calls(entry("GET /things/thg_%C3%A9%20"))
    match = ROUTES.find(call.exchange)
    assert match is not None
    assert match.values == {"thingId": "thg_é "}


@pytest.mark.parametrize(
    ("base", "found"),
    [
        (None, [True, False, False, True]),
        ("/acorn/v1", [False, True, False, False]),
        (f"{HOST}/v1/", [True, False, False, False]),
        ("https://STAGING.example/v1", [False, False, False, True]),
    ],
)
def test_a_call_is_found_below_the_base_url(base: str | None, found: list[bool]) -> None:
    places = [f"{HOST}/v1", f"{HOST}/acorn/v1", HOST, "https://u:p@staging.example/v1"]
    routes = Routes(SAMPLE, base)
    assert [routes.find(call.exchange) is not None for call in calls(*(entry(base=one) for one in places))] == found
