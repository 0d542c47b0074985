"""A month of a chain's life: orders arrive, the reference client works them off, and the books are held against it."""

from collections import Counter
from contextlib import closing
from decimal import Decimal

import httpx

from fixtures.clients.reference.assemble import Client
from fixtures.clients.reference.cli import work_once
from fixtures.clients.reference.settings import Settings
from tests.clients.fake_marketplace import FakeClock
from tests.e2e.server import running

STEPS, HOURS = 90, 8


def test_after_a_month_of_work_every_book_is_right() -> None:
    clock = FakeClock()
    passed = Counter[str]()
    with running() as server, server.client() as shop:
        operator = httpx.Client(base_url=f"{server.origin}/_sandbox/v1/tenants/default", timeout=120, trust_env=False)
        chain = Client(Settings(server.url, "acorn-sandbox", "acorn-secret"), clock)
        with operator, closing(chain):
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
    assert {invariant["number"]: invariant["state"] for invariant in audit["invariants"]} == dict.fromkeys(
        range(1, 10), "HELD"
    )
    assert passed["ARRIVAL"] > 500
    assert chain.tally["parcels shipped"] > 500
    assert chain.tally["invoices posted"] >= chain.tally["parcels shipped"]
    in_the_month = [one for one in settlements if one["endsAt"] > "2026-11-27"]
    assert len(in_the_month) >= 2
    assert all(Decimal(one["total"]["amount"]) > 0 for one in in_the_month)
