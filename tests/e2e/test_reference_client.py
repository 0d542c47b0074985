"""The reference client works through a world over real HTTP; what became of it is judged by the API alone."""

import csv
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.server import Server, running

Json = dict[str, Any]
Place = tuple[str, str]

OPEN_ORDERS = {"NEW", "ACKNOWLEDGED", "PARTIALLY_SHIPPED"}
REFUSED_ORDERS = {"CANCELLED", "UNFULFILLABLE"}
OPEN_RETURNS = {"AUTHORISED", "RECEIVED_IN_PART", "RECEIVED"}
ROOT = Path(__file__).parents[2]


class Marketplace:
    """The marketplace as anybody with a key sees it."""

    def __init__(self, server: Server, http: httpx.Client) -> None:
        self.url = server.url
        self._http = http

    def all(self, path: str, **filters: str) -> list[Json]:
        items: list[Json] = []
        query = filters | {"limit": "100"}
        while True:
            page = self._http.get(path, params=query).raise_for_status().json()
            items += page["items"]
            if "nextCursor" not in page:
                return items
            query["cursor"] = page["nextCursor"]

    def post(self, path: str, body: Json) -> Json:
        made: Json = self._http.post(path, json=body).raise_for_status().json()
        return made

    def levels(self) -> dict[Place, Json]:
        return {(level["storeId"], level["sku"]): level for level in self.all("/inventory")}


@pytest.fixture
def marketplace() -> Iterator[Marketplace]:
    with running("--fixture", "small_chain") as server, server.client() as http:
        yield Marketplace(server, http)


def command(state: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "fixtures.clients.reference", "--once", "--state", str(state), *options]


def environment(marketplace: Marketplace) -> dict[str, str]:
    account = {"ACORN_CLIENT_ID": "acorn-sandbox", "ACORN_CLIENT_SECRET": "acorn-secret"}
    return os.environ | account | {"ACORN_BASE_URL": marketplace.url}


def run_client(marketplace: Marketplace, state: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command(state, *options), cwd=ROOT, env=environment(marketplace), capture_output=True, text=True, check=False
    )


def by_id(items: list[Json], member: str) -> dict[str, Json]:
    return {item[member]: item for item in items}


def open_ones(items: list[Json], member: str, states: set[str]) -> set[str]:
    return {item[member] for item in items if item["status"] in states}


def assert_stock_conserves(marketplace: Marketplace) -> None:
    """The ledger's movements, from the opening on, add up to every level, and to nothing where there is none."""
    moved: Counter[tuple[str, str, str]] = Counter()
    for movement in marketplace.all("/inventory/movements"):
        moved[movement["storeId"], movement["sku"], movement["quantityKind"]] += movement["delta"]
    levels = marketplace.levels()
    for (store_id, sku), level in levels.items():
        stands = {"ON_HAND": level["onHand"], "RESERVED": level["reserved"], "ALLOCATED": level["allocated"]}
        assert {kind: moved.pop((store_id, sku, kind), 0) for kind in stands} == stands, f"{sku} in {store_id}"
    assert not any(moved.values())


def assert_every_order_ended(marketplace: Marketplace, were_open: set[str]) -> None:
    """What was open is shipped or refused with a reason, line by line; and what was shipped left in parcels."""
    orders = by_id(marketplace.all("/orders"), "orderId")
    assert not open_ones(list(orders.values()), "orderId", OPEN_ORDERS)
    parcels: Counter[tuple[str, str]] = Counter()
    for parcel in marketplace.all("/shipments"):
        parcels.update({(parcel["orderId"], line["lineId"]): line["quantity"] for line in parcel["lines"]})
    for order_id in were_open:
        order = orders[order_id]
        assert order["status"] in {"SHIPPED"} | REFUSED_ORDERS
        for line in order["lines"]:
            assert line["shippedQuantity"] + line["cancelledQuantity"] == line["quantity"]
            assert parcels[order_id, line["lineId"]] == line["shippedQuantity"]
            assert not line["cancelledQuantity"] or order["cancellation"]["reason"]


