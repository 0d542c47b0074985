"""Servers and the load on them, each in a process of its own."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import IO, Any

from load_tests.benchmarks.generator import Load, Plan

ROOT = Path(__file__).resolve().parents[2]
_HERE = "load_tests.benchmarks"
Tell = Callable[[str], None]
"""Hears, in words, how far a measurement is."""


@dataclass(frozen=True)
class Server:
    """A running server: where it listens, and the pipes through which it tells how busy it was, and what it weighs."""

    port: int
    questions: IO[str]
    answers: IO[str]

    def cpu_seconds(self) -> float:
        """Return the processor time that the server has used since its start."""
        return self._figures()[0]

    def megabytes(self) -> float:
        """Return the memory that the server has now."""
        return self._figures()[1]

    def _figures(self) -> tuple[float, float]:
        self.questions.write("\n")
        self.questions.flush()
        seconds, megabytes = map(float, self.answers.readline().split())
        return seconds, megabytes


@contextmanager
def running(kind: str, *arguments: str) -> Iterator[Server]:
    """
    Start one of the servers of `servers.py` in a session that Ctrl-C does not reach, and stop it in the end.

    Raises:
        RuntimeError: It does not start.
    """
    command = [sys.executable, "-m", f"{_HERE}.servers", kind, *arguments]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, start_new_session=True
    )
    assert process.stdin
    assert process.stdout
    try:
        port = process.stdout.readline()
        if not port:
            raise RuntimeError(f"the {kind} server does not start; what it says stands above")
        yield Server(int(port), process.stdin, process.stdout)
    finally:
        process.terminate()
        process.wait(30)
        process.stdin.close()
        process.stdout.close()


def load(plan: Plan) -> Load:
    """
    Return what a load came to.

    Raises:
        RuntimeError: An answer was not 200.
    """
    command = [sys.executable, "-m", f"{_HERE}.generator"]
    done = subprocess.run(
        command, input=json.dumps(asdict(plan)), capture_output=True, text=True, cwd=ROOT, check=False
    )
    if done.returncode:
        raise RuntimeError(f"the load generator fails: {done.stderr.strip()}")
    result = Load(**json.loads(done.stdout))
    if result.failure:
        raise RuntimeError(f"answer {result.answers} was not 200: {result.failure}")
    return result


def probe(kind: str, *arguments: str, tell: Tell = lambda _: None) -> dict[str, float]:
    """
    Return what a process of `probe.py` finds.

    Args:
        tell: Hears how far it is with long work.

    Raises:
        RuntimeError: It finds nothing.
    """
    command = [sys.executable, "-m", f"{_HERE}.probe", kind, *arguments]
    findings: dict[str, float] | None = None
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout
        for line in process.stdout:
            said = json.loads(line)
            findings = said.get("findings")
            if findings is None:
                tell(said["step"])
    if findings is None:
        raise RuntimeError(f"the {kind} probe fails; what it says stands above")
    return findings


def ask(port: int, method: str, target: str, headers: dict[str, str], body: bytes | None = None) -> bytes:
    """
    Return the body of one answer.

    Raises:
        RuntimeError: It was not 200.
    """
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, target, body, headers)
        response = connection.getresponse()
        content = response.read()
    finally:
        connection.close()
    if response.status != 200:
        raise RuntimeError(f"{method} {target} is answered with {response.status}: {content[:300]!r}")
    return content


def raw_request(method: str, target: str, headers: dict[str, str], body: bytes = b"") -> str:
    """Return a whole HTTP request, in latin-1."""
    lines: Sequence[str] = [f"{name}: {value}" for name, value in headers.items()]
    length = [f"Content-Length: {len(body)}"] if body else []
    head = "\r\n".join([f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", *lines, *length])
    return f"{head}\r\n\r\n{body.decode('latin-1')}"


def decoded(body: bytes) -> Any:
    """Return what a JSON body says."""
    return json.loads(body)
