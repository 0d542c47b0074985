"""Judging what a test's own client did."""

import httpx
import pytest

from sandbox_server.testing import CheckFailed, Marketplace, Order


def acknowledge(market: Marketplace, order: Order, key: str) -> None:
    body = {"lines": [{"lineId": line.line_id, "decision": "ACCEPT"} for line in order.lines]}
    headers = {"x-api-key": market.api_key, "idempotency-key": key}
    url = f"{market.url}/orders/{order.order_id}/acknowledgements"
    try:
        httpx.post(url, json=body, headers=headers, trust_env=False)
    except httpx.RemoteProtocolError:
        return


def test_a_client_is_judged_by_what_it_has_done_until_then(market: Marketplace) -> None:
    with pytest.raises(CheckFailed, match=r"not exercised.* the scenario answers-lost does"):
        market.check("retry.same-key")
    market.faults.add("acknowledgeOrder", "lostResponse", max_count=1)
    order = market.place_order()
    acknowledge(market, order, "one")
    acknowledge(market, order, "one")
    market.check("retry.same-key")

    market.faults.add("acknowledgeOrder", "lostResponse", max_count=1)
    order = market.place_order()
    acknowledge(market, order, "two")
    acknowledge(market, order, "three")
    with pytest.raises(CheckFailed, match=r"another Idempotency-Key. \(calls 3, 4\)"):
        market.check("retry.same-key")


def test_a_check_of_every_scenario_names_none(market: Marketplace) -> None:
    with pytest.raises(CheckFailed, match=r"before you ask\.$"):
        market.check("contract.clean")


@pytest.mark.parametrize(("asked", "told"), [("retry.same_key", "Is retry.same-key meant"), ("", r"check ''\.$")])
def test_a_check_that_there_is_not_is_refused(market: Marketplace, asked: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        market.check(asked)
