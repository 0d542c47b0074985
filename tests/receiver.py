"""A receiver of webhooks on a real socket, which answers, fails, hangs or has gone as a test says."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import orjson

PATIENCE_SECONDS = 60.0


class Got(NamedTuple):
    """
    A call that came in.

    Args:
        headers: By lower-case name.
    """

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> Any:
        return orjson.loads(self.body)


class Receiver:
    """
    What receives.

    Args:
        port: Where.
        scheme: How.
    """

    def __init__(self, port: int, scheme: str) -> None:
        self.url = f"{scheme}://localhost:{port}/webhooks"
        self.port = port
        self.received: list[Got] = []
        self.status = 204
        self.headers: dict[str, str] = {}
        self.body = b""
        self.hangs = False
        self.over = threading.Event()
        self._arrival = threading.Condition()

    def take(self, got: Got) -> None:
        with self._arrival:
            self.received.append(got)
            self._arrival.notify_all()

    def wait_for(self, number: int) -> list[Got]:
        """Return the calls once there are so many."""
        with self._arrival:
            assert self._arrival.wait_for(lambda: len(self.received) >= number, PATIENCE_SECONDS), self.received
            return list(self.received)

    def comes_back(self) -> None:
        """Answer again, and let go of whoever hangs."""
        self.hangs, self.status = False, 204
        self.over.set()


@contextmanager
def receiving(certificate: Path | None = None) -> Iterator[Receiver]:
    """
    Receive on a free port of this machine until the block ends.

    Args:
        certificate: The file of a certificate and its key; None for no TLS.
    """
    server = _Server(("127.0.0.1", 0), BaseHTTPRequestHandler)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    receiver = Receiver(server.server_port, "http" if certificate is None else "https")
    server.RequestHandlerClass = _handler(receiver)
    serving = threading.Thread(target=server.serve_forever, args=(0.01,))
    serving.start()
    try:
        yield receiver
    finally:
        receiver.over.set()
        server.shutdown()
        serving.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of callers that hang up, or that do not trust our certificate."""


def _handler(receiver: Receiver) -> Callable[..., BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            hangs = receiver.hangs
            receiver.take(Got(self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            if hangs:
                receiver.over.wait(PATIENCE_SECONDS)
                return
            self.send_response(receiver.status)
            for name, value in {"content-length": str(len(receiver.body)), **receiver.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(receiver.body)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler
