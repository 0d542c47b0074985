"""A month of a chain's life: orders arrive, the reference client works them off, and the books are held against it."""

import json
from collections import Counter
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import httpx

from fixtures.clients.reference.assemble import Client
from fixtures.clients.reference.cli import work_once
from fixtures.clients.reference.settings import Settings
from tests.clients.fake_marketplace import FakeClock
from tests.e2e.server import running

STEPS, HOURS = 90, 8
PRICES = [
    {"sku": f"SKU-{number:05}", "listPrice": {"amount": f"{number + 9}.95", "currency": "USD"}}
    for number in range(1, 41)
]
PROMOTION = {
    "name": "Advent",
    "kind": "PERCENT_OFF",
    "percent": 15,
    "startsAt": "2026-11-27T15:00:00Z",
    "endsAt": "2026-12-20T00:00:00Z",
}


def test_after_a_month_of_work_every_book_is_right(tmp_path: Path) -> None:
    clock = FakeClock()
    list_of_prices = tmp_path / "prices.json"
    list_of_prices.write_text(json.dumps(PRICES), encoding="utf-8")
    passed = Counter[str]()
    with running() as server, server.client() as shop:
        operator = httpx.Client(base_url=f"{server.origin}/_sandbox/v1/tenants/default", timeout=120, trust_env=False)
        chain = Client(Settings(server.url, "acorn-sandbox", "acorn-secret", prices_path=list_of_prices), clock)
        with operator, closing(chain):
            shop.post("/promotions", json=PROMOTION).raise_for_status()
            send_goods(shop)
            arrivals = {"profile": "STEADY", "perMinute": 0.02, "duration": "P30D", "seed": 4}
            operator.put("/arrivals", json=arrivals).raise_for_status()
            step = {"by": f"PT{HOURS}H", "listAtMost": 0}
            for _ in range(STEPS):
                assert chain.worker.round()
                moved = operator.post("/clock/advance", json=step).raise_for_status().json()
                clock.sleep(HOURS * 3600)
                passed.update({one["kind"]: one["done"] for one in moved["byKind"]})
            work_once(chain, clock)
            assert chain.worker.unfinished() == []
            audit = operator.get("/audit").raise_for_status().json()
        settlements = shop.get("/settlements").raise_for_status().json()["items"]
        prices = shop.get("/prices", params={"limit": 100}).raise_for_status().json()["items"]
    assert {invariant["number"]: invariant["state"] for invariant in audit["invariants"]} == dict.fromkeys(
        range(1, 10), "HELD"
    )
    assert passed["ARRIVAL"] > 500
    assert chain.tally["parcels shipped"] > 500
    assert chain.tally["invoices posted"] >= chain.tally["parcels shipped"]
    assert chain.tally["transfers received"] == 1
    assert [{"sku": price["sku"], "listPrice": price["effectivePrice"]} for price in prices] == PRICES
    in_the_month = [one for one in settlements if one["endsAt"] > "2026-11-27"]
    assert len(in_the_month) >= 2
    assert all(Decimal(one["total"]["amount"]) > 0 for one in in_the_month)


def send_goods(shop: httpx.Client) -> None:
    """Send two of what a store has to another one."""
    levels = shop.get("/inventory", params={"storeId": "S0001"}).raise_for_status().json()["items"]
    line = {"sku": next(level["sku"] for level in levels if level["available"] > 2), "quantity": 2}
    transfer = {"kind": "STORE_TO_STORE", "fromStoreId": "S0001", "toStoreId": "S0002", "lines": [line]}
    made = shop.post("/transfers", json=transfer).raise_for_status().json()
    shop.post(f"/transfers/{made['transferId']}/dispatches", json={}).raise_for_status()
