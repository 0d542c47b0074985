"""The journal over the operator's interface: listed, explained, carried away, verified."""

import asyncio
from collections.abc import Iterator
from hashlib import sha256
from itertools import pairwise
from typing import Any

import httpx
import msgspec
import orjson
import pytest

from sandbox_server.services.journal import Journal
from sandbox_server.traffic.journal import Verdict
from tests.api.acorn import conformance
from tests.api.asgi_client import exchange
from tests.control.stage import CONTROL, KEY, NEVER, STORE_KEY, TENANT, Stage, faults_in

JOURNAL = f"{TENANT}/journal"


def calls(stage: Stage, filters: str = "", path: str = JOURNAL) -> list[Any]:
    return list(stage.look(f"{path}?limit=100&{filters}".rstrip("?&"), None)["items"])


def entry(stage: Stage, number: int) -> Any:
    return stage.look(f"{JOURNAL}/{number}", None)


def order_to_acknowledge(stage: Stage) -> str:
    (order,) = stage.done("/buyers/orders", {"lines": [{"sku": "SKU-00001", "quantity": 1}]})["items"]
    return str(order["orderId"])


@pytest.fixture
def day(stage: Stage) -> dict[str, Any]:
    """A client's day, of every sort of call; what it was about."""
    order_id = order_to_acknowledge(stage)
    stage.look("/v1/orders?limit=3")
    stage.call("GET", f"/v1/orders/{order_id}", key=STORE_KEY, X_Request_Id="look-1")
    accept = {"lines": [{"lineId": "1", "decision": "ACCEPT"}]}
    for _ in range(2):
        stage.call("POST", f"/v1/orders/{order_id}/acknowledgements", accept, KEY, Idempotency_Key=f"ack-{order_id}")
    stage.call("GET", "/v1/orders?stauts=NEW", key=KEY)
    stage.call("GET", f"/v1/orders/{NEVER}", key=KEY)
    stage.wait("PT1H")
    stage.call("GET", "/v1/stores/S0001", key=KEY)
    stage.call("GET", "/v1/orders")
    stage.call("GET", "/v1/order", key=KEY)
    stage.call("DELETE", "/v1/orders", key=KEY)
    return {"order": order_id}


def test_every_call_is_there_in_order_whatever_became_of_it(stage: Stage, day: Any) -> None:
    found = calls(stage)
    assert [call["number"] for call in found] == list(range(1, 11))
    assert [(call["status"], call["verdict"]) for call in found] == [
        (200, "ANSWERED"),
        (200, "ANSWERED"),
        (200, "ANSWERED"),
        (200, "ANSWERED"),
        (400, "VIOLATION"),
        (404, "REFUSED"),
        (200, "ANSWERED"),
        (401, "UNAUTHENTICATED"),
        (404, "UNMATCHED"),
        (405, "UNMATCHED"),
    ]
    assert [call["replayed"] for call in found].count(True) == 1
    assert found[3]["replayed"]
    assert [call.get("clientId") for call in found[:2]] == ["acorn-sandbox", "acorn-store"]
    assert ("operationId" in found[8], "clientId" in found[7]) == (False, False)


@pytest.mark.parametrize(
    ("filters", "numbers"),
    [
        ("operation=acknowledgeOrder", [3, 4]),
        ("operation=noSuchThing", []),
        ("status=200&operation=listOrders", [1]),
        ("status=405", [10]),
        ("requestId=look-1", [2]),
        ("requestId=look-2", []),
        ("storeId=S0001&operation=getStore", [7]),
        ("verdict=UNMATCHED", [9, 10]),
        ("verdict=VIOLATION", [5]),
        ("verdict=FAULT", []),
        ("fault=slow-acks", []),
        ("receivedAfter=2026-11-27T16:00:00Z", [7, 8, 9, 10]),
        ("receivedBefore=2026-11-27T16:00:00Z", [1, 2, 3, 4, 5, 6]),
        ("receivedAfter=2026-11-27T15:30:00Z&receivedBefore=2026-11-27T15:45:00Z", []),
        ("after=8", [9, 10]),
    ],
)
def test_a_filter_leaves_what_fits(stage: Stage, day: Any, filters: str, numbers: list[int]) -> None:
    assert [call["number"] for call in calls(stage, filters)] == numbers


def test_calls_about_an_order_are_found(stage: Stage, day: Any) -> None:
    assert [call["number"] for call in calls(stage, f"orderId={day['order']}")] == [2, 3, 4]


