"""Who is calling: directories of tenants, tokens given out, renewed, revoked and ended."""

from datetime import timedelta

import pytest

from sandbox_server.domain.errors import (
    AccountSuspended,
    Duplicate,
    GrantRefused,
    NotFound,
    TokenExpired,
    TokenRevoked,
    Unauthenticated,
)
from sandbox_server.kernel.clock import FrozenClock
from sandbox_server.kernel.ids import make_id
from sandbox_server.persistence.memory import MemoryPersistence
from sandbox_server.services import access
from sandbox_server.services.access import Directory, Grant
from sandbox_server.services.tenants import Tenant
from sandbox_server.traffic.credentials import REFRESH_TOKEN_LIFE, Credential, Token, TokenKind, digest
from tests.domain.builders import NOW

SCOPES = ("orders:read", "orders:write", "stores:read")
HOUR = timedelta(hours=1)


def a_credential(name: str, *, suspended: bool = False) -> Credential:
    return Credential(name, digest(f"{name}-secret"), digest(f"{name}-key"), SCOPES, suspended=suspended)


def a_tenant(name: str, *credentials: Credential) -> Tenant:
    tenant = Tenant(name, MemoryPersistence(7, "USD"), FrozenClock(NOW))
    with tenant.begin("opening") as tx:
        for credential in credentials:
            tx.credentials.put(credential)
    return tenant


class Door:
    """A tenant with one client, and what that client asks of the token endpoint."""

    def __init__(self) -> None:
        self.credential = a_credential("acorn")
        self.tenant = a_tenant("default", self.credential, a_credential("other"))
        self.directory = Directory([self.tenant])

    def grant(self, asked: str | None = None) -> Grant:
        with self.tenant.begin("req") as tx:
            return access.grant(tx, "default", self.credential, asked)

    def refresh(self, text: str, asked: str | None = None, credential: Credential | None = None) -> Grant:
        with self.tenant.begin("req") as tx:
            return access.refresh(tx, "default", credential or self.credential, text, asked)

    def revoke(self, text: str, credential: Credential | None = None) -> None:
        with self.tenant.begin("req") as tx:
            access.revoke(tx, credential or self.credential, text)

    def expire(self, text: str, credential: Credential | None = None) -> None:
        with self.tenant.begin("req") as tx:
            access.expire(tx, credential or self.credential, text)

    def tokens(self) -> list[Token]:
        with self.tenant.read() as tx:
            return list(tx.tokens.select())

    def wait(self, time: timedelta) -> None:
        self.tenant.clock.move_to(self.tenant.now() + time)


# Directories


def test_a_key_and_a_client_id_pick_their_tenant() -> None:
    first, second = a_tenant("first", a_credential("a")), a_tenant("second", a_credential("b"))
    directory = Directory([first, second])
    assert directory.default is first
    assert directory.tenants == (first, second)
    assert directory.get("second") is second
    found = directory.identify_key("b-key")
    assert (found.tenant, found.caller.credential.client_id) == (second, "b")
    assert found.caller.scopes == set(SCOPES)
    assert directory.tenant_of("a") is first


def test_who_is_unknown_is_told_so() -> None:
    directory = Directory([a_tenant("first", a_credential("a"))])
    with pytest.raises(NotFound):
        directory.get("second")
    with pytest.raises(Unauthenticated):
        directory.identify_key("b-key")
    with pytest.raises(GrantRefused) as refusal:
        directory.tenant_of("b")
    assert refusal.value.error == "invalid_client"


def test_a_tenant_that_leaves_takes_its_clients_with_it_and_no_others() -> None:
    first, second = a_tenant("first", a_credential("a")), a_tenant("second", a_credential("b"))
    directory = Directory([first, second])
    directory.remove(second)
    assert directory.tenants == (first,)
    with pytest.raises(Unauthenticated):
        directory.identify_key("b-key")
    with pytest.raises(GrantRefused):
        directory.tenant_of("b")
    assert directory.identify_key("a-key").tenant is first
    assert directory.tenant_of("a") is first


