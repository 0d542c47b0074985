"""What virtual time costs: a month in one step, and orders that come by themselves while calls are answered."""

import json
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from load_tests.benchmarks.footprint import Facts, Promise
from load_tests.benchmarks.generator import Plan
from load_tests.benchmarks.processes import Server, Tell, ask, decoded, load, raw_request, running
from load_tests.benchmarks.report import Section

WORLD = "regional_chain"
DAYS = 30
PER_SECOND = 50
ADVANCED = Promise(f"{DAYS} days in one step", lambda facts: facts["advanceSeconds"], 10, "s")
LAG = Promise(f"{PER_SECOND} orders a second: behind", lambda facts: facts["lagSeconds"], 1, "s")
_TENANT = "/_sandbox/v1/tenants/default"
_LIST = "/v1/orders?limit=20"
_JSON = {"Content-Type": "application/json"}


@dataclass
class _Operator:
    """Whoever drives a server."""

    server: Server

    def put(self, below: str, body: Any) -> Any:
        return self._tell("PUT", below, body)

    def post(self, below: str, body: Any) -> Any:
        return self._tell("POST", below, body)

    def look(self, below: str) -> Any:
        return decoded(ask(self.server.port, "GET", f"{_TENANT}/{below}", {}))

    def _tell(self, method: str, below: str, body: Any) -> Any:
        return decoded(ask(self.server.port, method, f"{_TENANT}/{below}", _JSON, json.dumps(body).encode()))


def measure(tell: Tell = lambda _: None, world: str = WORLD, days: int = DAYS, seconds: float = 10) -> Section:
    """
    Return what a server takes for days in one step, and for orders that arrive by a clock that runs.

    Args:
        tell: Hears how far it is.
        world: What it serves.
        days: How far time is moved.
        seconds: How long orders arrive, once by themselves and once while a client lists others.
    """
    tell(f"{world} is opened")
    with running("sandbox", world) as server:
        operator = _Operator(server)
        tell(f"{days} days")
        facts = _advance(operator, days)
        tell(f"{PER_SECOND} orders a second")
        facts |= _arrivals(operator, seconds)
    return _section(world, facts)


def _advance(operator: _Operator, days: int) -> Facts:
    before = operator.server.cpu_seconds()
    told = operator.post("clock/advance", {"by": f"P{days}D", "listAtMost": 100_000})
    spent = operator.server.cpu_seconds() - before
    dues = [event["due"] for event in told["ran"]]
    if dues != sorted(dues) or len(dues) != told["done"]:
        raise RuntimeError("what ran is not told in the order in which it was due")
    return {"advanceSeconds": spent, "advanceDone": told["done"]}


def _arrivals(operator: _Operator, seconds: float) -> Facts:
    server = operator.server
    ask(server.port, "POST", f"{_TENANT}/reset", {})  # there are goods to be had at the world's first moment
    operator.put("throttles", {"profile": "off"})
    operator.put("clock", {"mode": "REAL"})
    operator.put("arrivals", {"profile": "STEADY", "perMinute": 60 * PER_SECOND, "duration": "PT1H"})
    began, before = time.perf_counter(), server.cpu_seconds()
    time.sleep(seconds)
    alone = (server.cpu_seconds() - before) / (time.perf_counter() - began)
    head = raw_request("GET", _LIST, {"X-Api-Key": "acorn-key"})
    listed = load(Plan(port=server.port, request=head, seconds=seconds, connections=1))
    took = time.perf_counter() - began
    clock, arrivals = operator.look("clock"), operator.look("arrivals")
    behind = datetime.fromisoformat(clock["now"]) - datetime.fromisoformat(clock["nextDue"]["due"])
    return {
        "coreShare": alone,
        "arrivedPerSecond": arrivals["arrived"] / took,
        "lagSeconds": max(0.0, behind.total_seconds()),
        "listsPerSecond": listed.answers / listed.seconds,
        "listP50Ms": listed.p50 * 1e3,
        "listP99Ms": listed.p99 * 1e3,
    }


def _section(world: str, facts: Facts) -> Section:
    judged = (ADVANCED, LAG)
    rows = [(promise.what, promise.figure(facts), promise.limit) for promise in judged]
    rows[1:1] = [("things done in it", f"{facts['advanceDone']:,.0f}", "")]
    rows += [
        ("arrived", f"{facts['arrivedPerSecond']:.1f} a second", ""),
        ("their share of one core", f"{facts['coreShare']:.0%}", ""),
        ("a list of 20 meanwhile, p50", f"{facts['listP50Ms']:.2f} ms", ""),
        ("a list of 20 meanwhile, p99", f"{facts['listP99Ms']:.2f} ms", ""),
    ]
    broken = [
        f"{world}, {promise.what}: {promise.figure(facts)}, {promise.limit} were promised"
        for promise in judged
        if promise.of(facts) > promise.most
    ]
    rounded = {name: round(value, 3) for name, value in facts.items()}
    title = f"Virtual time of {world}; steps in seconds of processor time"
    return Section("clock", title, ("", "measured", "at the most"), rows, {"world": world, **rounded}, broken)