def test_every_verdict_can_be_asked_for(stage: Stage) -> None:
    for verdict in Verdict:
        assert calls(stage, f"verdict={verdict}") == []
    got = stage.call("GET", f"{JOURNAL}?verdict=GOOD")
    assert (got.status, got.json["errors"][0]["parameter"]) == (400, "verdict")


def test_a_walk_finds_each_call_once_while_calls_arrive(stage: Stage) -> None:
    def walk() -> Iterator[int]:
        page = stage.look(f"{JOURNAL}?limit=3&operation=listOrders", None)
        yield from (call["number"] for call in page["items"])
        while "nextCursor" in page:
            stage.look("/v1/orders?limit=1")
            stage.look("/v1/stores?limit=1")
            page = stage.look(f"{JOURNAL}?limit=3&operation=listOrders&cursor={page['nextCursor']}", None)
            yield from (call["number"] for call in page["items"])

    for _ in range(7):
        stage.look("/v1/orders?limit=1")
    assert list(walk()) == [1, 2, 3, 4, 5, 6, 7, 8, 10, 12]


def test_a_cursor_is_good_for_its_filters_and_its_tenant_alone(stage: Stage, day: Any) -> None:
    stage.made(name="other")
    cursor = stage.look(f"{JOURNAL}?limit=1", None)["nextCursor"]
    for path in (f"{JOURNAL}?status=200", f"{CONTROL}/tenants/other/journal?limit=1", f"{JOURNAL}/unmatched?limit=1"):
        got = stage.call("GET", f"{path}&cursor={cursor}")
        assert (got.status, got.json["code"]) == (400, "CURSOR_MISMATCH")


def test_a_call_is_told_in_full(stage: Stage, day: Any) -> None:
    found = entry(stage, 3)
    assert (found["tenant"], found["method"], found["operationId"]) == ("default", "POST", "acknowledgeOrder")
    assert found["idempotencyKey"] == f"ack-{day['order']}"
    assert orjson.loads(found["request"]["body"])["lines"][0]["decision"] == "ACCEPT"
    assert orjson.loads(found["response"]["body"])["orderId"] == day["order"]
    (change,) = [change for change in found["changes"] if change["table"] == "orders"]
    assert (change["key"], change["before"]["status"], change["after"]["status"]) == (
        day["order"],
        "NEW",
        "ACKNOWLEDGED",
    )
    assert (found["requestErrors"], found["responseErrors"]) == ([], [])
    assert KEY not in orjson.dumps(found).decode()
    assert entry(stage, 4)["previousHash"] == entry(stage, 3)["hash"]


def test_what_the_contract_finds_wrong_in_a_request_is_told(stage: Stage, day: Any) -> None:
    (found,) = entry(stage, 5)["requestErrors"]
    assert (found["parameter"], found["code"]) == ("stauts", "UNKNOWN_PARAMETER")


@pytest.mark.parametrize("number", [11, 2**53])
def test_a_number_that_there_is_not_is_not_found(stage: Stage, day: Any, number: int) -> None:
    got = stage.call("GET", f"{JOURNAL}/{number}")
    assert (got.status, got.json["detail"]) == (404, f"There is no call '{number}'.")


@pytest.mark.parametrize(("number", "status"), [("0", 400), ("-1", 400), ("9" * 30, 400), ("1.5", 404), ("one", 404)])
def test_a_number_that_is_none_is_refused(stage: Stage, number: str, status: int) -> None:
    assert stage.call("GET", f"{JOURNAL}/{number}").status == status


def test_what_found_no_operation_is_explained_with_the_nearest_and_a_remedy(stage: Stage, day: Any) -> None:
    singular, method = calls(stage, path=f"{JOURNAL}/unmatched")
    assert (singular["number"], method["number"]) == (9, 10)
    assert singular["nearest"] == {"operationId": "listOrders", "method": "GET", "path": "/v1/orders"}
    assert singular["remedy"] == "GET /v1/orders"
    assert any("order" in difference for difference in singular["differences"])
    assert (method["method"], method["nearest"]["path"]) == ("DELETE", "/v1/orders")
    assert method["explanation"]


def test_what_found_no_operation_is_listed_page_by_page(stage: Stage) -> None:
    for number in range(5):
        stage.call("GET", f"/v1/ordres/{number}", key=KEY)
        stage.look("/v1/orders?limit=1")
    first = stage.look(f"{JOURNAL}/unmatched?limit=2", None)
    rest = stage.look(f"{JOURNAL}/unmatched?limit=100&cursor={first['nextCursor']}", None)
    assert [one["number"] for one in first["items"] + rest["items"]] == [1, 3, 5, 7, 9]


