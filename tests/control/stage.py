"""A sandbox whose operator calls over its whole application, and a client of the marketplace beside them."""

from collections.abc import Mapping
from hashlib import blake2b
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import orjson

from sandbox_server.app import build_app, open_world, tenant_of
from sandbox_server.certification.trials import Trials
from sandbox_server.persistence import snapshot
from sandbox_server.persistence.memory import MemoryPersistence
from sandbox_server.settings import ClockMode, Settings
from tests.api.acorn import conformance
from tests.api.acorn.conformance import Document
from tests.api.asgi_client import Got, exchange

OPERATOR = Document("control.yaml")
CONTROL = "/_sandbox/v1"
TENANT = f"{CONTROL}/tenants/default"
KEY = "acorn-key"
STORE_KEY = "acorn-store-key"
NEVER = "ord_00000000000000zz"


class Stage:
    """
    small_chain, played by its operator.

    Every answer is held against the contract that it is of.
    """

    def __init__(self, data_dir: Path, **settings_: Any) -> None:
        self.settings = settings = Settings(data_dir=data_dir, **settings_)
        self.world = open_world(settings, lambda *_: None)
        self.tenant = tenant_of(self.world, ClockMode.FROZEN)
        self.trials = Trials()
        self.app = build_app([self.tenant], self.world, settings, trials=self.trials)

    def call(self, method: str, path: str, body: object = None, key: str | None = None, **headers: str) -> Got:
        """
        Call any path.

        Args:
            body: Bytes are sent as they are, anything else as JSON.
            headers: `idempotency_key="k"` becomes a header.
        """
        given = {"host": "localhost", **{name.replace("_", "-").lower(): value for name, value in headers.items()}}
        if key is not None:
            given["x-api-key"] = key
        content = b""
        if body is not None:
            content = body if isinstance(body, bytes) else orjson.dumps(body)
            kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
            given = {"content-type": kind, "content-length": str(len(content)), **given}
        lines = [(name.encode(), value.encode("latin-1")) for name, value in given.items()]
        start, *pieces = exchange(self.app, method, path, lines, [content])
        answer = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
        got = Got(start["status"], answer, b"".join(piece["body"] for piece in pieces))
        # On a loopback address the operator needs no token; a document cannot say that.
        held = {b"authorization": b"Bearer operator"} | dict(lines)
        request = httpx.Request(method, f"http://localhost{path}", headers=held, content=content)
        response = httpx.Response(got.status, headers=answer, content=got.body, request=request)
        (OPERATOR if path.startswith("/_sandbox") else conformance.MARKETPLACE).hold(response)
        return got

    def play(self, path: str, body: object = None, **headers: str) -> Got:
        """Post something to the tenant's actors."""
        return self.call("POST", f"{TENANT}{path}", body, **headers)

    def done(self, path: str, body: object = None) -> Any:
        """Post something that is done."""
        got = self.play(path, body)
        assert got.status in {200, 201}, got.json
        return got.json

    def look(self, path: str, key: str | None = KEY) -> Any:
        """Get something that is there."""
        got = self.call("GET", path, key=key)
        assert got.status == 200, got.json
        return got.json

    def order(self, order_id: str) -> Any:
        """An order as the marketplace tells it to its client."""
        return self.look(f"/v1/orders/{order_id}")

    def wait(self, duration: str) -> Any:
        """Let time pass."""
        return self.done("/clock/advance", {"by": duration})

    def made(self, **asked: Any) -> Any:
        """Make a tenant; what it is told with."""
        got = self.call("POST", f"{CONTROL}/tenants", asked)
        assert got.status == 201, got.json
        return got.json

    def reset(self) -> None:
        """Begin anew."""
        self.done("/reset")

    def clear(self) -> None:
        """Begin anew, alone, with a clock that stands and a throttle that lets everything through."""
        for trial in self.trials:
            trial.finish()
        for tenant in self.look(f"{CONTROL}/tenants?limit=100", key=None)["items"]:
            if tenant["name"] != "default":
                self.call("DELETE", f"{CONTROL}/tenants/{tenant['name']}")
        for kept in self.look(f"{TENANT}/snapshots?limit=100", key=None)["items"]:
            self.call("DELETE", f"{TENANT}/snapshots/{kept['snapshotId']}")
        self.call("PUT", f"{TENANT}/clock", {"mode": "FROZEN"})
        self.call("PUT", f"{TENANT}/throttles", {"profile": "off"})
        self.reset()

    def state(self) -> list[str]:
        """What a refused call must leave as it was: the tenants, and the default one's world, time and powers."""
        world, kept = BytesIO(), self.tenant.persistence
        assert isinstance(kept, MemoryPersistence)
        snapshot.dump(kept, world)
        told = (f"{CONTROL}/tenants?limit=100", *(f"{TENANT}/{kept}" for kept in ("snapshots", "faults", "throttles")))
        parts = [world.getvalue(), *(self.call("GET", path).body for path in told)]
        return [blake2b(part).hexdigest() for part in parts]

    def broken(self) -> list[Mapping[str, Any]]:
        """Invariants that do not hold."""
        audit = self.look(f"{TENANT}/audit", key=None)
        return [invariant for invariant in audit["invariants"] if invariant["state"] == "BROKEN"]


def faults_in(got: Got) -> list[tuple[str, str]]:
    """Where a problem says that something is wrong, and what."""
    return [(error["pointer"], error["code"]) for error in got.json["errors"]]
