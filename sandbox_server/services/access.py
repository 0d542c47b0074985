"""Who is calling: API keys, and the tokens of OAuth 2.0 (RFC 6749, RFC 7009)."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from sandbox_server.domain.errors import (
    AccountSuspended,
    Duplicate,
    GrantRefused,
    NotFound,
    TokenExpired,
    TokenRevoked,
    Unauthenticated,
)
from sandbox_server.kernel.ids import make_id
from sandbox_server.services import issued
from sandbox_server.services.ports import Transaction
from sandbox_server.services.tenants import Tenant
from sandbox_server.traffic import credentials as rules
from sandbox_server.traffic.credentials import (
    REFRESH_TOKEN_LIFE,
    TOKEN_LIFE,
    Caller,
    Credential,
    Token,
    TokenKind,
    TokenState,
)


class Authenticated(NamedTuple):
    """A call whose caller is known, and the tenant that its credential picks."""

    tenant: Tenant
    caller: Caller


class Grant(NamedTuple):
    """What the token endpoint gives out: the texts of two tokens, the scopes, and the seconds the first one lives."""

    access_token: str
    refresh_token: str
    scopes: tuple[str, ...]
    expires_in: int


class Directory:
    """All tenants by the credentials that pick them. The first one answers calls that show no credential."""

    def __init__(self, tenants: Iterable[Tenant]) -> None:
        self._tenants: dict[str, Tenant] = {}
        self._keys: dict[str, Authenticated] = {}
        self._clients: dict[str, Tenant] = {}
        for tenant in tenants:
            self.add(tenant)

    @property
    def default(self) -> Tenant:
        """The first tenant."""
        return next(iter(self._tenants.values()))

    @property
    def tenants(self) -> Sequence[Tenant]:
        """Every tenant there is now, in order of their coming."""
        return tuple(self._tenants.values())

    def get(self, name: str) -> Tenant:
        """
        Return the tenant with this name.

        Raises:
            NotFound: There is none.
        """
        tenant = self._tenants.get(name)
        if tenant is None:
            raise NotFound("tenant", name)
        return tenant

    def add(self, tenant: Tenant) -> None:
        """
        Let a tenant's clients in; those of one that is known already are read anew.

        Raises:
            Duplicate: Another tenant has its name, or one of its clients' ids or keys.
        """
        with tenant.read() as tx:
            credentials = list(tx.credentials.select())
        self._refuse_taken(tenant, credentials)
        self._forget_clients(tenant)
        self._tenants[tenant.name] = tenant
        for credential in credentials:
            self._clients[credential.client_id] = tenant
            caller = Caller(credential, frozenset(credential.scopes))
            self._keys[credential.api_key_digest] = Authenticated(tenant, caller)

    def remove(self, tenant: Tenant) -> None:
        """Let a tenant's clients in no more."""
        self._forget_clients(tenant)
        if self._tenants.get(tenant.name) is tenant:
            del self._tenants[tenant.name]

    def identify_key(self, api_key: str) -> Authenticated:
        """
        Return who calls with this API key.

        Raises:
            Unauthenticated: It is nobody's.
        """
        found = self._keys.get(rules.digest(api_key)) or self._identify_issued(api_key)
        if found is None:
            raise Unauthenticated("The API key is not known.")
        return found

    def identify_token(self, text: str) -> Authenticated:
        """
        Return who calls with this access token.

        Raises:
            TokenExpired: Its time is over.
            TokenRevoked: It was revoked.
            Unauthenticated: It is no access token of ours.
        """
        tenant = self._tenants.get(text.rpartition(".")[0])
        if tenant is None:
            raise Unauthenticated("The access token is not known.")
        with tenant.read() as tx:
            return Authenticated(tenant, _caller(tx, text))

    def tenant_of(self, client_id: str) -> Tenant:
        """
        Return the tenant of a client.

        Raises:
            GrantRefused: No client has this id.
        """
        tenant = self._clients.get(client_id) or self._tenants.get(issued.tenant_of_client(client_id))
        if tenant is None:
            raise _unknown_client()
        return tenant

    def _identify_issued(self, api_key: str) -> Authenticated | None:
        """Return who calls with a key that onboarding gave out, if it is one."""
        client_id = issued.client_of_key(api_key)
        tenant = self._tenants.get(issued.tenant_of_client(client_id))
        if tenant is None:
            return None
        with tenant.read() as tx:
            credential = issued.find(tx, client_id)
        if credential is None or not rules.matches(api_key, credential.api_key_digest):
            return None
        return Authenticated(tenant, Caller(credential, frozenset(credential.scopes)))

    def _forget_clients(self, tenant: Tenant) -> None:
        self._keys = {key: found for key, found in self._keys.items() if found.tenant is not tenant}
        self._clients = {client_id: owner for client_id, owner in self._clients.items() if owner is not tenant}

    def _refuse_taken(self, tenant: Tenant, credentials: Iterable[Credential]) -> None:
        if self._tenants.get(tenant.name, tenant) is not tenant:
            raise Duplicate(f"There is a tenant {tenant.name!r} already.")
        for credential in credentials:
            owner = self._clients.get(credential.client_id, tenant)
            holder = self._keys.get(credential.api_key_digest)
            if owner is not tenant or (holder is not None and holder.tenant is not tenant):
                raise Duplicate(f"The client {credential.client_id} belongs to another tenant.")


