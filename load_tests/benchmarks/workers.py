"""What it costs to be one of many: workers over PostgreSQL beside one process in memory."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from load_tests.benchmarks.generator import Load, Plan
from load_tests.benchmarks.processes import Tell, load, running
from load_tests.benchmarks.report import Section
from load_tests.benchmarks.throughput import Work, both_works

PROMISED = {"put 10 stock lines": 0.15}
"""Of the pace in memory, with 16 clients, two workers, every write durable."""
VARIABLE = "BENCH_DATABASE"
_MEMORY = "memory"
_WORKERS = {"1 worker": 1, "2 workers": 2}
_JUDGED = "2 workers"
_TITLE = "Workers over PostgreSQL, beside one process in memory; 16 connections"
_COLUMNS = ("", "answers/s", "of memory", "p50 ms", "p99 ms")

Loads = Mapping[tuple[str, str], Sequence[Load]]


def measure(tell: Tell = lambda _: None, rounds: int = 5, seconds: float = 1.0, server: str | None = None) -> Section:
    """
    Return how the same two operations fare with one worker and with two over a database, and in memory.

    Args:
        tell: Hears how far long work is.
        rounds: Runs of each on each operation.
        seconds: Length of a run.
        server: The URL of a PostgreSQL in which databases may be made; None for what `BENCH_DATABASE` names.
    """
    url = server or os.environ.get(VARIABLE)
    if not url:
        rows = [(f"not measured: {VARIABLE} names no PostgreSQL", "", "", "", "")]
        return Section("workers", _TITLE, _COLUMNS, rows, {}, [])
    with ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory())
        ports = {_MEMORY: stack.enter_context(running("sandbox", "small_chain")).port}
        for kind, number in _WORKERS.items():
            tell(f"starting {kind}")
            database = stack.enter_context(_database(url, number))
            ports[kind] = stack.enter_context(running("workers", "small_chain", database, str(number))).port
        tell("answers")
        works = both_works(ports[_MEMORY], folder)
        return _section([work.name for work in works], _run(works, ports, rounds, seconds), rounds)


@contextmanager
def _database(server: str, number: int) -> Iterator[str]:
    """Make an empty database, and drop it in the end."""
    import psycopg  # noqa: PLC0415 - an extra, of which the other measurements need nothing

    name = f"acorn_bench_{os.getpid()}_{number}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        try:
            yield urlsplit(server)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def _run(works: Sequence[Work], ports: Mapping[str, int], rounds: int, seconds: float) -> Loads:
    """
    Return what each operation came to on each server, taken in turns; the first round warms up.

    Raises:
        KeyboardInterrupt: Ctrl-C came in the first two rounds; later on it ends them.
    """
    loads: dict[tuple[str, str], list[Load]] = {}
    with suppress(KeyboardInterrupt):
        _take_turns(loads, works, ports, rounds, seconds)
    if len(loads) < len(works) * len(ports):
        raise KeyboardInterrupt
    return loads


def _take_turns(
    loads: dict[tuple[str, str], list[Load]],
    works: Sequence[Work],
    ports: Mapping[str, int],
    rounds: int,
    seconds: float,
) -> None:
    first = 1_000_000
    for number in range(rounds + 1):
        for work in works:
            for kind, port in ports.items():
                # Workers and the database have use for every core.
                plan = Plan(port, work.request, seconds if number else seconds / 3, first=first, spins=False)
                done = load(plan)
                first += done.answers + 100
                if number:
                    loads.setdefault((work.name, kind), []).append(done)


def _section(works: Sequence[str], loads: Loads, rounds: int) -> Section:
    facts: dict[str, Any] = {}
    rows: list[Sequence[str]] = []
    broken: list[str] = []
    for work in works:
        paces = {kind: median(one.answers / one.seconds for one in loads[work, kind]) for kind in (_MEMORY, *_WORKERS)}
        facts[work] = {
            kind: {"perSecond": round(pace, 1), "ofMemory": round(pace / paces[_MEMORY], 3)}
            for kind, pace in paces.items()
        }
        rows += _rows(work, paces, loads)
        share, promised = paces[_JUDGED] / paces[_MEMORY], PROMISED.get(work, 0.0)
        if share < promised:
            broken.append(f"{work}: {share:.2f} of the pace in memory, {promised:.2f} were promised")
    interrupted = any(len(of_server) < rounds for of_server in loads.values())
    return Section("workers", _TITLE, _COLUMNS, rows, facts, broken, interrupted)


def _rows(name: str, paces: Mapping[str, float], loads: Loads) -> Iterator[Sequence[str]]:
    yield (f"[bold]{name}[/bold]", *[""] * 4)
    for kind, pace in paces.items():
        waits = [f"{median(getattr(one, part) for one in loads[name, kind]) * 1e3:.2f}" for part in ("p50", "p99")]
        share = f"{pace / paces[_MEMORY]:.2f}" if kind != _MEMORY else ""
        yield (f"  {kind}", f"{pace:,.0f}", share, *waits)
