"""Checks of names, money and the marketplace's clock, over evidence made by hand."""

from typing import Any

from sandbox_server.certification.checks.details import money_exact, skew, unicode
from sandbox_server.certification.evidence import Call, Evidence
from tests.certification.checks.seen import breaches, call, holds, minute, placed, seen, text

REFUNDS = "/v1/returns/ret_1/refunds"


def named(name: str, status: str, *calls: Call) -> Evidence:
    act = {**placed({"orderId": "ord_1"}), "asked": {"buyer": {"name": name}}}
    others = placed({"orderId": "ord_2"})
    orders = [
        {"orderId": "ord_1", "status": status, "buyer": {"name": name}, "placedAt": text(minute(0))},
        {"orderId": "ord_2", "status": "NEW", "buyer": {"name": "Ann"}},
    ]
    return seen(*calls, acts=(act, others), world={"orders": orders})


def test_names_of_any_script_hold_nothing_up() -> None:
    accepted = call("acknowledgeOrder", "/v1/orders/ord_1/acknowledgements", body={})
    assert holds(unicode, named("山田 🎁", "SHIPPED", accepted))
    assert breaches(unicode, named("山田 🎁", "NEW", accepted)) == ["The order ord_1 of 山田 🎁 was left NEW."]
    assert breaches(unicode, named("Ann", "NEW", accepted)) == []
    assert breaches(unicode, named("山田 🎁", "NEW")) == []


def owed(amount: str, quantity: int = 2) -> Call:
    line = {"lineId": "1", "refundableQuantity": quantity, "refundable": {"amount": amount, "currency": "USD"}}
    return call("listReturns", "/v1/returns", answer={"items": [{"returnId": "ret_1", "lines": [line]}]})


def refund(amount: str, **members: Any) -> Call:
    line = {"lineId": "1", "quantity": 2, "amount": {"amount": amount, "currency": "USD"}}
    return call("refundReturn", REFUNDS, body={"lines": [line]}, **members)


def test_what_is_paid_back_is_what_was_owed() -> None:
    assert holds(money_exact, seen(owed("0.30"), refund("0.30")))
    for paid in ("0.29", "0.31", "0.3", "0.300", "0"):
        said = f"0.30 was owed for ret_1, and {paid} was to be paid back."
        assert breaches(money_exact, seen(owed("0.30"), refund(paid, status=422))) == [said]
    assert holds(money_exact, seen(owed("500"), refund("500")))
    assert not holds(money_exact, seen(owed("500"), refund("500.00")))


def test_a_fee_that_is_kept_is_no_rounding_and_what_was_not_told_is_not_judged() -> None:
    assert holds(money_exact, seen(owed("30.00"), refund("25.00")))
    assert breaches(money_exact, seen(owed("30.00", 3), refund("20.00"))) == []
    assert breaches(money_exact, seen(refund("20.00"))) == []
    assert breaches(money_exact, seen(owed("30.00"), refund("x", errors=({"message": "no amount"},)))) == []
    assert breaches(money_exact, seen(owed("30.00"))) == []


def test_what_is_owed_is_taken_from_the_latest_answer() -> None:
    line = {"lineId": "1", "refundableQuantity": 2, "refundable": {"amount": "9.10", "currency": "USD"}}
    read = call("getReturn", "/v1/returns/ret_1", answer={"returnId": "ret_1", "lines": [line]})
    unread = call("getReturn", "/v1/returns/ret_1", status=503, answer={"returnId": "ret_1", "lines": []})
    assert holds(money_exact, seen(owed("9.11"), read, unread, refund("9.10")))


def invoiced(status: int, *codes: str, **members: Any) -> Call:
    errors = [{"code": code, "message": "Line 1 cost 0.28 USD."} for code in codes]
    return call("postInvoice", status=status, body={"shipmentId": "shp_1"}, answer={"errors": errors}, **members)


def test_what_is_billed_is_what_it_cost() -> None:
    assert holds(money_exact, seen(invoiced(201)))
    for code in ("NET", "TAX", "TOTAL"):
        found = breaches(money_exact, seen(invoiced(422, code)))
        assert found == ["The invoice of shp_1 was wrong: Line 1 cost 0.28 USD."]
    assert holds(money_exact, seen(invoiced(422, "QUANTITY")))
    assert breaches(money_exact, seen(invoiced(503), invoiced(409), invoiced(422, "NET", errors=({},)))) == []


def skewed(*calls: Call, ends: float = 20) -> Evidence:
    acts = placed({"orderId": "ord_1"}, at=0), placed({"orderId": "ord_2"}, at=6)
    return seen(call("listOrders", at=5, effect="clockSkew"), *calls, acts=acts, ends=ends)


def test_an_order_after_the_clock_was_set_back_is_met() -> None:
    poll = call("listOrders", at=7)
    accepted = call("acknowledgeOrder", "/v1/orders/ord_2/acknowledgements", at=8, body={})
    assert holds(skew, skewed(poll, accepted))
    assert breaches(skew, skewed(poll)) == ["ord_2 came when the clock was right again, and was never met."]
    assert breaches(skew, skewed(poll, ends=9)) == []
    assert breaches(skew, seen(poll, acts=(placed({"orderId": "ord_2"}, at=6),))) == []
