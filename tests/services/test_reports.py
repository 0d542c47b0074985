"""Reports: made bit by bit while the clock goes on, of the world as it is read."""

import json
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from msgspec.structs import replace

from sandbox_server.domain import reports as rules
from sandbox_server.domain.errors import IllegalTransition, NotFound, Unprocessable
from sandbox_server.domain.events import DueKind
from sandbox_server.domain.reports import (
    Draft,
    Report,
    ReportFailure,
    ReportFormat,
    ReportStatus,
    ReportType,
    Wanted,
)
from sandbox_server.domain.returns import Condition, ReceivedLine, RefundLine, ReturnReason
from sandbox_server.domain.returns import Wanted as WantedBack
from sandbox_server.domain.shipments import ShipmentStatus, TrackingEvent
from sandbox_server.kernel.clock import FrozenClock
from sandbox_server.kernel.ids import make_id
from sandbox_server.persistence.snapshot import dump, restore
from sandbox_server.services import reports, returns, shipments
from sandbox_server.services.tenants import Tenant
from tests.auditing import audit
from tests.domain.builders import NOW, faults_of
from tests.services.world import FAR, MIDDLE, NEAR, PRICE, SEED, TAX, World, a_product

S, T = ReportStatus, ReportType
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def world() -> World:
    """Return a world whose clock has run an hour: what a test does then lies an hour before its reports' end."""
    world = World()
    world.wait(hours=1)
    return world


def ask(world: World, kind: ReportType = T.SALES_BY_CHANNEL, *store_ids: str, **changes: Any) -> Report:
    """Ask about the time since the world began, which is over a moment later."""
    world.clock.move_to(world.clock.now() + SECOND)
    wanted = Wanted(kind, ReportFormat.JSON, NOW, world.clock.now(), store_ids)
    return world.do(reports.request, wanted._replace(**changes))


def stands(world: World, report: Report) -> Report:
    return world.see(lambda tx: reports.get(tx, report.report_id))


def content(world: World, report: Report) -> bytes:
    return world.see(lambda tx: reports.document(tx, report.report_id)).content


def made(world: World, kind: ReportType, *store_ids: str) -> list[dict[str, Any]]:
    """Return the rows of a report."""
    report = ask(world, kind, *store_ids)
    world.wait(seconds=90)
    document = json.loads(content(world, report))
    assert document["type"] == kind
    rows: list[dict[str, Any]] = document["rows"]
    assert (stands(world, report).status, stands(world, report).rows) == (S.DONE, len(rows))
    return rows


def usd(cents: int) -> dict[str, str]:
    return {"amount": f"{cents // 100}.{cents % 100:02}", "currency": "USD"}


def drafts(world: World) -> list[Draft]:
    return world.see(lambda tx: list(tx.drafts.select()))


# Its life


def test_a_report_waits_is_made_and_is_done_by_the_clock(world: World) -> None:
    report = ask(world)
    assert (report.report_id, report.status) == (make_id(SEED, "rpt", 1), S.IN_QUEUE)
    assert world.due(report.report_id) == {DueKind.REPORT_STEP: timedelta(seconds=30)}
    world.wait(seconds=29.999)
    assert stands(world, report).status is S.IN_QUEUE
    world.wait(seconds=0.001)
    assert stands(world, report).status is S.IN_PROGRESS
    assert world.due(report.report_id) == {DueKind.REPORT_STEP: timedelta(seconds=60)}
    world.wait(seconds=59.999)
    assert stands(world, report).status is S.IN_PROGRESS
    world.wait(seconds=0.001)
    done = stands(world, report)
    assert (done.status, done.rows, done.size, done.version) == (S.DONE, 0, len(content(world, report)), 3)
    assert [(step.to, step.at - report.created_at, step.cause) for step in done.history] == [
        ("IN_QUEUE", timedelta(0), "req_1"),
        ("IN_PROGRESS", timedelta(seconds=30), f"report_step/{report.report_id}"),
        ("DONE", timedelta(seconds=90), f"report_step/{report.report_id}"),
    ]
    assert world.events() == [("report.done", report.report_id)]
    assert (world.due(report.report_id), drafts(world)) == ({}, [])


def test_there_is_no_document_before_it_is_done(world: World) -> None:
    report = ask(world)
    for seconds in (0, 30):
        world.wait(seconds=seconds)
        with pytest.raises(IllegalTransition):
            content(world, report)


def test_what_there_is_not_is_not_found(world: World) -> None:
    for look in (reports.get, reports.document):
        with pytest.raises(NotFound):
            world.do(look, "rpt_nowhere")


def test_unknown_stores_are_named_each(world: World) -> None:
    with pytest.raises(Unprocessable) as refusal:
        ask(world, T.STOCK_HEALTH, NEAR, "S0404", "S0405")
    assert faults_of(refusal.value) == [("/storeIds/1", "UNKNOWN_STORE"), ("/storeIds/2", "UNKNOWN_STORE")]
    assert world.see(lambda tx: tx.reports.count()) == 0


