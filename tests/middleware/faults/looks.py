"""Looks at what happened that no answer tells."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from sandbox_server.traffic.journal import Entry
from tests.api.acorn.sandbox import KEY
from tests.middleware.faults.market import Market

_PATIENCE_SECONDS = 30


@contextmanager
def connected(market: Market) -> Iterator[socket.socket]:
    """Open a connection that shows every byte."""
    url = market._client.base_url
    with socket.create_connection((url.host, url.port), _PATIENCE_SECONDS) as connection:
        yield connection


def ask(connection: socket.socket, path: str = "/v1/stores") -> None:
    """Send a request, and do not wait for its answer."""
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: {KEY}\r\n\r\n".encode())


def everything(connection: socket.socket) -> bytes:
    """Read until the other end closes in order."""
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)


def entry_of(market: Market, operation: str) -> Entry:
    """Return what the journal says of the last call of an operation; it is kept when the call is over."""
    for _ in range(1_000):
        for number in range(market.journal.last, 0, -1):
            kept = market.journal.get(number)
            if kept is not None and kept.entry.operation == operation:
                return kept.entry
        market.call("GET", "/health")
    raise AssertionError(f"no call of {operation} is over")
