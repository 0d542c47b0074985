"""What a start takes, what a large world weighs, and whether the garbage collector is felt."""

from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from load_tests.benchmarks.processes import Tell, probe
from load_tests.benchmarks.report import Section
from sandbox_server.settings import DEFAULT_WORLD, Settings

LARGE_WORLD = "peak_day"
Facts = dict[str, float]


class Promise(NamedTuple):
    """What is not to be exceeded: a figure in words, how it is read from the facts, the most, and its unit."""

    what: str
    of: Callable[[Facts], float]
    most: float
    unit: str

    def figure(self, facts: Facts) -> str:
        """Return what the facts say, with its unit."""
        return self._with_unit(self.of(facts))

    @property
    def limit(self) -> str:
        """The most, with its unit."""
        return self._with_unit(self.most)

    def _with_unit(self, value: float) -> str:
        return f"{value:.{0 if self.unit == 'MB' else 2}f} {self.unit}".strip()


READY = Promise("ready to answer", lambda facts: facts["readySeconds"], 2, "s")
LOADED = Promise("loaded from the cache", lambda facts: facts["loadSeconds"], 5, "s")
MEMORY = Promise("resident memory", lambda facts: facts["megabytes"], 700, "MB")
PAUSES = Promise("p99 of a page, collector on ÷ off", lambda facts: facts["p99Ratio"], 1.25, "")


def measure(
    tell: Tell = lambda _: None,
    small: str = DEFAULT_WORLD,
    large: str = LARGE_WORLD,
    data_dir: Path | None = None,
    calls: int = 5_000,
    rounds: int = 3,
) -> Section:
    """
    Return what is found by fresh processes, each of which loads its world from the cache.

    Args:
        tell: Hears how far long work is: a large world that is not in the cache is made first.
        small: The world whose start is measured.
        large: The world whose memory and pauses are measured.
        data_dir: Where worlds are cached; None for where `serve` keeps them.
        calls: Pages that are listed in a run.
        rounds: Runs with the collector on, and as many with it switched off, by turns.
    """
    folder = str((data_dir or Settings().data_dir).resolve())
    for world in dict.fromkeys((small, large)):
        tell(f"{world} into the cache")
        probe("start", world, folder, tell=_after(f"{world} is made", tell))
    tell("starts")
    started, loaded = probe("start", small, folder), probe("start", large, folder)
    runs: dict[str, list[Facts]] = {"on": [], "off": []}
    for number in range(rounds):
        for collector, found in runs.items():
            tell(f"pages, collector {collector}, run {number + 1} of {rounds}")
            found.append(probe("pages", large, folder, collector, str(calls)))
    return _section(small, started, large, loaded, _pauses(runs))


def _after(what: str, tell: Tell) -> Tell:
    return lambda step: tell(f"{what}: {step}")


def _pauses(runs: dict[str, list[Facts]]) -> Facts:
    p99 = {collector: median(facts["p99Ms"] for facts in found) for collector, found in runs.items()}
    return {
        "p99OnMs": p99["on"],
        "p99OffMs": p99["off"],
        "p99Ratio": p99["on"] / p99["off"],
        "collections": median(facts["collections"] for facts in runs["on"]),
        "longestPauseMs": max(facts["longestPauseMs"] for facts in runs["on"]),
    }


def _section(small: str, started: Facts, large: str, loaded: Facts, pauses: Facts) -> Section:
    judged = [(small, READY, started), (large, LOADED, loaded), (large, MEMORY, loaded), (large, PAUSES, pauses)]
    share = started["importSeconds"] / started["readySeconds"]
    rows = [*_rows(judged), (f"{small}, of that imports", f"{share:.0%}", "")]
    rows.append((f"{large}, longest collection", f"{pauses['longestPauseMs']:.2f} ms", ""))
    broken = [
        f"{world}, {promise.what}: {promise.figure(facts)}, {promise.limit} were promised"
        for world, promise, facts in judged
        if promise.of(facts) > promise.most
    ]
    facts: dict[str, Any] = {
        "start": {"world": small, **_rounded(started), "importShare": round(share, 3)},
        "large": {"world": large, **_rounded(loaded), **_rounded(pauses)},
    }
    title = "Fresh processes, worlds from the cache; seconds of processor time"
    return Section("footprint", title, ("", "measured", "at the most"), rows, facts, broken)


def _rows(judged: list[tuple[str, Promise, Facts]]) -> Iterator[tuple[str, str, str]]:
    for world, promise, facts in judged:
        yield f"{world}, {promise.what}", promise.figure(facts), promise.limit


def _rounded(facts: Facts) -> Facts:
    return {name: round(value, 3) for name, value in facts.items()}
