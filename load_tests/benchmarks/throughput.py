"""How much of a bare server's pace is left when everything is done that the sandbox does."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from load_tests.benchmarks.generator import NUMBER, QUANTITY, Plan
from load_tests.benchmarks.processes import Server, ask, decoded, load, raw_request, running
from load_tests.benchmarks.report import Section
from load_tests.benchmarks.servers import ANSWERS

PROMISED = 0.30  # of the bare server's pace
KEY = {"X-Api-Key": "acorn-key"}
_JSON = {"Content-Type": "application/json"}
LIST_TARGET, PUT_TARGET = "/v1/orders?limit=20", "/v1/inventory"
POWERS = ("journal", "throttle", "faults")
_NAMES = {"bare": "bare ASGI", "sandbox": "sandbox, powers off", "stock": "stock Connexion"}


class Work(NamedTuple):
    """One operation under load: its name, the request, and the sandbox's answer to it."""

    name: str
    request: str
    answer: bytes


@dataclass(frozen=True)
class Sample:
    """One run: answers a second, latencies and the server's processor time for an answer, in seconds."""

    pace: float
    p50: float
    p99: float
    cpu: float


Samples = dict[tuple[str, str], list[Sample]]


def measure(rounds: int = 9, seconds: float = 0.8) -> Section:
    """
    Return how the sandbox, a bare ASGI application and stock Connexion compare on the same two operations.

    The runs are interleaved, so that what else the machine does meets all of them; medians are taken.

    Args:
        rounds: Runs of each server on each operation.
        seconds: Length of a run.
    """
    with ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory())
        servers = {"sandbox": stack.enter_context(running("sandbox", "small_chain", *POWERS))}
        works = both_works(servers["sandbox"].port, folder)
        for kind in ("bare", "stock"):
            servers[kind] = stack.enter_context(running(kind, folder))
        return _section(works, run(works, {kind: servers[kind] for kind in _NAMES}, rounds, seconds))


def both_works(port: int, folder: str) -> list[Work]:
    """Return the two operations, the sandbox's answers to which are left in a folder for servers of constants."""
    works = [_list_orders(port), _report_inventory(port)]
    for work, file in zip(works, ANSWERS.values(), strict=True):
        (Path(folder) / file).write_bytes(work.answer)
    return works


def run(
    works: Sequence[Work], servers: Mapping[str, Server], rounds: int, seconds: float, first: int = 1_000_000
) -> Samples:
    """
    Return the samples of each operation on each server, taken in turns; the first round warms up.

    Args:
        first: A number above every sequence that the world has used.
    """
    samples: Samples = {}
    for number in range(rounds + 1):
        for work in works:
            for kind, server in servers.items():
                sample, sent = _sample(work, server, seconds if number else seconds / 3, first)
                first += sent + 100
                if number:
                    samples.setdefault((work.name, kind), []).append(sample)
    return samples


def _sample(work: Work, server: Server, seconds: float, first: int) -> tuple[Sample, int]:
    busy = server.cpu_seconds()
    result = load(Plan(server.port, work.request, seconds, first=first))
    busy = server.cpu_seconds() - busy
    return Sample(result.answers / result.seconds, result.p50, result.p99, busy / result.answers), result.answers


def _list_orders(port: int) -> Work:
    answer = ask(port, "GET", LIST_TARGET, KEY)
    assert len(decoded(answer)["items"]) == 20, "the world has 20 orders"
    return Work("list 20 orders", raw_request("GET", LIST_TARGET, KEY), answer)


def _report_inventory(port: int) -> Work:
    """Return a report of ten stock lines, whose quantities and sequences change with each request."""
    now = decoded(ask(port, "GET", "/v1/health", {}))["time"]
    levels = decoded(ask(port, "GET", "/v1/inventory?limit=10", KEY))["items"]
    items = [
        {"storeId": level["storeId"], "sku": level["sku"], "onHand": 0, "sequence": 0, "asOf": now} for level in levels
    ]
    body = json.dumps({"items": items}, separators=(",", ":")).encode()
    body = body.replace(b'"onHand":0', b'"onHand":' + QUANTITY).replace(b'"sequence":0', b'"sequence":' + NUMBER)
    # JSON knows no zeros in front of a number: the running number of ten digits starts with a one.
    body = body.replace(NUMBER, b"1" + NUMBER)
    first = body.replace(QUANTITY, b"500").replace(NUMBER, b"0" * len(NUMBER))
    answer = ask(port, "PUT", PUT_TARGET, KEY | _JSON, first)
    assert decoded(answer)["accepted"] == 10, "every line is accepted"
    return Work("put 10 stock lines", raw_request("PUT", PUT_TARGET, KEY | _JSON, body), answer)


def _section(works: Sequence[Work], samples: Samples) -> Section:
    facts: dict[str, Any] = {}
    rows, broken = [], []
    for work in works:
        medians = {kind: median_of(samples[work.name, kind]) for kind in _NAMES}
        facts[work.name] = {kind: _facts(medians[kind], medians["bare"], len(work.answer)) for kind in _NAMES}
        rows += list(_rows(work, medians))
        if (share := medians["sandbox"].pace / medians["bare"].pace) < PROMISED:
            broken.append(f"{work.name}: {share:.2f} of the bare server's pace, {PROMISED:.2f} were promised")
    columns = ("", "answers/s", "of bare", "p50 ms", "p99 ms", "CPU µs", "of bare")
    title = "One worker, 16 connections; bare ASGI answers constants, the others validate"
    return Section("throughput", title, columns, rows, facts, broken)


def _rows(work: Work, medians: Mapping[str, Sample]) -> Iterator[Sequence[str]]:
    yield (f"[bold]{work.name}[/bold]", *[""] * 6)
    for kind, sample in medians.items():
        share = f"{sample.pace / medians['bare'].pace:.2f}"
        cpu_share = f"{medians['bare'].cpu / sample.cpu:.2f}"
        figures = (f"{sample.p50 * 1e3:.2f}", f"{sample.p99 * 1e3:.2f}", f"{sample.cpu * 1e6:.0f}")
        yield (f"  {_NAMES[kind]}", f"{sample.pace:,.0f}", share, *figures, cpu_share)


def _facts(sample: Sample, bare: Sample, length: int) -> dict[str, float]:
    return {
        "bytes": length,
        "perSecond": round(sample.pace, 1),
        "ofBare": round(sample.pace / bare.pace, 3),
        "p50Ms": round(sample.p50 * 1e3, 3),
        "p99Ms": round(sample.p99 * 1e3, 3),
        "cpuMicroseconds": round(sample.cpu * 1e6, 1),
        "cpuOfBare": round(bare.cpu / sample.cpu, 3),
    }


def median_of(samples: Sequence[Sample]) -> Sample:
    """Return a sample of medians."""
    return Sample(*(median(getattr(sample, name) for sample in samples) for name in ("pace", "p50", "p99", "cpu")))
