"""Answers that come late."""

import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_server.middleware.faults.delay import Delay, DelayEffect
from sandbox_server.middleware.faults.effect import WrongEffect
from tests.middleware.faults.market import Market
from tests.middleware.faults.waits import Waits

DRAWS = st.floats(0, 1, exclude_max=True)


@given(DRAWS)
def test_a_fixed_delay_is_always_as_long(draw: float) -> None:
    assert Delay("fixed", milliseconds=800).length(draw) == 800


@given(DRAWS, st.floats(0, 1000), st.floats(0, 1000))
def test_a_uniform_delay_lies_between_its_bounds(draw: float, lower: float, more: float) -> None:
    assert lower <= Delay("uniform", lower=lower, upper=lower + more).length(draw) <= lower + more


@given(DRAWS)
def test_a_lognormal_delay_is_capped(draw: float) -> None:
    assert 0 < Delay("lognormal", median=300, sigma=2, max_value=5_000).length(draw) <= 5_000


def test_half_of_lognormal_delays_are_below_their_median() -> None:
    delay = Delay("lognormal", median=300, sigma=0.4)
    assert delay.length(0.5) == pytest.approx(300)
    assert delay.length(0.25) < 300 < delay.length(0.75) < delay.length(0.999)
    assert Delay("lognormal", median=300, sigma=0).length(0.9) == 300


@pytest.mark.parametrize(
    ("given", "at", "code"),
    [
        ({"type": "fixed"}, "/milliseconds", "REQUIRED"),
        ({"type": "uniform", "lower": 1}, "/upper", "REQUIRED"),
        ({"type": "lognormal", "median": 1}, "/sigma", "REQUIRED"),
        ({"type": "fixed", "milliseconds": 1, "upper": 1}, "/upper", "OF_ANOTHER_TYPE"),
        ({"type": "uniform", "lower": 2, "upper": 1}, "/lower", "OUT_OF_ORDER"),
    ],
)
def test_a_delay_of_no_length_is_refused(given: dict[str, Any], at: str, code: str) -> None:
    with pytest.raises(WrongEffect) as caught:
        DelayEffect().check(given)
    assert (caught.value.at, caught.value.code) == (at, code)


@pytest.mark.parametrize(
    "given",
    [{"type": "uniform", "lower": 1, "upper": 1}, {"type": "lognormal", "median": 1, "sigma": 1, "maxValue": 2}],
)
def test_a_delay_of_some_length_is_taken(given: dict[str, Any]) -> None:
    DelayEffect().check(given)


def test_the_call_is_done_at_once_and_its_answer_is_kept_back(market: Market, waits: Waits) -> None:
    order_id = market.buy()
    market.play({"delay": {"type": "fixed", "milliseconds": 800}})
    seen: list[object] = []

    def look() -> None:
        with market.tenant.read() as tx:
            seen.append(tx.orders.get(order_id).status)

    waits.meanwhile = look
    assert market.accept(order_id).json()["status"] == "ACKNOWLEDGED"
    assert waits.seconds == [0.8]
    assert seen == ["ACKNOWLEDGED"]


def test_a_refusal_comes_late_as_well(market: Market, waits: Waits) -> None:
    market.play({"delay": {"type": "fixed", "milliseconds": 5}})
    assert market.call("GET", "/orders/ord_0000000000000000").status_code == 404
    assert waits.seconds == [0.005]


def test_the_same_calls_are_as_late_again(market: Market, waits: Waits) -> None:
    for _ in range(2):
        market.play({"delay": {"type": "uniform", "lower": 0, "upper": 10}}, seed=7)
        for _ in range(5):
            market.get("/stores")
    assert waits.seconds[:5] == waits.seconds[5:]
    assert len(set(waits.seconds)) == 5


def test_a_late_answer_keeps_no_other_waiting(market: Market, waits: Waits) -> None:
    market.play({"delay": {"type": "fixed", "milliseconds": 400}}, operation="listStores")
    waits.hold()
    answers: list[Any] = []
    late = threading.Thread(target=lambda: answers.append(market.get("/stores")))
    late.start()
    assert waits.begun.wait(30)
    assert market.get("/orders") == {"items": []}
    assert answers == []
    waits.let_go()
    late.join()
    assert answers[0]["items"]


def test_real_time_is_waited_for(market: Market) -> None:
    market.play({"delay": {"type": "fixed", "milliseconds": 20}})
    assert market.get("/stores")["items"]
