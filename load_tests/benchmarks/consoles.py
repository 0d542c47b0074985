"""Consoles that are left open: their first pages ask for themselves anew, as a browser has them do."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from statistics import median
from tempfile import TemporaryDirectory
from threading import Event, Thread

from load_tests.benchmarks.processes import Tell, ask, running
from load_tests.benchmarks.throughput import both_works, run

_PAGE = "/_sandbox/t/default/"
_EVERY_SECONDS = 2.0
_APART = 10_000_000
"""More sequences than a turn uses."""


def losses(tell: Tell, world: str, number: int, turns: int, seconds: float) -> dict[str, float]:
    """
    Return what share of its pace each operation loses to open consoles; runs with and without them take turns.

    Args:
        number: How many are open.
        turns: Runs of each operation with them, and as many without.
        seconds: Length of a run.
    """
    paces: dict[tuple[str, int], list[float]] = {}
    with ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory())
        server = stack.enter_context(running("sandbox", world))
        works = both_works(server.port, folder)
        for turn in range(2 * turns):
            there = number * (turn % 2)
            tell(f"turn {turn // 2 + 1} of {turns}, {there} consoles open")
            with left_open(server.port, there):
                samples = run(works, {"sandbox": server}, 1, seconds, (turn + 1) * _APART)
            for (work, _), found in samples.items():
                paces.setdefault((work, there), []).extend(sample.pace for sample in found)
    return {work.name: 1 - median(paces[work.name, number]) / median(paces[work.name, 0]) for work in works}


@contextmanager
def left_open(port: int, number: int) -> Iterator[None]:
    """
    Keep consoles open until the block ends.

    Raises:
        RuntimeError: One of them was not shown its page.
    """
    over, failures = Event(), list[Exception]()

    def watch(first: float) -> None:
        ended = first > 0 and over.wait(first)
        while not ended:
            try:
                ask(port, "GET", _PAGE, {})
            except (RuntimeError, OSError) as failure:
                failures.append(failure)
                return
            ended = over.wait(_EVERY_SECONDS)

    watchers = [Thread(target=watch, args=[_EVERY_SECONDS * place / number]) for place in range(number)]
    for watcher in watchers:
        watcher.start()
    try:
        yield
    finally:
        over.set()
        for watcher in watchers:
            watcher.join()
    if failures:
        raise RuntimeError(f"an open console is not shown its page: {failures[0]}")
