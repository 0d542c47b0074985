"""Stock reports: differences only, growing sequences, and believing what is read."""

from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from fixtures.clients.reference.errors import CannotGoOn
from fixtures.clients.reference.shapes import Place
from fixtures.clients.reference.stock_source import CountsFile
from tests.clients.conftest import MakeClient
from tests.clients.fake_marketplace import (
    FakeMarketplace,
    Json,
    a_level,
    a_line,
    an_allocation,
    an_order,
    lost,
)
from tests.clients.sources import Counted

SKUS = [f"SKU-{number:03}" for number in range(50)]


def add_levels(market: FakeMarketplace, on_hand: int) -> None:
    for sku in SKUS:
        market.levels["S1", sku] = a_level("S1", sku, on_hand, sequence=7)


def counted(on_hand: int) -> Counted:
    return Counted({Place("S1", sku): on_hand for sku in SKUS})


def reports(market: FakeMarketplace) -> list[list[Json]]:
    return [seen.json["items"] for seen in market.asked("reportInventory")]


def test_nothing_is_reported_when_nothing_differs(make_client: MakeClient, market: FakeMarketplace) -> None:
    add_levels(market, 5)
    make_client(source=counted(5)).worker.round()
    assert reports(market) == []


def test_only_what_changed_is_reported(make_client: MakeClient, market: FakeMarketplace) -> None:
    add_levels(market, 5)
    source = counted(5)
    client = make_client(source=source)
    client.worker.round()
    source.shelves[Place("S1", "SKU-003")] = 4
    client.worker.round()
    item = {"storeId": "S1", "sku": "SKU-003", "onHand": 4, "sequence": 8, "asOf": "2026-11-27T12:00:00.000Z"}
    assert reports(market) == [[item]]


def test_five_hundred_go_into_one_report(make_client: MakeClient, market: FakeMarketplace) -> None:
    shelves = {Place("S1", f"SKU-{number:04}"): 1 for number in range(1001)}
    for place in shelves:
        market.levels[place] = a_level(*place)
    make_client(source=Counted(shelves)).worker.round()
    assert [len(items) for items in reports(market)] == [500, 500, 1]


def test_what_is_rejected_is_sent_again_alone_and_with_a_new_sequence(
    make_client: MakeClient, market: FakeMarketplace
) -> None:
    add_levels(market, 5)
    for sku in SKUS[:2]:
        market.report_codes["S1", sku] = "STALE_SEQUENCE"
    make_client(source=counted(6)).worker.round()
    first, second = reports(market)
    assert len(first) == 50
    assert [item["sku"] for item in second] == SKUS[:2]
    assert all(item["sequence"] == 9 for item in second)


def test_what_nobody_knows_is_left_for_people_to_mend_and_tried_again_later(
    make_client: MakeClient, market: FakeMarketplace
) -> None:
    add_levels(market, 5)
    market.report_codes["S1", SKUS[0]] = "UNKNOWN_SKU"
    source = counted(6)
    client = make_client(source=source)
    client.worker.round()
    client.worker.round()
    assert len(reports(market)) == 1
    market.time += timedelta(minutes=6)
    client.worker.round()
    client.worker.round()
    assert [item["sku"] for item in reports(market)[1]] == SKUS[:1]


def test_sequences_only_grow_also_over_a_restart_and_past_a_report_that_is_still_under_way(
    make_client: MakeClient, market: FakeMarketplace, tmp_path: Path
) -> None:
    add_levels(market, 5)
    source = Counted({Place("S1", SKUS[0]): 4})
    market.fail("reportInventory", *[httpx.ReadTimeout("slow")] * 6)
    make_client(source=source, state_path=tmp_path / "state").worker.round()
    market.time += timedelta(minutes=1)
    source.shelves[Place("S1", SKUS[0])] = 3
    make_client(source=source, state_path=tmp_path / "state").worker.round()
    sent = [items[0]["sequence"] for items in reports(market)]
    assert sent == [8] * 6 + [9]
    assert market.levels["S1", SKUS[0]]["onHand"] == 3


