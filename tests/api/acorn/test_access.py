"""Tokens: given, refreshed, revoked; and how OAuth says no."""

from base64 import b64encode
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from tests.api.acorn.conformance import problem
from tests.api.acorn.sandbox import Sandbox

CLIENT = {"client_id": "acorn-sandbox", "client_secret": "acorn-secret"}
GRANT = {"grant_type": "client_credentials"}
FORM = {"content-type": "application/x-www-form-urlencoded"}


def ask(shop: Sandbox, body: dict[str, Any], path: str = "token", **headers: str) -> httpx.Response:
    """Send a form, as OAuth clients do, with no other credential."""
    return shop.call("POST", f"/oauth/{path}", content=urlencode(body), key=None, headers=FORM | headers)


def basic(client_id: str, secret: str) -> str:
    return "Basic " + b64encode(f"{client_id}:{secret}".encode()).decode()


def token(shop: Sandbox, **more: str) -> Any:
    answer = ask(shop, CLIENT | GRANT | more)
    assert answer.status_code == 200, answer.text
    return answer.json()


def orders_with(shop: Sandbox, text: str, scheme: str = "Bearer") -> httpx.Response:
    return shop.call("GET", "/orders", key=None, headers={"authorization": f"{scheme} {text}"})


def refused(answer: httpx.Response, status: int, error: str) -> str:
    """Return what an OAuth error says, once it is the one that was expected."""
    assert (answer.status_code, answer.json()["error"]) == (status, error), answer.text
    assert answer.headers["content-type"] == "application/json"
    assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")
    assert ("www-authenticate" in answer.headers) == (status == 401)
    return str(answer.json()["error_description"])


def test_a_client_gets_a_token_that_opens_the_door_for_an_hour(shop: Sandbox) -> None:
    answer = ask(shop, CLIENT | GRANT)
    body = answer.json()
    assert answer.status_code == 200
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 3600)
    assert "orders:write" in body["scope"].split()
    assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")
    shop.pass_time(timedelta(seconds=3599, milliseconds=999))
    assert orders_with(shop, body["access_token"]).status_code == 200
    shop.pass_time(timedelta(milliseconds=1))
    expired = orders_with(shop, body["access_token"])
    problem(expired, 401, "TOKEN_EXPIRED")
    assert expired.headers["www-authenticate"] == 'Bearer realm="acorn", error="invalid_token"'


def test_the_scheme_is_read_in_any_case(shop: Sandbox) -> None:
    assert orders_with(shop, token(shop)["access_token"], "bEARER").status_code == 200


def test_a_client_may_prove_itself_by_json_or_by_http_basic(shop: Sandbox) -> None:
    assert shop.call("POST", "/oauth/token", CLIENT | GRANT, key=None).status_code == 200
    for client_id, secret in (("acorn-sandbox", "acorn-secret"), ("acorn%2Dsandbox", "%61corn%2Dsecret")):
        assert ask(shop, GRANT, authorization=basic(client_id, secret)).status_code == 200


def test_a_token_has_the_scopes_that_were_asked_for(shop: Sandbox) -> None:
    granted = token(shop, scope="stores:read  orders:read")
    assert granted["scope"] == "orders:read stores:read"
    bearer = {"authorization": f"Bearer {granted['access_token']}"}
    assert shop.call("GET", "/stores", key=None, headers=bearer).status_code == 200
    detail = problem(shop.call("GET", "/inventory", key=None, headers=bearer), 403, "SCOPE_MISSING")["detail"]
    assert detail == "This needs the scope inventory:read, which the credential was not granted."


def test_a_scope_that_the_client_does_not_have_is_refused(shop: Sandbox) -> None:
    reader = {"client_id": "acorn-reader", "client_secret": "acorn-reader-secret", **GRANT}
    refused(ask(shop, reader | {"scope": "orders:read orders:write"}), 400, "invalid_scope")
    assert ask(shop, reader | {"scope": ""}).json()["scope"].split()[0] == "orders:read"


