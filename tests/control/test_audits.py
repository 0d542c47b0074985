"""The audit: a world in which everything holds says so; each way of breaking one is named, with the calls about it."""

import asyncio
from typing import Any

import httpx
import msgspec
import pytest

from sandbox_server.app import build_app, tenant_of
from sandbox_server.control import audits, turns
from sandbox_server.domain.events import Change, Event, EventType
from sandbox_server.domain.invariants import Breach
from sandbox_server.domain.inventory import Cause, Movement, Quantity
from sandbox_server.domain.orders import OrderStatus
from sandbox_server.domain.returns import ReturnStatus
from sandbox_server.domain.shipments import ShipmentStatus
from sandbox_server.domain.transfers import TransferStatus
from sandbox_server.persistence.columns import Columns
from sandbox_server.resources import fixture_path
from sandbox_server.services.audit import audit as world_audit
from sandbox_server.services.ports import Transaction
from sandbox_server.services.steps import Steps
from sandbox_server.settings import ClockMode
from sandbox_server.worlds import World
from sandbox_server.worlds.builder import build
from sandbox_server.worlds.reading import read_fixture
from tests.api.asgi_client import request
from tests.control.acting import SKU, STORE
from tests.control.auditing import accept, audit, behind, bought, broken, last_call, level_of
from tests.control.stage import CONTROL, KEY, TENANT, Stage
from tests.worlds.scaling import quiet, scaled

AUDIT = f"{TENANT}/audit"
FIXTURES = sorted(path.stem for path in fixture_path(".").glob("*.yaml"))
replace = msgspec.structs.replace


@pytest.mark.parametrize("name", FIXTURES)
def test_everything_holds_in_the_world_of_a_fixture(name: str) -> None:
    fixture = scaled(read_fixture(name).fixture, {"regional_chain": 20, "peak_day": 400}.get(name, 1))
    persistence = build(fixture, fixture.seed, quiet)
    world = World(name, fixture.seed, fixture.now, persistence, fixture.credentials, from_cache=False)
    app = build_app([tenant_of(world, ClockMode.FROZEN)], world)
    got = request(app, "GET", AUDIT, [("host", "localhost")])
    assert got.status == 200
    assert got.json["holds"], got.json


def test_everything_holds_after_a_busy_month(stage: Stage) -> None:
    stage.done("/buyers/orders", {"count": 100})
    for page in (stage.look("/v1/orders?status=NEW&limit=100"),):
        for order in page["items"][::2]:
            lines = [{"lineId": line["lineId"], "decision": "ACCEPT"} for line in order["lines"]]
            stage.call("POST", f"/v1/orders/{order['orderId']}/acknowledgements", {"lines": lines}, KEY)
    stage.call("PUT", f"{TENANT}/arrivals", {"profile": "PEAK_SALE", "perMinute": 0.05, "duration": "P20D"})
    stage.wait("P30D")
    assert broken(stage) == {}


def test_every_invariant_is_looked_at(stage: Stage) -> None:
    states = {number: invariant["state"] for number, invariant in audit(stage).items()}
    assert states == dict.fromkeys(range(1, 10), "HELD")


def test_the_audit_of_nobody_is_not_found(stage: Stage) -> None:
    assert stage.call("GET", f"{CONTROL}/tenants/nobody/audit").status == 404


def test_looking_changes_nothing(stage: Stage) -> None:
    before = stage.state()
    audit(stage)
    assert stage.state() == before


def test_calls_are_answered_while_an_audit_is_made_of_the_moment_at_which_it_was_asked_for(
    red: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = asyncio.Event()

    def begin(tx: Transaction) -> Steps[list[Breach]]:
        begun.set()
        return world_audit(tx)

    monkeypatch.setattr(audits, "audit", begin)
    monkeypatch.setattr(turns, "_TURN_NS", 0)

    async def disturbed() -> Any:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(red.app), base_url="http://localhost") as client:
            asked = asyncio.create_task(client.get(AUDIT))
            await begun.wait()
            with behind(red, "nobody") as tx:
                level = tx.levels.get(f"{STORE}/{SKU}")
                assert level is not None
                tx.levels.put(replace(level, on_hand=level.on_hand + 1))
                tx.events.put(Event("evt_late", EventType.ORDER_LATE, tx.now, "ord_1", "nobody"))
            assert (await client.get("/v1/orders", headers={"x-api-key": KEY})).status_code == 200
            assert not asked.done()
            return (await asked).json()

    assert asyncio.run(disturbed())["holds"]
    assert {1, 8} <= broken(red).keys()


