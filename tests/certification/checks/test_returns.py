"""Checks of what comes back, over evidence made by hand."""

from typing import Any

from sandbox_server.certification.checks.returns import posted, refund_once, restocks
from sandbox_server.certification.evidence import Call, Evidence
from tests.certification.checks.seen import breaches, call, holds, seen

RECEIVED, REFUNDED = "/v1/returns/ret_1/receipts", "/v1/returns/ret_1/refunds"


def receipt(condition: str = "SELLABLE", **members: Any) -> Call:
    lines = [{"lineId": "1", "quantity": 2, "condition": condition}]
    return call("receiveReturn", RECEIVED, body={"storeId": "S0001", "lines": lines}, **members)


def refund(key: str, quantity: int = 2, **members: Any) -> Call:
    lines = [{"lineId": "1", "quantity": quantity}]
    return call("refundReturn", REFUNDED, body={"lines": lines}, headers={"idempotency-key": key}, **members)


def brought(*calls: Call, stores: tuple[str, ...] = ("S0001",), received: int = 2, reason: str = "LATE") -> Evidence:
    line = {"lineId": "1", "quantity": 2, "receivedQuantity": received, "reason": reason}
    receipts = [{"storeId": store_id} for store_id in stores]
    rma = {"returnId": "ret_1", "openedAtStore": "S0001", "receipts": receipts, "lines": [line]}
    act = {"at": "", "act": "returnAsBuyer", "asked": {}, "answer": {"returnId": "ret_1"}}
    return seen(*calls, acts=(act,), world={"returns": [rma, {**rma, "returnId": "ret_2"}]})


def test_what_was_brought_back_is_posted_once_where_it_came() -> None:
    assert holds(posted, brought(receipt()))
    assert breaches(posted, brought(receipt(), stores=("S0001", "S0002"))) == [
        "ret_1 came to S0001, and was posted at S0002."
    ]
    assert breaches(posted, brought(receipt(), stores=("S0001", "S0001"))) == [
        "ret_1 came in one piece, and was posted in 2."
    ]
    assert breaches(posted, brought(receipt(), received=1)) == ["1 units of ret_1 were not posted."]
    assert breaches(posted, brought()) == []


def test_what_is_damaged_is_not_sellable() -> None:
    assert holds(restocks, brought(receipt("DAMAGED"), reason="DAMAGED"))
    assert holds(restocks, brought(receipt(), reason="LATE"))
    assert breaches(restocks, brought(receipt(), reason="DAMAGED")) == ["ret_1 was damaged, and posted as sellable."]
    assert breaches(restocks, brought(receipt(status=409))) == []


def test_money_is_paid_back_once() -> None:
    assert holds(refund_once, brought(refund("k1")))
    assert holds(refund_once, brought(refund("k1"), refund("k1", replayed=True)))
    assert holds(refund_once, brought(refund("k1", 1), refund("k2", 2)))
    assert breaches(refund_once, brought(refund("k1"), refund("k2", status=422))) == [
        "The same units of ret_1 were to be paid back a second time."
    ]
    assert breaches(refund_once, brought()) == []
