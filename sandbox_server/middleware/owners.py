"""Whose a call is that security did not let in, or that nobody had to be known for."""

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from urllib.parse import parse_qs, unquote_plus

import orjson

from sandbox_server.domain.errors import DomainError
from sandbox_server.services.journal import Journal
from sandbox_server.traffic.credentials import Caller


class Tenant(Protocol):
    """Whose journal it is."""

    @property
    def clock(self) -> Any:
        """Its clock; `scale` says how many virtual seconds a real one has."""
        ...

    def power(self, kind: type[Journal]) -> Journal:
        """Return where its calls are kept."""
        ...

    def now(self) -> datetime:
        """Return its virtual time."""
        ...


class Authenticated(Protocol):
    """A caller and its tenant."""

    @property
    def tenant(self) -> Tenant:
        """Whose world it acts in."""
        ...

    @property
    def caller(self) -> Caller:
        """Who it is."""
        ...


class Directory(Protocol):
    """Who knows the callers of all tenants."""

    @property
    def default(self) -> Tenant:
        """The tenant of calls that show no credential."""
        ...

    def get(self, name: str) -> Tenant:
        """Return the tenant with this name; refuse where there is none."""
        ...

    def tenant_of(self, client_id: str) -> Tenant:
        """Return a client's tenant; refuse where there is none."""
        ...

    def identify_key(self, api_key: str) -> Authenticated:
        """Return whose API key it is; refuse where it is nobody's."""
        ...


class Owner(NamedTuple):
    """
    Whose call it is, as far as one can tell.

    Args:
        client_id: The caller's, or the one that was claimed.
    """

    tenant: Tenant | None
    client_id: str | None


def owner_of(directory: Directory, headers: Mapping[bytes, bytes], body: bytes) -> Owner:
    """Return whose call it is by what it shows, though that did not let it in, or nobody asked for it."""
    client_id = _claimed_client(headers, body)
    try:
        if b"x-api-key" in headers:
            found = directory.identify_key(headers[b"x-api-key"].decode("latin-1"))
            return Owner(found.tenant, found.caller.credential.client_id)
        if client_id is not None:
            return Owner(directory.tenant_of(client_id), client_id)
        kind, _, token = headers.get(b"authorization", b"").partition(b" ")
        if kind.lower() == b"bearer":
            return Owner(directory.get(token.strip().partition(b".")[0].decode("latin-1")), None)
    except DomainError:
        pass
    return Owner(None, client_id)


def _claimed_client(headers: Mapping[bytes, bytes], body: bytes) -> str | None:
    """Return the client id of HTTP Basic, or of a body for the token endpoint."""
    kind, _, encoded = headers.get(b"authorization", b"").partition(b" ")
    try:
        if kind.lower() == b"basic":
            return unquote_plus(b64decode(encoded.strip(), validate=True).decode().partition(":")[0]) or None
        if b"client_id" not in body:
            return None
        form = orjson.loads(body) if body.lstrip()[:1] == b"{" else parse_qs(body.decode(), max_num_fields=100)
        claimed = form["client_id"]
        found = claimed[0] if isinstance(claimed, list) else claimed
        return found if isinstance(found, str) and found else None
    except (NotBase64, ValueError, LookupError):
        return None