# 1


def test_a_level_that_does_not_follow_from_its_movements_is_named_with_the_calls_that_changed_it(red: Stage) -> None:
    order_id = bought(red)
    number = accept(red, order_id)
    with behind(red) as tx:
        level = level_of(tx, order_id)
        tx.levels.put(replace(level, on_hand=level.on_hand + 1))
    ((breach,),) = [broken(red)[1]]
    assert (breach["subject"], breach["entries"]) == (level.key, [number])
    assert f"({level.on_hand + 1}, " in breach["detail"]


def test_units_that_no_order_holds_are_named(red: Stage) -> None:
    order_id = bought(red)
    with behind(red) as tx:
        order = tx.orders.get(order_id)
        assert order is not None
        tx.orders.remove(order_id)
    (breach,) = broken(red)[1]
    assert breach["subject"] == f"{order.lines[0].allocations[0].store_id}/{SKU}"
    assert "the orders hold" in breach["detail"]


def test_a_shelf_that_does_not_follow_from_its_counts_is_named(red: Stage) -> None:
    red.done("/till/sales", {"storeId": STORE, "lines": [{"sku": SKU, "quantity": 1}]})
    with behind(red) as tx:
        shelf = tx.shelves.get(f"{STORE}/{SKU}")
        assert shelf is not None
        tx.shelves.put(replace(shelf, units=shelf.units + 2))
    assert [breach["subject"] for breach in broken(red)[1]] == [f"{STORE}/{SKU}"]


# 2


def test_a_promise_beyond_what_was_reported_is_named(red: Stage) -> None:
    with behind(red) as tx:
        level = tx.levels.get(f"{STORE}/{SKU}")
        assert level is not None
        more = level.on_hand + 1
        facts = (tx.now, STORE, SKU, Quantity.RESERVED, more, Cause.RESERVATION, "ord_x", "operator:test")
        tx.ledger.extend([Movement(0, *facts)])
        tx.levels.put(replace(level, reserved=level.reserved + more))
    (breach,) = broken(red)[2]
    assert breach["subject"] == f"{STORE}/{SKU}"
    assert f"of {level.on_hand} on hand" in breach["detail"]


# 3


def test_more_shipped_than_was_allocated_is_named_with_the_calls_about_the_order(red: Stage) -> None:
    order_id = bought(red)
    number = accept(red, order_id)
    with behind(red) as tx:
        order = tx.orders.get(order_id)
        assert order is not None
        (line,) = order.lines
        (share,) = line.allocations
        line = replace(line, allocations=(replace(share, shipped=share.quantity + 1),))
        tx.orders.put(replace(order, lines=(line,)))
    breaches = broken(red)[3]
    assert {breach["subject"] for breach in breaches} == {f"{order_id}/1"}
    assert all(breach["entries"] == [number] for breach in breaches)


@pytest.mark.parametrize("change", [{"received": 99}, {"refunded": 10**6}, {"refunded_quantity": 99}])
def test_more_received_or_refunded_than_was_brought_back_or_paid_is_named(red: Stage, change: dict[str, int]) -> None:
    with behind(red) as tx:
        rma = next(rma for rma in tx.returns.select() if rma.status is ReturnStatus.AUTHORISED)
        tx.returns.put(replace(rma, lines=(replace(rma.lines[0], **change), *rma.lines[1:])))
    subjects = {breach["subject"] for breach in broken(red)[3]}
    assert f"{rma.return_id}/{rma.lines[0].line_id}" in subjects


# 4


def test_an_order_with_an_illegal_history_is_named_with_the_calls_about_it(red: Stage) -> None:
    order_id = bought(red)
    number = accept(red, order_id)
    with behind(red) as tx:
        order = tx.orders.get(order_id)
        assert order is not None
        step = Change(tx.now, order.status, OrderStatus.NEW, "operator:test")
        tx.orders.put(replace(order, history=(*order.history, step), status=OrderStatus.NEW))
    (breach, *_) = broken(red)[4]
    assert (breach["subject"], breach["entries"]) == (order_id, [number])
    assert breach["detail"] == "went from ACKNOWLEDGED to NEW"


