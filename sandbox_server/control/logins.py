"""The credentials of a tenant's clients, with the secrets that the operator may see."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple

import msgspec

from sandbox_server.kernel.ids import make_id
from sandbox_server.services.ports import Persistence
from sandbox_server.traffic.credentials import Credential, digest
from sandbox_server.worlds import World


class Login(NamedTuple):
    """A client as the marketplace knows it, and the secrets that it proves itself by."""

    credential: Credential
    secret: str
    api_key: str


def fixture_logins(world: World) -> list[Login]:
    """Return the clients that a world was made with."""
    with world.persistence.read(world.now) as tx:
        known = [(login, tx.credentials.get(login.client_id)) for login in world.credentials]
    return [Login(credential, login.secret, login.api_key) for login, credential in known if credential is not None]


def issue(like: Iterable[Credential], tenant: str, key: str) -> list[Login]:
    """
    Return clients of a tenant's own that may do what these may: the same name makes the same secrets.

    Args:
        like: The clients of a fixture, or of another tenant, whose name they end in after a full stop.
        key: What else secrets follow from, so that they cannot be guessed where it is one.
    """
    return [_issued(credential, tenant, key) for credential in like]


def clients_of(persistence: Persistence, now: datetime) -> list[Credential]:
    """Return the clients that a world knows."""
    with persistence.read(now) as tx:
        return list(tx.credentials.select())


def install(persistence: Persistence, now: datetime, logins: Sequence[Login]) -> None:
    """Make these the only clients of a world."""
    with persistence.begin("operator", now) as tx:
        for credential in list(tx.credentials.select()):
            tx.credentials.remove(credential.client_id)
        for login in logins:
            tx.credentials.put(login.credential)


def _issued(like: Credential, tenant: str, key: str) -> Login:
    client_id = f"{like.client_id.partition('.')[0]}.{tenant}"
    seed = int.from_bytes(blake2b(client_id.encode(), key=key.encode()[:64], digest_size=8).digest())
    secret, api_key = make_id(seed, "sec", 0), make_id(seed, "key", 0)
    credential = msgspec.structs.replace(
        like, client_id=client_id, secret_digest=digest(secret), api_key_digest=digest(api_key)
    )
    return Login(credential, secret, api_key)
