"""Who is judged: a server at an address, the credentials that open it, and its operator where it has one."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import httpx

from sandbox_server.conformance.errors import Misconfigured, Unavailable
from sandbox_server.remote import BASE, Sandbox, SandboxError, in_path

_PATIENCE_SECONDS = 10.0
_OK = 200
_PREFIX = "/v1"


class Kind(StrEnum):
    """What a credential may do."""

    FULL = "full"
    STORE = "store"  # act for some stores only
    READER = "reader"  # only read
    SUSPENDED = "suspended"  # nothing


@dataclass(frozen=True, slots=True)
class Access:
    """
    What a client shows to be let in.

    Args:
        client_id: With its secret, it is exchanged for tokens.
        api_key: Shown as it is.
    """

    client_id: str = ""
    client_secret: str = ""
    api_key: str = ""

    @property
    def is_given(self) -> bool:
        """Whether there is anything to show."""
        return bool(self.api_key or (self.client_id and self.client_secret))

    def form(self, **more: str) -> dict[str, str]:
        """Return the form by which a token is asked for (RFC 6749, 4.4.2)."""
        client = {"client_id": self.client_id, "client_secret": self.client_secret}
        return {"grant_type": "client_credentials", **client, **more}


class Operator:
    """
    The operator's interface of a sandbox, for one tenant.

    Args:
        sandbox: The sandbox.
        tenant: What it says of the tenant.
    """

    def __init__(self, sandbox: Sandbox, tenant: Mapping[str, Any]) -> None:
        self._sandbox = sandbox
        self.tenant = tenant

    @property
    def name(self) -> str:
        """The tenant's name."""
        return str(self.tenant["name"])

    @property
    def base_url(self) -> str:
        """Where the operator's interface begins."""
        return f"{self._sandbox.url}{BASE}"

    def access(self, kind: Kind = Kind.FULL) -> Access:
        """
        Return one of the tenant's credentials.

        Raises:
            Unavailable: It has none of this kind.
        """
        own = self.tenant.get("credentials", [])
        most = max((len(one["scopes"]) for one in own), default=0)
        for one in own:
            if _kind(one, most) is kind:
                return Access(one["clientId"], one["clientSecret"], one["apiKey"])
        raise Unavailable(f"the tenant has no credential of the kind {kind}")

    def operate(self, method: str, path: str, body: object = None) -> Any:
        """Call an operation of the tenant; the path is what stands behind its name."""
        return self._sandbox.call(method, f"/tenants/{in_path(self.name)}{path}", body)

    def advance(self, by: str) -> None:
        """Let time pass, such as `PT2H`."""
        self.operate("POST", "/clock/advance", {"by": by})

    def plan(self) -> Mapping[str, Any]:
        """
        Return the first of the plans that clients are certified by.

        Raises:
            Unavailable: There is none.
        """
        plans: list[Mapping[str, Any]] = self._sandbox.call("GET", "/plans")["items"]
        if not plans:
            raise Unavailable("no plan that clients are certified by is known")
        return plans[0]

    def sibling(self) -> "Operator":
        """Return the operator of a new tenant, made as this one was."""
        same = {"fixture": self.tenant["fixture"], "seed": self.tenant["seed"]}
        return Operator(self._sandbox, self._sandbox.call("POST", "/tenants", same))

    def delete(self) -> None:
        """Take the tenant away."""
        with suppress(SandboxError):
            self.operate("DELETE", "")


@dataclass(frozen=True, slots=True)
class Target:
    """
    A server to judge.

    Args:
        base_url: Where the contract's paths begin.
        operator: None where it has none, or none for us.
        is_own: Whether the tenant was made for the run, and goes with it.
    """

    base_url: str
    access: Access
    operator: Operator | None = None
    is_own: bool = False


