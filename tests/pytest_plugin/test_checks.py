"""Checks of the certification, asked for by a test of one's own client."""

import pytest

from tests.e2e.server import Server
from tests.pytest_plugin.runs import Runs

CLIENT = """
import http.client, json, urllib.error, urllib.request
import pytest

def acknowledge(marketplace, order, key):
    target = f"{marketplace.url}/orders/{order.order_id}/acknowledgements"
    headers = {"X-Api-Key": marketplace.api_key, "Idempotency-Key": key, "Content-Type": "application/json"}
    body = json.dumps({"lines": [{"lineId": one.line_id, "decision": "ACCEPT"} for one in order.lines]}).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(target, body, headers)) as answer:
            return answer.status
    except (http.client.HTTPException, urllib.error.HTTPError):
        return None
"""


@pytest.fixture(autouse=True)
def at_the_server(server: Server, runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARKETPLACE_URL", server.origin)


def test_a_check_judges_what_the_tests_client_did_and_says_what_is_wrong(runs: Runs) -> None:
    result = runs.of(
        CLIENT
        + """
@pytest.fixture
def order(marketplace):
    marketplace.faults.add("acknowledgeOrder", "lostResponse", max_count=1)
    return marketplace.place_order()

def test_good(marketplace, order):
    acknowledge(marketplace, order, "one")
    acknowledge(marketplace, order, "one")
    marketplace.check("retry.same-key")
    marketplace.check("retry.lost-response")

def test_bad(marketplace, order):
    acknowledge(marketplace, order, "one")
    acknowledge(marketplace, order, "two")
    marketplace.check("retry.same-key")

def test_never(marketplace):
    marketplace.check("retry.same-key")

def test_unknown(marketplace):
    marketplace.check("retry.same_key")
"""
    )
    result.assert_outcomes(passed=1, failed=3)
    result.stdout.fnmatch_lines(
        [
            "*CheckFailed: retry.same-key does not hold: A repetition has the key and the body of the first try.",
            "E *acknowledgeOrder was sent again with another Idempotency-Key. (calls 1, 2)",
            "E *Make the key and the body once for each intent*",
            "*CheckFailed: retry.same-key was not exercised, so the test has not shown that*answers-lost does:*",
            "*ValueError: There is no check 'retry.same_key'. Is retry.same-key meant?",
        ]
    )


def test_a_check_knows_what_the_test_did_around_its_client(runs: Runs) -> None:
    result = runs.of(
        CLIENT
        + """
def test_in_time(marketplace):
    acknowledge(marketplace, marketplace.place_order({"SKU-00001": 1}), "one")
    marketplace.check("order.ack-in-time")

def test_late(marketplace):
    acknowledge(marketplace, marketplace.place_order({"SKU-00001": 1}), "one")
    marketplace.place_order({"SKU-00001": 1})
    marketplace.clock.advance("PT3H")
    marketplace.check("order.ack-in-time")
"""
    )
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*CheckFailed: order.ack-in-time does not hold:*"])


def test_judging_changes_nothing_of_what_is_judged(runs: Runs) -> None:
    result = runs.of(
        CLIENT
        + """
def test_it(marketplace):
    marketplace.faults.add(None, "error=503", max_count=1, id="down")
    order = marketplace.place_order()
    before = marketplace.operate("GET", "")["counts"]
    with pytest.raises(AssertionError, match="not exercised"):
        marketplace.check("return.posted")
    assert marketplace.faults.rules()[0].played == 0
    assert marketplace.operate("GET", "")["counts"] == before
    assert marketplace.operate("GET", "/snapshots")["items"] == []
    assert marketplace.journal.calls() == []
    assert acknowledge(marketplace, order, "one") is None
"""
    )
    result.assert_outcomes(passed=1)
