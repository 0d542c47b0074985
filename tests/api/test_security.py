import pytest

from sandbox_server.api.contract import Contract
from sandbox_server.api.mount import Mounted, Mounts
from tests.api.asgi_client import request
from tests.api.sample import CONTRACT, HANDLERS, SampleDialect, SampleDirectory, make_app

JSON = ("Content-Type", "application/json")
FINE = b'{"items":[{"thingId":"A","quantity":1}]}'


def bearer(token: str) -> tuple[str, str]:
    return ("Authorization", f"Bearer {token}")


@pytest.mark.parametrize("name", ["Bearer", "bearer", "BEARER"])
def test_a_bearer_token_lets_in_however_the_scheme_is_spelt(name: str) -> None:
    assert request(make_app(), "GET", "/v1/things", [("Authorization", f"{name} reader")], key=None).status == 200


def test_an_api_key_lets_in() -> None:
    assert request(make_app(), "GET", "/v1/things", key="reader").status == 200


@pytest.mark.parametrize("headers", [[bearer("reader")], [("X-Api-Key", "reader")]])
def test_scopes_hold_for_tokens_and_keys_alike(headers: list[tuple[str, str]]) -> None:
    got = request(make_app(), "PUT", "/v1/things", [JSON, *headers], FINE, key=None)
    assert (got.status, got.json["code"]) == (403, "ScopeMissing")
    assert "things:write" in got.json["detail"]


def test_a_suspended_account_is_told_so_before_its_scopes_are_looked_at() -> None:
    got = request(make_app(), "PUT", "/v1/things", [JSON], FINE, key="suspended")
    assert got.json["code"] == "AccountSuspended"


def test_an_expired_token_is_told_from_an_unknown_one() -> None:
    app = make_app()
    codes = [request(app, "GET", "/v1/things", [bearer(token)], key=None).json["code"] for token in ("expired", "no")]
    assert codes == ["TokenExpired", "Unauthenticated"]


def test_one_good_credential_is_enough() -> None:
    assert request(make_app(), "GET", "/v1/things", [bearer("expired")], key="reader").status == 200


def test_of_two_bad_credentials_the_first_one_in_the_contract_is_answered() -> None:
    assert request(make_app(), "GET", "/v1/things", [bearer("expired")], key="no").json["code"] == "TokenExpired"


def test_who_is_not_let_in_cannot_make_the_server_read_a_body() -> None:
    got = request(make_app(), "PUT", "/v1/things", [("Content-Length", "99999999")], key=None)
    assert got.status == 401


def test_an_operation_without_security_looks_at_no_credential() -> None:
    assert request(make_app(), "GET", "/v1/health", [bearer("expired")], key="no").status == 200


@pytest.mark.parametrize(
    ("security", "scheme", "words"),
    [
        (b'[{oauth: ["things:read"], key: []}]', b"in: header", "one credential lets a caller in"),
        (b'[{oauth: ["things:read"]}, {key: []}]', b"in: query", "goes into a header"),
    ],
)
def test_a_contract_that_cannot_be_kept_is_refused_at_start(security: bytes, scheme: bytes, words: str) -> None:
    source = CONTRACT.source.replace(b'security: [{oauth: ["things:read"]}, {key: []}]', b"security: " + security, 1)
    contract = Contract(source.replace(b"in: header, name: X-Api-Key", scheme + b", name: X-Api-Key"))
    mounts = Mounts([Mounted(contract, HANDLERS, SampleDialect())], SampleDirectory())
    with pytest.raises(ValueError, match=words):
        mounts.security(mounts.operations())
