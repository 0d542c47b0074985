"""
Credentials that onboarding gives out.

They are kept nowhere: they follow from the seed and the tenant's name, and open the door for as long as the world has
an application that has come so far. So a world that is put back, or copied, lets in whom its applications say.
"""

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from sandbox_server.domain.onboarding import SIGNED, ApplicationStatus
from sandbox_server.services.ports import Transaction
from sandbox_server.traffic.credentials import ALL_SCOPES, Credential, digest

SCOPES = tuple(scope for scope in ALL_SCOPES if scope != "onboarding")
"""What a chain's own systems may do."""


class Stage(StrEnum):
    """What credentials are for."""

    SANDBOX = "sandbox"
    LIVE = "live"


_HELD_IN: Mapping[str, frozenset[ApplicationStatus]] = {
    Stage.SANDBOX: SIGNED,
    Stage.LIVE: frozenset({ApplicationStatus.LIVE}),
}


class Login(NamedTuple):
    """What a client proves itself by."""

    client_id: str
    secret: str
    api_key: str


def issue(tx: Transaction, tenant: str, stage: Stage, application_id: str) -> Login:
    """Return the credentials of an application; the same ones each time."""
    return _login(tx.seed, f"{stage}-{application_id}.{tenant}")


def find(tx: Transaction, client_id: str) -> Credential | None:
    """Return the credential of a client that an application has made; None when there is no such one."""
    stage, _, application_id = client_id.partition(".")[0].partition("-")
    application = tx.applications.get(application_id)
    if application is None or application.status not in _HELD_IN.get(stage, ()):
        return None
    login = _login(tx.seed, client_id)
    return Credential(client_id, digest(login.secret), digest(login.api_key), SCOPES)


def tenant_of_client(client_id: str) -> str:
    """Return the name of the tenant whose application has made a client; empty where none has."""
    return client_id.partition(".")[2]


def client_of_key(api_key: str) -> str:
    """Return the client that an API key is of; empty where it is of no application's making."""
    return api_key.partition(".")[2]


def _login(seed: int, client_id: str) -> Login:
    return Login(
        client_id, f"sec_{_word(seed, 'secret', client_id)}", f"key_{_word(seed, 'key', client_id)}.{client_id}"
    )


def _word(seed: int, kind: str, client_id: str) -> str:
    return hashlib.blake2b(f"{seed}/{kind}/{client_id}".encode(), digest_size=20).hexdigest()
