"""Which calls a fault plays in, seen from outside."""

import asyncio
from contextlib import suppress
from typing import Any

import httpx
import orjson
import pytest
from connexion.middleware.abstract import ROUTING_CONTEXT

from sandbox_server.app import build_app
from sandbox_server.asgi import Message, Receive, Scope, Send, respond
from sandbox_server.middleware.faults.layer import Faults
from sandbox_server.settings import Settings
from sandbox_server.traffic.credentials import Caller
from sandbox_server.traffic.faults import BY_HEADER, Match, Rule
from tests.api.acorn.sandbox import KEY, InProcess, Sandbox
from tests.api.acorn.shop import open_shop
from tests.api.asgi_client import exchange
from tests.middleware.faults.looks import entry_of
from tests.middleware.faults.market import Market

BROKEN = {"error": {"status": 503}}
ITEM = {"sku": "SKU-1", "onHand": 5, "sequence": 10**15, "asOf": "2026-11-27T12:00:00Z"}


def break_(market: Market, match: Match) -> None:
    """Let the calls that match go wrong."""
    market.rules.become([Rule(id="it", match=match, effect=BROKEN)])


def report(market: Market, *stores: str) -> int:
    """Report a count from some stores; the status of the answer."""
    return market.call("PUT", "/inventory", {"items": [{**ITEM, "storeId": store} for store in stores]}).status_code


def asked(market: Market, fault: str, path: str = "/stores", key: str = KEY) -> httpx.Response:
    """Ask for a fault in the call itself."""
    return market._client.get(path, headers={"x-api-key": key, "x-sandbox-fault": fault})


@pytest.mark.parametrize("path", ["/stores/S0001", "/orders?storeId=S0001"])
def test_a_rule_for_a_store_plays_in_calls_about_it(market: Market, path: str) -> None:
    market.play(BROKEN, store="S0001")
    paths = (path, path.replace("S0001", "S0002"), "/stores")
    assert [market._client.get(one, headers={"x-api-key": KEY}).status_code for one in paths] == [503, 200, 200]
    assert market.rules.get("it").matched == 1


def test_a_rule_for_a_store_finds_it_in_the_body_and_the_operation_still_gets_the_body(market: Market) -> None:
    market.play(BROKEN, store="S0002")
    assert report(market, "S0001", "S0002") == 503
    assert report(market, "S0001") == 200
    assert market.get("/inventory", storeId="S0001", sku="SKU-1")["items"][0]["onHand"] == 5


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100, b'{"storeId": 7}', b'"S0001"'])
def test_a_body_that_names_no_store_is_about_none(market: Market, body: bytes) -> None:
    market.play(BROKEN, store="S0001")
    headers = {"x-api-key": KEY, "content-type": "application/json"}
    assert market.send("PUT", "/inventory", body, headers).status_code == 400


def test_a_body_that_is_too_long_is_not_read_to_its_end(market: Market) -> None:
    market.play(BROKEN, store="S0001")
    headers = {"x-api-key": KEY, "content-type": "application/json"}
    assert market.send("PUT", "/inventory", b" " * 3_000_000, headers).status_code == 413


def test_a_rule_for_a_credential_plays_in_its_calls(market: Market) -> None:
    break_(market, Match(credential="acorn-reader"))
    statuses = [
        market._client.get("/stores", headers={"x-api-key": key}).status_code for key in (KEY, "acorn-reader-key")
    ]
    assert statuses == [200, 503]


def test_a_rule_for_a_client_plays_when_it_asks_for_a_token(market: Market) -> None:
    break_(market, Match("createToken", credential="acorn-reader"))
    form = {"grant_type": "client_credentials"}
    answers = [
        market._client.post("/oauth/token", data=form | {"client_id": name, "client_secret": f"{name}-secret"})
        for name in ("acorn-store", "acorn-reader")
    ]
    assert [answer.status_code for answer in answers] == [200, 503]


def test_a_rule_for_headers_plays_in_calls_that_have_them(market: Market) -> None:
    break_(market, Match(headers={"X-Canary": "true"}))
    for canary, status in (("true", 503), ("false", 200)):
        assert market._client.get("/stores", headers={"x-api-key": KEY, "x-canary": canary}).status_code == status


def test_the_same_seed_rules_and_calls_go_wrong_in_the_same_places(market: Market) -> None:
    runs = []
    for _ in range(2):
        market.play(BROKEN, probability=0.4, seed=11)
        runs.append([market.call("GET", "/stores").status_code for _ in range(20)])
    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 503}


def test_calls_that_never_come_to_an_operation_are_not_counted(market: Market) -> None:
    market.play(BROKEN)
    assert market._client.get("/stores").status_code == 401
    assert market.call("GET", "/nowhere").status_code == 404
    assert market.call("DELETE", "/stores").status_code == 405
    assert market.rules.get("it").matched == 0


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("error=503", 503),
        ("error = 429", 429),
        ('{"error": {"status": 418, "code": "TEA_POT"}}', 418),
        ("delay=1", 200),
        ("token=reject", 401),
        ('{"dribble": {"numberOfChunks": 2, "totalDuration": 1}}', 200),
    ],
)
def test_a_call_asks_for_its_fault_itself(market: Market, fault: str, status: int) -> None:
    answer = asked(market, fault)
    assert answer.status_code == status
    assert entry_of(market, "listStores").fault[0] == BY_HEADER  # type: ignore[index]  # there is one
    assert market.get("/stores")["items"]


