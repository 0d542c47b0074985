"""What the contract finds wrong in calls that were kept."""

from typing import Any

import msgspec
import orjson
import pytest

from sandbox_server.api.closed import Closed, candid_operations
from sandbox_server.api.contract import Contract
from sandbox_server.api.judge import Judge
from sandbox_server.api.refusals import Violation
from sandbox_server.resources import contract_path
from sandbox_server.services.exchange import Exchange
from sandbox_server.services.journal import Journal
from sandbox_server.traffic.journal import Ending, Kept
from sandbox_server.traffic.redaction import WITHHELD
from tests.services.test_journal import NOW

CONTRACT = Contract(contract_path("marketplace.yaml").read_bytes())
JUDGE = Judge(CONTRACT)
JSON = (b"content-type", b"application/json")
PROBLEM = (b"content-type", b"application/problem+json")
REPORT = {
    "items": [{"storeId": "S0001", "sku": "SKU-1", "onHand": 3, "sequence": 1, "asOf": "2026-11-27T15:00:00.000Z"}]
}
RESULT = {"accepted": 1, "rejected": 0, "items": [{"storeId": "S0001", "sku": "SKU-1", "status": "ACCEPTED"}]}


def kept(operation: str | None = "listOrders", method: str = "GET", path: str = "/v1/orders", **facts: Any) -> Kept:
    call = Exchange(method, path.encode(), "req_1", NOW, 0, NOW, 0, ending=Ending.ANSWERED, operation=operation)
    journal = Journal("default", candid=candid_operations(CONTRACT))
    journal.append(lambda: msgspec.structs.replace(call, **facts))
    return next(journal.entries())


def a_report(**facts: Any) -> Kept:
    body = orjson.dumps(REPORT)
    asked = {"request_headers": [JSON, (b"content-length", b"99")], "request_body": body, "status": 200, **facts}
    return kept("reportInventory", "PUT", "/v1/inventory", **asked)


def told(violations: list[Violation]) -> list[tuple[str, str, str]]:
    return [(found.where, found.at, found.code) for found in violations]


def test_a_request_as_the_contract_has_it_is_right() -> None:
    assert JUDGE.request_errors(a_report()) == []
    assert JUDGE.request_errors(kept(query=b"limit=3&status=NEW")) == []


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"query": b"limit=0"}, [("parameter", "limit", "MINIMUM")]),
        ({"query": b"stauts=NEW"}, [("parameter", "stauts", "UNKNOWN_PARAMETER")]),
        ({"request_headers": [(b"accept", b"text/html")]}, [("header", "Accept", "NOT_ACCEPTABLE")]),
        ({"request_headers": [JSON], "request_body": b"{}"}, [("pointer", "", "UNEXPECTED_BODY")]),
    ],
)
def test_what_is_wrong_in_a_request_is_named(facts: dict[str, Any], expected: list[tuple[str, str, str]]) -> None:
    assert told(JUDGE.request_errors(kept(**facts))) == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"request_body": b"{"}, [("pointer", "", "MALFORMED")]),
        (
            {"request_body": b'{"items":[],"x":1}'},
            [("pointer", "/items", "MIN_ITEMS"), ("pointer", "/x", "UNKNOWN_MEMBER")],
        ),
        ({"request_body": b"", "request_headers": [JSON]}, [("pointer", "", "REQUIRED")]),
        ({"request_headers": [(b"content-type", b"text/csv")]}, [("header", "Content-Type", "UNSUPPORTED_MEDIA_TYPE")]),
        ({"request_body": b" " * 1024 * 1024 + b"{}"}, [("pointer", "", "BODY_TOO_LARGE")]),
    ],
)
def test_what_is_wrong_in_a_body_is_named(facts: dict[str, Any], expected: list[tuple[str, str, str]]) -> None:
    assert told(JUDGE.request_errors(a_report(**facts))) == expected


