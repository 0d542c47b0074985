"""What a load goes to: whether it is there, whether it is a sandbox, and whether it lets us in."""

import json
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from load_tests.errors import CannotRun
from sandbox_server.remote import NoSandbox, NotASandbox, Refused, Sandbox

_PATIENCE_SECONDS = 30
_BASE = "/v1"


@dataclass(frozen=True)
class Credentials:
    """Who calls: an API key, or a client id and secret."""

    client_id: str = ""
    client_secret: str = ""
    api_key: str = ""


@dataclass(frozen=True)
class Target:
    """
    A marketplace.

    Args:
        url: Where it is, `/v1` included.
        sandbox: Its powers, where it is a sandbox that lets us use them.
        why_not: Why it is not audited, where it is not.
    """

    url: str
    sandbox: Sandbox | None
    why_not: str = ""


def find(url: str, operator_token: str | None) -> Target:
    """
    Return what answers at an address.

    Raises:
        CannotRun: Nobody does, or the operator's token is wrong.
    """
    try:
        sandbox = Sandbox(url, operator_token)
    except ValueError as error:
        raise CannotRun(f"{error}.") from error
    marketplace = f"{sandbox.url}{_BASE}"
    try:
        sandbox.call("GET", "/tenants", query={"limit": 1})
    except NoSandbox:
        raise CannotRun(f"Nobody answers at {sandbox.url}; start a sandbox, or name another with --base-url.") from None
    except NotASandbox:
        return Target(marketplace, None, "what answers there is no sandbox")
    except Refused as refusal:
        if refusal.status == 404:
            return Target(marketplace, None, "what answers there is no sandbox")
        raise CannotRun(
            f"The sandbox's operator is asked for: {refusal}; name its token with --operator-token."
        ) from None
    return Target(marketplace, sandbox)


def check(url: str, credentials: Credentials) -> None:
    """
    Make one call as the load will.

    Raises:
        CannotRun: It is not let in.
    """
    if credentials.api_key:
        headers = {"X-Api-Key": credentials.api_key}
    elif credentials.client_id and credentials.client_secret:
        headers = {"Authorization": f"Bearer {_token(url, credentials)}"}
    else:
        raise CannotRun("Say who calls: --api-key, or --client-id and --client-secret (or ACORN_API_KEY and the like).")
    status, answer = call(url, "GET", "/orders?limit=1", headers)
    if status in {401, 403}:
        raise CannotRun(f"{url} refuses the credentials: {_words(answer, status)}.")
    if status != 200:
        raise CannotRun(f"{url} answers a list of orders with {status}; is that where the marketplace is?")


def call(url: str, method: str, path: str, headers: dict[str, str], body: object = None) -> tuple[int, Any]:
    """
    Call a marketplace once, and return the status and the JSON of its answer.

    Raises:
        CannotRun: Nobody answers.
    """
    content = None if body is None else json.dumps(body).encode()
    kind_of_body = {} if body is None else {"Content-Type": "application/json"}
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    with closing(kind(parts.hostname or "", parts.port, timeout=_PATIENCE_SECONDS)) as connection:
        try:
            connection.request(method, f"{parts.path}{path}", content, {**headers, **kind_of_body})
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, HTTPException) as error:
            raise CannotRun(f"{url} does not answer: {error}.") from error
    try:
        return answer.status, json.loads(content)
    except ValueError:
        return answer.status, None


def _token(url: str, credentials: Credentials) -> str:
    form = {
        "grant_type": "client_credentials",
        "client_id": credentials.client_id,
        "client_secret": credentials.client_secret,
    }
    status, answer = call(url, "POST", "/oauth/token", {}, form)
    if status != 200 or not isinstance(answer, dict) or "access_token" not in answer:
        raise CannotRun(f"{url} gives no token for these credentials: {_words(answer, status)}.")
    return str(answer["access_token"])


def _words(answer: Any, status: int) -> str:
    members = answer if isinstance(answer, dict) else {}
    said = members.get("detail") or members.get("error_description") or members.get("error") or f"status {status}"
    return str(said).rstrip(".")