@pytest.mark.parametrize("fault", ["lostResponse", "lostResponse=true", "fault=CONNECTION_RESET_BY_PEER"])
def test_a_call_asks_to_be_cut_off(market: Market, fault: str) -> None:
    with pytest.raises(httpx.TransportError):
        asked(market, fault)


@pytest.mark.parametrize(
    ("fault", "at", "code", "words"),
    [
        ("eror=503", "", "UNKNOWN_EFFECT", "Was error meant?"),
        ("", "", "UNKNOWN_EFFECT", "It takes delay, error,"),
        ("{", "", "MALFORMED", "not JSON"),
        ("{}", "", "MIN_PROPERTIES", "It takes delay, error,"),
        ("error=99", "/error/status", "MINIMUM", "It takes delay, error,"),
        ("error", "/error/status", "TYPE", "It takes delay, error,"),
        ("error=soon", "/error/status", "TYPE", "It takes delay, error,"),
        ("error=418", "", "UNDOCUMENTED", "listStores documents no 418, but 400, 401,"),
        ("fault=RESET", "/fault", "ENUM", "CONNECTION_RESET_BY_PEER"),
        ("lostResponse=false", "/lostResponse", "ENUM", "It takes delay, error,"),
        ('{"delay": {"type": "fixed"}}', "/delay/milliseconds", "REQUIRED", "A fixed delay needs milliseconds."),
        ("token=expire", "", "UNSUITED", "token has nothing to play on in this call."),
        ("dropEvent", "", "UNSUITED", "dropEvent has nothing to play on in this call."),
        ('{"delay": {"type": "fixed", "milliseconds": 1}, "lostResponse": true}', "", "MAX_PROPERTIES", "It takes"),
    ],
)
def test_a_header_that_makes_no_sense_is_refused_in_words(
    market: Market, fault: str, at: str, code: str, words: str
) -> None:
    answer = asked(market, fault)
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")
    (error,) = answer.json()["errors"]
    assert (error["header"], error["code"]) == (f"X-Sandbox-Fault{at}", code)
    assert words in error["message"]


def test_a_call_that_asks_itself_goes_before_the_rules_and_they_count_it(market: Market) -> None:
    market.play(BROKEN, skip_first=1)
    assert [asked(market, "error=500").status_code for _ in range(2)] == [500, 500]
    standing = market.rules.get("it")
    assert (standing.matched, standing.played) == (2, 0)


def test_where_calls_may_not_ask_the_header_means_nothing() -> None:
    world = open_shop()
    app = build_app([Sandbox(world).tenant], world, Settings(header_faults=False))
    with httpx.Client(transport=InProcess(app), base_url="http://sandbox/v1") as client:
        answer = client.get("/stores", headers={"x-api-key": KEY, "x-sandbox-fault": "error=503"})
    assert answer.status_code == 200


def test_a_client_that_hangs_up_in_the_middle_of_its_request_is_answered_nothing(market: Market) -> None:
    market.play({"delay": {"type": "fixed", "milliseconds": 1}})
    lines = [(b"x-api-key", KEY.encode()), (b"content-type", b"application/json"), (b"content-length", b"9")]
    assert exchange(market.sandbox.app, "PUT", "/v1/inventory", lines, [b"{"], hangs_up=True) == []
    assert market.last_call.entry.fault == ("it", "delay")


def test_faults_play_where_no_journal_is_kept(market: Market) -> None:
    async def operation(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, 200, [], b"whole")

    market.play({"delay": {"type": "fixed", "milliseconds": 0}})
    unused: Any = None
    layer = Faults(operation, unused, lambda app: app, unused)
    sent: list[Message] = []

    async def keep(message: Message) -> None:
        sent.append(message)

    async def play() -> None:
        context = {ROUTING_CONTEXT: {"operation_id": "listStores"}}
        with market.tenant.read() as tx:
            caller = Caller(tx.credentials.get("acorn-sandbox"), frozenset())
        state = {"tenant": market.tenant, "caller": caller, "headers": {}, "request_id": "r-1"}
        await layer({"method": "GET", "extensions": context, "state": state}, unused, keep)

    asyncio.run(play())
    assert sent[1]["body"] == b"whole"
    assert market.rules.get("it").played == 1


@pytest.mark.parametrize(
    "effect",
    [
        {"error": {"status": 503}},
        {"error": {"status": 500, "body": "empty"}},
        {"token": "reject"},
        {"lostResponse": True},
    ],
    ids=["error", "empty error", "token", "lost response"],
)
def test_the_journal_has_the_body_of_a_call_that_nothing_came_of(market: Market, effect: dict[str, Any]) -> None:
    order_id = market.buy()
    market.play(effect, operation="acknowledgeOrder")
    with suppress(httpx.HTTPError):
        market.accept(order_id, once="k")
    assert orjson.loads(market.last_call.request) == {"lines": [{"lineId": "1", "decision": "ACCEPT"}]}
