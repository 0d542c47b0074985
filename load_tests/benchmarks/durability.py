"""What it costs to outlive the process: a sandbox over SQLite beside one in memory, and its start from large worlds."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from load_tests.benchmarks.processes import Tell, probe, running
from load_tests.benchmarks.report import Section
from load_tests.benchmarks.throughput import Sample, both_works, median_of, run
from sandbox_server.settings import Settings

PROMISED = {"list 20 orders": 0.9, "put 10 stock lines": 0.6}
"""Of the pace in memory, with 16 clients, every write durable."""
MOST_SECONDS = 5.0
MOST_GROWTH = 1.25
"""Of what an order takes to be loaded: the larger world's beside the smaller one's."""
WORLDS = ("regional_chain", "peak_day")
_KINDS = ("memory", "SQLite")


def measure(
    tell: Tell = lambda _: None,
    rounds: int = 9,
    seconds: float = 0.8,
    worlds: tuple[str, str] = WORLDS,
    data_dir: Path | None = None,
) -> Section:
    """
    Return how the same two operations fare over SQLite and in memory, and what a start from SQLite takes.

    Args:
        tell: Hears how far long work is.
        rounds: Runs of each server on each operation.
        seconds: Length of a run.
        worlds: A small and a large one to be started from.
        data_dir: Where worlds are cached; None for where `serve` keeps them.
    """
    tell("answers")
    medians = _compare(rounds, seconds)
    cached = str((data_dir or Settings().data_dir).resolve())
    with TemporaryDirectory() as kept:
        starts = {world: _start(world, cached, f"{kept}/{world}", tell) for world in worlds}
    return _section(medians, starts)


def _compare(rounds: int, seconds: float) -> Mapping[str, Mapping[str, Sample]]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        servers = {
            "memory": stack.enter_context(running("sandbox", "small_chain")),
            "SQLite": stack.enter_context(running("durable", "small_chain", str(folder / "kept"))),
        }
        works = both_works(servers["memory"].port, str(folder))
        samples = run(works, servers, rounds, seconds)
    return {work.name: {kind: median_of(samples[work.name, kind]) for kind in _KINDS} for work in works}


def _start(world: str, cached: str, folder: str, tell: Tell) -> Mapping[str, float]:
    tell(f"{world} into a database")
    probe("reopen", world, cached, folder, tell=lambda step: tell(f"{world} is made: {step}"))
    tell(f"{world} out of it")
    return probe("reopen", world, cached, folder)


def _section(medians: Mapping[str, Mapping[str, Sample]], starts: Mapping[str, Mapping[str, float]]) -> Section:
    facts: dict[str, Any] = {"answers": {}, "starts": {}}
    rows: list[Sequence[str]] = []
    broken: list[str] = []
    for name, found in medians.items():
        share = found["SQLite"].pace / found["memory"].pace
        facts["answers"][name] = {"ofMemory": round(share, 3)} | {
            kind: {"perSecond": round(sample.pace, 1), "cpuMicroseconds": round(sample.cpu * 1e6, 1)}
            for kind, sample in found.items()
        }
        rows += _answers(name, found, share)
        if share < PROMISED[name]:
            broken.append(f"{name}: {share:.2f} of the pace in memory, {PROMISED[name]:.2f} were promised")
    costs = {world: found["worldSeconds"] / found["orders"] for world, found in starts.items()}
    (small, little), (large, much) = costs.items()
    facts["starts"] = {
        world: {"seconds": round(found["seconds"], 3), "orders": found["orders"]} for world, found in starts.items()
    } | {"growth": round(much / little, 3)}
    for world, start in starts.items():
        cost = f"{costs[world] * 1e6:.0f} µs an order"
        rows.append((f"start with {world}", f"{start['seconds']:.2f} s", cost, "", ""))
    if starts[large]["seconds"] > MOST_SECONDS:
        broken.append(f"start with {large}: {starts[large]['seconds']:.1f} s, {MOST_SECONDS:.0f} s were promised")
    if much > little * MOST_GROWTH:
        broken.append(f"an order costs {much / little:.2f} times as much in {large} as in {small}")
    title = "Kept in SQLite, beside memory: one worker, 16 connections; starts in seconds of processor time"
    return Section("durability", title, ("", "answers/s", "of memory", "p99 ms", "CPU µs"), rows, facts, broken)


def _answers(name: str, found: Mapping[str, Sample], share: float) -> Iterator[Sequence[str]]:
    yield (f"[bold]{name}[/bold]", *[""] * 4)
    for kind, sample in found.items():
        figures = (f"{sample.p99 * 1e3:.2f}", f"{sample.cpu * 1e6:.0f}")
        yield (f"  {kind}", f"{sample.pace:,.0f}", f"{share:.2f}" if kind == "SQLite" else "", *figures)
