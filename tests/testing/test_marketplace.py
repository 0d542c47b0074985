"""What a test can do to its marketplace, and what it is told."""

from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from sandbox_server import testing
from sandbox_server.remote import Refused, Sandbox
from sandbox_server.testing import Marketplace, MarketplaceServer, NotSettled, records
from tests.receiver import receiving

START = datetime(2026, 11, 27, 15, tzinfo=UTC)


def get(market: Marketplace, path: str) -> httpx.Response:
    return httpx.get(f"{market.url}{path}", headers={"x-api-key": market.api_key}, trust_env=False)


def test_every_credential_opens_the_marketplace(market: Marketplace) -> None:
    form = {"grant_type": "client_credentials", "client_id": market.client_id, "client_secret": market.client_secret}
    token = httpx.post(market.token_url, data=form, trust_env=False).json()["access_token"]
    answer = httpx.get(f"{market.url}/stores", headers={"authorization": f"Bearer {token}"}, trust_env=False)
    assert answer.status_code == get(market, "/stores").status_code == 200


def test_orders_are_placed_as_they_are_wanted(market: Marketplace) -> None:
    order = market.place_order({"SKU-00001": 2, "SKU-00007": 1}, service_level="SAME_DAY")
    assert [(line.line_id, line.sku, line.quantity) for line in order.lines] == [
        ("1", "SKU-00001", 2),
        ("2", "SKU-00007", 1),
    ]
    assert (order.status, order.service_level, order.placed_at) == ("NEW", "SAME_DAY", START)
    assert len({one.order_id for one in market.place_orders(3)}) == 3
    with pytest.raises(Refused, match="NO-SUCH-SKU"):
        market.place_order({"NO-SUCH-SKU": 1})


def test_a_receiver_of_the_tests_own_is_called_before_the_clock_has_moved_on(market: Marketplace) -> None:
    with receiving() as receiver:
        asked = {"url": receiver.url, "eventTypes": ["order.created"]}
        key = {"x-api-key": market.api_key}
        made = httpx.post(f"{market.url}/subscriptions", json=asked, headers=key, trust_env=False)
        assert made.status_code == 201, made.text
        order = market.place_order({"SKU-00001": 1})
        market.clock.advance(timedelta(0))
        assert [got.event["data"] for got in receiver.received] == [{"orderId": order.order_id}]


def test_what_is_told_does_not_change(market: Marketplace) -> None:
    order = market.place_order()
    with pytest.raises(FrozenInstanceError):
        order.status = "SHIPPED"  # type: ignore[misc]


def test_time_passes_by_a_length_and_to_an_instant(market: Marketplace) -> None:
    assert market.clock.now == START
    assert market.clock.advance(timedelta(milliseconds=1500)).end == START + timedelta(seconds=1.5)
    assert market.clock.advance("PT1M").start == START + timedelta(seconds=1.5)
    happened = market.clock.advance_to(START + timedelta(days=1))
    assert market.clock.now == happened.end == START + timedelta(days=1)
    assert sum(happened.done.values()) == len(happened.ran) > 0
    assert [due.due for due in happened.ran] == sorted(due.due for due in happened.ran)


@pytest.mark.parametrize(("scale", "mode"), [(1, "REAL"), (60, "SCALED")])
def test_time_runs_and_is_frozen_again(market: Marketplace, scale: float, mode: str) -> None:
    market.clock.run(scale)
    assert market.operate("GET", "/clock")["mode"] == mode
    market.clock.freeze()
    assert market.operate("GET", "/clock")["mode"] == "FROZEN"


def test_settling_ends_with_the_last_thing_that_is_due(market: Marketplace) -> None:
    first = market.clock.next_due
    assert first is not None
    happened = market.settle()
    assert happened.start == START
    assert market.clock.next_due is None
    assert (happened.ran[0], happened.ran[-1].due) == (first, happened.end)
    assert happened.end == market.clock.now
    again = market.settle()
    assert (again.start, again.end, again.done, again.ran) == (happened.end, happened.end, {}, ())
    assert market.audit().holds


def test_settling_also_ends_where_time_runs(market: Marketplace) -> None:
    market.clock.run(1000)
    market.settle()
    assert market.clock.next_due is None


def test_what_does_not_settle_in_time_is_an_error_that_names_it(market: Marketplace) -> None:
    with pytest.raises(NotSettled, match=r"^After 1:00:00 [A-Z_]+ of \w+ is still to come, at 2026-11-27 "):
        market.settle(within=timedelta(hours=1))
    assert market.clock.now <= START + timedelta(hours=1)


def test_a_fault_says_all_that_a_rule_can(market: Marketplace) -> None:
    fault = market.faults.add(
        "listOrders",
        "error=503",
        store="S0001",
        credential=market.client_id,
        headers={"x-canary": "true"},
        probability=0.5,
        seed=7,
        skip_first=1,
        max_count=2,
        after_ms=1,
        duration_ms=60_000,
        ttl_ms=90_000,
        id="all",
    )
    assert (fault.id, fault.operation, fault.effect, fault.matched, fault.played) == (
        "all",
        "listOrders",
        "error",
        0,
        0,
    )
    rule = market.operate("GET", "/faults/all")
    assert rule["match"] == {
        "operation": "listOrders",
        "store": "S0001",
        "credential": market.client_id,
        "headers": {"x-canary": "true"},
    }
    numbers = ("probability", "seed", "skipFirst", "maxCount", "afterMs", "durationMs", "ttlMs")
    assert [rule[name] for name in numbers] == [0.5, 7, 1, 2, 1, 60_000, 90_000]


