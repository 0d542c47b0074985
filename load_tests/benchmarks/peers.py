"""
The tools that people would use instead: mock servers from npm, given the same two operations and the same answers.

Each is fetched when it is asked for, into the data folder, in the version that is named here, and runs as it comes:
WireMock with its journal, Prism and Steady judging requests by the document.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import Any

from load_tests.benchmarks.processes import Tell, decoded, running
from load_tests.benchmarks.report import Section
from load_tests.benchmarks.servers import ANSWERS, only
from load_tests.benchmarks.throughput import KEY, LIST_TARGET, PUT_TARGET, Sample, Work, both_works, median_of, run
from load_tests.errors import CannotRun
from load_tests.target import call

FOLDER = Path(".sandbox") / "peers"
_LIST, _PUT = "list 20 orders", "put 10 stock lines"
_BARE, _OURS = "bare ASGI", "sandbox, everything on"
_OF_BARE = {_LIST: 0.25, _PUT: 0.25}
_PATIENCE_SECONDS = 90.0
_LOOK_SECONDS = 0.25
_BODY = "application/json"


@dataclass(frozen=True)
class Peer:
    """
    A mock server.

    Args:
        package: Its name on npm, with the version.
        command: The words that start it, after the path of its program, for a port and a folder with what
            `describe` writes.
        promised: How many times as fast the sandbox is to be, at the least, by operation.
        needs: A program that it needs beside Node.js.
    """

    name: str
    package: str
    program: str
    command: Callable[[int, Path], Sequence[str]]
    promised: Mapping[str, float]
    needs: str = ""


PEERS = (
    Peer(
        "Prism 5.16",
        "@stoplight/prism-cli@5.16.0",
        "prism",
        lambda port, folder: ["mock", str(folder / "api.json"), "-p", str(port), "-v", "silent"],
        {_LIST: 8.0, _PUT: 8.0},
    ),
    Peer(
        "Mockoon 9.9",
        "@mockoon/cli@9.9.0",
        "mockoon-cli",
        lambda port, folder: ["start", "-d", str(folder / "mockoon.json"), "-p", str(port), "-l", "127.0.0.1", "-X"],
        {_LIST: 8.0, _PUT: 8.0},
    ),
    Peer(
        "Steady 0.22",
        "@stdy/cli@0.22.2",
        "steady",
        lambda port, folder: ["-p", str(port), "--host", "127.0.0.1", "-q", str(folder / "api.json")],
        {_PUT: 1.5},
    ),
    Peer(
        "WireMock 3.13",
        "wiremock@3.13.2",
        "wiremock",
        lambda port, folder: ["--port", str(port), "--root-dir", str(folder), "--disable-banner"],
        {_LIST: 2.0, _PUT: 1.2},
        needs="java",
    ),
)


class NotThere(Exception):
    """A peer that cannot be had here; the message says why."""


@dataclass(frozen=True)
class Served:
    """A peer that listens."""

    port: int

    def cpu_seconds(self) -> float:
        """Return nothing: its processes are its own affair."""
        return 0.0


def measure(tell: Tell, rounds: int = 7, seconds: float = 1.0, peers: Sequence[Peer] = PEERS) -> Section:
    """
    Return how the sandbox with everything on compares with mock servers that give the same answers.

    The runs are interleaved, so that what else the machine does meets all of them; medians are taken.

    Args:
        rounds: Runs of each server on each operation.
        seconds: Length of a run.
    """
    missing: dict[str, str] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        ours = stack.enter_context(running("sandbox", "small_chain"))
        works = both_works(ours.port, str(folder))
        servers: dict[str, Any] = {_BARE: stack.enter_context(running("bare", str(folder))), _OURS: ours}
        describe(folder, works)
        for peer in peers:
            tell(f"fetching and starting {peer.name}")
            try:
                servers[peer.name] = stack.enter_context(serving(peer, folder))
            except NotThere as error:
                missing[peer.name] = str(error)
        tell("comparing")
        samples = run(works, servers, rounds, seconds)
    medians = {work.name: {name: median_of(samples[work.name, name]) for name in servers} for work in works}
    return _section(medians, missing, peers)


def describe(folder: Path, works: Sequence[Work]) -> None:
    """Write what peers are given: the contract's two operations with our answers as examples, and the same as stubs."""
    document = only(set(ANSWERS))
    stubs = folder / "mappings"
    stubs.mkdir(exist_ok=True)
    answers = {operation: decoded(work.answer) for operation, work in zip(ANSWERS, works, strict=True)}
    # Not all of them heed the path of a server.
    base = document.pop("servers")[0]["url"]
    document["paths"] = {f"{base}{path}": item for path, item in document["paths"].items()}
    contents = []
    for item in document["paths"].values():
        operation = next(one for one in item.values() if isinstance(one, dict) and one.get("operationId") in answers)
        answer = operation["responses"]["200"]
        answer.pop("links", None)
        operation["responses"] = {"200": answer}
        answer["content"] = {_BODY: {"schema": answer["content"][_BODY]["schema"]}}
        contents.append((answer["content"][_BODY], answers[operation["operationId"]]))
    for content, answer in contents:
        content["example"] = answer
    (folder / "api.json").write_text(json.dumps(document), "utf-8")
    # Mockoon takes the examples of schemas alone.
    for content, answer in contents:
        content["schema"] = {"type": "object", "example": answer}
    (folder / "mockoon.json").write_text(json.dumps(document), "utf-8")
    for operation_id, method, target in (("listOrders", "GET", LIST_TARGET), ("reportInventory", "PUT", PUT_TARGET)):
        stub = {
            "request": {"method": method, "urlPath": target.partition("?")[0]},
            "response": {"status": 200, "headers": {"Content-Type": _BODY}, "jsonBody": answers[operation_id]},
        }
        (stubs / f"{operation_id}.json").write_text(json.dumps(stub), "utf-8")