def authenticate(tx: Transaction, client_id: str, secret: str) -> Credential:
    """
    Return the credential of a client that proves who it is.

    Raises:
        GrantRefused: `invalid_client`: the id or the secret is wrong.
        AccountSuspended: It is right, and of no use.
    """
    credential = _client(tx, client_id)
    if credential is None or not rules.matches(secret, credential.secret_digest):
        raise _unknown_client()
    if credential.suspended:
        raise AccountSuspended(client_id)
    return credential


def grant(tx: Transaction, tenant: str, credential: Credential, asked: str | None) -> Grant:
    """
    Give a client a new access token and a refresh token.

    Args:
        tenant: The tenant's name, which the tokens carry.
        asked: The scopes wanted, with blanks between; None for all that the client has.

    Raises:
        GrantRefused: `invalid_scope`: the client does not have one of them.
    """
    scopes = rules.granted_scopes(credential, asked)
    if scopes is None:
        raise GrantRefused("invalid_scope", f"The client's scopes are: {' '.join(credential.scopes)}.")
    number = tx.tokens.count() + 1
    access, refresh = (f"{tenant}.{make_id(tx.seed, prefix, number)}" for prefix in ("at", "rt"))
    name = make_id(tx.seed, "grant", number)
    for text, kind, life in (
        (access, TokenKind.ACCESS, TOKEN_LIFE),
        (refresh, TokenKind.REFRESH, REFRESH_TOKEN_LIFE),
    ):
        tx.tokens.put(
            Token(rules.digest(text), name, kind, credential.client_id, scopes, tx.now, expires_at=tx.now + life)
        )
    return Grant(access, refresh, scopes, int(TOKEN_LIFE.total_seconds()))


def refresh(tx: Transaction, tenant: str, credential: Credential, text: str, asked: str | None) -> Grant:
    """
    Give a client new tokens for a refresh token, which is spent by that.

    Raises:
        GrantRefused: `invalid_grant`: the token is unknown, spent, expired, revoked or another client's;
            `invalid_scope`: more is asked for than it stands for.
    """
    token = tx.tokens.get(rules.digest(text))
    good = token is not None and token.kind is TokenKind.REFRESH and token.client_id == credential.client_id
    if token is None or not good or rules.token_state(token, tx.now) is not TokenState.VALID:
        raise GrantRefused("invalid_grant", "The refresh token is unknown, spent, expired or revoked.")
    tx.tokens.put(msgspec.structs.replace(token, revoked=True))
    return grant(tx, tenant, msgspec.structs.replace(credential, scopes=token.scopes), asked)


def revoke(tx: Transaction, credential: Credential, text: str) -> None:
    """
    Revoke a token and the other of its grant; one that is unknown or another client's is left alone.

    Source: RFC 7009, 2.2.
    """
    token = tx.tokens.get(rules.digest(text))
    if token is None or token.client_id != credential.client_id:
        return
    for sibling in list(tx.tokens.select(grant=token.grant)):
        tx.tokens.put(msgspec.structs.replace(sibling, revoked=True))


def expire(tx: Transaction, credential: Credential, text: str) -> None:
    """End the time of a token now; one that is unknown or another client's is left alone."""
    token = tx.tokens.get(rules.digest(text))
    if token is not None and token.client_id == credential.client_id:
        tx.tokens.put(msgspec.structs.replace(token, expires_at=min(token.expires_at, tx.now)))


def _caller(tx: Transaction, text: str) -> Caller:
    token = tx.tokens.get(rules.digest(text))
    credential = _client(tx, token.client_id) if token is not None else None
    if token is None or credential is None or token.kind is not TokenKind.ACCESS:
        raise Unauthenticated("The access token is not known.")
    match rules.token_state(token, tx.now):
        case TokenState.EXPIRED:
            raise TokenExpired
        case TokenState.REVOKED:
            raise TokenRevoked
        case TokenState.VALID:
            return Caller(credential, frozenset(token.scopes))


def _client(tx: Transaction, client_id: str) -> Credential | None:
    return tx.credentials.get(client_id) or issued.find(tx, client_id)


def _unknown_client() -> GrantRefused:
    return GrantRefused("invalid_client", "The client id or the secret is wrong.")
