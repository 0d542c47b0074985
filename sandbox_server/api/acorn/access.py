"""The token and revocation endpoints: the credential in the request picks the tenant."""

from base64 import b64decode
from binascii import Error as NotBase64
from typing import NamedTuple
from urllib.parse import unquote_plus

from sandbox_server.api.operation import Call, Reply
from sandbox_server.domain.errors import GrantRefused
from sandbox_server.services import access
from sandbox_server.services.access import Directory, Grant

_UNSTORED = {"Cache-Control": "no-store", "Pragma": "no-cache"}  # RFC 6749, 5.1


class Client(NamedTuple):
    """Who a request to the endpoints says it is, and how it proves it."""

    client_id: str
    secret: str


class Endpoints:
    """What answers POST /oauth/token and POST /oauth/revoke."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def create_token(self, call: Call) -> Reply:
        """Answer POST /oauth/token."""
        client = client_of(call)
        tenant = self._directory.tenant_of(client.client_id)
        with tenant.begin(call.request_id) as tx:
            credential = access.authenticate(tx, *client)
            asked = call.body.get("scope")
            if call.body["grant_type"] == "client_credentials":
                return _granted(access.grant(tx, tenant.name, credential, asked))
            token = call.body.get("refresh_token")
            if not token:
                raise GrantRefused("invalid_request", "refresh_token is missing.")
            return _granted(access.refresh(tx, tenant.name, credential, token, asked))

    def revoke_token(self, call: Call) -> Reply:
        """Answer POST /oauth/revoke."""
        client = client_of(call)
        with self._directory.tenant_of(client.client_id).begin(call.request_id) as tx:
            access.revoke(tx, access.authenticate(tx, *client), call.body["token"])
        return Reply()


def client_of(call: Call) -> Client:
    """
    Return who calls, by HTTP Basic or by the body's members.

    Raises:
        GrantRefused: `invalid_request`: both ways at once; `invalid_client`: neither, or not in full.
    """
    body = call.body
    in_header = _basic(call.headers.get("authorization", ""))
    if in_header is not None and body.get("client_secret"):
        raise GrantRefused("invalid_request", "The client shows its secret twice, in the header and in the body.")
    client = in_header or Client(body.get("client_id") or "", body.get("client_secret") or "")
    if not client.client_id or not client.secret:
        raise GrantRefused("invalid_client", "client_id and client_secret are needed, in the body or by HTTP Basic.")
    return client


def _basic(header: str) -> Client | None:
    """Return the client that an `Authorization: Basic` names, if it is one (RFC 6749, 2.3.1)."""
    kind, _, encoded = header.partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        client_id, _, secret = b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (NotBase64, UnicodeDecodeError):
        raise GrantRefused("invalid_client", "The Authorization header is not HTTP Basic.") from None
    return Client(unquote_plus(client_id), unquote_plus(secret))


def _granted(grant: Grant) -> Reply:
    content = {
        "access_token": grant.access_token,
        "token_type": "Bearer",
        "expires_in": grant.expires_in,
        "scope": " ".join(grant.scopes),
        "refresh_token": grant.refresh_token,
    }
    return Reply(content=content, headers=_UNSTORED)
