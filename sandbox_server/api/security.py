"""
Security: Connexion finds out which credentials an operation takes; the directory knows whose they are.

A caller that is let in stands in the request's state, with its tenant.
"""

import hmac
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from connexion.middleware.security import SecurityAPI, SecurityOperation
from connexion.security import NO_VALUE, SecurityHandlerFactory

from sandbox_server.api.operation import Tenant
from sandbox_server.api.routing import Routed
from sandbox_server.asgi import Receive, Scope, Send
from sandbox_server.domain.errors import AccountSuspended, ScopeMissing, Unauthenticated
from sandbox_server.traffic.credentials import Caller

_NOBODY = "Send an access token (Authorization: Bearer …) or an API key."


class Authenticated(Protocol):
    """A caller and the tenant it belongs to."""

    @property
    def tenant(self) -> Tenant:
        """Whose world it acts in."""
        ...

    @property
    def caller(self) -> Caller:
        """Who it is, and the scopes it calls with."""
        ...


class Directory(Protocol):
    """Who knows the callers of all tenants."""

    @property
    def default(self) -> Tenant:
        """The tenant of calls that need nobody to be known."""
        ...

    def identify_key(self, api_key: str) -> Authenticated:
        """
        Return whose API key it is.

        Raises:
            Unauthenticated: Nobody's.
        """
        ...

    def identify_token(self, token: str) -> Authenticated:
        """
        Return whose access token it is.

        Raises:
            Unauthenticated: Nobody's.
            TokenExpired: Its time is over.
            TokenRevoked: It was revoked.
        """
        ...


Verify = Callable[[dict[str, Any]], object]
"""A check of a request's state: it lets the caller in, returns NO_VALUE where no credential is, or refuses."""


class _BearerTokens(NamedTuple):
    """Connexion's handler of `oauth2` schemes: a bearer token in `Authorization` (RFC 6750, 2.1)."""

    directory: Directory

    def get_fn(self, _scheme: dict[str, Any], _scopes: list[str]) -> Verify:
        """Return the function that lets the bearer of a token in."""

        def verify(state: dict[str, Any]) -> object:
            kind, _, token = state["headers"].get(b"authorization", b"").partition(b" ")
            if kind.lower() != b"bearer":
                return NO_VALUE
            return _let_in(state, self.directory.identify_token(token.strip().decode("latin-1")))

        return verify


class _ApiKeys(NamedTuple):
    """Connexion's handler of `apiKey` schemes: a key in a header of the contract's choice."""

    directory: Directory

    def get_fn(self, scheme: dict[str, Any], _scopes: list[str]) -> Verify:
        """Return the function that lets the holder of a key in."""
        if scheme["in"] != "header":
            raise ValueError(f"an API key goes into a header, not into the {scheme['in']}")
        name = scheme["name"].lower().encode()

        def verify(state: dict[str, Any]) -> object:
            if name not in state["headers"]:
                return NO_VALUE
            return _let_in(state, self.directory.identify_key(state["headers"][name].decode("latin-1")))

        return verify


class _OperatorToken(NamedTuple):
    """Connexion's handler of `http` schemes of type `bearer`: the one token of whoever runs the server."""

    token: str | None

    def get_fn(self, _scheme: dict[str, Any], _scopes: list[str]) -> Verify:
        """Return the function that lets the operator in; anybody, where there is no token."""

        def verify(state: dict[str, Any]) -> object:
            if self.token is None:
                return None
            kind, _, given = state["headers"].get(b"authorization", b"").partition(b" ")
            if kind.lower() != b"bearer":
                raise Unauthenticated(
                    "Send the operator's token, which the server was started with, as a bearer token."
                )
            if not hmac.compare_digest(given.strip(), self.token.encode()):
                raise Unauthenticated("This is not the operator's token that the server was started with.")
            return None

        return verify


def security_map(directory: Directory, operator_token: str | None = None) -> dict[str, Callable[[], object]]:
    """
    Return what Connexion asks for by the type of a security scheme: makers of handlers.

    Args:
        operator_token: What `http` schemes ask for; None lets everybody in.
    """
    return {
        "oauth2": lambda: _BearerTokens(directory),
        "apiKey": lambda: _ApiKeys(directory),
        "bearer": lambda: _OperatorToken(operator_token),
    }


def authorise(caller: Caller, scopes: Iterable[str]) -> None:
    """
    Let a known caller pass, whichever way it made itself known.

    Raises:
        AccountSuspended: Its account is suspended.
        ScopeMissing: It lacks a scope that the operation asks for.
    """
    if caller.credential.suspended:
        raise AccountSuspended(caller.credential.client_id)
    if missing := caller.lacks(scopes):
        raise ScopeMissing(missing)


class _Factory(SecurityHandlerFactory):  # type: ignore[misc]  # Connexion ships no types
    """Connexion's choice among an operation's security requirements, for checks that need not be awaited."""

    @classmethod
    def verify_security(cls, auth_funcs: Sequence[Verify]) -> Verify:
        """Return the check that is passed by passing any of these; the first refusal counts when none is."""

        def verify(state: dict[str, Any]) -> object:
            refusals = []
            for check in auth_funcs:
                try:
                    if check(state) is not NO_VALUE:
                        return None
                except Unauthenticated as refusal:
                    refusals.append(refusal)
            raise refusals[0] if refusals else Unauthenticated(_NOBODY)

        return verify

    def verify_multiple_schemes(self, schemes: Mapping[str, Verify]) -> Verify:
        """Refuse a contract that asks for two credentials at once."""
        raise ValueError(f"one credential lets a caller in, not {' and '.join(schemes)} together")


class _ScopedOperation(SecurityOperation):  # type: ignore[misc]  # Connexion ships no types
    """An operation's security. OpenAPI 3.0 names scopes for OAuth alone; here they hold for API keys, too."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._scopes = tuple(dict.fromkeys(s for way in self.security or [] for scopes in way.values() for s in scopes))

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if self.security:
            state = scope["state"]
            self.verification_fn(state)
            if state["caller"] is not None:
                authorise(state["caller"], self._scopes)
        passed_on: Awaitable[None] = self.next_app(scope, receive, send)
        return passed_on


class _ScopedAPI(SecurityAPI):  # type: ignore[misc]  # Connexion ships no types
    def __init__(self, *args: Any, security_map: Mapping[str, Callable[[], object]], **options: Any) -> None:
        self._factory = _Factory(security_map)
        super().__init__(*args, security_map=security_map, **options)

    def make_operation(self, operation: Any) -> _ScopedOperation:
        made: _ScopedOperation = _ScopedOperation.from_operation(
            operation, next_app=self.next_app, security_handler_factory=self._factory
        )
        return made


class Security(Routed):
    """Lets a request pass whose caller is known, not suspended, and has the operation's scopes."""

    api_cls = _ScopedAPI


def _let_in(state: dict[str, Any], authenticated: Authenticated) -> object:
    state["tenant"] = authenticated.tenant
    state["caller"] = authenticated.caller
    return None