def test_a_header_that_breaks_the_contract_is_named() -> None:
    path = "/v1/orders/ord_7zk3m0q2v9c4x8tp/acknowledgements"
    wrong = kept(
        "acknowledgeOrder",
        "POST",
        path,
        request_headers=[JSON, (b"idempotency-key", b"x" * 300), (b"x-twice", b"a"), (b"x-twice", b"b")],
        request_body=b'{"lines":[{"lineId":"1","decision":"ACCEPT"}]}',
    )
    assert ("header", "Idempotency-Key", "MAX_LENGTH") in told(JUDGE.request_errors(wrong))


def test_a_path_parameter_that_breaks_the_contract_is_named() -> None:
    assert ("parameter", "orderId", "PATTERN") in told(JUDGE.request_errors(kept("getOrder", path="/v1/orders/%20")))


def test_a_body_that_the_server_never_read_is_not_missed() -> None:
    assert JUDGE.request_errors(a_report(request_body=b"", status=401)) == []


def test_a_withheld_body_is_not_judged() -> None:
    withheld = a_report(request_body=b'{"client_secret": "x"', status=400)
    assert withheld.request == WITHHELD
    assert JUDGE.request_errors(withheld) == []


def test_an_answer_as_the_contract_has_it_is_right() -> None:
    good = a_report(response_headers=[JSON, (b"x-request-id", b"a")], response_body=orjson.dumps(RESULT))
    assert JUDGE.response_errors(good) == []


def test_a_member_that_the_contract_does_not_describe_is_told_of() -> None:
    drifted = {**RESULT, "xNew": 1, "items": [{**RESULT["items"][0], "xOther": 1}]}  # type: ignore[index]
    call = a_report(response_headers=[JSON, (b"x-request-id", b"a")], response_body=orjson.dumps(drifted))
    assert told(JUDGE.response_errors(call)) == [
        ("pointer", "/items/0/xOther", "UNKNOWN_MEMBER"),
        ("pointer", "/xNew", "UNKNOWN_MEMBER"),
    ]


def test_a_value_that_the_contract_does_not_list_is_told_of() -> None:
    drifted = {**RESULT, "items": [{**RESULT["items"][0], "status": "ON_HOLD"}]}  # type: ignore[index]
    call = a_report(response_headers=[JSON, (b"x-request-id", b"a")], response_body=orjson.dumps(drifted))
    assert told(JUDGE.response_errors(call)) == [("pointer", "/items/0/status", "ENUM")]


def a_problem(**members: Any) -> bytes:
    return orjson.dumps(
        {
            "type": "https://sandbox.example/problems/invalid-request",
            "title": "Bad Request",
            "status": 400,
            "detail": "It is wrong.",
            "code": "INVALID_REQUEST",
            "requestId": "req_1",
            "retryable": False,
            **members,
        }
    )


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"status": 418}, [("pointer", "", "UNDOCUMENTED_STATUS")]),
        ({"response_headers": [(b"content-type", b"text/html")]}, [("header", "Content-Type", "MEDIA_TYPE")]),
        ({"response_headers": [JSON], "response_body": b'{"items":['}, [("pointer", "", "MALFORMED")]),
        ({"response_headers": [JSON], "response_body": b"{}"}, [("pointer", "/items", "REQUIRED")]),
        ({"response_headers": [JSON], "response_body": WITHHELD}, []),
        ({"status": 400, "response_headers": [PROBLEM], "response_body": a_problem()}, []),
        (
            {"status": 400, "response_headers": [PROBLEM], "response_body": a_problem(extra=1)},
            [("pointer", "/extra", "UNKNOWN_MEMBER")],
        ),
        ({"ending": Ending.UNANSWERED, "status": 0}, []),
    ],
)
def test_what_is_wrong_in_an_answer_is_named(facts: dict[str, Any], expected: list[tuple[str, str, str]]) -> None:
    call = kept(**{"status": 200, **facts})
    found = [one for one in told(JUDGE.response_errors(call)) if one != ("header", "X-Request-Id", "REQUIRED")]
    assert found == expected


