"""Who is calling, and what they may do."""

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

TOKEN_LIFE = timedelta(seconds=3600)
REFRESH_TOKEN_LIFE = timedelta(days=30)

READ_SCOPES = (
    "orders:read",
    "inventory:read",
    "shipments:read",
    "returns:read",
    "prices:read",
    "stores:read",
    "reports:read",
    "finance:read",
    "events:read",
)
ALL_SCOPES = (
    *READ_SCOPES,
    "orders:write",
    "inventory:write",
    "shipments:write",
    "returns:write",
    "prices:write",
    "stores:write",
    "events:write",
    "onboarding",
)


class Credential(msgspec.Struct, frozen=True, array_like=True):
    """
    A client of the marketplace.

    Args:
        client_id: Its public name.
        secret_digest: `digest` of its OAuth secret; the secret itself is not kept.
        api_key_digest: `digest` of its API key.
        scopes: What it may do.
        stores: The stores it may act for; empty means every store.
        suspended: Whether its account is suspended: it is known, and may do nothing.
    """

    client_id: str
    secret_digest: str
    api_key_digest: str
    scopes: tuple[str, ...]
    stores: tuple[str, ...] = ()
    suspended: bool = False


class TokenKind(StrEnum):
    """What a token is good for."""

    ACCESS = "ACCESS"
    REFRESH = "REFRESH"


class Token(msgspec.Struct, frozen=True, array_like=True):
    """An access or refresh token; only the digest of its text is kept. Tokens of one grant fall together."""

    digest: str
    grant: str
    kind: TokenKind
    client_id: str
    scopes: tuple[str, ...]
    issued_at: datetime
    expires_at: datetime
    revoked: bool = False


class Caller(msgspec.Struct, frozen=True):
    """An authenticated client: its credential, and the scopes it calls with."""

    credential: Credential
    scopes: frozenset[str]

    def lacks(self, required: Iterable[str]) -> list[str]:
        """Return the required scopes that this caller does not have."""
        return [scope for scope in required if scope not in self.scopes]

    def may_act_for(self, store_id: str | None) -> bool:
        """Whether the credential is bound to this store, or to none; None stands for all stores together."""
        return not self.credential.stores or store_id in self.credential.stores


class TokenState(StrEnum):
    """Whether a token still opens the door."""

    VALID = "VALID"
    EXPIRED = "EXPIRED"
    REVOKED = "REVOKED"


def digest(secret: str) -> str:
    """Return what is kept in a secret's place."""
    return hashlib.blake2b(secret.encode(), digest_size=16, person=b"acorn-secret").hexdigest()


def matches(secret: str, kept: str) -> bool:
    """Whether a secret is the one whose digest is kept; takes equally long whatever differs."""
    return hmac.compare_digest(digest(secret), kept)


def token_state(token: Token, now: datetime) -> TokenState:
    """Return whether the token is good at this instant; a token ends at `expires_at` itself."""
    if token.revoked:
        return TokenState.REVOKED
    return TokenState.EXPIRED if now >= token.expires_at else TokenState.VALID


def granted_scopes(credential: Credential, asked: str | None) -> tuple[str, ...] | None:
    """
    Return the scopes of a new token: those asked for, or all of the credential's; None when some are not its own.

    Args:
        asked: Scope names with blanks between (RFC 6749, 3.3).
    """
    if asked is None or not asked.strip():
        return credential.scopes
    wanted = set(asked.split())
    return tuple(scope for scope in credential.scopes if scope in wanted) if wanted <= set(credential.scopes) else None
