"""Goods that come back: who may, what comes, and money that never exceeds what was paid."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_server.domain import invariants, returns
from sandbox_server.domain.errors import IllegalTransition, Unprocessable
from sandbox_server.domain.events import Change
from sandbox_server.domain.orders import Order, OrderStatus
from sandbox_server.domain.returns import (
    Condition,
    Receipt,
    ReceivedLine,
    Refund,
    RefundLine,
    Return,
    ReturnLine,
    ReturnReason,
    ReturnStatus,
    Wanted,
)
from tests.domain.builders import (
    LATER,
    NOW,
    a_line,
    a_return,
    a_return_line,
    allocated,
    an_order,
    faults_of,
    shipped,
    steps,
)

S = ReturnStatus
SELLABLE, DAMAGED, FOREIGN = Condition.SELLABLE, Condition.DAMAGED, Condition.WRONG_ITEM
LATE = ReturnReason.LATE


def an_open_order() -> Order:
    return an_order(
        a_line("1", 5, shipped(2), allocated(3, "S0002", shipped=1)),
        a_line("2", 4, allocated(4)),
        status=OrderStatus.PARTIALLY_SHIPPED,
    )


def authorised(wanted: Sequence[tuple[str, int]], *others: Return, order: Order | None = None) -> Return:
    asked = [Wanted(line_id, quantity, LATE) for line_id, quantity in wanted]
    return returns.authorise("ret_2", order or an_open_order(), "S0003", asked, others, NOW, "req_1")


def received(rma: Return, *lines: tuple[str, int, Condition]) -> Return:
    receipt = Receipt("S0009", LATER, tuple(ReceivedLine(*line) for line in lines))
    return returns.receive(rma, receipt, "req_2")


def refunded(rma: Return, *lines: tuple[str, int, int]) -> Return:
    return returns.refund(rma, Refund(LATER, tuple(RefundLine(*line) for line in lines)), "req_3")


# Authorising


def test_a_return_is_authorised_for_thirty_days_and_knows_what_was_paid() -> None:
    rma = authorised([("1", 2)])
    assert rma == a_return(
        ReturnLine("1", "SKU-1", 2, LATE, paid=2160),
        return_id="ret_2",
        store_id="S0003",
        expires_at=NOW + timedelta(days=30),
    )
    assert rma.history == (Change(NOW, None, S.AUTHORISED, "req_1"),)


def test_only_what_has_left_and_is_not_on_its_way_back_can_be_returned() -> None:
    awaited = a_return(a_return_line("1", 1))
    assert authorised([("1", 2)], awaited).lines[0].quantity == 2
    with pytest.raises(Unprocessable, match=r"^The order has not that much to give back\.$") as refusal:
        authorised([("1", 3), ("2", 1), ("9", 1), ("2", 1)], awaited)
    assert [tuple(fault) for fault in refusal.value.faults] == [
        ("/lines/0/quantity", "NOT_SHIPPED", "Of line 1 2 are shipped and not returned, not 3."),
        ("/lines/1/quantity", "NOT_SHIPPED", "Of line 2 0 are shipped and not returned, not 1."),
        ("/lines/2/lineId", "UNKNOWN_LINE", "The order has no line 9."),
        ("/lines/3/lineId", "REPEATED", "Line 2 is named above already."),
    ]


@pytest.mark.parametrize(
    ("status", "back"),
    [
        (S.AUTHORISED, 3),
        (S.RECEIVED_IN_PART, 3),
        (S.RECEIVED, 1),
        (S.REFUNDED, 1),
        (S.CLOSED, 1),
        (S.REJECTED, 1),
        (S.EXPIRED, 1),
    ],
)
def test_units_are_back_that_came_and_that_are_still_awaited(status: ReturnStatus, back: int) -> None:
    first = a_return(a_return_line("1", 3, received=1), a_return_line("2", 1), status=status)
    second = a_return(a_return_line("1", 4))
    units = returns.returned_units([first, second])
    assert units["1"] == back + 4
    assert units["9"] == 0


def test_the_pieces_of_a_line_are_worth_what_was_paid_for_the_whole() -> None:
    order = an_order(a_line("1", 3, shipped(3), unit_price=1000, tax=100), status=OrderStatus.SHIPPED)
    pieces: list[Return] = []
    for _ in range(3):
        pieces.append(authorised([("1", 1)], *pieces, order=order))
    assert [piece.lines[0].paid for piece in pieces] == [1033, 1034, 1033]


def test_what_expired_can_be_returned_again_for_its_money() -> None:
    order = an_order(a_line("1", 3, shipped(3), unit_price=1000, tax=100), status=OrderStatus.SHIPPED)
    gone = returns.expire(authorised([("1", 2)], order=order), LATER, "tick")
    assert authorised([("1", 3)], gone, order=order).lines[0].paid == 3100


def test_what_expired_in_part_keeps_the_money_of_what_came() -> None:
    order = an_order(a_line("1", 3, shipped(3), unit_price=1000, tax=100), status=OrderStatus.SHIPPED)
    in_part = returns.expire(received(authorised([("1", 2)], order=order), ("1", 1, SELLABLE)), LATER, "tick")
    assert in_part.lines[0].refundable == 1033
    assert authorised([("1", 2)], in_part, order=order).lines[0].paid == 3100 - 1033


def test_a_piece_is_never_worth_less_than_nothing() -> None:
    order = an_order(a_line("1", 5, shipped(5), unit_price=0, tax=1), status=OrderStatus.SHIPPED)
    first = authorised([("1", 2)], order=order)
    second = authorised([("1", 1)], first, order=order)
    assert [first.lines[0].paid, second.lines[0].paid] == [0, 1]
    assert authorised([("1", 1)], second, order=order).lines[0].paid == 0


# Receiving


@pytest.mark.parametrize(
    ("came", "status", "figures"),
    [
        ([("1", 1, SELLABLE)], S.RECEIVED_IN_PART, (1, 0)),
        ([("1", 2, SELLABLE)], S.RECEIVED, (2, 0)),
        ([("1", 1, SELLABLE), ("1", 1, DAMAGED)], S.RECEIVED, (2, 0)),
        ([("1", 1, DAMAGED), ("1", 1, FOREIGN)], S.RECEIVED, (2, 1)),
        ([("1", 1, FOREIGN)], S.RECEIVED_IN_PART, (1, 1)),
        ([("1", 2, FOREIGN)], S.REJECTED, (2, 2)),
        ([("1", 1, FOREIGN), ("1", 1, FOREIGN)], S.REJECTED, (2, 2)),
    ],
)
def test_a_return_stands_where_what_came_puts_it(
    came: list[tuple[str, int, Condition]], status: ReturnStatus, figures: tuple[int, int]
) -> None:
    rma = received(a_return(), *came)
    assert (rma.status, rma.updated_at, rma.version) == (status, LATER, 2)
    assert (rma.lines[0].received, rma.lines[0].foreign) == figures
    assert rma.history == (*a_return().history, Change(LATER, S.AUTHORISED, status, "req_2"))
    assert rma.receipts == (Receipt("S0009", LATER, tuple(ReceivedLine(*line) for line in came)),)


def test_a_return_waits_for_all_of_its_lines() -> None:
    rma = received(a_return(a_return_line("1", 2), a_return_line("2", 1)), ("1", 2, FOREIGN))
    assert rma.status is S.RECEIVED_IN_PART
    assert received(rma, ("2", 1, SELLABLE)).status is S.RECEIVED
    assert received(rma, ("2", 1, FOREIGN)).status is S.REJECTED


def test_another_part_of_a_return_is_no_step_in_its_life() -> None:
    rma = received(received(a_return(a_return_line("1", 3)), ("1", 1, SELLABLE)), ("1", 1, DAMAGED))
    assert (rma.status, rma.version, len(rma.receipts)) == (S.RECEIVED_IN_PART, 3, 2)
    assert [step.to for step in rma.history] == [S.AUTHORISED, S.RECEIVED_IN_PART]


def test_a_return_paid_back_in_part_is_refunded_when_only_foreign_goods_follow() -> None:
    rma = refunded(received(a_return(), ("1", 1, SELLABLE)), ("1", 1, 1080))
    assert received(rma, ("1", 1, FOREIGN)).status is S.REFUNDED


@pytest.mark.parametrize("status", [S.RECEIVED, S.REFUNDED, S.CLOSED, S.REJECTED, S.EXPIRED])
def test_a_return_that_waits_for_nothing_takes_nothing(status: ReturnStatus) -> None:
    with pytest.raises(IllegalTransition, match=f"Return ret_1 is {status}; it cannot become RECEIVED"):
        received(a_return(status=status), ("1", 1, SELLABLE))


def test_more_than_is_awaited_does_not_come() -> None:
    rma = received(a_return(a_return_line("1", 3)), ("1", 1, SELLABLE))
    with pytest.raises(Unprocessable, match=r"^More has come than was awaited\.$") as refusal:
        received(rma, ("1", 1, SELLABLE), ("9", 1, SELLABLE), ("1", 2, DAMAGED), ("1", 1, DAMAGED), ("1", 1, FOREIGN))
    assert [tuple(fault) for fault in refusal.value.faults] == [
        ("/lines/1/lineId", "UNKNOWN_LINE", "The return has no line 9."),
        ("/lines/2/quantity", "MORE_THAN_AWAITED", "Of line 1 1 more are awaited, not 2."),
        ("/lines/4/quantity", "MORE_THAN_AWAITED", "Of line 1 0 more are awaited, not 1."),
    ]


# Refunding


def test_what_may_be_paid_back_grows_with_what_comes_and_not_with_foreign_goods() -> None:
    line = a_return_line("1", 3, paid=1000)
    assert [line.refundable_quantity, line.refundable] == [0, 0]
    line = a_return_line("1", 3, paid=1000, received=2, foreign=1)
    assert [line.refundable_quantity, line.refundable] == [1, 333]
    line = a_return_line("1", 3, paid=1000, received=3, refunded_quantity=1, refunded=300)
    assert [line.refundable_quantity, line.refundable] == [2, 700]


def test_a_return_is_refunded_when_every_unit_that_came_is_paid_back() -> None:
    rma = received(
        a_return(a_return_line("1", 2), a_return_line("2", 1, paid=99)), ("1", 2, SELLABLE), ("2", 1, DAMAGED)
    )
    rma = refunded(rma, ("1", 1, 1080))
    assert (rma.status, rma.lines[0].refunded_quantity, rma.lines[0].refunded) == (S.RECEIVED, 1, 1080)
    rma = refunded(rma, ("1", 1, 500))
    assert rma.status is S.RECEIVED
    rma = refunded(rma, ("2", 1, 0))
    assert (rma.status, rma.updated_at, rma.version) == (S.REFUNDED, LATER, 5)
    assert [(line.refunded_quantity, line.refunded) for line in rma.lines] == [(2, 1580), (1, 0)]
    assert [refund.lines for refund in rma.refunds] == [
        (RefundLine("1", 1, 1080),),
        (RefundLine("1", 1, 500),),
        (RefundLine("2", 1, 0),),
    ]
    assert rma.history[-1] == Change(LATER, S.RECEIVED, S.REFUNDED, "req_3")


def test_one_refund_may_pay_for_several_lines() -> None:
    rma = received(a_return(a_return_line("1", 2), a_return_line("2", 1)), ("1", 2, SELLABLE), ("2", 1, DAMAGED))
    rma = refunded(rma, ("2", 1, 99), ("1", 2, 500))
    assert [(line.refunded_quantity, line.refunded) for line in rma.lines] == [(2, 500), (1, 99)]
    assert rma.status is S.REFUNDED


def test_a_return_that_awaits_more_is_not_refunded_yet() -> None:
    rma = refunded(received(a_return(), ("1", 1, SELLABLE)), ("1", 1, 1080))
    assert rma.status is S.RECEIVED_IN_PART


@pytest.mark.parametrize("status", [S.AUTHORISED, S.REFUNDED, S.CLOSED, S.REJECTED, S.EXPIRED])
def test_nothing_is_paid_back_before_goods_come_or_after_all_is_paid(status: ReturnStatus) -> None:
    with pytest.raises(IllegalTransition, match=f"Return ret_1 is {status}; it cannot become REFUNDED"):
        refunded(a_return(status=status), ("1", 1, 1))


def came_in_part() -> Return:
    return received(
        a_return(a_return_line("1", 3, paid=3000), a_return_line("2", 1)), ("1", 2, SELLABLE), ("1", 1, FOREIGN)
    )


def test_no_more_units_are_paid_back_than_came() -> None:
    with pytest.raises(Unprocessable, match=r"^The refund does not fit what came back\.$") as refusal:
        refunded(came_in_part(), ("1", 3, 1), ("2", 1, 1), ("9", 1, 1), ("1", 1, 1))
    assert [tuple(fault) for fault in refusal.value.faults] == [
        ("/lines/0/quantity", "NOT_RECEIVED", "Of line 1 2 are received and not refunded, not 3."),
        ("/lines/1/quantity", "NOT_RECEIVED", "Of line 2 0 are received and not refunded, not 1."),
        ("/lines/2/lineId", "UNKNOWN_LINE", "The return has no line 9."),
        ("/lines/3/lineId", "REPEATED", "Line 1 is named above already."),
    ]


@pytest.mark.parametrize(
    ("amount", "fault"),
    [
        (2001, ("/lines/0/amount", "MORE_THAN_PAID", "At most 20.00 USD can be refunded.")),
        (-1, ("/lines/0/amount", "NEGATIVE", "Money is paid back, not taken.")),
    ],
)
def test_no_more_is_paid_back_than_was_paid_and_no_less_than_nothing(amount: int, fault: tuple[str, str, str]) -> None:
    with pytest.raises(Unprocessable, match=r"^The refund does not fit what was paid\.$") as refusal:
        refunded(came_in_part(), ("1", 2, amount))
    assert [tuple(found) for found in refusal.value.faults] == [fault]


def test_all_that_was_paid_may_be_paid_back() -> None:
    assert refunded(came_in_part(), ("1", 2, 2000)).lines[0].refunded == 2000


def test_the_second_of_two_refunds_gets_what_the_first_left() -> None:
    rma = refunded(came_in_part(), ("1", 1, 1999))
    with pytest.raises(Unprocessable) as refusal:
        refunded(rma, ("1", 1, 2))
    assert faults_of(refusal.value) == [("/lines/0/amount", "MORE_THAN_PAID")]
    assert refunded(rma, ("1", 1, 1)).lines[0].refundable == 0


# Ending


def test_a_return_for_which_nothing_came_expires() -> None:
    rma = returns.expire(a_return(), LATER, "tick")
    assert (rma.status, rma.updated_at) == (S.EXPIRED, LATER)
    assert rma.history[-1] == Change(LATER, S.AUTHORISED, S.EXPIRED, "tick")


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (a_return_line("1", 3, received=1), S.RECEIVED),
        (a_return_line("1", 3, received=2, foreign=1), S.RECEIVED),
        (a_return_line("1", 3, received=1, refunded_quantity=1, refunded=720), S.REFUNDED),
        (a_return_line("1", 3, received=1, foreign=1), S.REJECTED),
    ],
)
def test_what_came_in_part_counts_as_all_when_the_time_is_over(line: ReturnLine, status: ReturnStatus) -> None:
    rma = returns.expire(a_return(line, a_return_line("2", 1), status=S.RECEIVED_IN_PART), LATER, "tick")
    assert (rma.status, rma.lines[0]) == (status, line)


@pytest.mark.parametrize("status", [S.RECEIVED, S.REFUNDED, S.CLOSED, S.REJECTED, S.EXPIRED])
def test_a_return_that_awaits_nothing_does_not_expire(status: ReturnStatus) -> None:
    assert returns.expire(a_return(status=status), LATER, "tick") == a_return(status=status)


def test_a_refunded_return_is_closed() -> None:
    rma = returns.close(a_return(status=S.REFUNDED), LATER, "tick")
    assert (rma.status, rma.version, rma.updated_at) == (S.CLOSED, 2, LATER)
    assert [step.to for step in rma.history] == [S.AUTHORISED, S.RECEIVED, S.REFUNDED, S.CLOSED]


@pytest.mark.parametrize("status", [S.AUTHORISED, S.RECEIVED_IN_PART, S.RECEIVED, S.REJECTED, S.EXPIRED])
def test_a_return_that_is_not_refunded_is_not_closed(status: ReturnStatus) -> None:
    with pytest.raises(IllegalTransition, match=f"is {status}; it cannot become CLOSED"):
        returns.close(a_return(status=status), LATER, "tick")


# Piece by piece

paid_lines = st.builds(
    lambda quantity, price, tax: an_order(
        a_line("1", quantity, shipped(quantity), unit_price=price, tax=tax), status=OrderStatus.SHIPPED
    ),
    st.integers(1, 12),
    st.integers(0, 500),
    st.integers(0, 500),
)


def paid_for(order: Order) -> int:
    return order.lines[0].unit_price * order.lines[0].quantity + order.lines[0].tax


@given(paid_lines, st.data())
def test_pieces_returned_one_after_another_add_up_to_what_was_paid(order: Order, data: st.DataObject) -> None:
    pieces: list[Return] = []
    left = order.lines[0].quantity
    while left:
        quantity = data.draw(st.integers(1, left))
        pieces.append(authorised([("1", quantity)], *pieces, order=order))
        left -= quantity
    assert sum(piece.lines[0].paid for piece in pieces) == paid_for(order)


@given(paid_lines, st.data())
def test_however_goods_come_back_no_more_is_paid_back_than_was_paid(order: Order, data: st.DataObject) -> None:
    rmas: list[Return] = []
    for _ in range(data.draw(st.integers(1, 25))):
        free = order.lines[0].quantity - returns.returned_units(rmas)["1"]
        if free and (not rmas or data.draw(st.booleans())):
            rmas.append(authorised([("1", data.draw(st.integers(1, free)))], *rmas, order=order))
            continue
        place = data.draw(st.integers(0, len(rmas) - 1))
        rmas[place] = a_step_of(rmas[place], data)
    for rma in rmas:
        assert list(invariants.refunds_fit(rma)) == []
        assert list(invariants.return_history_is_legal(rma)) == []
        assert rma.lines[0].paid >= 0
    assert sum(rma.lines[0].refunded for rma in rmas) <= paid_for(order)
    assert sum(rma.lines[0].received for rma in rmas) <= order.lines[0].shipped


def a_step_of(rma: Return, data: st.DataObject) -> Return:
    line = rma.lines[0]
    match rma.status:
        case S.RECEIVED | S.RECEIVED_IN_PART if line.refundable_quantity and data.draw(st.booleans()):
            quantity = data.draw(st.integers(1, line.refundable_quantity))
            return refunded(rma, ("1", quantity, data.draw(st.integers(0, line.refundable))))
        case S.AUTHORISED | S.RECEIVED_IN_PART if data.draw(st.integers(0, 3)):
            quantity = data.draw(st.integers(1, line.quantity - line.received))
            return received(rma, ("1", quantity, data.draw(st.sampled_from(Condition))))
        case S.REFUNDED:
            return returns.close(rma, LATER, "tick")
        case _:
            return returns.expire(rma, LATER, "tick")


def test_the_builders_histories_are_legal() -> None:
    for status in S:
        assert list(invariants.return_history_is_legal(a_return(status=status))) == []
    assert steps(S.AUTHORISED)[0] == Change(NOW, None, S.AUTHORISED, "req_1")
