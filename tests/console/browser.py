"""A browser without a window: it keeps cookies, reads forms and sends them, over the whole application."""

import asyncio
import re
from collections.abc import Mapping
from html import unescape
from typing import Any, NamedTuple
from urllib.parse import unquote, urlencode

from sandbox_server.asgi import ASGIApp, Message

HOST = "localhost:8080"
CONSOLE = "/_sandbox"
WORLD = f"{CONSOLE}/t/default"
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_MARKS = re.compile(r"<[^>]*>")


class Page(NamedTuple):
    status: int
    headers: Mapping[str, str]
    html: str

    @property
    def text(self) -> str:
        """What somebody reads."""
        return " ".join(unescape(_MARKS.sub(" ", self.html)).split())

    @property
    def said(self) -> list[str]:
        """What the page says of what was done."""
        found: list[str] = re.findall(r'<p class="said [^>]*>(.*?)</p>', self.html, re.DOTALL)
        return [unescape(one) for one in found]


class Browser:
    def __init__(self, app: ASGIApp, language: str = "en", host: str = HOST) -> None:
        self.app = app
        self.host = host
        self.language = language
        self.cookies: dict[str, str] = {}
        self.set_cookies: list[str] = []
        self.token = ""

    def get(self, path: str, **headers: str) -> Page:
        """Open a page, and what it leads to."""
        page = self.ask("GET", path, b"", headers)
        while page.status in {301, 302, 303, 308}:
            page = self.ask("GET", page.headers["location"].removeprefix(f"http://{self.host}"), b"", {})
        return page

    def post(self, path: str, form: Mapping[str, object] | None = None, **headers: str) -> Page:
        """Send a form of a page that was opened, as its own origin, and open what it leads to."""
        if not self.token:
            self.get(f"{CONSOLE}/")
        page = self.send(path, {"csrf_token": self.token, **(form or {})}, **headers)
        return self.get(page.headers["location"]) if page.status == 302 else page

    def send(self, path: str, form: Mapping[str, object], **headers: str) -> Page:
        """Send a form as it is."""
        given = {
            "content-type": "application/x-www-form-urlencoded",
            "origin": f"http://{self.host}",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        return self.ask("POST", path, urlencode(form).encode(), given)

    def ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Page:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        own = {"host": self.host, "accept-language": self.language, **({"cookie": cookies} if cookies else {})}
        given = {**own, "content-length": str(len(body)), **{name.replace("_", "-"): headers[name] for name in headers}}
        page = asyncio.run(_exchange(self.app, method, path, given, body))
        for line in self._keep(page.headers.get("set-cookie", "")):
            self.set_cookies.append(line)
        if found := _TOKEN.search(page.html):
            self.token = found.group(1)
        return page

    def _keep(self, lines: str) -> list[str]:
        cookies = [line for line in lines.split("\n") if line]
        for line in cookies:
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return cookies


async def _exchange(app: ASGIApp, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Page:
    path, _, query = target.partition("?")
    scope: dict[str, Any] = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode("latin-1"),
        "root_path": "",
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
        "server": ("127.0.0.1", 8080),
        "client": ("127.0.0.1", 50000),
    }
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    answer: dict[str, str] = {}
    for name, value in sent[0]["headers"]:
        key, text = name.decode(), value.decode("latin-1")
        answer[key] = f"{answer[key]}\n{text}" if key in answer else text
    content = b"".join(message.get("body", b"") for message in sent[1:])
    return Page(sent[0]["status"], answer, content.decode())
