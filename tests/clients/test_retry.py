"""Failures: what is tried again, when, and how often."""

from datetime import timedelta
from email.utils import format_datetime
from itertools import pairwise
from statistics import median

import httpx
import pytest

from fixtures.clients.reference.assemble import Client
from fixtures.clients.reference.errors import GaveUp, Refused
from fixtures.clients.reference.retry import Failure, Patience
from fixtures.clients.reference.sender import TIMEOUT
from tests.clients.fake_marketplace import (
    NOON,
    FakeClock,
    FakeMarketplace,
    Fault,
    a_level,
    an_order,
    broken,
    lost,
    problem,
)

DOWN = problem(503, "UNAVAILABLE")
HTML = httpx.Response(200, html="<title>Sign in</title>")


def read(client: Client) -> None:
    client.transport.get("listOrders", "orders")


@pytest.mark.parametrize(
    "fault",
    [
        problem(429, "RATE_LIMITED"),
        problem(500, "INTERNAL"),
        DOWN,
        httpx.Response(503, html="<h1>Maintenance</h1>"),
        httpx.Response(502, text="Bad gateway"),
        HTML,
        httpx.Response(200, text="[]", headers={"Content-Type": "application/json"}),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("closed"),
        broken,
    ],
)
def test_a_call_without_a_proper_answer_is_tried_again(client: Client, market: FakeMarketplace, fault: Fault) -> None:
    market.fail("listOrders", fault)
    read(client)
    assert len(market.asked("listOrders")) == 2


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422])
def test_a_no_is_not_asked_again(client: Client, market: FakeMarketplace, status: int) -> None:
    market.fail("listOrders", problem(status, "INVALID_REQUEST"))
    with pytest.raises(Refused):
        read(client)
    assert len(market.asked("listOrders")) == 1


def test_a_first_call_that_still_runs_is_waited_for(client: Client, market: FakeMarketplace) -> None:
    market.orders["ord_0001"] = an_order("ord_0001")
    market.levels["S1", "MUG"] = a_level("S1", "MUG", 5)
    market.fail("acknowledgeOrder", problem(409, "IDEMPOTENCY_IN_PROGRESS"))
    client.worker.round()
    first, second = market.asked("acknowledgeOrder")
    assert first.key == second.key
    assert market.orders["ord_0001"]["status"] == "SHIPPED"


def test_a_retry_after_in_seconds_is_kept_for_the_whole_operation(client: Client, market: FakeMarketplace) -> None:
    market.fail("listOrders", problem(429, "RATE_LIMITED", Retry_After="2"))
    read(client)
    assert market.gaps("listOrders")[0] >= 2


def test_a_retry_after_as_a_date_is_read_by_the_marketplaces_clock(client: Client, market: FakeMarketplace) -> None:
    in_seven = format_datetime(NOON + timedelta(seconds=7), usegmt=True)
    market.fail("listOrders", problem(503, "UNAVAILABLE", Retry_After=in_seven))
    read(client)
    assert 7 <= market.gaps("listOrders")[0] < 8


def test_a_long_retry_after_leaves_the_operation_alone_until_then(
    client: Client, market: FakeMarketplace, clock: FakeClock
) -> None:
    market.fail("listOrders", problem(503, "UNAVAILABLE", Retry_After="600"))
    for _ in range(2):
        with pytest.raises(GaveUp, match="left alone"):
            read(client)
    assert clock.now < 1
    clock.now += 601
    read(client)
    assert len(market.asked("listOrders")) == 2


def test_a_retry_after_at_the_last_try_holds_for_the_next_call(client: Client, market: FakeMarketplace) -> None:
    market.fail("listOrders", *[DOWN] * 5, problem(503, "UNAVAILABLE", Retry_After="20"))
    with pytest.raises(GaveUp):
        read(client)
    read(client)
    assert market.gaps("listOrders")[-1] >= 20


def test_throttling_without_a_hint_is_waited_out_for_at_least_a_second_and_longer_each_time(
    client: Client, market: FakeMarketplace
) -> None:
    market.fail("listOrders", *[problem(429, "RATE_LIMITED")] * 3)
    read(client)
    gaps = market.gaps("listOrders")
    assert gaps[0] >= 1
    assert gaps == sorted(gaps)


