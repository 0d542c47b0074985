"""What validation costs a call, and each of the sandbox's powers while it has nothing to do."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from tempfile import TemporaryDirectory

from load_tests.benchmarks.processes import running
from load_tests.benchmarks.report import Section
from load_tests.benchmarks.servers import VALIDATION
from load_tests.benchmarks.throughput import POWERS, Sample, both_works, median_of, run

PROMISED = 0.22  # of the bare server's pace, with all of them
_PARTS = (VALIDATION, *POWERS)
_ALL, _NONE = "all of them", "none of them"
_ON = {_NONE: (), **{part: (part,) for part in _PARTS}, _ALL: _PARTS}


def measure(rounds: int = 5, seconds: float = 0.8) -> Section:
    """
    Return what is left of a bare server's pace with no part on, with each of them alone, and with all.

    Args:
        rounds: Runs of each server on each operation.
        seconds: Length of a run.
    """
    with ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory())
        servers = {}
        for name, parts in _ON.items():
            left_out = [part for part in _PARTS if part not in parts]
            servers[name] = stack.enter_context(running("sandbox", "small_chain", *left_out))
        works = both_works(servers[_NONE].port, folder)
        servers = {"bare": stack.enter_context(running("bare", folder)), **servers}
        samples = run(works, servers, rounds, seconds)
    medians = {work.name: {name: median_of(samples[work.name, name]) for name in servers} for work in works}
    return _section(medians)


def _section(medians: Mapping[str, Mapping[str, Sample]]) -> Section:
    facts = {work: {name: _facts(name, found) for name in found} for work, found in medians.items()}
    broken = [
        f"{name}: {found[_ALL]['ofBare']:.2f} of the bare server's pace with everything, {PROMISED:.2f} were promised"
        for name, found in facts.items()
        if found[_ALL]["ofBare"] < PROMISED
    ]
    rows = [row for name, found in facts.items() for row in _rows(name, found)]
    columns = ("", "answers/s", "of bare", "CPU µs", "costs µs")
    title = "What each part costs a call; powers are on and have nothing to do"
    return Section("powers", title, columns, rows, facts, broken)


def _facts(name: str, medians: Mapping[str, Sample]) -> dict[str, float]:
    sample, bare, none = medians[name], medians["bare"], medians[_NONE]
    return {
        "perSecond": round(sample.pace, 1),
        "ofBare": round(sample.pace / bare.pace, 3),
        "cpuMicroseconds": round(sample.cpu * 1e6, 1),
        "costsMicroseconds": round((sample.cpu - none.cpu) * 1e6, 1),
    }


def _rows(name: str, found: Mapping[str, Mapping[str, float]]) -> Iterator[Sequence[str]]:
    yield (f"[bold]{name}[/bold]", *[""] * 4)
    for kind, facts in found.items():
        costs = f"{facts['costsMicroseconds']:+.0f}" if kind not in {"bare", _NONE} else ""
        pace, share = f"{facts['perSecond']:,.0f}", f"{facts['ofBare']:.2f}"
        yield (f"  {kind}", pace, share, f"{facts['cpuMicroseconds']:.0f}", costs)
