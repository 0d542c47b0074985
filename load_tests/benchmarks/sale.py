"""A sale: the highest pace at which one worker keeps its promises, and how it stands five minutes of it."""

from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any, NamedTuple

from load_tests import running as loads
from load_tests.benchmarks.footprint import Facts, Promise
from load_tests.benchmarks.processes import Server, Tell, running
from load_tests.benchmarks.report import Section
from load_tests.errors import CannotRun
from load_tests.locusts import check_installed
from load_tests.result import PASSED
from load_tests.running import Wishes
from load_tests.surge.search import Search

WORLD = "peak_day"
_SALE = "peak_sale"
_TRIAL = "steady"
"""A trial is at the peak's pace all the time: a sale of seconds would be over before a queue has grown."""
_USERS = 40
_MINUTE = 60.0
_FIRST, _LOWEST, _HIGHEST = 100.0, 6.25, 3200.0
"""Rounds a second of all users at the peak; most rounds are of several calls."""
_PRECISION = 1.2
_MARGIN = 0.9
"""Of the pace that trials find: what is sustained for seconds is not always sustained for minutes."""
_SLOWER = 0.8
_MOST_SALES = 3
_GROWN = 2.0
"""A queue grows where calls wait so many times as long in the last third of a trial as in the first."""
TAIL = Promise("p99 of the open model ÷ p50", lambda facts: facts["p99Ms"] / facts["p50Ms"], 20, "")
GROWTH = Promise("memory in the end ÷ after a minute", lambda facts: facts["endMb"] / facts["minuteMb"], 1.1, "")
_TITLE = f"{_SALE} on one worker, everything on, at the highest pace that it sustains"
_COLUMNS = ("", "measured", "at the most")


class Run(NamedTuple):
    """
    A load.

    Args:
        pace: Of its peak.
        minute: What the server weighed after a minute, in megabytes.
        end: The same when the last call was answered.
        audited: The same after the last audit, which takes memory that may be kept for the next one.
    """

    pace: float
    report: Any
    minute: float
    end: float
    audited: float

    @property
    def facts(self) -> Facts:
        """What is promised, and what explains it."""
        total = self.report["total"]
        return {
            "roundsPerSecond": self.pace,
            "callsPerSecond": total["calls"] / self.report["run"]["ranSeconds"],
            "p50Ms": total["opened"]["p50Ms"],
            "p99Ms": total["opened"]["p99Ms"],
            "minuteMb": self.minute,
            "endMb": self.end,
            "auditedMb": self.audited,
            "audits": len(self.report["audits"]),
        }

    @property
    def keeps_up(self) -> bool:
        """Whether the promises of the run and that of its tail were kept."""
        return self.report["verdict"] == PASSED and TAIL.of(self.facts) <= TAIL.most

    @property
    def is_steady(self) -> bool:
        """Whether it keeps up, and no queue grows."""
        waits = [second["opened"]["p50Ms"] for second in self.report["seconds"] if second["calls"]]
        third = len(waits) // 3
        return self.keeps_up and median(waits[-third:]) <= _GROWN * median(waits[:third])


def measure(tell: Tell, world: str = WORLD, seconds: float = 300, trial_seconds: float = 20) -> Section:
    """
    Return how a server stands a sale at the pace that trials find, or the next slower one at which it keeps up.

    Args:
        tell: Hears how far it is.
        world: What is served, and what the sale is in.
        seconds: How long the sale is.
        trial_seconds: How long a trial is.
    """
    try:
        check_installed()
    except CannotRun as error:
        return Section("sale", _TITLE, _COLUMNS, [(f"not measured: {error}", "", "")], {})
    trials = list(_trials(world, trial_seconds, tell))
    pace = max((trial.pace for trial in trials if trial.is_steady), default=_LOWEST) * _MARGIN
    return _section(world, list(_sales(world, pace, seconds, tell)))


def _trials(world: str, seconds: float, tell: Tell) -> Iterator[Run]:
    """
    Try one pace after the other, until the highest that is sustained is found.

    Raises:
        KeyboardInterrupt: Ctrl-C came; nothing is known yet.
    """
    tell(f"{world} is opened")
    with running("sandbox", world) as server:
        search = Search(_FIRST, _HIGHEST, _LOWEST, _PRECISION)
        while (pace := search.next_rate()) is not None:
            trial = _run(server, _TRIAL, pace, seconds, tell)
            if trial.report["interrupted"]:
                raise KeyboardInterrupt
            search.tell(kept=trial.is_steady)
            yield trial


def _sales(world: str, pace: float, seconds: float, tell: Tell) -> Iterator[Run]:
    """Sell, each time slower and on a server of its own, until one keeps up or Ctrl-C comes."""
    for _ in range(_MOST_SALES):
        tell(f"{world} is opened")
        with running("sandbox", world) as server:
            yield (sale := _run(server, _SALE, pace, seconds, tell))
        if sale.keeps_up or sale.report["interrupted"]:
            return
        pace *= _SLOWER


def _run(server: Server, profile: str, pace: float, seconds: float, tell: Tell) -> Run:
    weights: list[float] = []

    def hear(standing: Any) -> None:
        tell(f"{profile}, {pace:.0f} rounds a second: {standing['second']:.0f} of {seconds:.0f} s")
        if standing["second"] >= min(_MINUTE, seconds / 2):
            weights.append(server.megabytes())

    url = f"http://127.0.0.1:{server.port}"
    wishes = Wishes(profile, url, users=_USERS, duration_seconds=seconds, pace=pace / _USERS)
    report = loads.run(wishes, hear, lambda _: None)
    if report["interrupted"] and not report["total"]["calls"]:
        raise KeyboardInterrupt
    audited = server.megabytes()
    return Run(pace, report, *((weights[0], weights[-1]) if weights else (audited, audited)), audited)


def _section(world: str, runs: Sequence[Run]) -> Section:
    """Tell of the last of the runs; of those before it, at which pace they did not keep up."""
    *faster, last = runs
    report, facts = last.report, last.facts
    rows = [
        *((f"at {run.pace:.0f} rounds a second", "fell behind", "") for run in faster if not run.keeps_up),
        ("rounds a second, at the peak", f"{last.pace:.0f}", ""),
        ("calls a second, on average", f"{facts['callsPerSecond']:.0f}", ""),
        ("p50", f"{facts['p50Ms']:.1f} ms", ""),
        ("p99", f"{facts['p99Ms']:.1f} ms", ""),
        *((promise.what, promise.figure(facts), promise.limit) for promise in (TAIL, GROWTH)),
        ("memory in the end", f"{facts['endMb']:.0f} MB", ""),
        ("memory after the last audit", f"{facts['auditedMb']:.0f} MB", ""),
        ("the load generator was short of time", "yes" if report["run"]["generatorShortOfTime"] else "no", ""),
    ]
    broken = [
        f"{world}, {promise.what}: {promise.figure(facts)}, {promise.limit} were promised"
        for promise in (TAIL, GROWTH)
        if promise.of(facts) > promise.most
    ]
    broken += [f"{world}: {reason}" for reason in report["reasons"]]
    rounded = {name: round(value, 3) for name, value in facts.items()}
    return Section("sale", _TITLE, _COLUMNS, rows, {"world": world, **rounded}, broken, report["interrupted"])
