"""The world behind a load: a tenant of its own, whose buyers order meanwhile and whose books are audited."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from load_tests.errors import CannotRun
from load_tests.target import Credentials
from sandbox_server.remote import Refused, Sandbox, SandboxError

_SHARE_OF_AUDITS = 0.2
"""How much of a run audits may be under way: no call waits for one, but each takes some of the server's time."""
_SHORTEST_PAUSE_SECONDS = 5.0


@dataclass
class Audit:
    """
    What an audit found.

    Args:
        second: When it was asked for, after the run's start.
        took: How many seconds it took.
        breaches: What is broken, in words.
    """

    second: float
    took: float
    holds: bool
    breaches: list[str]


class World:
    """
    A tenant of a sandbox.

    Args:
        tenant: As the sandbox describes it.
    """

    def __init__(self, sandbox: Sandbox, tenant: Mapping[str, Any]) -> None:
        self.sandbox = sandbox
        self.name = str(tenant["name"])
        self.fixture = str(tenant["fixture"])
        self.counts: Mapping[str, int] = tenant["counts"]
        client = tenant["credentials"][0]
        self.credentials = Credentials(client["clientId"], client["clientSecret"])

    def own(
        self, method: str, path: str, body: object = None, query: Mapping[str, str | int | None] | None = None
    ) -> Any:
        """Call an operation of the tenant; the path is what stands behind its name."""
        return self.sandbox.call(method, f"/tenants/{self.name}{path}", body, query)

    def throttle(self, profile: str) -> None:
        """Say how many calls a credential may make."""
        self.own("PUT", "/throttles", {"profile": profile})

    def let_buyers_come(self, profile: str, per_minute: float, seconds: float, seed: int) -> None:
        """Let buyers come along a shape; the rate is the mean."""
        body = {"profile": profile, "perMinute": per_minute, "duration": f"PT{seconds:.3f}S", "seed": seed}
        self.own("PUT", "/arrivals", body)

    def arrived(self) -> int:
        """Return how many buyers have come."""
        return int(self.own("GET", "/arrivals")["arrived"])

    def stand_still(self) -> None:
        """Let no more happen by itself, so that what is counted one after the other belongs together."""
        self.own("PUT", "/clock", {"mode": "FROZEN"})

    def send_buyers_home(self) -> None:
        """Let no more buyers come."""
        self.own("DELETE", "/arrivals")

    def count(self, things: str) -> int:
        """Return how many orders, shipments or returns there are."""
        return int(self.own("GET", "")["counts"][things])

    def audit(self, second: float) -> Audit:
        """Hold every invariant against the world."""
        begun = monotonic()
        answer = self.own("GET", "/audit")
        breaches = [
            f"{one['number']}. {one['statement']} {breach['subject']}: {breach['detail']}"
            for one in answer["invariants"]
            for breach in one["breaches"]
        ]
        return Audit(second, monotonic() - begun, bool(answer["holds"]), breaches)


@contextmanager
def new_world(sandbox: Sandbox, name: str, fixture: str | None, throttle: str, clock: str = "REAL") -> Iterator[World]:
    """
    Make a tenant, and take it away in the end.

    Raises:
        CannotRun: The sandbox does not make it.
    """
    asked = {"name": name, "fixture": fixture, "clock": {"mode": clock}}
    try:
        with suppress(Refused):  # one that was left behind
            sandbox.call("DELETE", f"/tenants/{name}")
        tenant = sandbox.call("POST", "/tenants", {key: value for key, value in asked.items() if value is not None})
        world = World(sandbox, tenant)
        world.throttle(throttle)
    except SandboxError as error:
        raise CannotRun(f"The sandbox makes no world for the run: {error}") from error
    try:
        yield world
    finally:
        with suppress(SandboxError):
            sandbox.call("DELETE", f"/tenants/{name}")


@dataclass
class Auditor:
    """
    Audits a world while a load is on it: seldom enough not to be the load.

    Args:
        audits: What was found, the first before the load.
        trouble: Why an audit could not be made.
    """

    world: World
    audits: list[Audit] = field(default_factory=list)
    trouble: str = ""

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Audit before, during and after what is done in the block."""
        self._audit(0.0)
        begun, over = monotonic(), threading.Event()

        def watch() -> None:
            while not over.wait(max(_SHORTEST_PAUSE_SECONDS, self.audits[-1].took / _SHARE_OF_AUDITS)):
                if not self._audit(monotonic() - begun):
                    return

        watcher = threading.Thread(target=watch, daemon=True)
        if self.audits:
            watcher.start()
        try:
            yield
        finally:
            over.set()
            if watcher.ident is not None:
                watcher.join()
            self._audit(monotonic() - begun)

    def _audit(self, second: float) -> bool:
        try:
            self.audits.append(self.world.audit(second))
        except SandboxError as error:
            self.trouble = str(error)
            return False
        return True
