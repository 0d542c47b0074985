"""Checks of those who take webhooks, over evidence made by hand."""

from typing import Any

import pytest

from sandbox_server.certification.checks.events import answers_fast, checks_signature, duplicate, out_of_order
from sandbox_server.certification.evidence import Call, Evidence
from tests.certification.checks.seen import breaches, call, holds, minute, seen, text

ACCEPTED = {"lines": [{"lineId": "1", "storeId": "S0001"}]}


def sent(
    name: str = "ord_1", kind: str = "order.created", status: int | None = 204, forgery: str | None = None
) -> dict[str, Any]:
    member = "returnId" if name.startswith("ret") else "orderId"
    event = {"eventId": "evt_1", "type": kind, "data": {member: name}}
    asked = {"event": event, "webhookId": "evt_1-sub_1", "forgery": forgery}
    return {"at": text(minute(5)), "act": "sendWebhook", "asked": asked, "answer": {"status": status, "seconds": 0.1}}


def told(*acts: dict[str, Any], calls: tuple[Call, ...] = (), **world: Any) -> Evidence:
    return seen(*calls, acts=acts, world=world)


def accept(at: float, key: str, status: int = 200) -> Call:
    path, headers = "/v1/orders/ord_1/acknowledgements", {"idempotency-key": key}
    return call("acknowledgeOrder", path, at=at, body=ACCEPTED, headers=headers, status=status)


def test_what_is_told_thrice_is_done_once() -> None:
    again = sent(), sent()
    assert holds(duplicate, told(*again, calls=(accept(1, "a"), accept(2, "a"))))
    assert breaches(duplicate, told(*again, calls=(accept(1, "a"), accept(6, "b", 409)))) == [
        "Line 1 of ord_1 was acknowledged 2 times, as often as it was told of."
    ]
    assert breaches(duplicate, told(calls=(accept(1, "a"), accept(6, "b", 409)))) == []
    assert breaches(duplicate, told(*again)) == []


def test_goods_that_are_told_of_thrice_come_once() -> None:
    again = sent("ret_1", "return.authorised"), sent("ret_1", "return.authorised")
    returns: list[dict[str, Any]] = [{"returnId": "ret_1", "receipts": [{}]}, {"returnId": "ret_2", "receipts": []}]
    assert holds(duplicate, told(*again, returns=returns))
    returns[0]["receipts"] = [{}, {}]
    assert breaches(duplicate, told(*again, returns=returns)) == ["ret_1 came once, and was received 2 times."]
    assert breaches(duplicate, told(*again, returns=[{"returnId": "ret_1", "receipts": []}])) == []


@pytest.mark.parametrize(("status", "said"), [(None, "was not answered"), (409, "was answered with 409")])
def test_what_comes_again_is_received_again(status: int | None, said: str) -> None:
    found = breaches(duplicate, told(sent(), sent(status=status)))
    assert found == [f"order.created came again, and {said}: it will come for a day."]


def test_a_cancelled_order_is_left_alone_though_it_is_told_to_be_there() -> None:
    wrong_way_round = sent(kind="order.cancelled"), sent()
    assert holds(
        out_of_order, told(*wrong_way_round, calls=(accept(4, "a"), call("getOrder", "/v1/orders/ord_1", at=6)))
    )
    assert breaches(out_of_order, told(*wrong_way_round, calls=(accept(6, "a", 409),))) == [
        "ord_1 was told to be cancelled, then to be there, and was worked on."
    ]
    refused = sent(kind="order.cancelled", status=500), sent()
    for others in (refused, wrong_way_round[::-1], wrong_way_round[:1]):
        assert breaches(out_of_order, told(*others, calls=(accept(6, "a"),))) == []


def test_a_forged_webhook_is_refused_and_nothing_comes_of_it() -> None:
    assert holds(checks_signature, told(sent(status=401, forgery="UNSIGNED"), sent("ord_2")))
    asked = call("getOrder", "/v1/orders/ord_1", at=6, status=404)
    assert breaches(checks_signature, told(sent(status=401, forgery="OTHER_BODY"), calls=(asked,))) == [
        "A webhook signed for another body made the client ask for ord_1."
    ]
    assert breaches(checks_signature, told(sent(forgery="OTHER_SECRET"), calls=(asked,))) == [
        "A webhook signed with another secret was answered with 204."
    ]
    assert breaches(checks_signature, told(sent(status=None, forgery="UNSIGNED"), sent())) == []


def test_a_receipt_takes_five_seconds_at_the_most() -> None:
    quick = {"eventType": "order.created", "outcome": "DELIVERED", "latencyMs": 5000, "at": text(minute(1))}
    assert holds(answers_fast, told(deliveries=[quick]))
    late = {**quick, "outcome": "TIMED_OUT", "latencyMs": 15_004}
    assert breaches(answers_fast, told(calls=(call("listOrders", at=1.1),), deliveries=[late])) == [
        "order.created was not answered for 15 s."
    ]
    for at in (1.0, 1.3):
        held_up = told(calls=(call("listOrders", at=at),), deliveries=[late])
        assert breaches(answers_fast, held_up) == []
    assert breaches(answers_fast, told(deliveries=[{**quick, "outcome": "UNREACHABLE"}])) == []
    assert breaches(answers_fast, told()) == []