@contextmanager
def serving(peer: Peer, folder: Path) -> Iterator[Served]:
    """
    Run a peer until the block ends.

    Raises:
        NotThere: It cannot be fetched or does not start.
    """
    program = fetched(peer)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    process = subprocess.Popen(
        [str(program), *peer.command(port, folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        start_new_session=True,
    )
    try:
        _await_answer(peer, process, port)
        yield Served(port)
    finally:
        # What npm installs starts programs of its own.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def fetched(peer: Peer) -> Path:
    """
    Return a peer's program, fetched from npm where that was not done before.

    Raises:
        NotThere: There is no npm, or it does not fetch it.
    """
    home = (FOLDER / peer.program).resolve()
    program = home / "node_modules" / ".bin" / peer.program
    npm = shutil.which("npm")
    if npm is None or (peer.needs and shutil.which(peer.needs) is None):
        raise NotThere(f"there is no {peer.needs or 'npm'} here" if npm else "there is no npm here")
    stamp = home / "package.txt"
    if not program.exists() or not stamp.exists() or stamp.read_text("utf-8") != peer.package:
        home.mkdir(parents=True, exist_ok=True)
        words = [npm, "install", "--prefix", str(home), "--no-audit", "--no-fund", "--no-save", peer.package]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode or not program.exists():
            said = done.stderr.strip().splitlines()
            raise NotThere(f"npm does not fetch {peer.package}: {said[-1] if said else 'it says nothing'}")
        stamp.write_text(peer.package, "utf-8")
    return program


def _await_answer(peer: Peer, process: "subprocess.Popen[bytes]", port: int) -> None:
    end = monotonic() + _PATIENCE_SECONDS
    while process.poll() is None and monotonic() < end:
        with suppress(CannotRun):
            status, answer = call(f"http://127.0.0.1:{port}", "GET", LIST_TARGET, dict(KEY))
            if status == 200 and isinstance(answer, dict) and len(answer.get("items", ())) == 20:
                return
            raise NotThere(f"{peer.name} answers the list with {status}, and not with the 20 orders")
        sleep(_LOOK_SECONDS)
    raise NotThere(f"{peer.name} does not start")


def _section(medians: Mapping[str, Mapping[str, Sample]], missing: Mapping[str, str], peers: Sequence[Peer]) -> Section:
    promises = {_BARE: _OF_BARE, **{peer.name: peer.promised for peer in peers}}
    rows: list[Sequence[str]] = []
    facts: dict[str, Any] = {"missing": dict(missing)}
    broken = []
    for work, found in medians.items():
        ours = found[_OURS].pace
        rows.append((f"[bold]{work}[/bold]", *[""] * 5))
        for name, sample in found.items():
            times = ours / sample.pace
            shown = (f"{sample.pace:,.0f}", f"{times:.2f}", f"{sample.p50 * 1e3:.2f}", f"{sample.p99 * 1e3:.2f}")
            promised = promises.get(name, {}).get(work)
            rows.append((f"  {name}", *shown, f"{promised:g}" if promised else ""))
            facts.setdefault(work, {})[name] = {
                "perSecond": round(sample.pace, 1),
                "sandboxIsTimes": round(times, 3),
                "p50Ms": round(sample.p50 * 1e3, 3),
                "p99Ms": round(sample.p99 * 1e3, 3),
            }
            if promised and times < promised:
                broken.append(f"{work}: {times:.2f} times {name}, {promised:g} times were promised")
    columns = ("", "answers/s", "times", "p50 ms", "p99 ms", "promised")
    title = "The tools one would use instead, and how many times as fast the sandbox is; 16 connections"
    broken += [f"{name} is missing, so that nothing is known of it: {why}" for name, why in missing.items()]
    return Section("peers", title, columns, rows, facts, broken)