def assert_every_return_is_paid_back(marketplace: Marketplace, were_open: set[str]) -> None:
    """Once, for what came, and never more than was paid."""
    returns = by_id(marketplace.all("/returns"), "returnId")
    orders = by_id(marketplace.all("/orders"), "orderId")
    for return_id in were_open:
        rma = returns[return_id]
        assert rma["status"] == "REFUNDED"
        paid = {line["lineId"]: Decimal(line["total"]["amount"]) for line in orders[rma["orderId"]]["lines"]}
        for line in rma["lines"]:
            assert line["refundedQuantity"] == line["receivedQuantity"] == line["quantity"]
            assert Decimal(line["refundable"]["amount"]) == 0
            assert 0 < Decimal(line["refunded"]["amount"]) <= paid[line["lineId"]]


def test_the_reference_client_takes_every_open_order_and_return_to_its_end_and_stock_conserves(
    marketplace: Marketplace, tmp_path: Path
) -> None:
    orders = open_ones(marketplace.all("/orders"), "orderId", OPEN_ORDERS)
    returns = open_ones(marketplace.all("/returns"), "returnId", OPEN_RETURNS)
    assert len(orders) >= 20
    assert len(returns) >= 3
    assert_stock_conserves(marketplace)

    ended = run_client(marketplace, tmp_path / "state")

    assert (ended.returncode, ended.stderr) == (0, "")
    assert "0  unfinished" in ended.stdout
    assert_every_order_ended(marketplace, orders)
    assert_every_return_is_paid_back(marketplace, returns)
    assert_stock_conserves(marketplace)
    assert not any(level["reserved"] or level["allocated"] for level in marketplace.levels().values())

    movements = marketplace.all("/inventory/movements")
    again = run_client(marketplace, tmp_path / "another-state")
    assert (again.returncode, again.stdout.split()) == (0, ["0", "unfinished"])
    assert marketplace.all("/inventory/movements") == movements


def test_what_does_not_lie_on_the_shelves_is_reported_and_refused_and_never_shipped(
    marketplace: Marketplace, tmp_path: Path
) -> None:
    orders = marketplace.all("/orders")
    were_open = open_ones(orders, "orderId", OPEN_ORDERS)
    parcels_before = {parcel["shipmentId"] for parcel in marketplace.all("/shipments")}
    receipts_before = {rma["returnId"]: len(rma["receipts"]) for rma in marketplace.all("/returns")}
    shelves = {place: level["onHand"] for place, level in marketplace.levels().items()}
    for number, part in enumerate(open_parts(orders)):
        shelves[part] = number % 2  # every store lacks what it has promised, or nearly
    counts = tmp_path / "counts.csv"
    with counts.open("w", newline="", encoding="utf-8") as file:
        rows = [("storeId", "sku", "onHand"), *((*place, units) for place, units in shelves.items())]
        csv.writer(file).writerows(rows)

    ended = run_client(marketplace, tmp_path / "state", "--counts", str(counts))

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert_every_order_ended(marketplace, were_open)
    assert_stock_conserves(marketplace)
    orders = marketplace.all("/orders")
    assert any(order["orderId"] in were_open and order["status"] in REFUSED_ORDERS for order in orders)
    for parcel in marketplace.all("/shipments"):
        if parcel["shipmentId"] not in parcels_before:
            for line in parcel["lines"]:
                shelves[parcel["storeId"], line["sku"]] -= line["quantity"]
    assert min(shelves.values()) >= 0
    for rma in marketplace.all("/returns"):
        skus = {line["lineId"]: line["sku"] for line in rma["lines"]}
        for receipt in rma["receipts"][receipts_before[rma["returnId"]] :]:
            for line in receipt["lines"]:
                place = receipt["storeId"], skus[line["lineId"]]
                shelves[place] = shelves.get(place, 0) + line["quantity"] * (line["condition"] == "SELLABLE")
    assert {place: level["onHand"] for place, level in marketplace.levels().items()} == shelves


