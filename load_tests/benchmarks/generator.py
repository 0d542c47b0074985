"""
Load from a process of its own: keep-alive connections, each with one request on its way.

Reads a plan as JSON from standard input and prints what it measured. Standard library only, and cheap enough
(about 10 µs a request) not to be what is measured.
"""

import json
import os
import selectors
import socket
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import count
from time import perf_counter

NUMBER, QUANTITY = b"@@@@@@@@@@", b"###"  # stand for a running number and a quantity in a request's body
_CHUNK = 1 << 18
_LAST_CHUNK = b"\r\n0\r\n\r\n"


@dataclass
class Plan:
    """
    What to send.

    Args:
        request: A whole HTTP request, in latin-1.
        first: The running number of the first request.
        spins: Whether it never sleeps between answers, where there is more than one core.
    """

    port: int
    request: str
    seconds: float
    connections: int = 16
    first: int = 0
    spins: bool = True


@dataclass
class Load:
    """What came of it: answers, the time it took, latencies in seconds, and the first answer that was not 200."""

    answers: int = 0
    seconds: float = 0.0
    p50: float = 0.0
    p99: float = 0.0
    failure: str = ""


@dataclass
class Connection:
    """A connection, and the answer that is coming in on it."""

    socket: socket.socket
    started: float = 0.0
    received: bytes = b""
    expected: int = 0


@dataclass
class Tally:
    """Counts answers while the load lasts."""

    load: Load = field(default_factory=Load)
    latencies: list[float] = field(default_factory=list)

    def take(self, connection: Connection, now: float) -> None:
        """Count the answer that is complete on a connection."""
        self.latencies.append(now - connection.started)
        if not connection.received.startswith(b"HTTP/1.1 200 "):
            self.load.failure = connection.received[:500].decode("latin-1")

    def result(self, seconds: float) -> Load:
        """Return what was measured in this time."""
        self.latencies.sort()
        self.load.answers, self.load.seconds = len(self.latencies), seconds
        self.load.p50, self.load.p99 = (self.latencies[int(len(self.latencies) * part)] for part in (0.5, 0.99))
        return self.load


def requests(plan: Plan) -> Iterator[bytes]:
    """Return one request after the other, the running number filled in."""
    raw = plan.request.encode("latin-1")
    for number in count(plan.first):
        yield raw.replace(NUMBER, b"%010d" % number).replace(QUANTITY, b"%d" % (100 + number % 900))


def drive(plan: Plan) -> Load:
    """Keep every connection busy until the time is over (an answer is waited for) or an answer is not 200."""
    selector, feed, tally = selectors.DefaultSelector(), requests(plan), Tally()
    for _ in range(plan.connections):
        connection = Connection(socket.create_connection(("127.0.0.1", plan.port), timeout=30))
        connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(connection.socket, selectors.EVENT_READ, connection)
        send(connection, next(feed))
    # Where there is a core to spare, the generator does not sleep between answers: waking a sleeper is work for the
    # server's core, the more the slower the server is, and would be counted as the server's.
    patience = 0 if plan.spins and (os.cpu_count() or 1) > 1 else None
    started = now = perf_counter()
    while not tally.load.failure and (now - started < plan.seconds or not tally.latencies):
        for key, _ in selector.select(patience):
            if receive(key.data):
                tally.take(key.data, perf_counter())
                send(key.data, next(feed))
        now = perf_counter()
    return tally.result(now - started)


def send(connection: Connection, request: bytes) -> None:
    """Start the next exchange on a connection."""
    connection.received, connection.expected = b"", 0
    connection.started = perf_counter()
    connection.socket.sendall(request)


def receive(connection: Connection) -> bool:
    """Read what is there; whether the answer is complete now."""
    data = connection.socket.recv(_CHUNK)
    if not data:
        raise ConnectionError("the server hung up")
    connection.received += data
    if not connection.expected:
        connection.expected = length(connection.received)
    return len(connection.received) >= connection.expected > 0


def length(received: bytes) -> int:
    """Return how long the whole answer is, 0 while that cannot be told."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return 0
    head = received[:end].lower()
    if b"transfer-encoding: chunked" in head:
        return len(received) if received.endswith(_LAST_CHUNK) else 0
    start = head.index(b"content-length:") + 15
    return end + 4 + int(head[start:].split(b"\r", 1)[0])


if __name__ == "__main__":
    json.dump(asdict(drive(Plan(**json.load(sys.stdin)))), sys.stdout)