def test_a_call_in_one_tenant_is_in_no_others_journal(stage: Stage) -> None:
    keys = {name: stage.made(name=name)["credentials"][0]["apiKey"] for name in ("one", "two")}
    for name, key in keys.items():
        stage.call("GET", "/v1/orders", key=key, X_Request_Id=f"of-{name}")
        stage.call("GET", "/v1/nowhere", key=key, X_Request_Id=f"of-{name}")
        stage.call("POST", "/v1/stores", {}, key=key, X_Request_Id=f"of-{name}")
    for name in keys:
        found = calls(stage, path=f"{CONTROL}/tenants/{name}/journal")
        assert [call["requestId"] for call in found] == [f"of-{name}"] * 3
        assert {call["clientId"] for call in found} == {f"acorn-sandbox.{name}"}
    assert calls(stage) == []


def test_the_operators_calls_and_the_documents_are_in_no_journal(stage: Stage) -> None:
    stage.look(TENANT, None)
    stage.look(f"{CONTROL}/pos/stock?limit=1")
    for path in ("/docs", "/v1/openapi.json", "/_sandbox/docs", f"{CONTROL}/openapi.json"):
        assert exchange(stage.app, "GET", path, [(b"host", b"localhost")], [b""])[0]["status"] == 200
    assert calls(stage) == []


def replayed(recorded: Any) -> httpx.Response:
    """An exchange, as a HAR has it."""

    def headers(half: Any) -> list[tuple[str, str]]:
        return [(header["name"], header["value"]) for header in half["headers"]]

    asked, answered = recorded["request"], recorded["response"]
    sent = asked.get("postData", {}).get("text", "").encode()
    request = httpx.Request(asked["method"], asked["url"], headers=headers(asked), content=sent)
    body = answered["content"]["text"].encode()
    return httpx.Response(answered["status"], headers=headers(answered), content=body, request=request)


def test_a_har_has_every_call_and_openapi_core_takes_it(stage: Stage, day: Any) -> None:
    got = stage.call("GET", f"{JOURNAL}/export")
    assert got.headers["content-type"] == "application/json"
    assert got.headers["content-disposition"] == 'attachment; filename="default-journal.har"'
    entries = got.json["log"]["entries"]
    assert [one["_number"] for one in entries] == list(range(1, 11))
    for one in entries:
        conformance.MARKETPLACE.hold(replayed(one))


def test_lines_can_be_verified_by_whoever_has_them(stage: Stage, day: Any) -> None:
    got = stage.call("GET", f"{JOURNAL}/export?format=ndjson")
    assert got.headers["content-type"] == "application/x-ndjson"
    assert got.headers["content-disposition"] == 'attachment; filename="default-journal.ndjson"'
    lines = [orjson.loads(line) for line in got.body.splitlines()]
    assert len(lines) == 10
    previous = "0" * 64
    for line in lines:
        content = orjson.loads(line.pop("content"))
        assert (content["previousHash"], line["previousHash"]) == (previous, previous)
        previous = line["hash"]
        assert line == entry(stage, line["number"])
    for raw in got.body.splitlines():
        line = orjson.loads(raw)
        assert sha256(line["content"].encode()).hexdigest() == line["hash"]
    assert stage.done("/journal/verify")["head"] == previous


def test_what_is_carried_away_can_be_narrowed(stage: Stage, day: Any) -> None:
    for query, numbers in (("verdict=UNMATCHED", [9, 10]), ("status=401", [8]), ("operation=nothing", [])):
        log = stage.look(f"{JOURNAL}/export?{query}", None)["log"]
        assert [one["_number"] for one in log["entries"]] == numbers
    path = f"{JOURNAL}/export?format=ndjson&operation=nothing"
    _, *pieces = exchange(stage.app, "GET", path, [(b"host", b"localhost")], [b""])
    assert b"".join(piece["body"] for piece in pieces) == b""


@pytest.mark.parametrize("form", ["har", "ndjson"])
def test_a_long_journal_goes_out_piece_by_piece(stage: Stage, form: str) -> None:
    for _ in range(60):
        stage.look("/v1/orders?limit=3")
    path = f"{JOURNAL}/export?format={form}"
    _, *pieces = exchange(stage.app, "GET", path, [(b"host", b"localhost")], [b""])
    bodies = [piece["body"] for piece in pieces]
    assert len(bodies) > 3
    assert max(map(len, bodies)) < 256 * 1024
    assert [piece.get("more_body", False) for piece in pieces] == [True] * (len(pieces) - 1) + [False]
    whole = b"".join(bodies)
    found = orjson.loads(whole)["log"]["entries"] if form == "har" else whole.splitlines()
    assert len(found) == 60