def test_a_header_that_the_contract_promises_is_missed() -> None:
    call = kept("createShipment", "POST", "/v1/shipments", status=201, response_headers=[JSON], response_body=b"{}")
    assert ("header", "Location", "REQUIRED") in told(JUDGE.response_errors(call))


def test_a_body_where_the_contract_has_none_is_told_of() -> None:
    call = kept("revokeToken", "POST", "/v1/oauth/revoke", status=200, response_body=b"ok")
    assert ("pointer", "", "UNEXPECTED_BODY") in told(JUDGE.response_errors(call))


def test_an_answer_that_a_fault_made_up_is_nobodys() -> None:
    odd: dict[str, Any] = {"status": 599, "response_body": b"<html>"}
    assert JUDGE.response_errors(kept("listOrders", path="/v1/orders", notes={"fault": ("late", "delay")}, **odd))
    for effect in ("error", "fault"):
        made_up = kept("listOrders", path="/v1/orders", notes={"fault": ("x", effect)}, **odd)
        assert JUDGE.response_errors(made_up) == []


def test_a_label_is_judged_by_its_media_type_alone() -> None:
    pdf = [(b"content-type", b"application/pdf"), (b"x-request-id", b"a")]
    path = "/v1/shipments/shp_1/label"
    call = kept("getShipmentLabel", path=path, status=200, response_headers=pdf, response_body=b"%PDF")
    assert JUDGE.response_errors(call) == []


def test_a_call_without_an_operation_is_explained_and_not_judged() -> None:
    call = kept(None, path="/orders", status=404)
    assert (JUDGE.request_errors(call), JUDGE.response_errors(call)) == ([], [])
    found = JUDGE.explain(call)
    assert found.nearest is not None
    assert (found.nearest.operation_id, found.remedy) == ("listOrders", "GET /v1/orders")


def test_operations_that_can_hold_secrets_are_few() -> None:
    everything = {one.operation_id for one in CONTRACT.operations()}
    subscriptions = {"createSubscription", "getSubscription", "listSubscriptions"}
    joining = {"getApplicationContract", "goLive"}
    assert everything - candid_operations(CONTRACT) == {"createToken", "revokeToken"} | subscriptions | joining


A_CONTRACT = """
openapi: 3.0.3
info: {title: t, version: '1'}
servers: [{url: /v1}]
paths:
  /things:
    get:
      operationId: getThing
      parameters: [{name: apiKey, in: query, schema: {type: string}}]
      responses:
        '200':
          description: d
          content: {application/json: {schema: {$ref: '#/components/schemas/Big'}}}
components:
  schemas:
    Small: {type: object, properties: {a: {type: string}}, example: {properties: {b: 1}}}
    Big:
      allOf:
        - {$ref: '#/components/schemas/Small'}
        - {type: object, properties: {b: {type: object, properties: {c: {type: integer}}}}}
    Free: {type: object, properties: {a: {type: string}}, additionalProperties: true}
"""


def test_what_an_all_of_extends_stays_open_and_what_lies_within_is_closed() -> None:
    contract = Contract(A_CONTRACT.encode())
    schemas = Closed(contract).document["components"]["schemas"]
    assert "additionalProperties" not in schemas["Small"]
    assert "additionalProperties" not in schemas["Big"]["allOf"][1]
    assert schemas["Big"]["allOf"][1]["properties"]["b"]["additionalProperties"] is False
    assert schemas["Free"]["additionalProperties"] is True
    assert (
        "additionalProperties" not in contract.document["components"]["schemas"]["Big"]["allOf"][1]["properties"]["b"]
    )


def test_an_operation_with_a_secret_parameter_is_not_candid() -> None:
    assert candid_operations(Contract(A_CONTRACT.encode())) == frozenset()
