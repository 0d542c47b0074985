"""Answers of a newer version, as their client sees them."""

from typing import Any

import pytest

from sandbox_server.middleware.faults.drift import DriftEffect, drift
from sandbox_server.middleware.faults.effect import WrongEffect
from tests.middleware.faults.market import Market


def objects(node: Any) -> list[dict[str, Any]]:
    """Every object in a JSON value."""
    if isinstance(node, list):
        return [found for item in node for found in objects(item)]
    return [node, *objects(list(node.values()))] if isinstance(node, dict) else []


def test_every_object_has_a_member_that_nobody_knows(market: Market) -> None:
    order_id = market.buy()
    plain = market.get(f"/orders/{order_id}")
    market.play({"drift": {"unknownField": "xNew"}})
    drifted = market.get(f"/orders/{order_id}")
    assert all(node["xNew"] == "new" for node in objects(drifted))
    for node in objects(drifted):
        del node["xNew"]
    assert drifted == plain


def test_the_member_that_nobody_knows_is_as_long_as_asked_for(market: Market) -> None:
    order_id = market.buy()
    market.play({"drift": {"unknownField": "xNew", "unknownFieldLength": 5}})
    assert market.get(f"/orders/{order_id}")["xNew"] == "newne"


def test_a_word_that_nobody_knows_stands_wherever_the_member_does(market: Market) -> None:
    market.buy()
    market.play({"drift": {"unknownEnum": {"status": "ON_HOLD", "carrier": "PIGEON"}}})
    (order,) = market.get("/orders")["items"]
    assert order["status"] == "ON_HOLD"
    assert order["lines"][0]["allocations"][0]["status"] == "ON_HOLD"
    assert "carrier" not in order


def test_a_share_of_the_objects_drifts_and_the_same_ones_again(market: Market) -> None:
    for _ in range(10):
        market.buy()
    runs = []
    for _ in range(2):
        market.play({"drift": {"unknownField": "xNew", "unknownEnum": {"status": "ON_HOLD"}, "fraction": 0.3}}, seed=3)
        runs.append([market.get("/orders") for _ in range(2)])
    assert runs[0] == runs[1]
    found = objects(runs[0][0])
    assert 0.1 < sum("xNew" in node for node in found) / len(found) < 0.5
    assert {order["status"] for order in runs[0][0]["items"]} == {"NEW", "ON_HOLD"}


def test_problems_drift_as_well_and_keep_their_status(market: Market) -> None:
    market.play({"drift": {"unknownField": "xNew", "unknownEnum": {"status": "ON_HOLD"}}})
    answer = market.call("GET", "/orders/ord_0000000000000000")
    assert (answer.status_code, answer.json()["status"], answer.json()["xNew"]) == (404, 404, "new")


def test_a_label_is_no_json_and_comes_as_it_is(market: Market) -> None:
    order_id = market.buy()
    market.accept(order_id)
    parcel = market.ship(order_id).json()
    path = f"/shipments/{parcel['shipmentId']}/label"
    plain = market.call("GET", path).content
    market.play({"drift": {"unknownField": "xNew"}})
    assert market.call("GET", path).content == plain


def test_a_number_is_no_word_and_stays() -> None:
    content = {"status": 404, "code": "NOT_FOUND"}
    drift(content, {"unknownEnum": {"status": "ON_HOLD"}}, lambda _: 0.0)
    assert content == {"status": 404, "code": "NOT_FOUND"}


def test_a_drift_that_changes_nothing_is_refused() -> None:
    DriftEffect().check({"unknownField": "xNew"})
    DriftEffect().check({"unknownEnum": {"status": "ON_HOLD"}})
    with pytest.raises(WrongEffect) as refused:
        DriftEffect().check({"fraction": 0.3})
    assert (refused.value.at, refused.value.code) == ("", "NOTHING_CHANGES")