@pytest.mark.parametrize("form", ["HAR", "csv", ""])
def test_another_form_is_not_to_be_had(stage: Stage, form: str) -> None:
    got = stage.call("GET", f"{JOURNAL}/export?format={form}")
    assert (got.status, got.json["errors"][0]["parameter"]) == (400, "format")


def test_a_whole_journal_verifies_an_empty_one_too(stage: Stage) -> None:
    assert stage.done("/journal/verify") == {"whole": True, "entries": 0, "first": 1, "head": "0" * 64}
    stage.look("/v1/orders?limit=3")
    found = stage.done("/journal/verify")
    assert (found["whole"], found["entries"], found["head"]) == (True, 1, entry(stage, 1)["hash"])


def test_a_journal_that_was_tampered_with_tells_where(stage: Stage, day: Any) -> None:
    segment = stage.tenant.power(Journal)._segments()[-1]
    content = segment._content
    assert content is not None
    whole = content.lines[4]
    content.lines[4] = whole.replace(b"stauts", b"status")
    found = stage.done("/journal/verify")
    assert (found["whole"], found["brokenAt"]) == (False, 5)
    assert found["reason"]
    content.lines[4] = whole
    assert stage.done("/journal/verify")["whole"]


def test_a_body_that_is_not_as_it_was_tells_itself_too(stage: Stage, day: Any) -> None:
    segment = stage.tenant.power(Journal)._segments()[-1]
    content = segment._content
    assert content is not None
    whole = msgspec.structs.replace(content, chunks=list(content.chunks))
    segment._content = msgspec.structs.replace(content, chunks=[chunk + b" " for chunk in content.chunks])
    found = stage.done("/journal/verify")
    assert (found["whole"], found["brokenAt"]) == (False, 1)
    segment._content = whole


def test_the_journal_of_nobody_is_not_found(stage: Stage) -> None:
    for method, path in (
        ("GET", ""),
        ("GET", "/1"),
        ("GET", "/export"),
        ("GET", "/unmatched"),
        ("POST", "/verify"),
    ):
        assert stage.call(method, f"{CONTROL}/tenants/nobody/journal{path}").status == 404


def test_a_journal_filter_that_there_is_not_is_refused(stage: Stage) -> None:
    got = stage.call("GET", f"{JOURNAL}?store=S0001")
    assert (got.status, got.json["errors"][0]["parameter"]) == (400, "store")
    assert faults_in(stage.call("POST", f"{JOURNAL}/verify", {})) == [("", "UNEXPECTED_BODY")]


def test_what_a_fault_put_into_an_answer_is_nobodys_error(stage: Stage) -> None:
    stage.done("/faults", {"id": "drift", "effect": {"drift": {"unknownField": "xNew"}}, "maxCount": 1})
    drifted = stage.look("/v1/stores/S0001")
    plain = stage.look("/v1/stores/S0001")
    (call,) = stage.look(f"{TENANT}/journal?fault=drift", key=None)["items"]
    kept = stage.look(f"{TENANT}/journal/{call['number']}", key=None)
    assert orjson.loads(kept["response"]["body"]) == drifted
    assert "xNew" in drifted
    assert (orjson.loads(kept["bodyBeforeFault"]), kept["responseErrors"]) == (plain, [])


class Overheard(httpx.ASGITransport):
    """Calls the marketplace ten times whenever a piece of an answer goes out."""

    def __init__(self, stage: Stage) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            async def send_on(message: Any) -> None:
                await send(message)
                if scope["path"].startswith(CONTROL) and message.get("more_body"):
                    async with httpx.AsyncClient(transport=self, base_url="http://localhost") as client:
                        for _ in range(10):
                            await client.get("/v1/stores?limit=20", headers={"x-api-key": KEY})

            await stage.app(scope, receive, send_on)

        super().__init__(app)


def test_an_export_goes_on_while_calls_arrive_and_ends(stage: Stage) -> None:
    """What goes out is a whole chain, though segments are closed and opened under it."""
    for _ in range(300):
        stage.look("/v1/stores?limit=20")

    async def download() -> list[Any]:
        async with httpx.AsyncClient(transport=Overheard(stage), base_url="http://localhost") as client:
            lines = (await client.get(f"{JOURNAL}/export?format=ndjson")).content
        return [orjson.loads(line) for line in lines.splitlines()]

    found = asyncio.run(download())
    assert [line["number"] for line in found] == list(range(1, len(found) + 1))
    assert 300 <= len(found) <= stage.look(f"{JOURNAL}?limit=1", None)["last"]
    assert all(one["hash"] == two["previousHash"] for one, two in pairwise(found))
