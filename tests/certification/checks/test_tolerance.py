"""Checks of what a client stands, over evidence made by hand."""

from typing import Any

from sandbox_server.certification.checks.tolerance import resumes, unknown_enum, unknown_field
from sandbox_server.certification.evidence import Call, Evidence
from tests.certification.checks.seen import breaches, call, holds, placed, seen

CHANGE = {"table": "orders", "key": "ord_1", "before": "a", "after": "b"}
KILLED = ({"ended": "KILLED_BY_SCENARIO", "exit": -9, "seconds": 1.0},)


def day(*calls: Call, status: str = "SHIPPED", **members: Any) -> Evidence:
    order = {"orderId": "ord_1", "status": status}
    return seen(*calls, acts=(placed({"orderId": "ord_1"}),), world={"orders": [order]}, **members)


def told(status: str, **members: Any) -> Call:
    return call("listOrders", answer={"items": [{"orderId": "ord_1", "status": status}]}, **members)


def acknowledge(**members: Any) -> Call:
    path = "/v1/orders/ord_1/acknowledgements"
    return call("acknowledgeOrder", path, body={"lines": []}, changes=(CHANGE,), **members)


def test_members_that_nobody_knows_hold_nothing_up() -> None:
    assert holds(unknown_field, day(told("NEW", effect="drift"), acknowledge()))
    assert breaches(unknown_field, day(told("NEW", effect="drift"), status="NEW")) == ["ord_1 was left NEW."]
    assert breaches(unknown_field, day(told("NEW"))) == []


def test_an_order_in_an_unknown_state_is_left_alone_until_it_is_known_again() -> None:
    hold, known = told("ON_HOLD", effect="drift"), told("NEW")
    shown = call("getOrder", answer={"orderId": "ord_1", "status": "ON_HOLD", "placedAt": ""}, effect="drift")
    ship = call("createShipment", "/v1/shipments", body={"orderId": "ord_1"})

    assert holds(unknown_enum, day(hold, known, acknowledge()))
    assert "ord_1 was ON_HOLD, and acknowledgeOrder was called for it." in breaches(
        unknown_enum, day(hold, acknowledge())
    )
    assert "ord_1 was ON_HOLD, and createShipment was called for it." in breaches(unknown_enum, day(known, shown, ship))
    assert "ord_1 was left NEW." in breaches(unknown_enum, day(hold, known, status="NEW"))
    assert breaches(unknown_enum, day(known, acknowledge())) == []


def test_a_client_that_was_killed_loses_nothing_and_does_nothing_twice() -> None:
    assert holds(resumes, day(acknowledge(), client=KILLED))
    assert breaches(resumes, day(acknowledge(), acknowledge(), client=KILLED)) == ["ord_1 was acknowledged twice."]
    assert breaches(resumes, day(acknowledge(), client=KILLED, status="ACKNOWLEDGED")) == [
        "ord_1 was left ACKNOWLEDGED."
    ]
    assert breaches(resumes, day(acknowledge())) == []
    assert breaches(resumes, day(client=KILLED)) == []
