"""
`python3 run_sandbox.py bench`: what the sandbox costs, measured here and now.

A measurement is a function that returns a `Section`, and may tell how far it is; a new one is a line in `MEASUREMENTS`.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.status import Status

from load_tests.benchmarks import (
    clock,
    console_pages,
    durability,
    footprint,
    growth,
    journal,
    pages,
    peers,
    powers,
    sale,
    tenants,
    throughput,
    workers,
)
from load_tests.benchmarks.processes import Tell
from load_tests.benchmarks.report import Section, show, write, write_markdown

MEASUREMENTS: Sequence[tuple[str, Callable[[Tell], Section]]] = (
    ("answers a second", lambda _: throughput.measure()),
    ("powers", lambda _: powers.measure()),
    ("durability", durability.measure),
    ("workers", workers.measure),
    ("pages", pages.measure),
    ("console", console_pages.measure),
    ("journal", lambda _: journal.measure()),
    ("starts and memory", footprint.measure),
    ("tenants", tenants.measure),
    ("growth", growth.measure),
    ("virtual time", clock.measure),
    ("sale", sale.measure),
)


Measure = Callable[[Tell], Section]


def parts(*, with_peers: bool = False) -> dict[str, Measure]:
    """Return what can be measured, by name; mock servers have to be fetched from npm."""
    return {**dict(MEASUREMENTS), **({"peers": peers.measure} if with_peers else {})}


def run(
    measurements: Mapping[str, Measure],
    json_path: Path | None = None,
    markdown_path: Path | None = None,
    command: str = "",
) -> bool:
    """
    Measure, print it, and write it down.

    Args:
        json_path: Where the facts go as JSON; None writes none.
        markdown_path: Where the tables go as Markdown; None writes none.
        command: What was typed, as it is to stand above the tables.

    Returns:
        Whether everything was measured; Ctrl-C ends it with what was measured until then.
    """
    console = Console()
    sections: list[Section] = []
    whole = True
    for what, measure in measurements.items():
        try:
            with console.status(f"Measuring: {what}") as status:
                sections.append(measure(_showing(f"Measuring: {what}", status)))
        except KeyboardInterrupt:
            console.print(f"Stopped while {what} was measured.")
            whole = False
            break
        show(sections[-1], console)
        if sections[-1].interrupted:
            whole = False
            break
    if json_path is not None:
        write(sections, json_path)
    if markdown_path is not None:
        write_markdown(sections, command, markdown_path)
    return whole


def _showing(what: str, status: Status) -> Tell:
    return lambda step: status.update(f"{what}: {step}")
