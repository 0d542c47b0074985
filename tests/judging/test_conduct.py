"""A recorded client is held against the certification's checks, as far as calls alone can show them."""

from typing import Any

from sandbox_server.judging.conduct import BY_CALLS, BY_WAITS, conduct
from sandbox_server.judging.contracts import read_contract
from sandbox_server.judging.lines import read_lines
from sandbox_server.judging.routes import Routes
from sandbox_server.reporting.findings import Finding, Side
from sandbox_server.resources import contract_path
from tests.judging.traffic import Entry, calls, entry

ROUTES = Routes(read_contract(contract_path("marketplace.yaml")))
OWN = {"user-agent": "chain/1.0"}
ACKNOWLEDGE = "POST /orders/ord_1/acknowledgements"


def at(second: float) -> dict[str, Any]:
    return {"startedDateTime": f"2026-11-27T12:00:{second:06.3f}Z", "time": 10}


def asked(target: str = "GET /orders", second: float = 0, **members: Any) -> Entry:
    return entry(target, sent_headers={**OWN, **members.pop("headers", {})}, **{**at(second), **members})


def found(*entries: Entry) -> list[Finding]:
    return list(conduct(calls(*entries), ROUTES))


def test_a_wait_that_was_cut_short_is_found_with_its_calls_and_what_to_change() -> None:
    (one,) = found(asked(status=429, got_headers={"Retry-After": "5"}), asked(second=2, got={"items": []}))

    assert (one.check, one.side, one.operation, one.number) == (
        "retry.honours-retry-after",
        Side.REQUEST,
        "listOrders",
        1,
    )
    assert one.message == "listOrders was called again after 1.99 s instead of 5 s."
    assert one.expected.startswith("Leave the operation alone")
    assert [exchange.number for exchange in one.exchanges] == [1, 2]


def test_a_client_that_waits_is_clean() -> None:
    assert found(asked(status=429, got_headers={"Retry-After": "5"}), asked(second=6, got={"items": []})) == []


def test_waits_are_not_judged_where_nobody_looked_at_the_clock() -> None:
    limited = asked(status=429, got_headers={"Retry-After": "5"}, startedDateTime="")

    assert found(limited, asked(second=2, got={"items": []})) == []


def test_a_repetition_under_another_key_is_found() -> None:
    lines = {"lines": [{"lineId": "1", "decision": "ACCEPT"}]}
    tries = (
        asked(ACKNOWLEDGE, second, sent=lines, status=status, headers={"Idempotency-Key": key})
        for second, status, key in ((0, 503, "k1"), (1, 200, "k2"))
    )

    assert "acknowledgeOrder was sent again with another Idempotency-Key." in [one.message for one in found(*tries)]


def test_what_a_check_cannot_cope_with_is_told_and_the_others_go_on() -> None:
    odd = asked(ACKNOWLEDGE, sent={"lines": [7]})
    nameless = entry("GET /orders", got={"items": []}, **at(1))

    sides = {one.check: one.side for one in found(odd, nameless)}
    assert sides == {"order.ack-once": Side.RUN, "client.names-itself": Side.REQUEST}


def test_the_lines_of_a_journal_have_moments_of_their_own() -> None:
    line = (
        b'{"number": 1, "method": "GET", "path": "/v1/orders", "request": {"headers": []}, "response": {"headers": []},'
        b' "receivedAt": "2026-11-27T12:00:00Z", "receivedMonotonicMs": 1500}'
    )
    (call,) = read_lines(line)

    assert call.began == 1.5


def test_each_check_is_judged_once() -> None:
    assert len({*BY_CALLS, *BY_WAITS}) == len(BY_CALLS) + len(BY_WAITS)
