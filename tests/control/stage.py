"""A sandbox whose operator calls over its whole application, and a client of the marketplace beside them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from sandbox_server.app import build_app, open_world, tenant_of
from sandbox_server.settings import ClockMode, Settings
from tests.api.asgi_client import Got, request

CONTROL = "/_sandbox/v1"
TENANT = f"{CONTROL}/tenants/default"
KEY = "acorn-key"
STORE_KEY = "acorn-store-key"
NEVER = "ord_00000000000000zz"


class Stage:
    """small_chain, played by its operator."""

    def __init__(self, data_dir: Path) -> None:
        settings = Settings(data_dir=data_dir)
        self.world = open_world(settings, lambda *_: None)
        self.tenant = tenant_of(self.world, ClockMode.FROZEN)
        self.app = build_app([self.tenant], self.world, settings)

    def call(self, method: str, path: str, body: object = None, key: str | None = None, **headers: str) -> Got:
        """Call any path; `idempotency_key="k"` becomes a header."""
        lines = [("Host", "localhost"), *((name.replace("_", "-"), value) for name, value in headers.items())]
        if body is None:
            return request(self.app, method, path, lines, key=key)
        return request(
            self.app, method, path, [*lines, ("Content-Type", "application/json")], orjson.dumps(body), key=key
        )

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

    def reset(self) -> None:
        """Begin anew."""
        self.done("/reset")

    def broken(self) -> list[Mapping[str, Any]]:
        """Invariants that do not hold."""
        audit = self.look(f"{TENANT}/audit", key=None)
        return [invariant for invariant in audit["invariants"] if invariant["state"] == "BROKEN"]


def faults_in(got: Got) -> list[tuple[str, str]]:
    """Where a problem says that something is wrong, and what."""
    return [(error["pointer"], error["code"]) for error in got.json["errors"]]
