"""Who may drive the sandbox: whoever reaches it, or whoever has the token; never a page of another site."""

import re

import pytest

from sandbox_server.api.contract import Operation
from tests.api.asgi_client import Got, exchange
from tests.control.stage import CONTROL, KEY, OPERATOR, TENANT, Stage

TOKEN = "op-31e1c5a9"
BEARER = f"Bearer {TOKEN}"
FOR_OPERATORS = [one for one in OPERATOR.contract.operations() if one.security == [{"operator": []}]]
OPEN = ["/_sandbox/docs", f"{CONTROL}/openapi.json", f"{CONTROL}/openapi.yaml", "/docs", "/v1/openapi.json"]


@pytest.fixture(scope="module")
def guarded(built: Stage) -> Stage:
    """small_chain, served on a public address."""
    return Stage(built.settings.data_dir, operator_token=TOKEN)


def status_of_page(stage: Stage, path: str, *headers: tuple[bytes, bytes]) -> int:
    return int(exchange(stage.app, "GET", path, list(headers) or [(b"host", b"localhost")], [b""])[0]["status"])


def test_the_right_token_opens_everything(guarded: Stage) -> None:
    assert guarded.call("GET", TENANT, Authorization=BEARER).status == 200
    assert guarded.call("GET", TENANT, Authorization=f"bearer {TOKEN}").status == 200
    assert guarded.call("POST", f"{CONTROL}/tenants", {}, Authorization=BEARER).status == 201


@pytest.mark.parametrize("operation", FOR_OPERATORS, ids=lambda operation: operation.operation_id)
def test_nothing_is_open_without_the_right_token(guarded: Stage, operation: Operation) -> None:
    path = re.sub("{(number|certification)?[a-zA-Z]*}", lambda match: "1" if match[1] else "x", operation.path)
    wrong = ("Bearer", "Bearer op-31e1c5a", f"Bearer {TOKEN}x", "Bearer \xe9", f"Basic {TOKEN}", TOKEN)
    for headers in ({}, *({"Authorization": shown} for shown in wrong)):
        got = guarded.call(operation.method, path, key=KEY, **headers)
        assert (got.status, got.json["code"]) == (401, "UNAUTHENTICATED"), headers
        assert got.headers["www-authenticate"] == 'Bearer realm="sandbox"'
        assert TOKEN not in got.body.decode()


def test_a_caller_without_the_token_changes_nothing(guarded: Stage) -> None:
    before = guarded.call("GET", f"{CONTROL}/tenants", Authorization=BEARER).body
    for method, path in (("POST", f"{CONTROL}/tenants"), ("POST", f"{TENANT}/reset"), ("DELETE", TENANT)):
        assert guarded.call(method, path).status == 401
    assert guarded.call("GET", f"{CONTROL}/tenants", Authorization=BEARER).body == before


def test_health_and_documents_need_no_token(guarded: Stage) -> None:
    assert guarded.call("GET", f"{CONTROL}/health").status == 200
    assert [status_of_page(guarded, path) for path in OPEN] == [200] * len(OPEN)


def test_the_feed_of_the_tills_takes_the_marketplaces_credentials_and_no_token(guarded: Stage) -> None:
    assert guarded.call("GET", f"{CONTROL}/pos/stock", key=KEY).status == 200
    assert guarded.call("GET", f"{CONTROL}/pos/stock", Authorization=BEARER).status == 401


def test_a_token_makes_any_host_name_good(guarded: Stage) -> None:
    assert guarded.call("GET", TENANT, Authorization=BEARER, Host="sandbox.example.com").status == 200
    assert guarded.call("GET", TENANT, Host="sandbox.example.com").status == 401


def test_a_token_does_not_open_to_another_sites_page(guarded: Stage) -> None:
    got = guarded.call("GET", TENANT, Authorization=BEARER, Origin="https://evil.example")
    assert (got.status, got.json["code"]) == (403, "FOREIGN_ORIGIN")


def refused(got: Got, code: str) -> bool:
    return (got.status, got.json["code"]) == (403, code)


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "localhost:8080", "LOCALHOST", "app.localhost:1", "127.0.0.1", "127.0.0.1:8080"),
        *("127.8.9.10", "[::1]", "[::1]:8080"),
    ],
)
def test_this_machines_own_names_are_good(stage: Stage, host: str) -> None:
    assert stage.call("GET", TENANT, Host=host).status == 200


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1"),
        *("0.0.0.0", "[::]", "[::1", "localhost@evil.example", "notlocalhost", "127.0.0.1\u00e9"),
    ],
)
def test_a_name_that_somebody_made_to_point_here_is_refused(stage: Stage, host: str) -> None:
    before = stage.state()
    assert refused(stage.call("POST", f"{TENANT}/reset", Host=host), "FOREIGN_HOST")
    assert refused(stage.call("POST", f"{CONTROL}/tenants", {"name": "theirs"}, Host=host), "FOREIGN_HOST")
    assert stage.state() == before


def test_a_call_that_names_no_host_is_good(stage: Stage) -> None:
    assert status_of_page(stage, TENANT, (b"accept", b"*/*")) == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "http://["},
        {"Origin": ""},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "no-cors"},
        {"Origin": "http://localhost", "Sec_Fetch_Site": "cross-site"},
    ],
)
def test_a_page_of_another_site_is_refused(stage: Stage, headers: dict[str, str]) -> None:
    before = stage.state()
    for method, path in (("GET", TENANT), ("POST", f"{TENANT}/reset"), ("OPTIONS", f"{TENANT}/reset")):
        assert refused(stage.call(method, path, **headers), "FOREIGN_ORIGIN")
    assert stage.state() == before


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://localhost"},
        {"Origin": "http://LOCALHOST"},
        {"Origin": "http://localhost:8080", "Host": "localhost:8080"},
        {"Sec_Fetch_Site": "same-origin"},
        {"Sec_Fetch_Site": "none"},
        {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"},
    ],
)
def test_a_page_of_the_sandbox_and_a_visitor_are_let_in(stage: Stage, headers: dict[str, str]) -> None:
    assert stage.call("GET", TENANT, **headers).status == 200


def test_nobody_follows_a_link_into_a_change(stage: Stage) -> None:
    got = stage.call("POST", f"{TENANT}/reset", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate")
    assert refused(got, "FOREIGN_ORIGIN")


def test_the_pages_of_the_documents_are_open(stage: Stage) -> None:
    assert [status_of_page(stage, path) for path in OPEN] == [200] * len(OPEN)


def test_the_marketplace_does_not_ask_where_a_call_comes_from(stage: Stage) -> None:
    assert stage.call("GET", "/v1/orders", key=KEY, Host="evil.example", Origin="https://evil.example").status == 200


def test_no_answer_lets_a_page_of_another_site_read_it(stage: Stage) -> None:
    for headers in ({}, {"Origin": "http://localhost"}, {"Origin": "https://evil.example"}):
        got = stage.call("GET", TENANT, **headers)
        assert not [name for name in got.headers if name.startswith("access-control-")]