def test_removing_a_namesake_leaves_the_tenant_that_is_there() -> None:
    first = a_tenant("first", a_credential("a"))
    directory = Directory([first])
    directory.remove(a_tenant("first"))
    assert directory.get("first") is first


def test_a_tenant_that_is_known_is_read_anew() -> None:
    tenant = a_tenant("first", a_credential("a"))
    directory = Directory([tenant])
    with tenant.begin("more") as tx:
        tx.credentials.remove("a")
        tx.credentials.put(a_credential("b"))
    directory.add(tenant)
    assert directory.tenants == (tenant,)
    assert directory.identify_key("b-key").tenant is tenant
    with pytest.raises(Unauthenticated):
        directory.identify_key("a-key")


@pytest.mark.parametrize(
    "newcomer",
    [
        a_tenant("first", a_credential("b")),
        a_tenant("second", a_credential("a")),
        a_tenant("second", Credential("b", digest("b-secret"), digest("a-key"), SCOPES)),
    ],
    ids=["name", "client", "key"],
)
def test_a_name_a_client_or_a_key_is_had_once_and_a_refused_tenant_leaves_nothing(newcomer: Tenant) -> None:
    first = a_tenant("first", a_credential("a"))
    directory = Directory([first])
    with pytest.raises(Duplicate):
        directory.add(newcomer)
    assert directory.tenants == (first,)
    assert directory.identify_key("a-key").tenant is first
    with pytest.raises(GrantRefused):
        directory.tenant_of("b")


# Proving who one is


def test_the_right_secret_opens_the_door_and_nothing_else_does() -> None:
    door = Door()
    with door.tenant.read() as tx:
        assert access.authenticate(tx, "acorn", "acorn-secret") == door.credential
        for client_id, secret in (("acorn", "other-secret"), ("acorn", ""), ("nobody", "acorn-secret")):
            with pytest.raises(GrantRefused) as refusal:
                access.authenticate(tx, client_id, secret)
            assert refusal.value.error == "invalid_client"


def test_a_suspended_client_is_told_so_only_where_its_secret_is_right() -> None:
    tenant = a_tenant("default", a_credential("gone", suspended=True))
    with tenant.read() as tx:
        with pytest.raises(AccountSuspended):
            access.authenticate(tx, "gone", "gone-secret")
        with pytest.raises(GrantRefused):
            access.authenticate(tx, "gone", "wrong")


# Tokens


def test_a_grant_is_two_tokens_of_which_only_digests_are_kept() -> None:
    door = Door()
    grant = door.grant()
    assert grant.access_token == f"default.{make_id(7, 'at', 1)}"
    assert (grant.scopes, grant.expires_in) == (SCOPES, 3600)
    kept = {token.digest: token for token in door.tokens()}
    opened, renews = kept[digest(grant.access_token)], kept[digest(grant.refresh_token)]
    assert (opened.kind, renews.kind) == (TokenKind.ACCESS, TokenKind.REFRESH)
    assert opened.grant == renews.grant
    assert (opened.issued_at, opened.expires_at) == (NOW, NOW + HOUR)
    assert renews.expires_at > opened.expires_at
    assert {token.client_id for token in kept.values()} == {"acorn"}
    found = door.directory.identify_token(grant.access_token)
    assert (found.tenant, found.caller.scopes) == (door.tenant, frozenset(SCOPES))


def test_no_two_grants_share_anything() -> None:
    door = Door()
    first, second = door.grant(), door.grant()
    assert len({first.access_token, first.refresh_token, second.access_token, second.refresh_token}) == 4
    assert len({token.grant for token in door.tokens()}) == 2


