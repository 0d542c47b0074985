"""Refusals say what is wrong in words that help."""

import pytest

from sandbox_server.domain import errors
from sandbox_server.domain.errors import DomainError, Fault


@pytest.mark.parametrize(
    ("refusal", "detail"),
    [
        (errors.NotFound("order", "ord_1"), "There is no order 'ord_1'."),
        (
            errors.IllegalTransition("order", "ord_1", "SHIPPED", "CANCELLED"),
            "Order ord_1 is SHIPPED; it cannot become CANCELLED.",
        ),
        (errors.IllegalTransition("tenant", "t", "LIVE", "deleted"), "Tenant t is LIVE; it cannot be deleted."),
        (
            errors.InsufficientStock("S0001", "SKU-1", requested=9, available=4),
            "Store S0001 has 4 of SKU-1; 9 were asked for.",
        ),
        (
            errors.StaleVersion("store", "S0001", 4),
            'Store S0001 has changed since; its ETag is now "4". Read it again.',
        ),
        (
            errors.CursorMismatch(),
            "The cursor was given for other filters. Send the same filters again, or leave the cursor out.",
        ),
        (
            errors.IdempotencyKeyReused("k1"),
            "Idempotency key 'k1' was used for another request. A new intent needs a new key.",
        ),
        (
            errors.IdempotencyInProgress("k1"),
            "The first request with idempotency key 'k1' is still running. Repeat it a little later.",
        ),
        (errors.TokenExpired(), "The access token has expired. Get a new one from POST /v1/oauth/token."),
        (errors.TokenRevoked(), "The access token was revoked. Get a new one from POST /v1/oauth/token."),
        (errors.AccountSuspended("acorn-suspended"), "The account of acorn-suspended is suspended."),
        (
            errors.ScopeMissing(["orders:read", "stores:read"]),
            "This needs the scope orders:read stores:read, which the credential was not granted.",
        ),
        (errors.StoreNotYours("S0002"), "The credential may not act for store S0002."),
        (errors.Duplicate("There is a store S0001 already."), "There is a store S0001 already."),
    ],
)
def test_a_refusal_tells_its_facts(refusal: DomainError, detail: str) -> None:
    assert refusal.detail == detail
    assert str(refusal) == detail
    assert refusal.faults == ()


def test_faults_are_kept_in_their_order() -> None:
    faults = [Fault("/a", "ONE", "one"), Fault("/b", "TWO", "two")]
    assert errors.Unprocessable("Both are wrong.", iter(faults)).faults == tuple(faults)


def test_a_refused_grant_keeps_the_code_of_oauth() -> None:
    refusal = errors.GrantRefused("invalid_scope", "The scope is not yours.")
    assert (refusal.error, refusal.detail) == ("invalid_scope", "The scope is not yours.")