def find(base_url: str, access: Access, operator_token: str | None = None) -> Target:
    """
    Look at a server before anything is asked of it, and return it as a target.

    A sandbox is told by its operator's interface; where no credentials are given, a tenant is made in it for the run.

    Raises:
        Misconfigured: Nobody answers, the path is wrong, or the credentials are.
    """
    url = base_url.strip().rstrip("/")
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise Misconfigured(f"{base_url!r} is no base URL: {error}.") from error
    if parts.scheme not in {"http", "https"} or not parts.host or parts.query or parts.fragment:
        raise Misconfigured(f"{base_url!r} is no base URL: give one such as http://127.0.0.1:8080/v1.")
    with httpx.Client(timeout=_PATIENCE_SECONDS, trust_env=False) as http:
        _look(http, url)
        target = _with_operator(Target(url, access), f"{parts.scheme}://{parts.netloc.decode()}", operator_token)
        if not target.access.is_given:
            raise Misconfigured("Say who calls: give --client-id and --client-secret, or --api-key.")
        _let_in(http, target)
    return target


def token_of(http: httpx.Client, base_url: str, access: Access, **more: str) -> httpx.Response:
    """Ask for a token."""
    return http.post(f"{base_url}/oauth/token", data=access.form(**more))


def _look(http: httpx.Client, url: str) -> None:
    try:
        health = http.get(f"{url}/health")
        if health.status_code == _OK and _is_object(health):
            return
        below = http.get(f"{url}{_PREFIX}/health").status_code == _OK
    except httpx.HTTPError as error:
        raise Misconfigured(f"Nobody answers at {url}: {type(error).__name__} {error}.") from error
    hint = f"say {url}{_PREFIX}" if below else f"is its path right? A sandbox's ends in {_PREFIX}"
    raise Misconfigured(f"There is no marketplace at {url}, whose GET /health answers {health.status_code}: {hint}.")


def _with_operator(target: Target, origin: str, token: str | None) -> Target:
    sandbox = Sandbox(origin, token)
    try:
        sandbox.call("GET", "/health")
        if not target.access.is_given:
            own = Operator(sandbox, sandbox.call("POST", "/tenants", {}))
            return replace(target, access=own.access(), operator=own, is_own=True)
        tenant = next((one for one in _tenants(sandbox) if _opens(target.access, one)), None)
    except SandboxError:
        return target
    return replace(target, operator=Operator(sandbox, tenant) if tenant else None)


def _tenants(sandbox: Sandbox) -> Iterator[Mapping[str, Any]]:
    cursor: str | None = None
    while True:
        page = sandbox.call("GET", "/tenants", query={"limit": 100, "cursor": cursor})
        for one in page["items"]:
            yield sandbox.call("GET", f"/tenants/{in_path(one['name'])}")
        cursor = page.get("nextCursor")
        if cursor is None:
            return


def _kind(credential: Mapping[str, Any], most: int) -> Kind:
    if credential["suspended"]:
        return Kind.SUSPENDED
    if credential.get("stores"):
        return Kind.STORE
    return Kind.FULL if len(credential["scopes"]) == most else Kind.READER


def _opens(access: Access, tenant: Mapping[str, Any]) -> bool:
    known = {(one["clientId"], one["clientSecret"]) for one in tenant.get("credentials", [])}
    keys = {one["apiKey"] for one in tenant.get("credentials", [])}
    return (access.client_id, access.client_secret) in known or access.api_key in keys


def _let_in(http: httpx.Client, target: Target) -> None:
    access = target.access
    try:
        if access.client_id:
            answer = token_of(http, target.base_url, access)
            headers = {"Authorization": f"Bearer {answer.json()['access_token']}"} if answer.is_success else {}
        if access.api_key:
            headers = {"X-Api-Key": access.api_key}
        if headers:
            answer = http.get(f"{target.base_url}/rate-limits", headers=headers)
    except (httpx.HTTPError, ValueError, LookupError, TypeError) as error:
        raise Misconfigured(f"The server gives no token: {type(error).__name__} {error}.") from error
    if answer.status_code != _OK:
        whose = f"the API key {access.api_key[:3]}…" if access.api_key else f"the client {access.client_id}"
        raise Misconfigured(f"The server does not let in {whose}: it answers {answer.status_code}.")


def _is_object(response: httpx.Response) -> bool:
    try:
        return isinstance(response.json(), dict)
    except ValueError:
        return False
