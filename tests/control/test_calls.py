"""The journal's entries in the operator's words."""

from datetime import UTC, datetime, time
from typing import Any

import msgspec
import orjson

from sandbox_server.api.contract import Contract
from sandbox_server.api.judge import Judge
from sandbox_server.api.schemas import Schemas
from sandbox_server.control.calls import call, call_in_full, unmatched, verification
from sandbox_server.resources import contract_path
from sandbox_server.services.codec import pack
from sandbox_server.services.exchange import Exchange
from sandbox_server.services.journal import Journal, Verification
from sandbox_server.traffic.journal import Change, Ending, Flaw, Kept
from tests.domain.builders import a_level, a_store, an_order
from tests.services.test_journal import NOW

MARKETPLACE = Contract(contract_path("marketplace.yaml").read_bytes())
JUDGE = Judge(MARKETPLACE)


def kept(**facts: Any) -> Kept:
    exchange = Exchange("GET", b"/v1/orders", "poll-0001", NOW, 0, NOW, 1_500_000, ending=Ending.ANSWERED, status=200)
    journal = Journal("default")
    journal.append(lambda: msgspec.structs.replace(exchange, **facts))
    return next(journal.entries())


def test_a_call_in_short() -> None:
    one = kept(
        operation="listOrders",
        credential="acorn-sandbox",
        query=b"limit=3",
        received_ns=1_000_000,
        sent_ns=1_800_400,
        response_headers=[(b"idempotent-replayed", b"true")],
        notes={"fault": ("slow", "delay")},
    )
    assert call(one.entry) == {
        "number": 1,
        "requestId": "poll-0001",
        "receivedAt": "2026-11-27T15:00:00.000Z",
        "method": "GET",
        "path": "/v1/orders?limit=3",
        "operationId": "listOrders",
        "clientId": "acorn-sandbox",
        "status": 200,
        "durationMs": 0.8,
        "verdict": "FAULT",
        "replayed": True,
        "fault": "slow",
    }


def test_what_is_not_known_is_left_out() -> None:
    short = call(kept(status=0).entry)
    assert not {"operationId", "clientId", "status", "fault"} & set(short)


def test_a_call_in_full() -> None:
    one = kept(
        method="POST",
        operation="reportInventory",
        request_headers=[(b"idempotency-key", b"k-1"), (b"x-api-key", b"secret-key")],
        request_body=b"{}",
        response_body=b"\xff\xfe",
        ending=Ending.CUT_SHORT,
        peer="127.0.0.1:5000",
        notes={"fault": ("cut", "fault"), "throttle": {"admitted": True, "remaining": 3}},
    )
    full = call_in_full(one, JUDGE)
    assert full["request"] == {
        "headers": [{"name": "idempotency-key", "value": "k-1"}, {"name": "x-api-key", "value": "[redacted]"}],
        "bodyBytes": 2,
        "body": "{}",
    }
    assert full["response"] == {"headers": [], "bodyBytes": 2, "body": "//4=", "bodyEncoding": "base64"}
    assert (full["outcome"], full["effect"], full["idempotencyKey"]) == ("CUT_SHORT", "fault", "k-1")
    assert full["throttle"] == {"admitted": True, "remaining": 3}
    assert full["requestErrors"]
    assert full["responseErrors"] == []
    assert (full["previousHash"], full["hash"], full["peer"]) == ("0" * 64, one.hash, "127.0.0.1:5000")
    assert not {"outcome", "effect", "idempotencyKey", "throttle"} & set(call_in_full(kept(), JUDGE))


def level(on_hand: int) -> bytes:
    return pack(a_level(on_hand, as_of=NOW))


def test_a_change_tells_what_differs_before_and_after() -> None:
    changes: list[Change] = [
        ("levels", "S0001/SKU-1", level(3), level(5)),
        ("levels", "S0001/SKU-2", level(3), None),
    ]
    first, second = call_in_full(kept(method="PUT", changes=changes), JUDGE)["changes"]
    assert first == {"table": "levels", "key": "S0001/SKU-1", "before": {"onHand": 3}, "after": {"onHand": 5}}
    assert second["before"]["asOf"] == "2026-11-27T15:00:00.000Z"
    assert "after" not in second


def test_a_new_entity_is_told_whole_and_can_be_read() -> None:
    changes: list[Change] = [("orders", "o", None, pack(an_order())), ("stores", "s", None, pack(a_store()))]
    order, store = call_in_full(kept(method="POST", changes=changes), JUDGE)["changes"]
    assert order["after"]["status"] == "NEW"
    assert order["after"]["lines"][0]["sku"]
    assert ":" in orjson.dumps(store["after"]).decode()
    assert store["after"]["cutOff"] == time.fromisoformat(store["after"]["cutOff"]).isoformat()


def test_a_call_without_an_operation_is_explained() -> None:
    told = unmatched(kept(path=b"/v1/order", status=404), JUDGE)
    assert told == {
        "number": 1,
        "method": "GET",
        "path": "/v1/order",
        "explanation": "There is no path /v1/order.",
        "nearest": {"operationId": "listOrders", "method": "GET", "path": "/v1/orders"},
        "differences": ['"order" should be "orders"'],
        "remedy": "GET /v1/orders",
    }
    assert "nearest" not in unmatched(kept(path=b"/favicon.ico", status=404), JUDGE)


def test_a_verification_names_the_flaw() -> None:
    assert verification(Verification(1, 3, "a" * 64, None)) == {
        "whole": True,
        "entries": 3,
        "first": 1,
        "head": "a" * 64,
    }
    broken = verification(Verification(1, 3, "a" * 64, Flaw(2, "It is gone.")))
    assert (broken["whole"], broken["brokenAt"], broken["reason"]) == (False, 2, "It is gone.")


def test_what_is_told_is_what_the_operators_contract_says() -> None:
    schemas = Schemas(Contract(contract_path("control.yaml").read_bytes()))
    one = kept(
        operation="listOrders",
        query=b"limit=x",
        changes=[("levels", "k", level(1), level(2))],
        notes={"fault": ("slow", "delay"), "throttle": {"admitted": True, "remaining": 3}},
        received_at=datetime(2026, 11, 27, 15, 0, 0, 1000, tzinfo=UTC),
    )
    told = {
        "JournalCall": call(one.entry),
        "JournalEntry": call_in_full(one, JUDGE),
        "UnmatchedCall": unmatched(kept(path=b"/orders", status=404), JUDGE),
        "JournalVerification": verification(Verification(1, 3, "a" * 64, Flaw(2, "It is gone."))),
    }
    for name, content in told.items():
        validator = schemas.of_answer(f"#/components/schemas/{name}")
        found = [error.message for error in validator.iter_errors(orjson.loads(orjson.dumps(content)))]
        assert found == [], name