def test_the_reference_client_keeps_the_prices_of_its_list(marketplace: Marketplace, tmp_path: Path) -> None:
    skus = [product["sku"] for product in marketplace.all("/products")][:3]
    store_id = marketplace.all("/stores")[0]["storeId"]
    listed = tmp_path / "prices.csv"
    with listed.open("w", newline="", encoding="utf-8") as file:
        rows = [("sku", "storeId", "currency", "listPrice", "salePrice", "saleTo")]
        rows += [(sku, "", "USD", "99.90", "89.90", "2036-01-01T00:00:00-05:00") for sku in skus]
        csv.writer(file).writerows(
            [*rows, (skus[0], store_id, "USD", "79.90", "", ""), ("NO-SKU", "", "USD", "1", "", "")]
        )

    first, again = (run_client(marketplace, tmp_path / state, "--prices", str(listed)) for state in ("state", "other"))

    assert (first.returncode, again.returncode) == (0, 0), first.stderr + again.stderr
    assert "4  prices reported" in first.stdout
    assert "     0  prices reported" in again.stdout
    assert "the price of NO-SKU in all stores is rejected: UNKNOWN_SKU" in first.stderr
    kept = [
        (price["sku"], price.get("storeId"), price["effectivePrice"]["amount"]) for price in marketplace.all("/prices")
    ]
    assert kept == [*((sku, None, "89.90") for sku in skus), (skus[0], store_id, "79.90")]


def test_the_reference_client_receives_what_is_on_its_way_to_its_stores_and_nothing_else(
    marketplace: Marketplace, tmp_path: Path
) -> None:
    free = [(level["storeId"], level["sku"]) for level in marketplace.levels().values() if level["available"] > 1]
    (origin, sku), target = free[0], next(store_id for store_id, _ in free if store_id != free[0][0])
    lines = [{"sku": sku, "quantity": 1}]
    asked = [
        {"kind": "STORE_TO_STORE", "fromStoreId": origin, "toStoreId": target},
        {"kind": "FC_TO_STORE", "toStoreId": target},
        {"kind": "STORE_TO_FC", "fromStoreId": origin},
    ]
    made = [marketplace.post("/transfers", {**ends, "lines": lines})["transferId"] for ends in (*asked, asked[0])]
    for transfer_id in made[:3]:
        marketplace.post(f"/transfers/{transfer_id}/dispatches", {})

    ended = run_client(marketplace, tmp_path / "state")

    assert (ended.returncode, ended.stderr) == (0, "")
    assert "2  transfers received" in ended.stdout
    states = by_id(marketplace.all("/transfers"), "transferId")
    assert [states[transfer_id]["status"] for transfer_id in made] == [
        "RECEIVED",
        "RECEIVED",
        "IN_TRANSIT",
        "REQUESTED",
    ]
    assert not any(states[transfer_id]["discrepancies"] for transfer_id in made)
    assert_stock_conserves(marketplace)


def test_the_reference_client_invoices_every_parcel_that_it_ships(marketplace: Marketplace, tmp_path: Path) -> None:
    before = {parcel["shipmentId"] for parcel in marketplace.all("/shipments")}

    ended = run_client(marketplace, tmp_path / "state")

    assert (ended.returncode, ended.stderr) == (0, "")
    shipped = {parcel["shipmentId"] for parcel in marketplace.all("/shipments")} - before
    invoices = marketplace.all("/invoices")
    assert len(shipped) > 10
    assert shipped <= {invoice["shipmentId"] for invoice in invoices}
    assert f"{len(invoices)}  invoices posted" in ended.stdout


def open_parts(orders: list[Json]) -> set[Place]:
    """Return where open orders have goods reserved or allocated."""
    return {
        (part["storeId"], line["sku"])
        for order in orders
        for line in order["lines"]
        for part in line["allocations"]
        if part["status"] in {"RESERVED", "ALLOCATED"}
    }


def test_a_client_that_is_killed_half_way_loses_nothing_and_does_nothing_twice(
    marketplace: Marketplace, tmp_path: Path
) -> None:
    orders = open_ones(marketplace.all("/orders"), "orderId", OPEN_ORDERS)
    returns = open_ones(marketplace.all("/returns"), "returnId", OPEN_RETURNS)
    verbose = command(tmp_path / "state", "--verbose")
    with subprocess.Popen(
        verbose, cwd=ROOT, env=environment(marketplace), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    ) as client:
        assert client.stderr is not None
        shipped = 0
        while shipped < 5:
            shipped += " left " in client.stderr.readline()
        client.kill()
    assert open_ones(marketplace.all("/orders"), "orderId", OPEN_ORDERS)

    assert run_client(marketplace, tmp_path / "state").returncode == 0

    assert_every_order_ended(marketplace, orders)
    assert_every_return_is_paid_back(marketplace, returns)
    assert_stock_conserves(marketplace)
