"""What a page costs out of many orders, beside one out of few."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from load_tests.benchmarks.processes import Tell
from load_tests.benchmarks.report import Section
from load_tests.benchmarks.throughput import POWERS
from sandbox_server.app import create_sandbox
from sandbox_server.asgi import ASGIApp, Message
from sandbox_server.settings import Settings

PROMISED = 1.5  # times the time of a page out of few
WORLDS = ("small_chain", "peak_day")
_FILTERS = {
    "no filter": b"",
    "status": b"&status=NEW",
    "storeId": b"&storeId=S0002",
    "updatedAfter": b"&updatedAfter=2026-11-27T12:00:00Z",
}


def measure(
    tell: Tell, worlds: tuple[str, str] = WORLDS, rounds: int = 25, data_dir: Path = Path(".sandbox")
) -> Section:
    """
    Return what a page of 20 orders costs in a large world, in processor time, for each filter, beside a small one.

    The powers are off, so that nothing but the page differs.

    Args:
        worlds: The small world and the large one.
        rounds: How often fifty pages are taken of each.
        data_dir: Where the worlds are kept once they are made.
    """
    apps = []
    for world in worlds:
        tell(world)
        apps.append(create_sandbox(Settings(fixture=world, data_dir=data_dir), without=POWERS))
    return _section(asyncio.run(_costs(apps, rounds)))


def _section(costs: Mapping[str, Sequence[float]]) -> Section:
    facts = {name: _facts(*found) for name, found in costs.items()}
    broken = [
        f"a page by {name} takes {found['ratio']:.1f} times as long in a large world, {PROMISED} times were promised"
        for name, found in facts.items()
        if found["ratio"] > PROMISED
    ]
    rows = [
        (name, f"{found['fewMicroseconds']:.0f}", f"{found['manyMicroseconds']:.0f}", f"{found['ratio']:.2f}")
        for name, found in facts.items()
    ]
    columns = ("a page of 20 orders", "out of few µs", "out of many µs", "ratio")
    return Section("pages", "Pages of small and of large worlds", columns, rows, facts, broken)


async def _costs(apps: Sequence[ASGIApp], rounds: int) -> dict[str, list[float]]:
    """Return the median cost of a page in each world, by filter; the worlds take turns."""
    found: dict[str, list[list[float]]] = {name: [[] for _ in apps] for name in _FILTERS}
    for _ in range(rounds):
        for name, query in _FILTERS.items():
            for costs, app in zip(found[name], apps, strict=True):
                costs.append(await _cost(app, b"limit=20" + query))
    return {name: [median(costs[rounds // 5 :]) for costs in each] for name, each in found.items()}


async def _cost(app: ASGIApp, query: bytes, calls: int = 50) -> float:
    """Return the processor time of a call, in seconds."""
    answers: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        answers.append(message)

    scopes = [_scope(query) for _ in range(calls)]
    started = time.thread_time()
    for scope in scopes:
        await app(scope, receive, send)
    spent = time.thread_time() - started
    assert {answer.get("status", 200) for answer in answers} == {200}, "every page is answered"
    return spent / calls


def _scope(query: bytes) -> dict[str, Any]:
    return {
        "type": "http",
        "method": "GET",
        "path": "/v1/orders",
        "raw_path": b"/v1/orders",
        "query_string": query,
        "headers": [(b"host", b"127.0.0.1"), (b"x-api-key", b"acorn-key")],
        "state": {},
    }


def _facts(few: float, many: float) -> dict[str, float]:
    return {
        "fewMicroseconds": round(few * 1e6, 1),
        "manyMicroseconds": round(many * 1e6, 1),
        "ratio": round(many / few, 2),
    }
