"""Tokens that are good no more."""

from typing import Any

import httpx
import pytest

from sandbox_server.services import access
from tests.middleware.faults.market import Market

CLIENT = {"client_id": "acorn-sandbox", "client_secret": "acorn-secret"}


def tokens(market: Market, **form: str) -> Any:
    form = {"grant_type": "client_credentials"} | form
    return market._client.post("/oauth/token", data=CLIENT | form)


def call(market: Market, granted: Any) -> httpx.Response:
    return market._client.get("/stores", headers={"authorization": f"Bearer {granted['access_token']}"})


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


@pytest.mark.parametrize(
    ("how", "first", "later"),
    [
        ("expire", (401, "TOKEN_EXPIRED"), (401, "TOKEN_EXPIRED")),
        ("revoke", (401, "TOKEN_REVOKED"), (401, "TOKEN_REVOKED")),
        ("reject", (401, "UNAUTHENTICATED"), (200, "")),
    ],
)
def test_a_token_that_worked_is_refused(
    market: Market, how: str, first: tuple[int, str], later: tuple[int, str]
) -> None:
    granted = tokens(market).json()
    market.play({"token": how}, skip_first=1, max_count=1, operation="listStores")
    assert [code(call(market, granted)) for _ in range(3)] == [(200, ""), first, later]
    assert code(call(market, tokens(market).json())) == (200, "")


def test_a_refusal_says_how_to_authenticate(market: Market) -> None:
    granted = tokens(market).json()
    market.play({"token": "expire"})
    answer = call(market, granted)
    assert answer.headers["www-authenticate"] == 'Bearer realm="acorn", error="invalid_token"'
    assert answer.headers["x-request-id"] == answer.json()["requestId"]


@pytest.mark.parametrize(("how", "status"), [("expire", 200), ("revoke", 400)])
def test_the_refresh_token_outlives_an_expired_token_and_goes_with_a_revoked_one(
    market: Market, how: str, status: int
) -> None:
    granted = tokens(market).json()
    market.play({"token": how}, operation="listStores")
    call(market, granted)
    answer = tokens(market, grant_type="refresh_token", refresh_token=granted["refresh_token"])
    assert answer.status_code == status


def test_other_tokens_of_the_client_stay_good(market: Market) -> None:
    one, other = tokens(market).json(), tokens(market).json()
    market.play({"token": "revoke"}, max_count=1)
    assert [call(market, granted).status_code for granted in (one, other, one)] == [401, 200, 401]


def test_an_api_key_has_no_token_to_end(market: Market) -> None:
    for how in ("expire", "revoke"):
        market.play({"token": how})
        assert market.get("/stores")["items"]
        assert market.rules.get("it").matched == 0


def test_an_api_key_is_rejected(market: Market) -> None:
    market.play({"token": "reject"}, max_count=1)
    assert code(market.call("GET", "/stores")) == (401, "UNAUTHENTICATED")
    assert market.call("GET", "/stores").status_code == 200


def test_whoever_need_not_be_known_is_not_rejected(market: Market) -> None:
    market.play({"token": "reject"})
    assert market.call("GET", "/health").status_code == 200


def test_a_token_is_ended_for_its_own_client_alone_and_never_given_more_time(market: Market) -> None:
    granted = tokens(market).json()
    with market.tenant.begin("test") as tx:
        for client_id in ("acorn-reader", "acorn-sandbox"):
            access.expire(tx, tx.credentials.get(client_id), "acorn.at_unknown")
        access.expire(tx, tx.credentials.get("acorn-reader"), granted["access_token"])
    assert call(market, granted).status_code == 200
    market.pass_time(hours=2)
    with market.tenant.begin("test") as tx:
        access.expire(tx, tx.credentials.get("acorn-sandbox"), granted["access_token"])
        (ends, _) = sorted(token.expires_at for token in tx.tokens.select())
    assert ends < market.sandbox.now
    assert code(call(market, granted)) == (401, "TOKEN_EXPIRED")
