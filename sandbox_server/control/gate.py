"""
Whom the operator's interface is closed to, whatever they know: pages that a browser has got from elsewhere.

On a loopback address the interface is open, and a browser lets any page on the web send requests there. Such a request
says where its page comes from (`Origin`, `Sec-Fetch-Site`); and where the page's own name was made to point to this
machine, the name that it calls (`Host`) gives it away.
"""

from ipaddress import ip_address
from urllib.parse import urlsplit

from sandbox_server.asgi import ASGIApp, Receive, Scope, Send
from sandbox_server.control.errors import ForeignHost, ForeignOrigin

_OWN_SITES = {b"same-origin", b"none"}


class Gate:
    """
    Lets calls through that no page of another site can have made.

    Args:
        app: Takes the calls.
        guarded: Whether a token is asked for further in, so that names need not be looked at.
    """

    def __init__(self, app: ASGIApp, *, guarded: bool) -> None:
        self._app = app
        self._guarded = guarded

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """
        Pass a call on.

        Raises:
            ForeignHost: It is for a name that is not this machine's own.
            ForeignOrigin: It comes from a page of another site.
        """
        headers: dict[bytes, bytes] = scope["state"]["headers"]
        host = headers.get(b"host", b"").decode("latin-1")
        if host and not self._guarded and not is_own_name(host):
            raise ForeignHost(host)
        if b"origin" in headers and not _is_same(headers[b"origin"].decode("latin-1"), host):
            raise ForeignOrigin(headers[b"origin"].decode("latin-1"))
        if headers.get(b"sec-fetch-site", b"none") not in _OWN_SITES and not _is_visit(scope, headers):
            raise ForeignOrigin("another site")
        await self._app(scope, receive, send)


def is_own_name(host: str) -> bool:
    """Whether a `Host` is a loopback address or localhost, with any port; nobody can point those elsewhere."""
    name = _hostname(f"//{host}")
    return name is not None and (name == "localhost" or name.endswith(".localhost") or is_loopback(name))


def is_loopback(address: str) -> bool:
    """Whether an IP address can be reached from this machine alone; no name is one."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _is_same(origin: str, host: str) -> bool:
    return urlsplit(origin).netloc.lower() == host.lower() if _hostname(origin) is not None else False


def _hostname(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _is_visit(scope: Scope, headers: dict[bytes, bytes]) -> bool:
    """Whether somebody follows a link to here: the page that has it learns nothing of the answer."""
    return scope["method"] == "GET" and headers.get(b"sec-fetch-mode") == b"navigate"