def test_a_return_that_is_elsewhere_than_its_history_ends_is_named(red: Stage) -> None:
    with behind(red) as tx:
        rma = next(rma for rma in tx.returns.select() if rma.status is ReturnStatus.AUTHORISED)
        tx.returns.put(replace(rma, status=ReturnStatus.CLOSED))
    assert [breach["subject"] for breach in broken(red)[4]] == [rma.return_id]


def test_a_parcel_that_took_an_impossible_way_is_named(red: Stage) -> None:
    with behind(red) as tx:
        parcel = next(one for one in tx.shipments.select() if one.status is ShipmentStatus.DELIVERED)
        first = parcel.tracking_events[0]
        tx.shipments.put(replace(parcel, status=first.status, tracking_events=(*parcel.tracking_events, first)))
    (breach,) = broken(red)[4]
    assert breach["subject"] == parcel.shipment_id
    assert breach["detail"].startswith("went from DELIVERED to ")


# 6


def on_its_way(stage: Stage) -> tuple[str, list[int]]:
    """A transfer that has left; its id, and the calls about it."""
    body = {
        "kind": "STORE_TO_STORE",
        "fromStoreId": STORE,
        "toStoreId": "S0002",
        "lines": [{"sku": SKU, "quantity": 2}],
    }
    got = stage.call("POST", "/v1/transfers", body, KEY)
    assert got.status == 201, got.json
    made, transfer_id = last_call(stage), str(got.json["transferId"])
    got = stage.call("POST", f"/v1/transfers/{transfer_id}/dispatches", {}, KEY)
    assert got.status in {200, 201}, got.json
    return transfer_id, [made, last_call(stage)]


def test_goods_that_are_lost_on_the_way_and_not_recorded_are_named_with_the_calls_about_them(red: Stage) -> None:
    transfer_id, numbers = on_its_way(red)
    assert broken(red) == {}
    with behind(red) as tx:
        transfer = tx.transfers.get(transfer_id)
        assert transfer is not None
        history = (*transfer.history, Change(tx.now, transfer.status, TransferStatus.RECEIVED, "operator:test"))
        tx.transfers.put(replace(transfer, status=TransferStatus.RECEIVED, history=history))
    breaches = broken(red)[6]
    assert {breach["subject"] for breach in breaches} == {transfer_id}
    assert all(breach["entries"] == numbers for breach in breaches)


# 9


def test_a_world_that_shares_what_can_change_with_another_is_named(red: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = red.call("POST", f"{TENANT}/snapshots").json["snapshotId"]
    honest = Columns.copy
    monkeypatch.setattr(Columns, "copy", lambda self: self if self.spec.name == "orders" else honest(self))
    for name in ("one", "two"):
        red.call("POST", f"{TENANT}/snapshots/{kept}/fork", {"name": name})
    monkeypatch.undo()
    assert broken(red, "one") == {9: [{"subject": "one/orders", "detail": "it is two's, too", "entries": []}]}
    assert [breach["subject"] for breach in broken(red, "two")[9]] == ["two/orders"]
    assert broken(red) == {}


def test_another_tenants_client_in_a_world_is_named(red: Stage) -> None:
    client = red.made(name="other")["credentials"][0]["clientId"]
    with behind(red) as tx:
        own = tx.credentials.get("acorn-sandbox")
        assert own is not None
        tx.credentials.put(replace(own, client_id=client))
    detail = "other knows this client, too"
    assert broken(red)[9] == [{"subject": f"default/{client}", "detail": detail, "entries": []}]
    assert [breach["subject"] for breach in broken(red, "other")[9]] == [f"other/{client}"]


def test_a_rule_that_was_never_used_is_told(stage: Stage) -> None:
    for rule in ("used", "unused"):
        operation = "listOrders" if rule == "used" else "listStores"
        rule_body = {"id": rule, "match": {"operation": operation}, "effect": {"error": {"status": 503}}}
        assert stage.call("POST", f"{TENANT}/faults", rule_body).status == 201
    stage.call("GET", "/v1/orders", key=KEY)
    assert stage.look(AUDIT, None)["unusedFaults"] == ["unused"]


def test_the_audit_tells_the_instant_it_is_of(stage: Stage) -> None:
    before = stage.look(AUDIT, None)["at"]
    stage.wait("PT1H")
    assert stage.look(AUDIT, None)["at"] == before.replace("15:00", "16:00")
