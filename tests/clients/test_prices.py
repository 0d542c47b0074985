"""Prices: differences only, growing sequences, and believing what is read."""

import json
import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from fixtures.clients.reference.errors import CannotGoOn
from fixtures.clients.reference.price_list import EVERYWHERE, PricesFile, Terms
from fixtures.clients.reference.shapes import Place
from tests.clients.conftest import MakeClient
from tests.clients.fake_marketplace import FakeMarketplace, Json, lost

MUG = Place(EVERYWHERE, "MUG")


class Listed:
    """A price list that a test writes."""

    def __init__(self, **amounts: str) -> None:
        self.listed = {Place(EVERYWHERE, sku): cost(amount) for sku, amount in amounts.items()}

    def prices(self) -> Mapping[Place, Terms]:
        return self.listed


def cost(amount: str, **more: Any) -> Terms:
    return {"listPrice": {"amount": amount, "currency": "USD"}, **more}


def reports(market: FakeMarketplace) -> list[list[Json]]:
    return [seen.json["items"] for seen in market.asked("reportPrices")]


def test_without_a_list_the_marketplace_is_neither_told_nor_asked(
    make_client: MakeClient, market: FakeMarketplace
) -> None:
    make_client().worker.round()
    assert not market.asked("listPrices")
    assert not market.asked("reportPrices")


def test_what_differs_is_reported_and_nothing_else(make_client: MakeClient, market: FakeMarketplace) -> None:
    market.prices["", "HAT"] = {"sku": "HAT", **cost("9.90"), "sequence": 4}
    listed = Listed(MUG="12.90", HAT="9.90")
    client = make_client(price_list=listed)
    client.worker.round()
    listed.listed[Place("S1", "HAT")] = cost("8.90")
    listed.listed[Place(EVERYWHERE, "HAT")] = cost("9.50")
    for _ in range(3):
        client.worker.round()
    assert reports(market) == [
        [{"sku": "MUG", **cost("12.90"), "sequence": 1}],
        [
            {"sku": "HAT", **cost("9.50"), "sequence": 5},
            {"sku": "HAT", "storeId": "S1", **cost("8.90"), "sequence": 1},
        ],
    ]
    assert client.tally["prices reported"] == 3
    asked = len(market.asked("listPrices"))
    client.worker.round()
    assert len(market.asked("listPrices")) == asked


def test_five_hundred_go_into_one_report(make_client: MakeClient, market: FakeMarketplace) -> None:
    make_client(price_list=Listed(**{f"SKU{number:04}": "1.00" for number in range(1001)})).worker.round()
    assert [len(items) for items in reports(market)] == [500, 500, 1]


def test_what_is_too_old_is_reported_again_with_a_higher_sequence(
    make_client: MakeClient, market: FakeMarketplace
) -> None:
    market.report_codes["", "MUG"] = "STALE_SEQUENCE"
    client = make_client(price_list=Listed(MUG="12.90"))
    client.worker.round()
    client.worker.round()
    assert [items[0]["sequence"] for items in reports(market)] == [1, 2]
    assert market.prices["", "MUG"]["sequence"] == 2


def test_what_is_wrong_is_left_for_people_to_mend_and_tried_again_later(
    make_client: MakeClient, market: FakeMarketplace, caplog: pytest.LogCaptureFixture
) -> None:
    market.report_codes["", "MUG"] = "SALE_ABOVE_LIST"
    client = make_client(price_list=Listed(MUG="12.90"))
    client.worker.round()
    client.worker.round()
    assert len(reports(market)) == 1
    assert "the price of MUG in all stores is rejected: SALE_ABOVE_LIST" in caplog.text
    market.time += timedelta(minutes=6)
    client.worker.round()
    client.worker.round()
    assert len(reports(market)) == 2


def test_a_report_whose_answer_was_lost_ends_right(make_client: MakeClient, market: FakeMarketplace) -> None:
    market.fail("reportPrices", lost)
    client = make_client(price_list=Listed(MUG="12.90"))
    client.worker.round()
    client.worker.round()
    assert market.prices["", "MUG"]["listPrice"] == {"amount": "12.90", "currency": "USD"}
    assert len(reports(market)) == 2


def test_sequences_only_grow_also_over_a_restart(
    make_client: MakeClient, market: FakeMarketplace, tmp_path: Path
) -> None:
    market.fail("reportPrices", *[httpx.ReadTimeout("slow")] * 6)
    for amount in ("12.90", "11.90"):
        make_client(price_list=Listed(MUG=amount), state_path=tmp_path / "state").worker.round()
        market.time += timedelta(minutes=1)
    assert [items[0]["sequence"] for items in reports(market)] == [1] * 6 + [2]


def test_an_export_is_read_as_the_marketplace_writes_it(
    make_client: MakeClient, market: FakeMarketplace, tmp_path: Path
) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(
        "sku,storeId,currency,listPrice,salePrice,saleFrom,saleTo\n"
        "MUG,,USD,12.90,9.90,2026-11-27T00:00:00-05:00,\n"
        "MUG,S1,USD,11.90,,,\n"
    )
    client = make_client(prices_path=path)
    client.worker.round()
    client.worker.round()
    sale = {"salePrice": {"amount": "9.90", "currency": "USD"}, "saleFrom": "2026-11-27T05:00:00.000Z"}
    assert reports(market) == [
        [
            {"sku": "MUG", **cost("12.90", **sale), "sequence": 1},
            {"sku": "MUG", "storeId": "S1", **cost("11.90"), "sequence": 1},
        ]
    ]


@pytest.mark.parametrize(
    "text",
    [
        "sku,price\nMUG,12.90\n",
        "sku,currency,listPrice\nMUG,,12.90\n",
        "sku,currency,listPrice\nMUG,USD,\n",
        "sku,currency,listPrice\n,USD,12.90\n",
        "sku,currency,listPrice,saleFrom\nMUG,USD,12.90,2026-11-27T00:00:00\n",
        "sku,currency,listPrice\nMUG,USD,12.90,9.90,8.90\n",
    ],
)
def test_a_file_that_is_no_price_list_ends_the_client(tmp_path: Path, text: str) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(text)
    with pytest.raises(CannotGoOn, match=r"prices\.csv is no list of sku, currency, listPrice"):
        PricesFile(path)


def test_a_file_that_is_not_there_ends_the_client(tmp_path: Path) -> None:
    with pytest.raises(CannotGoOn):
        PricesFile(tmp_path / "prices.csv")


def test_a_list_that_is_written_anew_is_read_again_without_what_can_be_no_price(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "prices.json"

    def written(second: int, *items: Terms) -> set[str]:
        path.write_text(json.dumps(items))
        os.utime(path, (second, second))
        return {place.sku for place in listed.prices()}

    path.write_text("[]")
    listed = PricesFile(path)
    empty = {"saleFrom": "2026-11-30T00:00:00-05:00", "saleTo": "2026-11-30T05:00:00Z"}
    half = {"salePrice": {"amount": "0.50", "currency": "USD"}}
    wrong = [{"sku": "HAT", **cost(amount)} for amount in ("0.00", "-1.00")]
    wrong += [{"sku": "HAT", **cost("0.40", **half)}, {"sku": "HAT", **cost("1.00", **half, **empty)}]
    for second, item in enumerate(wrong, 1):
        assert written(second, item, {"sku": "MUG", **cost("1.00", **half)}) == {"MUG"}
    assert caplog.text.count("which can be no price") == len(wrong)
    assert written(9, {"sku": "POT"}) == {"MUG"}
    path.unlink()
    assert {place.sku for place in listed.prices()} == {"MUG"}