def test_a_refresh_token_is_good_once_and_for_no_more_than_it_was(shop: Sandbox) -> None:
    first = token(shop, scope="orders:read stores:read")
    refresh = CLIENT | {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    refused(ask(shop, refresh | {"scope": "orders:write"}), 400, "invalid_scope")
    second = ask(shop, refresh | {"scope": "orders:read"}).json()
    assert second["scope"] == "orders:read"
    assert orders_with(shop, second["access_token"]).status_code == 200
    refused(ask(shop, refresh), 400, "invalid_grant")


def test_a_refresh_token_outlives_its_access_token_by_thirty_days(shop: Sandbox) -> None:
    refresh = CLIENT | {"grant_type": "refresh_token", "refresh_token": token(shop)["refresh_token"]}
    shop.pass_time(timedelta(days=30) - timedelta(milliseconds=1))
    again = ask(shop, refresh)
    assert again.status_code == 200
    shop.pass_time(timedelta(days=30))
    refused(ask(shop, refresh | {"refresh_token": again.json()["refresh_token"]}), 400, "invalid_grant")


def test_a_token_of_one_kind_is_of_no_use_as_the_other(shop: Sandbox) -> None:
    granted = token(shop)
    problem(orders_with(shop, granted["refresh_token"]), 401, "UNAUTHENTICATED")
    refresh = CLIENT | {"grant_type": "refresh_token", "refresh_token": granted["access_token"]}
    refused(ask(shop, refresh), 400, "invalid_grant")


def test_another_clients_refresh_token_is_of_no_use(shop: Sandbox) -> None:
    stolen = {"grant_type": "refresh_token", "refresh_token": token(shop)["refresh_token"]}
    reader = {"client_id": "acorn-reader", "client_secret": "acorn-reader-secret"}
    refused(ask(shop, reader | stolen), 400, "invalid_grant")
    assert ask(shop, CLIENT | stolen).status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (CLIENT | GRANT | {"client_secret": "wrong"}, 401, "invalid_client"),
        (CLIENT | GRANT | {"client_id": "nobody"}, 401, "invalid_client"),
        (CLIENT | GRANT | {"client_id": ""}, 401, "invalid_client"),
        (GRANT, 401, "invalid_client"),
        (CLIENT, 400, "invalid_request"),
        (CLIENT | {"grant_type": ""}, 400, "invalid_request"),
        (CLIENT | {"grant_type": "password"}, 400, "unsupported_grant_type"),
        (CLIENT | {"grant_type": "refresh_token"}, 400, "invalid_request"),
        (CLIENT | {"grant_type": "refresh_token", "refresh_token": ""}, 400, "invalid_request"),
        (CLIENT | {"grant_type": "refresh_token", "refresh_token": "default.rt_x"}, 400, "invalid_grant"),
        (CLIENT | GRANT | {"scope": "everything"}, 400, "invalid_scope"),
    ],
)
def test_a_grant_is_refused_in_the_words_of_oauth(shop: Sandbox, body: dict[str, str], status: int, error: str) -> None:
    before = shop.digest()
    refused(ask(shop, body), status, error)
    assert shop.digest() == before


@pytest.mark.parametrize(
    "header", ["Basic !!!", "Basic /w==", "Basic", "Bearer x", "Basic YWNvcm4tc2FuZGJveDphY29y!bi1zZWNyZXQ="]
)
def test_a_header_that_proves_nothing_leaves_the_client_unknown(shop: Sandbox, header: str) -> None:
    answer = ask(shop, GRANT, authorization=header)
    refused(answer, 401, "invalid_client")
    assert answer.headers["www-authenticate"] == 'Basic realm="acorn"'


def test_a_secret_shown_twice_is_refused(shop: Sandbox) -> None:
    refused(ask(shop, CLIENT | GRANT, authorization=basic(*CLIENT.values())), 400, "invalid_request")


@pytest.mark.parametrize("body", [b"grant_type=a&grant_type=b", b"{", b"\xff", b"grant_type=%ff", b"", b"a", b"[1]"])
@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded"])
def test_a_body_that_cannot_be_read_is_an_invalid_request(shop: Sandbox, body: bytes, kind: str) -> None:
    answer = shop.call("POST", "/oauth/token", content=body, key=None, headers={"content-type": kind})
    refused(answer, 400, "invalid_request")


def test_unknown_members_are_ignored(shop: Sandbox) -> None:
    assert ask(shop, CLIENT | GRANT | {"audience": "x"}).status_code == 200


def test_a_suspended_account_gets_no_token(shop: Sandbox) -> None:
    suspended = {"client_id": "acorn-suspended", "client_secret": "acorn-suspended-secret"}
    problem(ask(shop, suspended | GRANT), 403, "ACCOUNT_SUSPENDED")
    refused(ask(shop, suspended | GRANT | {"client_secret": "wrong"}), 401, "invalid_client")


def test_a_secret_never_stands_in_an_answer(shop: Sandbox) -> None:
    for body in (CLIENT | GRANT, CLIENT | {"grant_type": "acorn-secret"}, CLIENT | GRANT | {"scope": "acorn-secret"}):
        assert "acorn-secret" not in ask(shop, body).text


def test_revoking_either_token_of_a_grant_revokes_both(shop: Sandbox) -> None:
    for kind in ("access_token", "refresh_token"):
        granted, other = token(shop), token(shop)
        answer = ask(shop, CLIENT | {"token": granted[kind], "token_type_hint": kind}, "revoke")
        assert (answer.status_code, answer.content) == (200, b"")
        gone = orders_with(shop, granted["access_token"])
        problem(gone, 401, "TOKEN_REVOKED")
        assert gone.headers["www-authenticate"] == 'Bearer realm="acorn", error="invalid_token"'
        refresh = CLIENT | {"grant_type": "refresh_token", "refresh_token": granted["refresh_token"]}
        refused(ask(shop, refresh), 400, "invalid_grant")
        assert orders_with(shop, other["access_token"]).status_code == 200


def test_revoking_a_token_that_is_not_the_clients_leaves_it_alone(shop: Sandbox) -> None:
    granted = token(shop)
    reader = {"client_id": "acorn-reader", "client_secret": "acorn-reader-secret"}
    for text in (granted["access_token"], "nonsense"):
        assert ask(shop, reader | {"token": text}, "revoke").status_code == 200
    assert orders_with(shop, granted["access_token"]).status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [(CLIENT, 400, "invalid_request"), ({"token": "x"}, 401, "invalid_client")],
)
def test_a_revocation_is_refused_in_the_words_of_oauth(
    shop: Sandbox, body: dict[str, str], status: int, error: str
) -> None:
    refused(ask(shop, body, "revoke"), status, error)


def test_tokens_follow_from_the_seed(shop: Sandbox) -> None:
    first = token(shop)
    shop.begin_anew()
    assert token(shop) == first
    assert token(shop)["access_token"] != first["access_token"]
