"""
What a fresh process finds out about a sandbox in itself.

`python -m load_tests.benchmarks.probe start FIXTURE DATA_DIR`: what it takes to be ready.
`python -m load_tests.benchmarks.probe pages FIXTURE DATA_DIR on|off CALLS`: how long a page takes, with the garbage
collector as the server has it or switched off.
`python -m load_tests.benchmarks.probe reopen FIXTURE DATA_DIR FOLDER`: what it takes to go on with a world that is kept
in a folder; the first time, it is put there.
`python -m load_tests.benchmarks.probe tenants FIXTURE DATA_DIR COUNT SPARED`: what a tenant takes, and a fork; memory
without that of the first SPARED ones.

Prints a line of JSON for each step of long work, and one for the findings. Seconds are of processor time: what else the
machine does is not counted.
"""

import asyncio
import gc
import json
import resource
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Self

from sandbox_server.asgi import ASGIApp, Message

_PAGE = "/v1/orders?limit=20"
_TENANTS = "/_sandbox/v1/tenants"
_FORKS = 11
_CURSOR = b'"nextCursor":"'
_STATM = Path("/proc/self/statm")
Facts = dict[str, float]


def start(fixture: str, data_dir: str) -> Facts:
    """Return the seconds until the first call is answered, those of them for imports and the world, and the memory."""
    before = time.process_time()
    from sandbox_server import app, settings  # noqa: F401, PLC0415 - it is measured how long this takes

    imported = time.process_time()
    sandbox = _sandbox(fixture, data_dir)
    loaded = time.process_time()
    asyncio.run(_answer(sandbox, "/v1/health"))
    return {
        "importSeconds": imported - before,
        "loadSeconds": loaded - imported,
        "readySeconds": time.process_time(),
        "megabytes": resident_megabytes(),
    }


def reopen(fixture: str, data_dir: str, folder: str) -> Facts:
    """Return the seconds until a kept world answers its first call, those of loading it, and how many orders it has."""
    from sandbox_server.app import create_sandbox  # noqa: PLC0415
    from sandbox_server.persistence.sqlite.vault import SqliteVault  # noqa: PLC0415
    from sandbox_server.settings import Settings  # noqa: PLC0415

    began = time.process_time()
    settings = Settings(fixture=fixture, cache_dir=Path(data_dir) / "cache")
    with closing(SqliteVault(Path(folder))) as vault:
        asyncio.run(_answer(create_sandbox(settings, _tell, vault=vault), "/v1/health"))
        seconds = time.process_time() - began
        loading = time.process_time()
        world, _ = vault.world("default")
        loading = time.process_time() - loading
    return {"seconds": seconds, "worldSeconds": loading, "orders": len(world.columns["orders"].positions)}


def pages(fixture: str, data_dir: str, collector: str, calls: str) -> Facts:
    """Return how long the pages of a walk over all orders take, and what the garbage collector did meanwhile."""
    sandbox = _sandbox(fixture, data_dir)
    if collector == "off":
        gc.disable()
    with Pauses() as pauses:
        costs = asyncio.run(_walk(sandbox, int(calls)))
    return {
        "p50Ms": quantiles(costs, n=2)[0] * 1e3,
        "p99Ms": quantiles(costs, n=100)[98] * 1e3,
        "collections": pauses.count,
        "longestPauseMs": pauses.longest * 1e3,
    }


def tenants(fixture: str, data_dir: str, count: str, spared: str) -> Facts:
    """Return what it takes to open a world, and what tenants of it take while it is warm: made, forked, idle."""
    began = time.process_time()
    sandbox = _sandbox(fixture, data_dir)
    opened = time.process_time() - began
    begun, made = asyncio.run(_make(sandbox, int(count), int(spared)))
    return {
        "coldMs": opened * 1e3,
        "tenantMs": median(made) * 1e3,
        "forkMs": median(asyncio.run(_fork(sandbox, _FORKS))) * 1e3,
        "megabytesEach": (resident_megabytes() - begun) / (int(count) - int(spared)),
    }


class Pauses:
    """How often the garbage collector ran, and how long at the longest."""

    def __init__(self) -> None:
        self.count = 0
        self.longest = 0.0
        self._began = 0.0

    def __enter__(self) -> Self:
        """Begin to count."""
        gc.callbacks.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        """Count no more."""
        gc.callbacks.remove(self)

    def __call__(self, phase: str, _: object) -> None:
        """Take what the collector tells at its start and its stop."""
        if phase == "start":
            self._began = time.thread_time()
            return
        self.count += 1
        self.longest = max(self.longest, time.thread_time() - self._began)


def resident_megabytes() -> float:
    """Return the memory of this process: now, or at the most so far where the system does not tell."""
    if _STATM.exists():
        return int(_STATM.read_text().split()[1]) * resource.getpagesize() / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6


async def _walk(sandbox: ASGIApp, calls: int) -> list[float]:
    costs = []
    target = _PAGE
    for _ in range(calls):
        began = time.thread_time()
        body = await _answer(sandbox, target)
        costs.append(time.thread_time() - began)
        # Decoding the page would make more work for the collector than what is measured.
        _, found, rest = body.rpartition(_CURSOR)
        cursor, _, _ = rest.partition(b'"')
        target = f"{_PAGE}&cursor={cursor.decode()}" if found else _PAGE
    return costs


async def _make(sandbox: ASGIApp, count: int, spared: int) -> tuple[float, list[float]]:
    """Make tenants; return the memory once the first ones were there, and what each took."""
    costs: list[float] = []
    memory = 0.0
    for number in range(count):
        if number == spared:
            gc.collect()
            memory = resident_megabytes()
        began = time.process_time()
        await _answer(sandbox, _TENANTS, "POST")
        costs.append(time.process_time() - began)
    return memory, costs


async def _fork(sandbox: ASGIApp, count: int) -> list[float]:
    taken = json.loads(await _answer(sandbox, f"{_TENANTS}/default/snapshots", "POST"))
    costs = []
    for _ in range(count):
        began = time.process_time()
        await _answer(sandbox, f"{_TENANTS}/default/snapshots/{taken['snapshotId']}/fork", "POST")
        costs.append(time.process_time() - began)
    return costs


async def _answer(sandbox: ASGIApp, target: str, method: str = "GET") -> bytes:
    path, _, query = target.partition("?")
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(b"host", b"127.0.0.1"), (b"x-api-key", b"acorn-key")],
        "root_path": "",
    }
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await sandbox(scope, receive, send)
    assert sent[0]["status"] in {200, 201}, f"{target} is answered with {sent[0]['status']}"
    return bytes(sent[1]["body"])


def _sandbox(fixture: str, data_dir: str) -> ASGIApp:
    from sandbox_server.app import create_sandbox  # noqa: PLC0415 - see `start`
    from sandbox_server.settings import Settings  # noqa: PLC0415

    return create_sandbox(Settings(fixture=fixture, data_dir=Path(data_dir)), _tell)


def _tell(doing: str, done: int, of: int) -> None:
    _print({"step": f"{doing} {done:,} of {of:,}"})


def _print(content: dict[str, Any]) -> None:
    print(json.dumps(content), flush=True)


FINDINGS: dict[str, Callable[..., Facts]] = {"start": start, "reopen": reopen, "pages": pages, "tenants": tenants}

if __name__ == "__main__":
    kind, *arguments = sys.argv[1:]
    _print({"findings": FINDINGS[kind](*arguments)})
