"""Every invariant holds of a right world and names what is broken in a wrong one."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from sandbox_server.domain import invariants, onboarding, reports
from sandbox_server.domain.events import Change
from sandbox_server.domain.onboarding import AccountKind, Applicant, Application, ApplicationStatus
from sandbox_server.domain.orders import Order, OrderStatus
from sandbox_server.domain.reports import Report, ReportFormat, ReportStatus, ReportType, Wanted
from sandbox_server.domain.returns import Return, ReturnLine, ReturnStatus
from sandbox_server.domain.shipments import Carrier, Shipment, ShipmentLine, ShipmentStatus, TrackingEvent
from sandbox_server.kernel.money import Money
from tests.domain.builders import (
    NOW,
    a_line,
    a_return,
    a_return_line,
    a_shipment,
    allocated,
    an_order,
    found,
    released,
    reserved,
    shipped,
    steps,
)

S, R, P = OrderStatus, ReturnStatus, ShipmentStatus
HERE, THERE = ("S0001", "SKU-1"), ("S0002", "SKU-1")


# 3


def parcel(*lines: tuple[str, int]) -> Shipment:
    return a_shipment(lines=tuple(ShipmentLine(line_id, f"SKU-{line_id}", quantity) for line_id, quantity in lines))


def an_order_underway() -> Order:
    line = a_line("1", 6, shipped(3), allocated(2, shipped=1), released(1), cancelled=1, unit_price=100, tax=50)
    return an_order(line, a_line("2", 1, allocated(1)), status=S.PARTIALLY_SHIPPED)


def test_quantities_that_add_up_are_not_named() -> None:
    rmas = [
        a_return(a_return_line("1", 2, received=2, refunded=350)),
        a_return(a_return_line("1", 2, received=2, refunded=192)),
    ]
    assert found(invariants.quantities_add_up(an_order_underway(), [parcel(("1", 3)), parcel(("1", 1))], rmas)) == []
    assert found(invariants.quantities_add_up(an_order(), [], [])) == []


@pytest.mark.parametrize(
    ("order", "parcels", "rmas", "breaches"),
    [
        pytest.param(
            an_order_underway(),
            [parcel(("1", 3)), parcel(("1", 2))],
            [],
            [(3, "ord_1/1", "5 shipped, of 4")],
            id="parcels hold more than the order says",
        ),
        pytest.param(
            an_order_underway(),
            [parcel(("1", 3))],
            [],
            [(3, "ord_1/1", "4 shipped, 3 in its shipments")],
            id="parcels hold less than the order says",
        ),
        pytest.param(
            an_order(a_line("1", 3, allocated(3, shipped=4))),
            [parcel(("1", 4))],
            [],
            [(3, "ord_1/1", "4 shipped of what was allocated, of 3")],
            id="more shipped than allocated",
        ),
        pytest.param(
            an_order(a_line("1", 3, allocated(2), reserved(1), shipped(1))),
            [parcel(("1", 1))],
            [],
            [(3, "ord_1/1", "4 allocated, of 3")],
            id="more allocated than ordered",
        ),
        pytest.param(
            an_order(a_line("1", 3, allocated(3), cancelled=1)),
            [],
            [],
            [(3, "ord_1/1", "3 allocated, of 2")],
            id="more allocated than is not cancelled",
        ),
        pytest.param(
            an_order_underway(),
            [parcel(("1", 4))],
            [a_return(a_return_line("1", 3, received=3)), a_return(a_return_line("1", 2, received=2))],
            [(3, "ord_1/1", "5 received, of 4")],
            id="more came back than was shipped",
        ),
        pytest.param(
            an_order_underway(),
            [parcel(("1", 4))],
            [a_return(a_return_line("1", 1, refunded=542)), a_return(a_return_line("1", 1, refunded=1))],
            [(3, "ord_1/1", "543 refunded, in minor units, of 542")],
            id="more refunded than paid",
        ),
        pytest.param(
            an_order_underway(),
            [parcel(("1", 4), ("2", 1))],
            [],
            [(3, "ord_1/2", "1 shipped, of 0")],
            id="each line for itself",
        ),
    ],
)
def test_quantities_that_do_not_add_up_are_named(
    order: Order, parcels: list[Shipment], rmas: list[Return], breaches: list[tuple[int, str, str]]
) -> None:
    assert found(invariants.quantities_add_up(order, parcels, rmas)) == breaches


@pytest.mark.parametrize(
    "line",
    [
        a_return_line("1", 3, paid=300),
        a_return_line("1", 3, paid=300, received=3, foreign=1, refunded_quantity=2, refunded=300),
        a_return_line("1", 3, paid=300, received=3, foreign=3),
    ],
)
def test_refunds_that_fit_are_not_named(line: ReturnLine) -> None:
    assert found(invariants.refunds_fit(a_return(line))) == []


@pytest.mark.parametrize(
    "line",
    [
        a_return_line("1", 3, received=4),
        a_return_line("1", 3, received=1, foreign=2),
        a_return_line("1", 3, received=1, foreign=-1),
        a_return_line("1", 3, received=2, foreign=1, refunded_quantity=2),
        a_return_line("1", 3, received=2, refunded_quantity=-1),
        a_return_line("1", 3, paid=300, received=3, refunded_quantity=3, refunded=301),
        a_return_line("1", 3, paid=300, received=3, refunded_quantity=3, refunded=-1),
    ],
)
def test_refunds_that_do_not_fit_are_named(line: ReturnLine) -> None:
    right = a_return_line("2", 1)
    assert found(invariants.refunds_fit(a_return(right, line))) == [
        (3, "ret_1/1", f"its figures do not fit: {line}"),
    ]


# 4


@pytest.mark.parametrize("status", list(S))
def test_an_order_with_a_legal_history_is_not_named(status: OrderStatus) -> None:
    assert found(invariants.order_history_is_legal(an_order(status=status))) == []


@pytest.mark.parametrize("status", list(R))
def test_a_return_with_a_legal_history_is_not_named(status: ReturnStatus) -> None:
    assert found(invariants.return_history_is_legal(a_return(status=status))) == []


@pytest.mark.parametrize(
    ("status", "history", "details"),
    [
        (S.SHIPPED, steps(S.NEW, S.SHIPPED), ["went from NEW to SHIPPED"]),
        (S.DELIVERED, steps(S.NEW, S.CANCELLED, S.DELIVERED), ["went from CANCELLED to DELIVERED"]),
        (S.ACKNOWLEDGED, steps(S.ACKNOWLEDGED), ["began as ACKNOWLEDGED, from None"]),
        (S.NEW, (Change(NOW, S.ACKNOWLEDGED, S.NEW, "req_1"),), ["began as NEW, from ACKNOWLEDGED"]),
        (S.ACKNOWLEDGED, steps(S.NEW), ["is ACKNOWLEDGED; its history ends elsewhere"]),
        (S.NEW, (), ["is NEW; its history ends elsewhere"]),
        (
            S.SHIPPED,
            (*steps(S.NEW), Change(NOW, S.ACKNOWLEDGED, S.SHIPPED, "req_1")),
            ["was NEW; its next step is from ACKNOWLEDGED"],
        ),
        (
            S.NEW,
            (*steps(S.NEW), Change(NOW, None, S.NEW, "req_1")),
            ["went from None to NEW", "was NEW; its next step is from None"],
        ),
    ],
)
def test_an_order_with_an_illegal_history_is_named(
    status: OrderStatus, history: tuple[Change, ...], details: list[str]
) -> None:
    order = an_order(status=status, history=history)
    assert found(invariants.order_history_is_legal(order)) == [(4, "ord_1", detail) for detail in details]


def test_a_return_with_an_illegal_history_is_named() -> None:
    rma = a_return(status=R.REFUNDED, history=steps(R.RECEIVED, R.AUTHORISED, R.REFUNDED, R.CLOSED))
    assert found(invariants.return_history_is_legal(rma)) == [
        (4, "ret_1", "began as RECEIVED, from None"),
        (4, "ret_1", "went from RECEIVED to AUTHORISED"),
        (4, "ret_1", "went from AUTHORISED to REFUNDED"),
        (4, "ret_1", "is REFUNDED; its history ends elsewhere"),
    ]


def seen(*states: ShipmentStatus) -> tuple[TrackingEvent, ...]:
    return tuple(TrackingEvent(state, NOW) for state in states)


def test_a_parcel_on_a_legal_way_is_not_named() -> None:
    way = seen(P.LABELLED, P.PICKED_UP, P.IN_TRANSIT, P.IN_TRANSIT, P.OUT_FOR_DELIVERY, P.DELIVERED)
    assert found(invariants.tracking_is_legal(a_shipment(*way))) == []


@pytest.mark.parametrize(
    ("shipment", "detail"),
    [
        (a_shipment(*seen(P.LABELLED, P.DELIVERED)), "went from LABELLED to DELIVERED"),
        (a_shipment(*seen(P.PICKED_UP)), "began as PICKED_UP"),
        (a_shipment(status=P.PICKED_UP), "is PICKED_UP; its last tracking event says otherwise"),
        (a_shipment(tracking_events=()), "is LABELLED; its last tracking event says otherwise"),
    ],
)
def test_a_parcel_on_an_illegal_way_is_named(shipment: Shipment, detail: str) -> None:
    assert found(invariants.tracking_is_legal(shipment)) == [(4, "shp_1", detail)]


# 5


def shared(*parcels: Shipment) -> list[tuple[int, str, str]]:
    tracking = [(parcel.tracking_key, parcel.shipment_id) for parcel in parcels]
    return found(invariants.tracking_numbers_are_unique(tracking))


def test_one_number_may_be_two_carriers() -> None:
    parcels = [
        a_shipment(carrier=Carrier.DHL, tracking_number="1234567890"),
        a_shipment(carrier=Carrier.FEDEX, tracking_number="1234567890"),
        a_shipment(),
    ]
    assert shared(*parcels) == []


def test_a_carriers_number_on_two_parcels_is_named_once() -> None:
    parcels = [a_shipment(shipment_id=f"shp_{number}") for number in (1, 2, 3)]
    assert shared(*parcels) == [(5, "UPS/1Z999AA10123456784", "3 shipments have it: shp_1, shp_2, shp_3")]


def test_no_parcels_share_nothing() -> None:
    assert shared() == []


# Reports


def a_report(*states: str) -> Report:
    wanted = Wanted(ReportType.STOCK_HEALTH, ReportFormat.CSV, NOW - timedelta(days=1), NOW)
    report = reports.request("rpt_1", wanted, NOW, "req_1")
    return replace(report, status=ReportStatus(states[-1]), history=steps(*states))


@pytest.mark.parametrize(
    "end", [("IN_QUEUE",), ("IN_QUEUE", "IN_PROGRESS", "DONE"), ("IN_QUEUE", "IN_PROGRESS", "FATAL")]
)
def test_a_report_with_a_legal_history_is_not_named(end: tuple[str, ...]) -> None:
    assert found(invariants.report_history_is_legal(a_report(*end))) == []


def test_a_report_that_left_a_step_out_is_named() -> None:
    report = a_report("IN_QUEUE", "DONE")
    assert found(invariants.report_history_is_legal(report)) == [(4, "rpt_1", "went from IN_QUEUE to DONE")]


# Applications


def an_application(*states: str) -> Application:
    company = Applicant("Hudson", AccountKind.SELLER, Money(0, "USD"), 0, (), ())
    application = onboarding.apply("app_1", company, NOW, "req_1")
    return replace(application, status=ApplicationStatus(states[-1]), history=steps(*states))


@pytest.mark.parametrize("states", [("INELIGIBLE",), ("ELIGIBLE", "NDA_SIGNED", "REFUSED", "VERIFIED", "LIVE")])
def test_an_application_with_a_legal_history_is_not_named(states: tuple[str, ...]) -> None:
    assert found(invariants.application_history_is_legal(an_application(*states))) == []


def test_an_application_that_was_never_verified_and_is_live_is_named() -> None:
    application = an_application("ELIGIBLE", "NDA_SIGNED", "LIVE")
    assert found(invariants.application_history_is_legal(application)) == [(4, "app_1", "went from NDA_SIGNED to LIVE")]
