"""The seventh invariant names what settlements say otherwise than it was."""

from msgspec.structs import replace

from sandbox_server.domain.invariants import Breach
from sandbox_server.domain.reckoning import Account, account, settled, settlements_equal_the_ledger
from sandbox_server.domain.settlements import LineKind, Settlement, SettlementLine, add_up, period_of
from sandbox_server.domain.shipments import ShipmentLine
from tests.domain.builders import NOW, a_line, a_return, a_return_line, a_shipment, an_order

K = LineKind
PERIOD = period_of(NOW, "UTC")
LINES = [
    SettlementLine(number, PERIOD.number, kind, "ord_1", "shp_1", amount, "USD", NOW)
    for number, (kind, amount) in enumerate(
        [(K.SALE, 2160), (K.FEE, -300), (K.REFUND, -1080), (K.FEE, 150), (K.HOLD, -900), (K.HOLD_RELEASE, 400)], start=1
    )
]
RIGHT = {"ord_1": Account(2160, -1080, -150, -500)}
CLOSED = Settlement("stl_1", *PERIOD, "USD", add_up(LINES), NOW, NOW)


def breaches(
    accounts: dict[str, Account] = RIGHT, lines: list[SettlementLine] = LINES, *settlements: Settlement
) -> list[Breach]:
    return list(settlements_equal_the_ledger(accounts, lines, settlements or (CLOSED,)))


def test_an_account_is_made_of_what_left_what_was_paid_back_and_what_is_held() -> None:
    parcels = [a_shipment(lines=(ShipmentLine("1", "SKU-1", units),)) for units in (1, 1)]
    rma = a_return(a_return_line(received=2, refunded_quantity=1, refunded=1080))
    assert account(an_order(a_line("1", 3), a_line("2", 5)), parcels, [rma], 500) == RIGHT["ord_1"]


def test_lines_are_added_up_by_order() -> None:
    other = replace(LINES[0], order_id="ord_2", amount=1)
    assert settled([*LINES, other]) == {**RIGHT, "ord_2": Account(1, 0, 0, 0)}


def test_what_is_right_breaks_nothing() -> None:
    assert breaches() == []
    assert list(settlements_equal_the_ledger(RIGHT, LINES, [])) == []


def test_an_order_whose_money_is_told_otherwise_is_named_with_both_figures() -> None:
    assert breaches({"ord_1": Account(2161, -1080, -150, 0)}) == [
        Breach(7, "ord_1", "sales: the settlements say 2160, in minor units; it is 2161"),
        Breach(7, "ord_1", "held: the settlements say -500, in minor units; it is 0"),
    ]


def test_an_order_that_only_one_side_knows_is_named() -> None:
    assert [breach.subject for breach in breaches({**RIGHT, "ord_2": Account(1, 0, 0, 0)})] == ["ord_2"]
    assert {breach.subject for breach in breaches({})} == {"ord_1"}


def test_a_settlement_that_does_not_say_what_its_lines_do_is_named() -> None:
    wrong = replace(CLOSED, sums=CLOSED.sums[1:])
    assert breaches(RIGHT, LINES, wrong) == [Breach(7, "stl_1", "says -1730; its lines 430, in minor units")]


def test_a_settlement_with_lines_of_another_time_is_named() -> None:
    late = [*LINES[:-1], replace(LINES[-1], at=PERIOD.ends_at)]
    assert breaches(RIGHT, late) == [Breach(7, "stl_1", "has lines of another time: [6]")]


def test_a_settlement_without_lines_is_one_too_many() -> None:
    extra = replace(CLOSED, settlement_id="stl_2", period=7)
    assert breaches(RIGHT, LINES, CLOSED, extra) == [Breach(7, "stl_2", "says 430; its lines 0, in minor units")]


def test_only_the_last_period_may_be_open() -> None:
    newer = replace(LINES[0], number=7, period=PERIOD.number + 1, order_id="ord_2")
    accounts = {**RIGHT, "ord_2": Account(2160, 0, 0, 0)}
    assert list(settlements_equal_the_ledger(accounts, [*LINES, newer], [])) == [
        Breach(7, f"period {PERIOD.number}", "6 lines, and no settlement")
    ]
    assert breaches(accounts, [*LINES, newer]) == []
