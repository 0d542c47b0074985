"""Who is calling: secrets by their digests, scopes, stores, and a token's time."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_server.traffic.credentials import (
    ALL_SCOPES,
    READ_SCOPES,
    REFRESH_TOKEN_LIFE,
    TOKEN_LIFE,
    Caller,
    Credential,
    Token,
    TokenKind,
    TokenState,
    digest,
    granted_scopes,
    matches,
    token_state,
)

NOW = datetime(2026, 11, 27, 15, tzinfo=UTC)
CLERK = Credential("acorn-store", digest("secret"), digest("key"), ("orders:read", "orders:write", "stores:read"))


def a_token(*, revoked: bool = False) -> Token:
    return Token(digest("t"), "g1", TokenKind.ACCESS, CLERK.client_id, CLERK.scopes, NOW, NOW + TOKEN_LIFE, revoked)


def test_the_scopes_are_those_of_the_contract() -> None:
    both = ("orders", "inventory", "shipments", "returns", "prices", "stores", "events")
    assert sorted(ALL_SCOPES) == sorted(
        [f"{kind}:{right}" for kind in both for right in ("read", "write")]
        + ["reports:read", "finance:read", "onboarding"]
    )
    assert sorted(READ_SCOPES) == sorted(scope for scope in ALL_SCOPES if scope.endswith(":read"))


def test_an_access_token_lives_for_an_hour_and_a_refresh_token_for_thirty_days() -> None:
    assert (TOKEN_LIFE.total_seconds(), REFRESH_TOKEN_LIFE.days) == (3600, 30)


def test_a_secret_matches_its_own_digest_only() -> None:
    assert matches("acorn-secret", digest("acorn-secret"))
    assert not matches("acorn-secret", digest("acorn-Secret"))
    assert not matches("", digest("acorn-secret"))


def test_a_digest_stays_the_same_between_versions() -> None:
    assert digest("acorn-secret") == "e8a277b130b0ec5a2ba15fca7ba60bf2"


@given(st.text(max_size=40), st.text(max_size=40))
def test_a_digest_tells_secrets_apart_and_keeps_nothing_of_them(one: str, other: str) -> None:
    assert (digest(one) == digest(other)) is (one == other)
    assert len(digest(one)) == 32


def test_a_caller_lacks_the_scopes_it_was_not_given_in_the_order_asked() -> None:
    caller = Caller(CLERK, frozenset({"orders:read"}))
    assert caller.lacks(["stores:read", "orders:read", "orders:write"]) == ["stores:read", "orders:write"]
    assert caller.lacks(["orders:read"]) == []
    assert caller.lacks([]) == []


def test_a_credential_bound_to_no_store_acts_for_all() -> None:
    assert Caller(CLERK, frozenset()).may_act_for("S0042")


@pytest.mark.parametrize(("store_id", "may"), [("S0001", True), ("S0002", True), ("S0003", False), ("S000", False)])
def test_a_credential_bound_to_stores_acts_for_those(store_id: str, may: bool) -> None:
    bound = Credential("c", "", "", ALL_SCOPES, stores=("S0001", "S0002"))
    assert Caller(bound, frozenset(ALL_SCOPES)).may_act_for(store_id) is may


@pytest.mark.parametrize(
    ("after", "state"),
    [
        (timedelta(), TokenState.VALID),
        (TOKEN_LIFE - timedelta(milliseconds=1), TokenState.VALID),
        (TOKEN_LIFE, TokenState.EXPIRED),
        (timedelta(days=365), TokenState.EXPIRED),
    ],
)
def test_a_token_is_good_until_the_moment_it_expires(after: timedelta, state: TokenState) -> None:
    assert token_state(a_token(), NOW + after) is state


@pytest.mark.parametrize("after", [timedelta(), 2 * TOKEN_LIFE])
def test_a_revoked_token_is_revoked_whether_or_not_it_has_expired(after: timedelta) -> None:
    assert token_state(a_token(revoked=True), NOW + after) is TokenState.REVOKED


@pytest.mark.parametrize(
    ("asked", "granted"),
    [
        (None, CLERK.scopes),
        ("", CLERK.scopes),
        ("  ", CLERK.scopes),
        ("stores:read", ("stores:read",)),
        ("stores:read  orders:read stores:read", ("orders:read", "stores:read")),
        ("orders:read returns:read", None),
        ("orders", None),
        ("ORDERS:READ", None),
    ],
)
def test_a_token_gets_what_was_asked_of_the_credentials_own_or_nothing(
    asked: str | None, granted: tuple[str, ...] | None
) -> None:
    assert granted_scopes(CLERK, asked) == granted


@given(st.lists(st.sampled_from(ALL_SCOPES)))
def test_no_token_gets_a_scope_that_its_credential_has_not(asked: list[str]) -> None:
    granted = granted_scopes(CLERK, " ".join(asked))
    assert (granted is not None) is (set(asked) <= set(CLERK.scopes))
    assert set(granted or ()) <= set(CLERK.scopes)