@pytest.mark.parametrize("effect", ["lostResponse", '{"lostResponse": true}', {"lostResponse": True}])
def test_an_effect_is_a_name_or_what_a_rule_has(market: Marketplace, effect: Any) -> None:
    assert market.faults.add(None, effect).effect == "lostResponse"


def test_an_effect_that_there_is_not_is_refused_with_the_nearest(market: Marketplace) -> None:
    with pytest.raises(Refused, match="lostResponse"):
        market.faults.add(None, "lostRespons")
    assert market.faults.rules() == []


def test_faults_are_unused_until_they_play_or_are_excused(market: Marketplace) -> None:
    market.faults.add("listOrders", "error=503", id="played")
    market.faults.add("listStores", "error=503", id="idle")
    market.faults.add("getStore", "error=503", id="excused", may_stay_unused=True)
    get(market, "/orders")
    market.operate("POST", "/faults", {"id": "off", "enabled": False, "effect": {"lostResponse": True}})
    assert [one.id for one in market.faults.unused()] == ["idle"]
    market.faults.clear()
    assert market.faults.rules() == []
    market.faults.add("listStores", "error=503", id="another")
    market.faults.clear()
    assert [one.id for one in market.faults.unused()] == ["idle", "another"]


def test_the_journal_is_narrowed_by_everything_that_a_call_has(market: Marketplace) -> None:
    order = market.place_order({"SKU-00001": 1})
    get(market, f"/orders/{order.order_id}")
    httpx.get(
        f"{market.url}/stores/S0005", headers={"x-api-key": market.api_key, "x-request-id": "mine"}, trust_env=False
    )
    market.faults.add("listOrders", "error=503", id="broken", max_count=1)
    get(market, "/orders")
    assert get(market, "/ordrs").status_code == 404

    def numbers(**filters: Any) -> list[int]:
        return [call.number for call in market.journal.calls(**filters)]

    assert numbers() == [1, 2, 3, 4]
    assert numbers(operation="getOrder") == numbers(order=order.order_id) == [1]
    assert numbers(request_id="mine") == [2]
    assert numbers(fault="broken") == numbers(status=503) == numbers(verdict="FAULT") == [3]
    assert 2 in numbers(store="S0005")
    (unmatched,) = market.journal.unmatched()
    assert (unmatched.number, unmatched.path, unmatched.remedy) == (4, "/v1/ordrs", "GET /v1/orders")
    assert market.journal.call(3)["effect"] == "error"
    call = market.journal.calls(fault="broken")[0]
    assert (call.method, call.path, call.status, call.fault, call.replayed) == (
        "GET",
        "/v1/orders",
        503,
        "broken",
        False,
    )
    assert (call.client_id, call.received_at, call.operation) == (market.client_id, START, "listOrders")


def test_a_journal_longer_than_a_page_is_told_whole(market: Marketplace) -> None:
    with httpx.Client(headers={"x-api-key": market.api_key}, trust_env=False) as client:
        for _ in range(120):
            client.get(f"{market.url}/stores?limit=1")
    assert [call.number for call in market.journal.calls()] == list(range(1, 121))
    lines = market.journal.table(last=110).splitlines()
    assert lines[0] == "(10 calls before these)"
    assert [int(line.split()[0]) for line in lines[2:]] == list(range(11, 121))


def test_an_audit_names_what_is_broken() -> None:
    breach = {"subject": "S0001/SKU-00001", "detail": "12, not 13", "entries": []}
    invariants = [
        {"number": 1, "statement": "Stock conserves.", "state": "BROKEN", "breaches": [breach]},
        {"number": 2, "statement": "No oversell.", "state": "HELD", "breaches": []},
    ]
    audit = records.audit({"holds": False, "invariants": invariants, "unusedFaults": ["idle"]})
    assert [(one.number, one.breaches) for one in audit.broken] == [(1, ("S0001/SKU-00001: 12, not 13",))]
    assert audit.unused_faults == ("idle",)


def test_deleting_twice_is_deleting(own_server: MarketplaceServer) -> None:
    market = own_server.new_tenant()
    market.delete()
    market.delete()


def test_what_cannot_be_deleted_is_not_taken_for_gone(own_server: MarketplaceServer) -> None:
    sandbox = Sandbox(own_server.url)
    with pytest.raises(Refused):
        Marketplace(sandbox, sandbox.call("GET", "/tenants/default")).delete()


def test_everything_that_is_handed_out_can_be_named() -> None:
    assert sorted(testing.__all__) == testing.__all__
    assert all(hasattr(testing, name) for name in testing.__all__)
