"""Faults that are put into a server on purpose: how one is named, planted, and served from a process of its own."""

import re
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from sandbox_server import hosting
from sandbox_server.asgi import ASGIApp
from sandbox_server.settings import Settings

Json = Any


@dataclass(frozen=True, slots=True)
class Defect:
    """
    A fault to plant.

    Args:
        plant: Puts it into this process.
        finds: Checks that tell of it; one of them has to.
        probes: What is enough to find it.
        phases: Of Schemathesis's phases, those that find it.
    """

    plant: Callable[[], None]
    finds: frozenset[str]
    probes: tuple[str, ...]
    phases: tuple[str, ...] = ()


DEFECTS: dict[str, Defect] = {}


def defect(*probes: str, finds: str, phases: str = "") -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Register what plants a fault; its name is the function's."""

    def register(plant: Callable[[], None]) -> Callable[[], None]:
        name = plant.__name__.replace("_", " ")
        DEFECTS[name] = Defect(plant, frozenset(finds.split()), probes, tuple(phases.split()))
        return plant

    return register


@dataclass
class Answer:
    """An answer on its way out."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    request: dict[str, str] = field(default_factory=dict)

    def drop(self, name: str) -> None:
        """Leave a header out."""
        self.headers = [line for line in self.headers if line[0] != name.encode()]

    def set(self, name: str, value: str) -> None:
        """Give a header another value."""
        self.drop(name)
        self.headers.append((name.encode(), value.encode()))

    def rewrite(self, change: Callable[[Json], None]) -> None:
        """Change what the body says, where it is an object of JSON."""
        try:
            said = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return
        if isinstance(said, dict):
            change(said)
            self.body = orjson.dumps(said)


def answers(change: Callable[[Answer], None], *, method: str = "", path: str = "", status: int = 0) -> None:
    """Let the server change its answers to calls of a method and path (a pattern), or those of a status."""
    make: Callable[..., ASGIApp] = vars(hosting)["create_sandbox"]

    def changed(*args: Any, **options: Any) -> ASGIApp:
        return _Changing(make(*args, **options), change, method, re.compile(f"/v1{path}" if path else ".*"), status)

    vars(hosting)["create_sandbox"] = changed


class _Changing:
    def __init__(
        self, app: ASGIApp, change: Callable[[Answer], None], method: str, path: re.Pattern[str], status: int
    ) -> None:
        self._app = app
        self._change = change
        self._method = method
        self._path = path
        self._status = status

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        concerned = (
            scope["type"] == "http"
            and not scope["path"].startswith("/_sandbox")
            and self._method in {"", scope["method"]}
            and self._path.fullmatch(scope["path"])
        )
        if not concerned:
            await self._app(scope, receive, send)
            return
        head: dict[str, Any] = {}
        body = bytearray()

        async def keep(message: Any) -> None:
            if message["type"] == "http.response.start":
                head.update(message)
                return
            body.extend(message.get("body", b""))
            if message.get("more_body"):
                return
            lines = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
            answer = Answer(head["status"], list(head["headers"]), bytes(body), lines)
            if self._status in {0, answer.status}:
                self._change(answer)
                answer.set("content-length", str(len(answer.body)))
            await send({**head, "status": answer.status, "headers": answer.headers})
            await send({"type": "http.response.body", "body": answer.body})

        await self._app(scope, receive, keep)


def main() -> None:
    """Serve a sandbox with the fault that is named, until standard input ends."""
    from tests.conformance.defects import edge, rules  # noqa: F401, PLC0415 - they register what they have

    name = sys.argv[1]
    if name:
        DEFECTS[name].plant()
    ended = threading.Event()

    def wait() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=wait, daemon=True).start()
    with hosting.hosted(Settings(port=0, ephemeral=True)) as origin:
        sys.stdout.write(f"{origin}\n")
        sys.stdout.flush()
        ended.wait()


if __name__ == "__main__":
    sys.modules["tests.conformance.defects.planting"] = sys.modules["__main__"]
    main()
