"""A sandbox behind a real socket: a client calls it there, and a test plays its world from behind."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, cast

import httpx
import uvicorn

from sandbox_server.asgi import ASGIApp
from sandbox_server.domain.stores import ServiceLevel
from sandbox_server.middleware.connection import Connection
from sandbox_server.services import orders
from sandbox_server.services.journal import Journal
from sandbox_server.services.tills import open_doors
from sandbox_server.services.trail import audit_trail, start_here
from sandbox_server.traffic.faults import FaultRules, Match, Rule
from sandbox_server.traffic.journal import Kept
from sandbox_server.worlds import World
from tests.api.acorn.sandbox import KEY, Sandbox
from tests.api.acorn.shop import BUYER, shipment
from tests.auditing import at_once
from tests.listening import ListeningServer

_PATIENCE_SECONDS = 30
_LOOK_SECONDS = 0.01
_LOOKS = 1000


class Market:
    """
    A sandbox and a client of it.

    Args:
        sandbox: The same application without a socket, to play its world with.
        client: Calls it over its socket.
    """

    def __init__(self, sandbox: Sandbox, client: httpx.Client) -> None:
        self.sandbox = sandbox
        self._client = client
        self.begin_anew()

    def begin_anew(self) -> None:
        """Forget all that was done, and all rules."""
        self.sandbox.begin_anew()
        with self.sandbox.transaction("operator:test") as tx:
            open_doors(tx)
        self.rules.become([])
        self.tenant.equip(Journal("default"))
        with self.tenant.read() as tx:
            self._start = start_here(tx, self.journal)

    @property
    def tenant(self) -> Any:
        return self.sandbox.tenant

    @property
    def rules(self) -> FaultRules:
        return self.sandbox.tenant.power(FaultRules)

    @property
    def journal(self) -> Journal:
        return self.sandbox.tenant.power(Journal)

    @property
    def last_call(self) -> Kept:
        """What the journal says of the last call; one that was broken off is written down after its client knows."""
        pause = threading.Event()
        for _ in range(_LOOKS):
            kept = self.journal.get(self.journal.last)
            if kept is not None:
                return kept
            pause.wait(_LOOK_SECONDS)
        raise AssertionError("no call is written down")

    def play(self, effect: dict[str, Any], operation: str | None = None, store: str | None = None, **rule: Any) -> None:
        """Let nothing but this go wrong from now on."""
        self.rules.become([Rule(id="it", match=Match(operation=operation, store=store), effect=effect, **rule)])

    def stop(self) -> None:
        """Let nothing go wrong any more."""
        self.rules.become([])

    def call(
        self, method: str, path: str, json: Any = None, once: str | None = None, **parameters: Any
    ) -> httpx.Response:
        """Call an operation as a client does; `once` is the idempotency key."""
        headers = {"x-api-key": KEY} | ({"idempotency-key": once} if once is not None else {})
        return self._client.request(method, path, json=json, headers=headers, params=parameters)

    def send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
        """Send a request byte for byte."""
        return self._client.request(method, path, content=body, headers=headers)

    def get(self, path: str, **parameters: Any) -> Any:
        """Return what an operation answers with success."""
        answer = self.call("GET", path, **parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, json: Any, once: str | None = None) -> httpx.Response:
        return self.call("POST", path, json, once)

    def buy(self, units: int = 1, level: ServiceLevel = ServiceLevel.STANDARD) -> str:
        """Return the id of a new order of units of SKU-1, which S0001 is to fulfil."""
        with self.sandbox.transaction("buyer:test") as tx:
            return orders.place(tx, BUYER, [("SKU-1", units)], level).order_id

    def accept(self, order_id: str, once: str | None = None) -> httpx.Response:
        """Acknowledge line 1 of an order."""
        lines = [{"lineId": "1", "decision": "ACCEPT"}]
        return self.post(f"/orders/{order_id}/acknowledgements", {"lines": lines}, once)

    def ship(self, order_id: str, once: str | None = None, number: str = "1234567890") -> httpx.Response:
        """Ship a unit of line 1 of an order from S0001."""
        body = shipment(order_id, trackingNumber=number, shippedAt=self.sandbox.now.isoformat())
        return self.post("/shipments", body, once)

    def pass_time(self, **by: float) -> None:
        """Move the clock, as in `minutes=5`."""
        self.sandbox.pass_time(timedelta(**by))

    def breaches(self) -> list[Any]:
        """Return what the audit finds wrong with the world and with its journal."""
        with self.tenant.read() as tx:
            trail = audit_trail(tx, self.journal.as_it_stands(), self._start, ())
            return [*self.sandbox.breaches(), *at_once(trail)]


@contextmanager
def served(world: World) -> Iterator[Market]:
    """Serve a world until the block ends."""
    sandbox = Sandbox(world)
    with listening(sandbox.app) as url, httpx.Client(base_url=f"{url}/v1", trust_env=False) as client:
        yield Market(sandbox, client)


@contextmanager
def listening(app: ASGIApp) -> Iterator[str]:
    """Serve an application on a free port until the block ends."""
    config = uvicorn.Config(
        cast(Any, app), log_config=None, date_header=False, server_header=False, http=Connection, ws="none"
    )
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = ListeningServer(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        assert server.listening.wait(_PATIENCE_SECONDS)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(_PATIENCE_SECONDS)