def test_a_report_that_was_accepted_and_lost_is_noticed_and_repeated(
    make_client: MakeClient, market: FakeMarketplace
) -> None:
    add_levels(market, 5)
    result = {"storeId": "S1", "sku": SKUS[0], "status": "ACCEPTED"}
    market.fail("reportInventory", httpx.Response(200, json={"accepted": 1, "rejected": 0, "items": [result]}))
    client = make_client(source=Counted({Place("S1", SKUS[0]): 4}))
    client.worker.round()
    assert market.levels["S1", SKUS[0]]["onHand"] == 5
    client.worker.round()
    assert market.levels["S1", SKUS[0]]["onHand"] == 4
    assert [items[0]["sequence"] for items in reports(market)] == [8, 9]


def test_a_report_whose_answer_was_lost_ends_right(make_client: MakeClient, market: FakeMarketplace) -> None:
    add_levels(market, 5)
    market.fail("reportInventory", lost)
    client = make_client(source=Counted({Place("S1", SKUS[0]): 4}))
    client.worker.round()
    client.worker.round()
    assert market.levels["S1", SKUS[0]]["onHand"] == 4
    # The second try was refused as stale; what was read then showed that the first had counted.
    assert len(reports(market)) == 2


def test_a_sku_that_is_gone_is_reported_as_none(make_client: MakeClient, market: FakeMarketplace) -> None:
    add_levels(market, 5)
    make_client(source=Counted({Place("S1", SKUS[0]): 0})).worker.round()
    assert market.levels["S1", SKUS[0]]["onHand"] == 0


def test_walk_in_sales_are_reported_before_orders_are_answered(
    make_client: MakeClient, market: FakeMarketplace
) -> None:
    market.levels["S1", "MUG"] = a_level("S1", "MUG", 1)
    market.orders["ord_0001"] = an_order("ord_0001")
    make_client(source=Counted({Place("S1", "MUG"): 0})).worker.round()
    operations = [seen.operation for seen in market.seen]
    assert operations.index("reportInventory") < operations.index("acknowledgeOrder")
    assert not market.shipments


def test_a_shipment_moves_the_count_and_needs_no_report(make_client: MakeClient, market: FakeMarketplace) -> None:
    market.levels["S1", "MUG"] = a_level("S1", "MUG", 5)
    market.orders["ord_0001"] = an_order("ord_0001", a_line("1", "MUG", an_allocation("S1", 2)))
    source = Counted({Place("S1", "MUG"): 5})
    client = make_client(source=source)
    client.worker.round()
    market.change(market.levels["S1", "MUG"], onHand=3)
    client.worker.round()
    assert source.shelves == {Place("S1", "MUG"): 3}
    assert reports(market) == []


def test_orders_wait_while_the_book_cannot_be_read(make_client: MakeClient, market: FakeMarketplace) -> None:
    market.levels["S1", "MUG"] = a_level("S1", "MUG", 5)
    market.orders["ord_0001"] = an_order("ord_0001")
    client = make_client()
    client.transport.get("listOrders", "orders")
    market.fail("listInventory", httpx.Response(200, html="<p>Sign in</p>"), *[httpx.ReadTimeout("slow")] * 5)
    client.worker.round()
    assert not market.asked("acknowledgeOrder")


def test_a_level_that_a_list_left_out_is_looked_up_before_an_order_is_refused(
    make_client: MakeClient, market: FakeMarketplace
) -> None:
    market.levels["S1", "MUG"] = a_level("S1", "MUG", 5)
    market.orders["ord_0001"] = an_order("ord_0001")
    market.fail("listInventory", httpx.Response(200, json={"items": []}))
    make_client().worker.round()
    assert market.orders["ord_0001"]["status"] == "SHIPPED"


def test_counts_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "counts.csv"
    path.write_text("\ufeffstoreId,sku,onHand\nS1,MUG,4\nS2,MUG,-1\n", encoding="utf-8")
    source = CountsFile(path)
    source.moved(Place("S1", "MUG"), -1)
    assert source.counts() == {Place("S1", "MUG"): 3, Place("S2", "MUG"): 0}
    assert source.units(Place("S1", "MUG"), None) == 3
    assert source.units(Place("S9", "MUG"), None) == 0


@pytest.mark.parametrize("text", ["storeId,sku\nS1,MUG\n", "storeId,sku,onHand\nS1,MUG,many\n"])
def test_a_file_of_something_else_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "counts.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CannotGoOn, match=r"counts\.csv"):
        CountsFile(path)
