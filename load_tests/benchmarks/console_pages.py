"""What the operator's console costs: each page of a large world, and consoles that are left open."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from load_tests.benchmarks.consoles import losses
from load_tests.benchmarks.processes import Tell
from load_tests.benchmarks.report import Section
from sandbox_server.app import create_sandbox
from sandbox_server.asgi import ASGIApp, Message
from sandbox_server.settings import Settings

PROMISED_MILLISECONDS = 150
PROMISED_LOSS = 0.05  # of the marketplace's pace, at the most
OPEN = 3  # consoles
PAGES = {
    "overview": "",
    "orders": "orders/",
    "orders of a status": "orders/?status=DELIVERED",
    "orders by total": "orders/?sort=total&dir=desc",
    "orders by total, in the middle": "orders/?sort=total&page=1000",
    "board": "orders/board",
    "stores": "stores/",
    "a store": "stores/S0001",
    "stock": "stock/",
    "returns by refund": "returns/?sort=refunded",
    "journal": "journal/",
    "clock": "clock/",
}

FIRST = "orders by total, for the first time"


def measure(
    tell: Tell,
    world: str = "peak_day",
    rounds: int = 15,
    data_dir: Path = Path(".sandbox"),
    turns: int = 7,
    seconds: float = 2.0,
) -> Section:
    """
    Return what each page costs in processor time, and what the marketplace loses of its pace to open consoles.

    Args:
        rounds: How often each page is taken.
        data_dir: Where the world is kept once it is made.
        turns: Runs under load with consoles open, and as many without.
        seconds: Length of a run.
    """
    tell(world)
    app = create_sandbox(Settings(fixture=world, ephemeral=True, cache_dir=data_dir / "cache"))
    costs = asyncio.run(_costs(app, rounds))
    del app
    lost = losses(tell, world, OPEN, turns, seconds)
    broken = [
        f"the console's page of {name} takes {cost:.0f} ms, {PROMISED_MILLISECONDS} were promised"
        for name, cost in costs.items()
        if cost > PROMISED_MILLISECONDS
    ]
    broken += [
        f"{OPEN} open consoles take {share:.1%} of the pace of {work}, {PROMISED_LOSS:.0%} were promised"
        for work, share in lost.items()
        if share > PROMISED_LOSS
    ]
    facts = {
        "milliseconds": {name: round(cost, 2) for name, cost in costs.items()},
        "lostToThree": {work: round(share, 4) for work, share in lost.items()},
    }
    rows = [(name, f"{cost:.1f}") for name, cost in costs.items()]
    rows += [(f"{OPEN} consoles left open: {work}", f"{share:.1%} of its pace") for work, share in lost.items()]
    return Section("console", "Pages of the console", ("a page", "CPU ms"), rows, facts, broken)


async def _costs(app: ASGIApp, rounds: int) -> dict[str, float]:
    """Return the median cost of each page in milliseconds; the first round warms up, and has the first sort."""
    found: dict[str, list[float]] = {name: [] for name in PAGES}
    await _cost(app, PAGES["overview"])
    first = await _cost(app, PAGES["orders by total"])
    for _ in range(rounds + 1):
        for name, path in PAGES.items():
            found[name].append(await _cost(app, path))
    return {FIRST: 1000 * first, **{name: 1000 * median(costs[1:]) for name, costs in found.items()}}


async def _cost(app: ASGIApp, path: str) -> float:
    """Return the processor time of a page in all threads, in seconds."""
    answers: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        answers.append(message)

    started = time.process_time()
    await app(_scope(path), receive, send)
    spent = time.process_time() - started
    assert _statuses(answers) == [200], "every page is answered"
    return spent


def _statuses(answers: Sequence[Message]) -> list[int]:
    return [answer["status"] for answer in answers if "status" in answer]


def _scope(path: str) -> dict[str, Any]:
    page, _, query = path.partition("?")
    return {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": f"/_sandbox/t/default/{page}",
        "query_string": query.encode(),
        "headers": [(b"host", b"127.0.0.1"), (b"accept-language", b"en")],
        "server": ("127.0.0.1", 8080),
        "client": ("127.0.0.1", 50000),
        "state": {},
    }
