"""Lists: walked to their end, and then only read for what has changed."""

from datetime import datetime, timedelta

import httpx
import pytest

from fixtures.clients.reference.assemble import Client
from fixtures.clients.reference.cli import work_on
from fixtures.clients.reference.errors import Stopped
from fixtures.clients.reference.feed import format_time
from tests.clients.fake_marketplace import (
    NOON,
    FakeClock,
    FakeMarketplace,
    a_level,
    an_order,
    broken,
)


@pytest.fixture(autouse=True)
def _mugs(market: FakeMarketplace) -> None:
    market.levels["S1", "MUG"] = a_level("S1", "MUG", 1000)


def add_orders(market: FakeMarketplace, *numbers: int, status: str = "NEW") -> None:
    for number in numbers:
        order_id = f"ord_{number:04}"
        market.orders[order_id] = an_order(order_id, status=status)
        market.change(market.orders[order_id])


def statuses(market: FakeMarketplace) -> set[str]:
    return {order["status"] for order in market.orders.values()}


def test_seven_pages_are_read_to_the_end(client: Client, market: FakeMarketplace) -> None:
    add_orders(market, *range(14))
    market.page_size = 2
    client.worker.round()
    assert statuses(market) == {"SHIPPED"}


def test_a_cursor_goes_back_byte_for_byte_with_the_filters_it_was_made_with(
    client: Client, market: FakeMarketplace
) -> None:
    add_orders(market, 1, 2, status="ON_THE_MOON")
    market.page_size = 1
    pages = list(client.pages.walk("listOrders", "orders", {"status": "ON_THE_MOON"}))
    assert len(pages) == 2
    second = market.asked("listOrders")[1]
    assert second.query == {"status": "ON_THE_MOON", "limit": "100", "cursor": "~.opaque=1"}


def test_an_empty_page_with_a_cursor_is_not_the_end(client: Client, market: FakeMarketplace) -> None:
    add_orders(market, 1, 2)
    empty = httpx.Response(200, json={"items": [], "nextCursor": "~.opaque=0"})
    market.fail("listOrders", *[empty] * 3)
    client.worker.round()
    assert statuses(market) == {"SHIPPED"}


def test_a_list_that_leads_in_a_circle_is_left_and_read_again_at_the_next_poll(
    client: Client, market: FakeMarketplace
) -> None:
    add_orders(market, 1)
    circle = httpx.Response(200, json={"items": [market.orders["ord_0001"]], "nextCursor": "~.opaque=0"})
    market.fail("listOrders", *[circle] * 2)
    client.worker.round()
    assert statuses(market) == {"SHIPPED"}
    assert client.state.get("watermark", "orders") is None


def test_an_order_that_appears_during_a_walk_is_acted_on_by_the_next_poll(
    client: Client, market: FakeMarketplace
) -> None:
    add_orders(market, 1, 2)
    client.worker.round()
    market.time += timedelta(minutes=10)
    add_orders(market, 3)
    client.worker.round()
    assert statuses(market) == {"SHIPPED"}


def test_polls_ask_for_what_has_changed_and_the_mark_grows(client: Client, market: FakeMarketplace) -> None:
    marks = []
    for number in range(4):
        add_orders(market, number)
        client.worker.round()
        marks.append(market.asked("listOrders")[-1].query.get("updatedAfter"))
        market.time += timedelta(minutes=10)
    assert marks[0] is None
    grown = [mark for mark in marks if mark is not None]
    assert len(grown) == 3
    assert grown == sorted(set(grown))


def test_the_first_poll_reads_only_what_is_open(client: Client, market: FakeMarketplace) -> None:
    client.worker.round()
    asked = {seen.query["status"] for seen in market.asked("listOrders")}
    assert asked == {"NEW", "ACKNOWLEDGED", "PARTIALLY_SHIPPED"}


def test_an_order_of_the_same_instant_that_becomes_visible_late_is_handled(
    client: Client, market: FakeMarketplace
) -> None:
    add_orders(market, 1)
    client.worker.round()
    add_orders(market, 2)
    client.worker.round()
    assert statuses(market) == {"SHIPPED"}


def test_what_changes_behind_the_readers_back_is_found_by_the_next_poll(
    client: Client, market: FakeMarketplace
) -> None:
    add_orders(market, 1)
    client.worker.round()
    began = market.time = market.time + timedelta(hours=1)
    add_orders(market, 2, 3)
    market.page_size = 1

    def hurry(seen: object) -> None:
        # Each call takes the marketplace ten minutes, and the last order changes as late as it is read.
        market.time += timedelta(minutes=10)
        market.change(market.orders["ord_0003"])

    market.before = hurry
    client.worker.round()
    mark = datetime.fromisoformat(client.state.get("watermark", "orders"))
    first_page = began + timedelta(minutes=20)
    assert mark <= first_page


def test_a_machines_own_clock_has_no_say_in_the_mark(client: Client, market: FakeMarketplace) -> None:
    market.time = datetime(2031, 3, 9, 7, 30, tzinfo=NOON.tzinfo)
    add_orders(market, 1)
    client.worker.round()
    assert client.state.get("watermark", "orders") == "2031-03-09T07:30:00.000Z"


def test_a_clock_that_went_back_means_another_world_of_which_all_is_read(
    client: Client, market: FakeMarketplace
) -> None:
    add_orders(market, 1)
    client.worker.round()
    market.time -= timedelta(days=1)
    add_orders(market, 2)
    client.worker.round()
    assert statuses(market) == {"SHIPPED"}


def test_half_of_a_page_is_read_again(client: Client, market: FakeMarketplace) -> None:
    add_orders(market, 1)
    market.fail("listOrders", broken, broken)
    client.worker.round()
    assert statuses(market) == {"SHIPPED"}


def test_five_idle_minutes_cost_four_calls_a_poll(client: Client, market: FakeMarketplace, clock: FakeClock) -> None:
    class EndsAfterFiveMinutes(FakeClock):
        def sleep(self, seconds: float) -> None:
            clock.sleep(seconds)
            if clock.now >= 300:
                raise Stopped

    with pytest.raises(Stopped):
        work_on(client, EndsAfterFiveMinutes(), poll_seconds=15)
    assert len(market.seen) <= 20 * 4 + 10


def test_polls_are_rarer_while_the_marketplace_is_down(
    client: Client, market: FakeMarketplace, clock: FakeClock
) -> None:
    class EndsAfterTenMinutes(FakeClock):
        def sleep(self, seconds: float) -> None:
            clock.sleep(seconds)
            if clock.now >= 600:
                raise Stopped

    market.fail("createToken", *[httpx.ConnectError("refused")] * 1000)
    with pytest.raises(Stopped):
        work_on(client, EndsAfterTenMinutes(), poll_seconds=1)
    assert len(market.seen) <= 80


def test_times_are_sent_as_rfc_3339_in_utc() -> None:
    assert format_time(NOON) == "2026-11-27T12:00:00.000Z"


def test_the_largest_page_is_handled(client: Client, market: FakeMarketplace) -> None:
    add_orders(market, *range(100))
    for order in market.orders.values():
        order["buyer"] = {"name": "x" * 50_000}
    client.worker.round()
    assert statuses(market) == {"SHIPPED"}
