"""Orders: accepted where the goods lie, refused where they do not, shipped once."""

import re
from datetime import timedelta

import pytest

from fixtures.clients.reference.assemble import Client
from fixtures.clients.reference.feed import format_time
from fixtures.clients.reference.shapes import Place
from fixtures.clients.reference.shipping import ACORN, DHL, FEDEX, UPS, USPS, Form, tracking_number
from tests.clients.conftest import MakeClient
from tests.clients.fake_marketplace import (
    NOON,
    FakeMarketplace,
    Json,
    Seen,
    a_level,
    a_line,
    an_allocation,
    an_order,
    problem,
)
from tests.clients.sources import Counted


def add(market: FakeMarketplace, order: Json) -> Json:
    market.orders[order["orderId"]] = order
    return order


def add_levels(market: FakeMarketplace, **units: int) -> None:
    for store_id, on_hand in units.items():
        market.levels[store_id, "MUG"] = a_level(store_id, "MUG", on_hand)


def test_an_order_is_acknowledged_once_and_shipped_once_however_often_it_is_met(
    client: Client, market: FakeMarketplace
) -> None:
    order = add(market, an_order("ord_0001"))
    add_levels(market, S1=5)
    for _ in range(3):
        client.worker.round(afresh=True)
    assert order["status"] == "SHIPPED"
    assert len(market.asked("acknowledgeOrder")) == len(market.asked("createShipment")) == 1


def test_the_most_urgent_order_comes_first(client: Client, market: FakeMarketplace) -> None:
    add_levels(market, S1=5)
    for number, hours in (("1", 2), ("2", 1), ("3", 3)):
        order = add(market, an_order(f"ord_000{number}"))
        order["acknowledgeBy"] = format_time(NOON + timedelta(hours=hours))
    client.worker.round()
    asked = [seen.request.url.path.split("/")[3] for seen in market.asked("acknowledgeOrder")]
    assert asked == ["ord_0002", "ord_0001", "ord_0003"]


def test_what_is_not_on_the_shelf_is_rejected_as_out_of_stock(client: Client, market: FakeMarketplace) -> None:
    order = add(market, an_order("ord_0001"))
    add_levels(market, S1=0)
    client.worker.round()
    decision = {"lineId": "1", "storeId": "S1", "decision": "REJECT", "reason": "OUT_OF_STOCK"}
    assert market.asked("acknowledgeOrder")[0].json == {"lines": [decision]}
    assert order["status"] == "UNFULFILLABLE"
    assert not market.shipments


def test_the_last_unit_is_promised_to_one_order_only(client: Client, market: FakeMarketplace) -> None:
    first, second = (add(market, an_order(f"ord_000{number}")) for number in (1, 2))
    add_levels(market, S1=1)
    client.worker.round()
    assert (first["status"], second["status"]) == ("SHIPPED", "UNFULFILLABLE")


def test_two_lines_share_what_lies_there(client: Client, market: FakeMarketplace) -> None:
    lines = [a_line(number, "MUG", an_allocation("S1", 2)) for number in ("1", "2")]
    add(market, an_order("ord_0001", *lines))
    add_levels(market, S1=3)
    client.worker.round()
    assert [line["decision"] for line in market.asked("acknowledgeOrder")[0].json["lines"]] == ["ACCEPT", "REJECT"]


def test_units_bound_to_other_orders_are_not_promised_again(client: Client, market: FakeMarketplace) -> None:
    order = add(market, an_order("ord_0001"))
    market.levels["S1", "MUG"] = a_level("S1", "MUG", 2, allocated=2)
    client.worker.round()
    assert order["status"] == "UNFULFILLABLE"


def test_a_cancelled_order_gets_nothing(client: Client, market: FakeMarketplace) -> None:
    add(market, an_order("ord_0001", status="CANCELLED"))
    add_levels(market, S1=5)
    client.worker.round()
    assert not market.asked("acknowledgeOrder") + market.asked("createShipment")


def test_an_order_read_some_time_ago_is_read_again_before_anything_is_done(
    client: Client, market: FakeMarketplace
) -> None:
    part = an_allocation("S1", 1, "ALLOCATED")
    first, second = (
        add(market, an_order(f"ord_000{number}", a_line("1", "MUG", dict(part)), status="ACKNOWLEDGED"))
        for number in (1, 2)
    )
    add_levels(market, S1=5)

    def cancel_the_second(seen: Seen) -> None:
        if seen.operation == "createShipment":
            market.clock.now += 5
            market.change(second, status="CANCELLED")

    market.before = cancel_the_second
    client.worker.round()
    assert (first["status"], second["status"]) == ("SHIPPED", "CANCELLED")
    assert len(market.asked("createShipment")) == 1


def test_an_order_cancelled_at_the_last_moment_ends_as_cancelled(client: Client, market: FakeMarketplace) -> None:
    order = add(
        market, an_order("ord_0001", a_line("1", "MUG", an_allocation("S1", 1, "ALLOCATED")), status="ACKNOWLEDGED")
    )
    add_levels(market, S1=5)

    def cancel(seen: Seen) -> None:
        if seen.operation == "createShipment":
            market.change(order, status="CANCELLED")

    market.before = cancel
    client.worker.round()
    market.clock.now += 2
    client.worker.round()
    assert client.worker.unfinished() == []
    assert len(market.asked("createShipment")) == 1


