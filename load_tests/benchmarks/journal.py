"""What the journal costs: time for a call, and memory for 100 000 ordinary ones."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import cycle, islice
from random import Random

from load_tests.benchmarks.report import Section
from sandbox_server.services.exchange import Exchange
from sandbox_server.services.journal import Journal
from sandbox_server.traffic.journal import Change, Ending

PROMISED_MEGABYTES = 400
_NOW = datetime(2026, 11, 27, 15, tzinfo=UTC)
_ORDERS = 2000  # of the chain
_PAGE = 20
_LINES = 10
_BATCH = 100
_ASKED = [
    (b"host", b"127.0.0.1:8080"),
    (b"user-agent", b"acorn-client/1"),
    (b"accept", b"application/json"),
    (b"x-api-key", b"acorn-key"),
    (b"content-type", b"application/json"),
]
_ANSWERED = [(b"content-type", b"application/json"), (b"x-request-id", b"req_bench"), (b"content-length", b"1")]


def measure(entries: int = 100_000) -> Section:
    """
    Return what the journal takes for as many calls: half of them lists of 20 orders, half reports of 10 stock lines.

    The lists walk over an order book in which, from page to page, something has changed.
    """
    journal = Journal("default", entries, candid=frozenset({"listOrders", "reportInventory"}))
    chance = Random(1)
    kinds = {"list 20 orders": _lists(chance), "put 10 stock lines": _reports(chance)}
    seconds = dict.fromkeys(kinds, 0.0)
    for kind in islice(cycle(kinds), entries // _BATCH):
        calls = list(islice(kinds[kind], _BATCH))
        started = time.thread_time()
        for call in calls:
            journal.append(call)
        seconds[kind] += time.thread_time() - started
    megabytes = journal.size / 1e6 * 100_000 / entries
    costs = {kind: spent / (entries / len(kinds)) * 1e6 for kind, spent in seconds.items()}
    rows = [(f"{kind}, a call", f"{cost:.1f} µs") for kind, cost in costs.items()]
    broken = [] if megabytes <= PROMISED_MEGABYTES else [f"100 000 entries take {megabytes:.0f} MB"]
    return Section(
        name="journal",
        title="The journal",
        columns=("", "cost"),
        rows=[*rows, ("100 000 calls", f"{megabytes:.0f} MB")],
        facts={"microseconds": costs, "megabytes": megabytes, "promisedMegabytes": PROMISED_MEGABYTES},
        broken=broken,
    )


def _lists(chance: Random) -> Iterator[Callable[[], Exchange]]:
    orders = [_order(chance, number) for number in range(_ORDERS)]
    for start in cycle(range(0, _ORDERS, _PAGE)):
        orders[chance.randrange(_ORDERS)] = _order(chance, chance.randrange(_ORDERS))
        body = b'{"items":[%b],"nextCursor":"%d"}' % (b",".join(orders[start : start + _PAGE]), start)
        call = _call("GET", b"/v1/orders", "listOrders", chance)
        call.query, call.response_body = b"limit=20&cursor=%d" % start, body
        yield _told(call)


def _reports(chance: Random) -> Iterator[Callable[[], Exchange]]:
    for first in cycle(range(1_000_000, 9_000_000, _LINES)):
        skus = [f"SKU-{chance.randrange(1000):05}" for _ in range(_LINES)]
        items = [
            {
                "storeId": "S0001",
                "sku": sku,
                "onHand": chance.randrange(99),
                "sequence": first + place,
                "asOf": "2026-11-27",
            }
            for place, sku in enumerate(skus)
        ]
        results = [{"storeId": "S0001", "sku": sku, "status": "ACCEPTED"} for sku in skus]
        call = _call("PUT", b"/v1/inventory", "reportInventory", chance)
        call.request_body = json.dumps({"items": items}).encode()
        call.response_body = json.dumps({"accepted": _LINES, "rejected": 0, "items": results}).encode()
        call.changes = [_change(chance, sku) for sku in skus]
        yield _told(call)


def _told(call: Exchange) -> Callable[[], Exchange]:
    return lambda: call


def _call(method: str, path: bytes, operation: str, chance: Random) -> Exchange:
    call = Exchange(method, path, f"req_{chance.getrandbits(60):015x}", _NOW, 0, _NOW, chance.randrange(10**6))
    call.request_headers, call.response_headers = _ASKED, _ANSWERED
    call.status, call.ending, call.operation, call.credential = 200, Ending.ANSWERED, operation, "acorn-sandbox"
    return call


def _change(chance: Random, sku: str) -> Change:
    rows = [b"\x99\xa5S0001\xa9" + sku.encode() + chance.randbytes(8) + bytes(24) for _ in range(2)]
    return ("levels", f"S0001/{sku}", rows[0], rows[1])


def _order(chance: Random, number: int) -> bytes:
    lines = [
        {"lineId": str(place), "sku": f"SKU-{chance.randrange(1000):05}", "title": f"{chance.random()} of oak" * 3}
        for place in range(1, 6)
    ]
    buyer = {"name": f"{chance.random()}", "email": f"{chance.random()}@example.org", "address": "9 Long Road" * 20}
    return json.dumps({"orderId": f"ord_{number}", "status": "NEW", "buyer": buyer, "lines": lines * 2}).encode()
