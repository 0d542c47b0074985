"""What it costs to be one of many: two workers over PostgreSQL beside one process in memory."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from load_tests.benchmarks.generator import Load, Plan
from load_tests.benchmarks.processes import Tell, load, running
from load_tests.benchmarks.report import Section
from load_tests.benchmarks.throughput import Work, both_works

PROMISED = {"put 10 stock lines": 0.15}
"""Of the pace in memory, with 16 clients, every write durable."""
WORKERS = 2
VARIABLE = "BENCH_DATABASE"
_KINDS = ("memory", "PostgreSQL")
_TITLE = f"{WORKERS} workers over PostgreSQL, beside one process in memory; 16 connections"
_COLUMNS = ("", "answers/s", "of memory", "p50 ms", "p99 ms")

Loads = Mapping[tuple[str, str], Sequence[Load]]


def measure(tell: Tell = lambda _: None, rounds: int = 5, seconds: float = 1.0, database: str | None = None) -> Section:
    """
    Return how the same two operations fare with two workers over a database and in memory.

    Args:
        tell: Hears how far long work is.
        rounds: Runs of each on each operation.
        seconds: Length of a run.
        database: The URL of an empty PostgreSQL; None for what `BENCH_DATABASE` names.
    """
    url = database or os.environ.get(VARIABLE)
    if not url:
        rows = [(f"not measured: {VARIABLE} names no empty PostgreSQL", "", "", "", "")]
        return Section("workers", _TITLE, _COLUMNS, rows, {}, [])
    tell("answers")
    with ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory())
        ports = {
            "memory": stack.enter_context(running("sandbox", "small_chain")).port,
            "PostgreSQL": stack.enter_context(running("workers", "small_chain", url, str(WORKERS))).port,
        }
        works = both_works(ports["memory"], folder)
        both_works(ports["PostgreSQL"], folder)
        return _section(works, _run(works, ports, rounds, seconds))


def _run(works: Sequence[Work], ports: Mapping[str, int], rounds: int, seconds: float) -> Loads:
    """Return what each operation came to on each server, taken in turns; the first round warms up."""
    loads: dict[tuple[str, str], list[Load]] = {}
    first = 1_000_000
    for number in range(rounds + 1):
        for work in works:
            for kind, port in ports.items():
                done = load(Plan(port, work.request, seconds if number else seconds / 3, first=first))
                first += done.answers + 100
                if number:
                    loads.setdefault((work.name, kind), []).append(done)
    return loads


def _section(works: Sequence[Work], loads: Loads) -> Section:
    facts: dict[str, Any] = {}
    rows: list[Sequence[str]] = []
    broken: list[str] = []
    for work in works:
        paces = {kind: median(one.answers / one.seconds for one in loads[work.name, kind]) for kind in _KINDS}
        share = paces["PostgreSQL"] / paces["memory"]
        facts[work.name] = {"ofMemory": round(share, 3)} | {kind: round(pace, 1) for kind, pace in paces.items()}
        rows += _rows(work.name, paces, share, loads)
        if share < (promised := PROMISED.get(work.name, 0.0)):
            broken.append(f"{work.name}: {share:.2f} of the pace in memory, {promised:.2f} were promised")
    return Section("workers", _TITLE, _COLUMNS, rows, facts, broken)


def _rows(name: str, paces: Mapping[str, float], share: float, loads: Loads) -> Iterator[Sequence[str]]:
    yield (f"[bold]{name}[/bold]", *[""] * 4)
    for kind, pace in paces.items():
        waits = [f"{median(getattr(one, part) for one in loads[name, kind]) * 1e3:.2f}" for part in ("p50", "p99")]
        yield (f"  {kind}", f"{pace:,.0f}", f"{share:.2f}" if kind == "PostgreSQL" else "", *waits)
