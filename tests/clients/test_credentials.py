"""Tokens: fetched once, renewed in time, and given up on when they cannot be had."""

from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from fixtures.clients.reference.assemble import Client
from fixtures.clients.reference.credentials import TokenCache
from fixtures.clients.reference.errors import CannotGoOn
from fixtures.clients.reference.retry import Patience
from fixtures.clients.reference.sender import Sender, open_connections
from tests.clients.conftest import MakeClient
from tests.clients.fake_marketplace import FakeClock, FakeMarketplace, an_order, problem


def make_tokens(market: FakeMarketplace, clock: FakeClock, clock_scale: float = 1.0) -> TokenCache:
    http = open_connections("http://marketplace.test/v1", httpx.MockTransport(market))
    return TokenCache(Sender(http, Patience(), clock), clock, "chain", "s3cret", clock_scale)


def test_one_token_serves_fifty_calls(client: Client, market: FakeMarketplace) -> None:
    for _ in range(20):
        client.worker.round()
    assert len(market.seen) > 50
    assert len(market.asked("createToken")) == 1


def test_a_token_is_renewed_before_it_ends(market: FakeMarketplace, clock: FakeClock) -> None:
    market.token_seconds = 30
    tokens = make_tokens(market, clock)
    first = tokens.headers()
    clock.now += 23
    assert tokens.headers() == first
    clock.now += 2
    assert tokens.headers() != first


def test_a_token_ends_sooner_where_the_marketplaces_clock_runs_faster(
    market: FakeMarketplace, clock: FakeClock
) -> None:
    market.token_seconds = 30
    tokens = make_tokens(market, clock, clock_scale=10)
    first = tokens.headers()
    clock.now += 2.5
    assert tokens.headers() != first


def test_after_a_401_one_new_token_is_fetched_and_the_same_call_succeeds(
    client: Client, market: FakeMarketplace
) -> None:
    market.orders["ord_0001"] = an_order("ord_0001", status="ACKNOWLEDGED")
    market.fail("getOrder", problem(401, "TOKEN_EXPIRED"))
    answer = client.transport.get("getOrder", "orders/ord_0001")
    assert answer.body["orderId"] == "ord_0001"
    first, second = market.asked("getOrder")
    assert first.request.headers["Authorization"] == "Bearer token-1"
    assert second.request.headers["Authorization"] == "Bearer token-2"
    assert len(market.asked("createToken")) == 2


def test_a_new_token_that_is_refused_as_well_ends_the_client(client: Client, market: FakeMarketplace) -> None:
    market.fail("listInventory", *[problem(401, "TOKEN_REVOKED")] * 2)
    with pytest.raises(CannotGoOn, match="credentials"):
        client.worker.round()
    assert len(market.asked("createToken")) == 2


def test_wrong_credentials_are_tried_once_and_named(client: Client, market: FakeMarketplace) -> None:
    refusal = {"error": "invalid_client", "error_description": "The secret is wrong."}
    market.fail("createToken", httpx.Response(401, json=refusal))
    with pytest.raises(CannotGoOn, match=r"ACORN_CLIENT_SECRET.*The secret is wrong"):
        client.worker.round()
    assert len(market.seen) == 1


def test_a_suspended_account_ends_the_client(client: Client, market: FakeMarketplace) -> None:
    market.fail("listInventory", problem(403, "ACCOUNT_SUSPENDED"))
    with pytest.raises(CannotGoOn, match="suspended"):
        client.worker.round()


def test_many_threads_fetch_one_token(market: FakeMarketplace, clock: FakeClock) -> None:
    tokens = make_tokens(market, clock)
    with ThreadPoolExecutor(8) as threads:
        headers = list(threads.map(lambda _: tokens.headers(), range(40)))
    assert len(market.asked("createToken")) == 1
    assert headers == [headers[0]] * 40


def test_a_late_401_does_not_cost_a_token_that_is_newer(market: FakeMarketplace, clock: FakeClock) -> None:
    tokens = make_tokens(market, clock)
    old = tokens.headers()
    tokens.renew(old)
    new = tokens.headers()
    tokens.renew(old)
    assert tokens.headers() == new


def test_the_token_endpoint_is_tried_again_when_it_is_down(market: FakeMarketplace, clock: FakeClock) -> None:
    market.fail("createToken", problem(503, "UNAVAILABLE"))
    assert make_tokens(market, clock).headers() == {"Authorization": "Bearer token-1"}


def test_the_secret_is_in_a_header_of_the_token_request_and_nowhere_else(
    client: Client, market: FakeMarketplace
) -> None:
    market.orders["ord_0001"] = an_order("ord_0001")
    client.worker.round()
    encoded = b64encode(b"chain:s3cret").decode()
    for seen in market.seen:
        assert b"s3cret" not in seen.request.content
        assert "s3cret" not in str(seen.request.url)
        is_token_request = seen.operation == "createToken"
        assert (f"Basic {encoded}" in seen.request.headers.values()) is is_token_request


def test_an_api_key_serves_where_there_is_no_client_id(make_client: MakeClient, market: FakeMarketplace) -> None:
    make_client(client_id="", api_key="k3y").worker.round()
    assert not market.asked("createToken")
    assert {seen.request.headers["X-Api-Key"] for seen in market.seen} == {"k3y"}


def test_a_refused_api_key_ends_the_client(make_client: MakeClient, market: FakeMarketplace) -> None:
    market.fail("listInventory", problem(401, "UNAUTHENTICATED"))
    with pytest.raises(CannotGoOn, match="credentials"):
        make_client(client_id="", api_key="k3y").worker.round()
    assert len(market.seen) == 1