def smaller_steps(monkeypatch: pytest.MonkeyPatch, at_once: int = 2) -> None:
    """Have so few records read at a time."""
    sources = {kind: tuple(one._replace(at_once=at_once) for one in some) for kind, some in reports._SOURCES.items()}
    monkeypatch.setattr(reports, "_SOURCES", sources)


def busy(world: World) -> None:
    """Have something of everything: five orders, three parcels, a return."""
    for _ in range(3):
        world.a_shipped_order(("SKU-1", 1))
    order = world.accept(world.place(("SKU-1", 2)))
    world.place(("SKU-1", 1))
    world.ship(order)
    world.do(returns.authorise, order.order_id, FAR, [WantedBack("1", 1, ReturnReason.DAMAGED)])


@pytest.mark.parametrize("kind", T)
def test_a_report_is_the_same_in_however_many_steps_it_is_made(
    kind: ReportType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rows() -> list[dict[str, Any]]:
        world = World()
        busy(world)
        return made(world, kind)

    at_once = rows()
    assert at_once
    smaller_steps(monkeypatch, 1)
    assert rows() == at_once


def test_a_report_with_much_to_read_takes_longer(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    smaller_steps(monkeypatch)
    monkeypatch.setattr(rules, "DONE_AFTER", timedelta(seconds=31))
    busy(world)
    report = ask(world)
    for seconds, records in ((30, 2), (1, 4)):
        world.wait(seconds=seconds)
        assert [draft.records for draft in drafts(world)] == [records]
        assert stands(world, report).status is S.IN_PROGRESS
        assert world.due(report.report_id) == {DueKind.REPORT_STEP: SECOND}
    world.wait(seconds=1)
    assert stands(world, report).status is S.DONE


def test_each_record_counts_as_it_stands_when_it_is_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    smaller_steps(monkeypatch, 1)
    first, second = world.place(("SKU-1", 1)), world.place(("SKU-1", 1))
    report = ask(world)
    world.wait(seconds=30)
    for order in (first, second):
        world.cancel(order)
    world.wait(seconds=60)
    (row,) = json.loads(content(world, report))["rows"]
    assert row["orders"] == 1


def test_a_report_that_reads_too_much_is_given_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MOST_RECORDS", 1)
    world.place(("SKU-1", 1))
    fits = ask(world)
    world.place(("SKU-1", 1))
    report = ask(world)
    world.wait(seconds=120)
    failed = stands(world, report)
    assert (failed.status, failed.failure, failed.rows) == (S.FATAL, ReportFailure.TOO_LARGE, None)
    assert stands(world, fits).status is S.DONE
    assert [event for event in world.events() if event[0] == "report.done"] == [
        ("report.done", report.report_id),
        ("report.done", fits.report_id),
    ]
    assert (drafts(world), world.due(report.report_id)) == ([], {})
    with pytest.raises(IllegalTransition):
        content(world, report)


def test_the_audit_names_a_report_that_is_done_and_never_was_made(world: World) -> None:
    report = ask(world)
    world.do(lambda tx: tx.reports.put(replace(report, status=S.DONE)))
    assert [breach[:2] for breach in world.see(audit)] == [(4, report.report_id)]


# What it tells


def test_sales_are_those_of_orders_placed_in_the_span() -> None:
    world = World()
    world.place(("SKU-1", 1))
    world.wait(hours=1)
    world.place(("SKU-1", 2))
    world.wait(hours=1)
    world.place(("SKU-1", 4))
    found = []
    for begins, ends in ((NOW, NOW + HOUR), (NOW + HOUR, NOW + HOUR + SECOND), (NOW, NOW + 2 * HOUR)):
        report = ask(world, begins=begins, ends=ends)
        world.wait(seconds=90)
        found.append(sum(row["units"] for row in json.loads(content(world, report))["rows"]))
    assert found == [1, 2, 3]


def test_sales_have_the_money_of_orders(world: World) -> None:
    world.place(("SKU-1", 2))
    world.place(("SKU-1", 1))
    assert made(world, T.SALES_BY_CHANNEL) == [
        {
            "storeId": NEAR,
            "channel": "STANDARD",
            "orders": 2,
            "units": 3,
            "netSales": usd(3 * PRICE),
            "tax": usd(3 * TAX),
            "grossSales": usd(3 * (PRICE + TAX)),
        }
    ]


def test_a_report_is_about_the_stores_that_it_names() -> None:
    world = World({(NEAR, "SKU-1"): 2, (MIDDLE, "SKU-1"): 5, (FAR, "SKU-1"): 1})
    world.place(("SKU-1", 2))
    world.place(("SKU-1", 2))
    assert [row["storeId"] for row in made(world, T.SALES_BY_CHANNEL)] == [NEAR, MIDDLE]
    assert [row["storeId"] for row in made(world, T.SALES_BY_CHANNEL, MIDDLE, FAR)] == [MIDDLE]
    assert [row["storeId"] for row in made(world, T.STOCK_HEALTH, FAR, NEAR)] == [NEAR, FAR]


def test_stock_is_told_as_it_is_with_what_was_shipped(world: World) -> None:
    world.a_shipped_order(("SKU-1", 4))
    world.place(("SKU-1", 1))
    near, middle = made(world, T.STOCK_HEALTH)
    assert near == {
        "storeId": NEAR,
        "skus": 1,
        "skusUnavailable": 0,
        "skusStale": 1,
        "onHand": 6,
        "reserved": 1,
        "allocated": 0,
        "available": 5,
        "unitsShipped": 4,
        "daysOfCover": 0,
    }
    assert (middle["onHand"], "daysOfCover" in middle) == (10, False)


def test_fulfilment_is_told_of_with_its_parcels(world: World) -> None:
    order = world.accept(world.place(("SKU-1", 4)))
    world.wait(minutes=30)
    parcel = world.ship(order, ("1", 3))
    for status in ("PICKED_UP", "IN_TRANSIT", "OUT_FOR_DELIVERY", "DELIVERED"):
        moved = TrackingEvent(ShipmentStatus(status), world.clock.now())
        world.do(shipments.track, parcel.shipment_id, moved)
    (row,) = made(world, T.FULFILMENT_PERFORMANCE)
    assert row == {
        "storeId": NEAR,
        "unitsAssigned": 4,
        "unitsRejected": 0,
        "unitsReleased": 0,
        "unitsShipped": 3,
        "unitsOutstanding": 1,
        "parcels": 1,
        "parcelsLate": 0,
        "parcelsDelivered": 1,
        "parcelsDeliveredLate": 0,
        "averageMinutesToShip": 30,
    }


def test_returns_are_told_of_by_reason(world: World) -> None:
    order = world.a_shipped_order(("SKU-1", 3))
    back = [WantedBack("1", 2, ReturnReason.LATE)]
    rma = world.do(returns.authorise, order.order_id, FAR, back)
    world.do(returns.receive, rma.return_id, NEAR, [ReceivedLine("1", 2, Condition.SELLABLE)])
    world.do(returns.refund, rma.return_id, [RefundLine("1", 1, 500)])
    assert made(world, T.RETURNS_BY_REASON) == [
        {
            "storeId": FAR,
            "reason": "LATE",
            "returns": 1,
            "units": 2,
            "unitsReceived": 2,
            "unitsRefunded": 1,
            "refunded": usd(500),
        }
    ]


# Its document


def test_a_table_has_a_head_bare_amounts_and_their_currency(world: World) -> None:
    world.place(("SKU-1", 2))
    report = ask(world, format=ReportFormat.CSV)
    world.wait(seconds=90)
    assert content(world, report).decode() == (
        f"storeId,channel,orders,units,netSales,tax,grossSales,currency\r\n{NEAR},STANDARD,1,2,39.98,3.20,43.18,USD\r\n"
    )


def test_a_table_without_money_has_no_currency_and_what_cannot_be_told_is_empty(world: World) -> None:
    report = ask(world, T.STOCK_HEALTH, MIDDLE, format=ReportFormat.CSV)
    world.wait(seconds=90)
    assert content(world, report).decode() == (
        "storeId,skus,skusUnavailable,skusStale,onHand,reserved,allocated,available,unitsShipped,daysOfCover\r\n"
        f"{MIDDLE},1,0,1,10,0,0,10,0,\r\n"
    )


def test_a_document_stays_as_it_is(world: World) -> None:
    order = world.place(("SKU-1", 2))
    report = ask(world)
    world.wait(seconds=90)
    before = content(world, report)
    world.cancel(order)
    world.wait(days=40)
    assert content(world, report) == before
    assert world.see(audit) == []


@pytest.mark.parametrize(("currency", "amount"), [("JPY", "1999"), ("KWD", "1.999")])
def test_amounts_have_the_decimals_of_the_worlds_currency(currency: str, amount: str) -> None:
    world = World(currency=currency, products=[a_product("SKU-1", currency)])
    world.place(("SKU-1", 1))
    (row,) = made(world, T.SALES_BY_CHANNEL)
    assert row["netSales"] == {"amount": amount, "currency": currency}


def test_documents_and_what_is_half_read_go_into_a_snapshot_and_come_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    smaller_steps(monkeypatch, 1)
    busy(world)
    done = ask(world, T.RETURNS_BY_REASON)
    world.wait(seconds=90)
    half = ask(world)
    world.wait(seconds=32)
    file = BytesIO()
    dump(world.persistence, file)
    file.seek(0)
    world.wait(seconds=90)
    again = Tenant("again", restore(file, "a file"), FrozenClock(world.clock.now()))
    again.keep_up()
    with again.read() as tx:
        for report in (done, half):
            assert reports.get(tx, report.report_id) == stands(world, report)
            assert reports.document(tx, report.report_id).content == content(world, report)
