"""The audit of who did what: effects without a call, calls with two effects, a journal that was altered."""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import pytest

from sandbox_server.domain.events import Event, EventType
from sandbox_server.domain.inventory import StockReport
from sandbox_server.services import inventory
from sandbox_server.services.journal import Journal, Nobody
from tests.control.acting import SKU, STORE
from tests.control.auditing import accept, behind, bought, broken, level_of
from tests.control.stage import KEY, TENANT, Stage

replace = msgspec.structs.replace


# 5


def test_two_effects_of_one_key_are_named_with_both_calls(red: Stage) -> None:
    first = accept(red, bought(red), Idempotency_Key="one-key")
    with behind(red) as tx:
        tx.replays.remove("acorn-sandbox one-key")
    second = accept(red, bought(red), Idempotency_Key="one-key")
    assert broken(red) == {
        5: [
            {
                "subject": "acorn-sandbox/one-key",
                "detail": f"calls [{first}, {second}] each had an effect",
                "entries": [first, second],
            }
        ]
    }


def test_a_call_again_and_a_call_of_another_client_are_no_second_effect(stage: Stage) -> None:
    order_id = bought(stage)
    accept(stage, order_id, Idempotency_Key="shared")
    body = {"lines": [{"lineId": "1", "decision": "ACCEPT"}]}
    path = f"/v1/orders/{order_id}/acknowledgements"
    assert stage.call("POST", path, body, KEY, Idempotency_Key="shared").headers["idempotent-replayed"] == "true"
    second = bought(stage)
    with stage.tenant.read() as tx:
        store_id = level_of(tx, second).store_id
    key = "acorn-store-key" if store_id == STORE else KEY
    stage.call("POST", f"/v1/orders/{second}/acknowledgements", body, key, Idempotency_Key="shared")
    assert broken(stage) == {}


def test_a_tracking_number_on_two_parcels_is_named_with_both(red: Stage) -> None:
    with behind(red) as tx:
        one, two, *_ = tx.shipments.select()
        tx.shipments.put(replace(two, carrier=one.carrier, tracking_number=one.tracking_number))
    (breach,) = broken(red)[5]
    assert breach["subject"] == one.tracking_key
    assert breach["detail"] == f"2 shipments have it: {one.shipment_id}, {two.shipment_id}"


# 8


def test_a_broken_chain_is_named_with_the_call(red: Stage) -> None:
    for _ in range(3):
        red.look("/v1/orders?limit=1")
    content = red.tenant.power(Journal)._segments()[-1]._content
    assert content is not None
    content.lines[1] = content.lines[1].replace(b"limit=1", b"limit=2")
    (breach,) = broken(red)[8]
    assert (breach["subject"], breach["entries"]) == ("call 2", [2])


@pytest.mark.parametrize("cause", ["nobody-1", "operator", "buyer", "ship_by", "robber:1", "elsewhen/ord_1"])
def test_a_change_that_is_owed_to_nobody_is_named(red: Stage, cause: str) -> None:
    with behind(red, cause) as tx:
        level = tx.levels.get(f"{STORE}/{SKU}")
        assert level is not None
        report = StockReport(STORE, SKU, level.on_hand + 1, level.sequence + 1, tx.now)
        assert not any(inventory.report(tx, [report]))
        number = tx.ledger.count() + 1
    (breach,) = broken(red)[8]
    assert (breach["subject"], breach["entries"]) == (f"movement {number}", [])
    assert breach["detail"] == f"it is owed to {cause!r}, which the journal does not know"


def test_an_event_that_is_owed_to_nobody_is_named(red: Stage) -> None:
    order_id = bought(red)
    with behind(red) as tx:
        tx.events.put(Event("evt_ghost", EventType.ORDER_LATE, tx.now, order_id, "nobody-1"))
    assert [breach["subject"] for breach in broken(red)[8]] == ["evt_ghost"]


def test_actors_the_clock_and_calls_are_known(stage: Stage) -> None:
    accept(stage, bought(stage))
    stage.done("/till/sales", {"storeId": STORE, "lines": [{"sku": SKU, "quantity": 1}]})
    stage.call("POST", f"{TENANT}/stores/S0002/close")
    stage.call("PUT", f"{TENANT}/arrivals", {"profile": "STEADY", "perMinute": 1, "duration": "PT1H"})
    stage.wait("P2D")
    assert broken(stage) == {}


def test_what_another_worker_did_that_is_heard_of_while_calls_are_written_down_is_known(red: Stage) -> None:
    journal = red.tenant.power(Journal)

    class Elsewhere(Nobody):
        """A worker whose changes are done here, too, when this one takes its turn."""

        @contextmanager
        def turn(self) -> Iterator[None]:
            with behind(red, "req_elsewhere") as tx:
                level = tx.levels.get(f"{STORE}/{SKU}")
                assert level is not None
                inventory.report(tx, [StockReport(STORE, SKU, level.on_hand + 1, level.sequence + 1, tx.now)])
            journal.expected.add("req_elsewhere")
            yield

    red.look("/v1/orders?limit=1")
    journal.keep_together(Elsewhere())
    try:
        assert broken(red) == {}
        assert journal.expected == {"req_elsewhere"}
    finally:
        journal.keep_together(Nobody())


def test_what_calls_did_that_the_journal_has_let_go_is_not_held_against_anybody(built: Stage) -> None:
    forgetful = Stage(built.settings.data_dir, journal_limit=2)
    accept(forgetful, bought(forgetful))
    forgetful.wait("PT1M")
    for _ in range(5):
        accept(forgetful, bought(forgetful))
        forgetful.look("/v1/orders?limit=1")
    assert [call["number"] for call in forgetful.look(f"{TENANT}/journal", None)["items"]] == [10, 11]
    assert broken(forgetful) == {}
