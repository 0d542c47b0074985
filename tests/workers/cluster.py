"""Workers over a database, started as a user starts them, and clients that come to whichever answers."""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any, TypeVar
from urllib.parse import quote

import httpx

from tests.e2e.server import READY, Server, read_until, start

T = TypeVar("T")
SHOP = str(Path(__file__).parents[1] / "e2e" / "one_shop.yaml")
STORE = "S0001"
SKU = "SKU-00001"
_PATIENCE_SECONDS = 60
PATIENT = quote("-c lock_timeout=50s -c statement_timeout=50s -c idle_in_transaction_session_timeout=50s")
"""A machine that does many things at once is no reason to refuse a call."""


class Cluster:
    """Workers of one host, and how to reach them."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.operator = f"{server.origin}/_sandbox/v1"

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Make a call on a connection of its own, which any worker may take."""
        headers = {"x-api-key": "acorn-key", **options.pop("headers", {})}
        base = self.operator if path.startswith("/tenants") else self.server.url
        # Without a context for TLS, which takes longer to make than the call.
        transport = httpx.HTTPTransport(verify=False)
        with httpx.Client(
            base_url=base, headers=headers, timeout=_PATIENCE_SECONDS, trust_env=False, transport=transport
        ) as client:
            return client.request(method, path, **options)

    def insist(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Make a call until it is answered by something else than that it is to be made again."""
        pause, headers = Event(), options.get("headers", {})
        assert method == "GET" or "idempotency-key" in headers, "what is repeated must be safe to repeat"
        for _ in range(600):
            try:
                answer = self.call(method, path, **options)
            except httpx.TransportError:
                pause.wait(0.05)
                continue
            if answer.status_code != 503:
                return answer
            assert int(answer.headers["retry-after"]) >= 1
            pause.wait(0.05)
        raise AssertionError("it never came back")

    def orders(self, status: str) -> list[str]:
        """Return the ids of all orders that stand so."""
        found, params = [], {"status": status, "limit": "100"}
        while True:
            page = self.call("GET", "/orders", params=params).json()
            found += [order["orderId"] for order in page["items"]]
            if "nextCursor" not in page:
                return found
            params["cursor"] = page["nextCursor"]

    def audit(self) -> Any:
        """Return what the audit of the default tenant finds broken."""
        found = self.call("GET", "/tenants/default/audit").json()
        return [one for one in found["invariants"] if one["breaches"]]

    def workers(self) -> list[int]:
        """Return the process ids of the workers that there are now."""
        parent = self.server.process.pid
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        return [
            int(child) for child in children if b"multiprocessing.spawn" in Path(f"/proc/{child}/cmdline").read_bytes()
        ]


@contextmanager
def cluster(database: str, *flags: str, workers: int = 2) -> Iterator[Cluster]:
    """Run workers over a database until the block ends, by Ctrl-C, as a terminal sends it to all of them."""
    environment = {"SANDBOX_DATABASE": f"{database}?options={PATIENT}"}
    process = start("serve", "--port", "0", "--workers", str(workers), *flags, environment=environment)
    try:
        running = Cluster(Server(process, read_until(process, READY)))
        yield running
        last = running.workers()
        for pid in (*last, process.pid):
            os.kill(pid, signal.SIGINT)
        _, complaints = process.communicate(timeout=_PATIENCE_SECONDS)
        assert process.returncode == 0
        assert "Traceback" not in complaints
        assert not any(f"Worker {pid} has ended" in complaints for pid in last)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def at_once(clients: int, work: Callable[[int], T], times: int) -> Sequence[T]:
    """Do something so many times, by so many clients at a time."""
    with ThreadPoolExecutor(clients) as threads:
        return list(threads.map(work, range(times)))


def shipment(order_id: str, number: int) -> Any:
    """Return the body of a shipment of one line."""
    return {
        "orderId": order_id,
        "storeId": STORE,
        "lines": [{"lineId": "1", "quantity": 1}],
        "carrier": "ACORN",
        "trackingNumber": f"AC{number:012}",
        "shippedAt": "2026-11-27T15:00:00Z",
        "packages": [{"weightGrams": 300}],
    }


def report(on_hand: int, sequence: int) -> Any:
    """Return the body of a stock report of one line."""
    item = {"storeId": STORE, "sku": SKU, "onHand": on_hand, "sequence": sequence, "asOf": "2026-11-27T15:00:00Z"}
    return {"items": [item]}