@pytest.mark.parametrize("throttled", [False, True])
def test_no_wait_is_shorter_than_the_one_before_whatever_chance_says(throttled: bool) -> None:
    failure = Failure("down", throttled=throttled)
    for sooner, later in pairwise(range(1, 6)):
        longest = Patience(chance=lambda: 1.0).wait_seconds(failure, sooner)
        assert Patience(chance=lambda: 0.0).wait_seconds(failure, later) >= longest


def test_gaps_double(client: Client, market: FakeMarketplace) -> None:
    market.fail("listOrders", *[DOWN] * 5)
    read(client)
    gaps = market.gaps("listOrders")
    assert median(later / sooner for sooner, later in pairwise(gaps)) >= 1.5


def test_chance_spreads_the_waits() -> None:
    waits = {Patience().wait_seconds(Failure("down"), 3) for _ in range(8)}
    assert len(waits) > 1


def test_waits_do_not_grow_for_ever() -> None:
    assert Patience().wait_seconds(Failure("down"), 60) <= 40


def test_tries_end_and_a_later_call_begins_anew(client: Client, market: FakeMarketplace) -> None:
    market.fail("listOrders", *[DOWN] * 6)
    with pytest.raises(GaveUp, match="6 tries"):
        read(client)
    read(client)
    assert len(market.asked("listOrders")) == 7


def test_a_lost_answer_is_asked_for_with_the_same_key_and_the_same_bytes(
    client: Client, market: FakeMarketplace
) -> None:
    market.orders["ord_0001"] = an_order("ord_0001")
    market.levels["S1", "MUG"] = a_level("S1", "MUG", 5)
    for operation in ("acknowledgeOrder", "createShipment"):
        market.fail(operation, lost)
    client.worker.round()
    for operation in ("acknowledgeOrder", "createShipment"):
        first, second = market.asked(operation)
        assert first.key == second.key
        assert first.request.content == second.request.content
    assert len(market.shipments) == 1


def test_a_key_that_was_used_for_something_else_is_not_asked_again(client: Client, market: FakeMarketplace) -> None:
    market.orders["ord_0001"] = an_order("ord_0001")
    market.levels["S1", "MUG"] = a_level("S1", "MUG", 5)
    market.fail("acknowledgeOrder", problem(422, "IDEMPOTENCY_KEY_REUSED"))
    for _ in range(5):
        client.worker.round(afresh=True)
        market.clock.now += 400
    assert len(market.asked("acknowledgeOrder")) == 1


def test_every_try_has_a_request_id_of_its_own(client: Client, market: FakeMarketplace) -> None:
    market.fail("listOrders", *[DOWN] * 3)
    read(client)
    names = [seen.request.headers["X-Request-Id"] for seen in market.seen]
    assert len(set(names)) == len(names) == 5


def test_an_answer_that_takes_twenty_seconds_is_waited_for() -> None:
    assert TIMEOUT.read is not None
    assert TIMEOUT.read > 20


def test_a_sign_in_page_is_never_no_orders(client: Client, market: FakeMarketplace) -> None:
    market.orders["ord_0001"] = an_order("ord_0001")
    market.levels["S1", "MUG"] = a_level("S1", "MUG", 5)
    market.fail("listOrders", *[HTML] * 6)
    client.worker.round()
    assert "text/html" in client.setbacks.reasons["the list of orders"]
    market.clock.now += 10
    client.worker.round()
    assert market.orders["ord_0001"]["status"] == "SHIPPED"


def test_a_marketplace_that_is_down_is_not_asked_about_every_order(client: Client, market: FakeMarketplace) -> None:
    for number in range(20):
        market.orders[f"ord_{number:04}"] = an_order(f"ord_{number:04}")
    market.levels["S1", "MUG"] = a_level("S1", "MUG", 50)
    market.fail("acknowledgeOrder", *[DOWN] * 600)
    assert client.worker.round() is False
    assert len(market.asked("acknowledgeOrder")) == 3 * 6
