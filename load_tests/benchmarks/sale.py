"""A sale: the highest pace at which one worker keeps its promises, and how it stands five minutes of it."""

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
_PROFILE = "peak_sale"
_USERS = 40
_MINUTE = 60.0
_FIRST, _LOWEST, _HIGHEST = 100.0, 6.25, 3200.0
"""Rounds a second of all users at the peak; most rounds are of several calls."""
_PRECISION = 1.25
TAIL = Promise("p99 of the open model ÷ p50", lambda facts: facts["p99Ms"] / facts["p50Ms"], 20, "")
GROWTH = Promise("memory in the end ÷ after a minute", lambda facts: facts["endMb"] / facts["minuteMb"], 1.1, "")
_TITLE = f"{_PROFILE} on one worker, everything on, at the highest pace that it sustains"
_COLUMNS = ("", "measured", "at the most")


class Ran(NamedTuple):
    """A run: its report, and what the server weighed after a minute and in the end, in megabytes."""

    report: Any
    minute: float
    end: float


def measure(tell: Tell, world: str = WORLD, seconds: float = 300, trial_seconds: float = 20) -> Section:
    """
    Return how a server stands a sale, at the pace that short trials find.

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
    tell(f"{world} is opened")
    with running("sandbox", world) as server:
        search = Search(_FIRST, _HIGHEST, _LOWEST, _PRECISION)
        while (pace := search.next_rate()) is not None:
            search.tell(kept=_run(server, pace, trial_seconds, tell).report["verdict"] == PASSED)
        pace = search.sustained or _LOWEST
        return _section(world, pace, _run(server, pace, seconds, tell))


def _run(server: Server, pace: float, seconds: float, tell: Tell) -> Ran:
    weights: list[float] = []

    def hear(standing: Any) -> None:
        tell(f"{pace:.0f} rounds a second: {standing['second']:.0f} of {seconds:.0f} s")
        if not weights and standing["second"] >= min(_MINUTE, seconds / 2):
            weights.append(server.megabytes())

    url = f"http://127.0.0.1:{server.port}"
    wishes = Wishes(_PROFILE, url, users=_USERS, duration_seconds=seconds, pace=pace / _USERS)
    report = loads.run(wishes, hear, lambda _: None)
    end = server.megabytes()
    return Ran(report, weights[0] if weights else end, end)


def _section(world: str, pace: float, ran: Ran) -> Section:
    run, total = ran.report["run"], ran.report["total"]
    facts: Facts = {
        "roundsPerSecond": pace,
        "callsPerSecond": total["calls"] / run["ranSeconds"],
        "p50Ms": total["opened"]["p50Ms"],
        "p99Ms": total["opened"]["p99Ms"],
        "minuteMb": ran.minute,
        "endMb": ran.end,
        "audits": len(ran.report["audits"]),
    }
    rows = [
        ("calls a second, on average", f"{facts['callsPerSecond']:.0f}", ""),
        ("p50", f"{facts['p50Ms']:.1f} ms", ""),
        ("p99", f"{facts['p99Ms']:.1f} ms", ""),
        *((promise.what, promise.figure(facts), promise.limit) for promise in (TAIL, GROWTH)),
        ("memory in the end", f"{facts['endMb']:.0f} MB", ""),
        ("the load generator was short of time", "yes" if run["generatorShortOfTime"] else "no", ""),
    ]
    broken = [
        f"{world}, {promise.what}: {promise.figure(facts)}, {promise.limit} were promised"
        for promise in (TAIL, GROWTH)
        if promise.of(facts) > promise.most
    ]
    broken += [f"{world}: {reason}" for reason in ran.report["reasons"]]
    rounded = {name: round(value, 3) for name, value in facts.items()}
    return Section("sale", _TITLE, _COLUMNS, rows, {"world": world, **rounded}, broken)
