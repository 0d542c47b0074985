"""A marketplace that is no sandbox: it has no orders, and one API key."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY = "key-of-the-real-one"


class Handler(BaseHTTPRequestHandler):
    """Answers every list with nothing in it."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if not self.path.startswith("/v1/"):
            self._answer(404, {})
        elif self.headers["X-Api-Key"] != KEY:
            self._answer(401, {"detail": "Nobody has this key."})
        else:
            self._answer(200, {"items": []})

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class calls it so
        pass

    def _answer(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def constant_marketplace() -> Iterator[str]:
    """Run one, and return its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