def test_a_grant_is_for_the_scopes_that_are_asked_for_and_no_others() -> None:
    door = Door()
    grant = door.grant("stores:read orders:read")
    assert grant.scopes == ("orders:read", "stores:read")
    assert door.directory.identify_token(grant.access_token).caller.scopes == {"orders:read", "stores:read"}
    with pytest.raises(GrantRefused) as refusal:
        door.grant("prices:write")
    assert refusal.value.error == "invalid_scope"
    assert len(door.tokens()) == 2


def test_an_access_token_ends_after_an_hour_to_the_millisecond() -> None:
    door = Door()
    text = door.grant().access_token
    door.wait(HOUR - timedelta(milliseconds=1))
    door.directory.identify_token(text)
    door.wait(timedelta(milliseconds=1))
    with pytest.raises(TokenExpired):
        door.directory.identify_token(text)


@pytest.mark.parametrize("text", ["", "at_0", "default.at_0", "elsewhere.at_0"])
def test_an_unknown_token_opens_nothing(text: str) -> None:
    with pytest.raises(Unauthenticated):
        Door().directory.identify_token(text)


def test_a_refresh_token_is_no_access_token_nor_the_other_way_round() -> None:
    door = Door()
    grant = door.grant()
    with pytest.raises(Unauthenticated):
        door.directory.identify_token(grant.refresh_token)
    with pytest.raises(GrantRefused):
        door.refresh(grant.access_token)


def test_a_token_of_a_client_that_is_gone_opens_nothing() -> None:
    door = Door()
    text = door.grant().access_token
    with door.tenant.begin("gone") as tx:
        tx.credentials.remove("acorn")
    with pytest.raises(Unauthenticated):
        door.directory.identify_token(text)


def test_a_refresh_token_is_spent_once_and_gives_no_more_scopes_than_it_stands_for() -> None:
    door = Door()
    first = door.grant("orders:read stores:read")
    second = door.refresh(first.refresh_token)
    assert second.scopes == ("orders:read", "stores:read")
    with pytest.raises(GrantRefused) as refusal:
        door.refresh(first.refresh_token)
    assert refusal.value.error == "invalid_grant"
    with pytest.raises(GrantRefused) as refusal:
        door.refresh(second.refresh_token, "orders:write")
    assert refusal.value.error == "invalid_scope"
    assert door.refresh(second.refresh_token, "stores:read").scopes == ("stores:read",)
    door.directory.identify_token(first.access_token)


def test_a_refresh_token_is_good_for_its_own_client_and_its_own_time() -> None:
    door = Door()
    text = door.grant().refresh_token
    with pytest.raises(GrantRefused):
        door.refresh(text, credential=a_credential("other"))
    with pytest.raises(GrantRefused):
        door.refresh("default.rt_0")
    door.wait(REFRESH_TOKEN_LIFE)
    with pytest.raises(GrantRefused):
        door.refresh(text)


def test_revoking_either_token_revokes_its_grant_alone() -> None:
    for which in ("access_token", "refresh_token"):
        door = Door()
        grant, other = door.grant(), door.grant()
        door.revoke(getattr(grant, which))
        with pytest.raises(TokenRevoked):
            door.directory.identify_token(grant.access_token)
        with pytest.raises(GrantRefused):
            door.refresh(grant.refresh_token)
        door.directory.identify_token(other.access_token)


def test_a_token_that_is_another_client_s_or_nobody_s_is_left_alone() -> None:
    door = Door()
    grant = door.grant()
    before = door.tokens()
    for end in (door.revoke, door.expire):
        end(grant.access_token, a_credential("other"))
        end("default.at_0")
    assert door.tokens() == before


def test_a_token_whose_time_is_ended_has_expired_and_stays_so() -> None:
    door = Door()
    grant = door.grant()
    door.expire(grant.access_token)
    with pytest.raises(TokenExpired):
        door.directory.identify_token(grant.access_token)
    ended = door.tokens()
    door.wait(2 * HOUR)
    door.expire(grant.access_token)
    assert door.tokens() == ended
    door.refresh(grant.refresh_token)