def test_the_store_that_holds_the_goods_ships_them(client: Client, market: FakeMarketplace) -> None:
    lines = [a_line("1", "MUG", an_allocation("S2", 1)), a_line("2", "MUG", an_allocation("S3", 2))]
    add(market, an_order("ord_0001", *lines))
    add_levels(market, S1=9, S2=9, S3=9)
    client.worker.round()
    shipped = {
        (parcel["storeId"], line["lineId"]): line["quantity"] for parcel in market.shipments for line in parcel["lines"]
    }
    assert shipped == {("S2", "1"): 1, ("S3", "2"): 2}


def test_a_reassignment_is_followed(client: Client, market: FakeMarketplace) -> None:
    order = add(market, an_order("ord_0001"))
    add_levels(market, S1=0, S2=3)

    def reassign(seen: Seen) -> None:
        line = order["lines"][0]
        if seen.operation == "acknowledgeOrder" and len(line["allocations"]) == 1:
            line["allocations"].append(an_allocation("S2", 1))

    market.before = reassign
    client.worker.round()
    assert [parcel["storeId"] for parcel in market.shipments] == ["S2"]
    first, second = market.asked("acknowledgeOrder")
    assert first.key != second.key


def test_what_is_missing_after_all_is_cancelled_and_the_rest_is_shipped(
    client: Client, market: FakeMarketplace
) -> None:
    lines = [
        a_line("1", "MUG", an_allocation("S1", 3, "ALLOCATED")),
        a_line("2", "CUP", an_allocation("S1", 1, "ALLOCATED")),
    ]
    order = add(market, an_order("ord_0001", *lines, status="ACKNOWLEDGED"))
    market.levels["S1", "MUG"] = a_level("S1", "MUG", 2, allocated=3)
    market.levels["S1", "CUP"] = a_level("S1", "CUP", 0, allocated=1)
    client.worker.round()
    assert [parcel["lines"] for parcel in market.shipments] == [[{"lineId": "1", "quantity": 2}]]
    cancelled = market.asked("cancelOrder")[0].json
    assert cancelled == {"reason": "OUT_OF_STOCK", "lines": [{"lineId": "1"}, {"lineId": "2"}]}
    assert order["status"] == "SHIPPED"


def test_one_order_that_always_fails_does_not_stop_the_others(client: Client, market: FakeMarketplace) -> None:
    add_levels(market, S1=50)
    poison, *others = (add(market, an_order(f"ord_{number:04}")) for number in range(8))
    market.poisoned = {"/v1/orders/ord_0000/acknowledgements"}
    client.worker.round()
    assert {order["status"] for order in others} == {"SHIPPED"}
    assert poison["status"] == "NEW"
    assert client.worker.unfinished() == ["ord_0000"]


def test_an_answer_without_a_promised_member_does_not_stop_the_others(client: Client, market: FakeMarketplace) -> None:
    add_levels(market, S1=50)
    add(market, an_order("ord_0001")).pop("lines")
    whole = add(market, an_order("ord_0002"))
    client.worker.round()
    assert whole["status"] == "SHIPPED"
    assert "makes no sense" in client.setbacks.reasons["ord_0001"]


def test_goods_left_at_the_marketplaces_time_and_not_before_the_order(client: Client, market: FakeMarketplace) -> None:
    order = add(market, an_order("ord_0001"))
    add_levels(market, S1=5)
    market.time = NOON + timedelta(milliseconds=700)  # the Date header tells whole seconds
    market.change(order)
    client.worker.round()
    assert market.shipments[0]["shippedAt"] == "2026-11-27T12:00:00.700Z"


def test_a_parcel_weighs_what_is_in_it(client: Client, market: FakeMarketplace) -> None:
    add(market, an_order("ord_0001", a_line("1", "MUG", an_allocation("S1", 3))))
    add_levels(market, S1=5)
    client.worker.round()
    assert market.shipments[0]["packages"] == [{"weightGrams": 1260}]


@pytest.mark.parametrize(
    ("form", "pattern"),
    [
        (UPS, "1Z[0-9A-Z]{16}"),
        (FEDEX, "[0-9]{15}"),
        (USPS, "9[0-9]{21}"),
        (DHL, "[0-9]{10}"),
        (ACORN, "AC[0-9]{12}"),
    ],
)
def test_tracking_numbers_have_their_carriers_form_and_follow_from_the_parcel(form: Form, pattern: str) -> None:
    numbers = [tracking_number(form, f"parcel {number}") for number in range(500)]
    assert all(re.fullmatch(pattern, number) for number in numbers)
    assert len(set(numbers)) == 500
    assert numbers[7] == tracking_number(form, "parcel 7")


def test_a_refusal_is_told_and_the_intent_not_repeated(client: Client, market: FakeMarketplace) -> None:
    add(market, an_order("ord_0001"))
    add_levels(market, S1=5)
    market.fail("createShipment", problem(422, "UNPROCESSABLE"))
    for _ in range(4):
        client.worker.round()
        market.clock.now += 400
    assert len(market.asked("createShipment")) == 1
    assert "UNPROCESSABLE" in client.setbacks.reasons["ord_0001"]


def test_the_chains_own_count_decides_and_not_the_marketplaces(
    make_client: MakeClient, market: FakeMarketplace
) -> None:
    order = add(market, an_order("ord_0001"))
    add_levels(market, S1=5)
    make_client(source=Counted({Place("S1", "MUG"): 0})).worker.round()
    assert order["status"] == "UNFULFILLABLE"
