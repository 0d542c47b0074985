"""A return's life: authorised, received at a counter, refunded; rejected or expired on the way."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

import msgspec

from sandbox_server.domain.errors import Fault, IllegalTransition, Unprocessable
from sandbox_server.domain.events import Change
from sandbox_server.domain.orders import Order, cost_of
from sandbox_server.kernel.money import Money

EXPIRES_AFTER = timedelta(days=30)
CLOSES_AFTER = timedelta(days=14)


class ReturnStatus(StrEnum):
    """Where a return stands."""

    AUTHORISED = "AUTHORISED"
    RECEIVED_IN_PART = "RECEIVED_IN_PART"
    RECEIVED = "RECEIVED"
    REFUNDED = "REFUNDED"
    CLOSED = "CLOSED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"


_S = ReturnStatus
TRANSITIONS: Mapping[ReturnStatus, frozenset[ReturnStatus]] = {
    _S.AUTHORISED: frozenset({_S.RECEIVED_IN_PART, _S.RECEIVED, _S.REJECTED, _S.EXPIRED}),
    _S.RECEIVED_IN_PART: frozenset({_S.RECEIVED, _S.REFUNDED, _S.REJECTED}),
    _S.RECEIVED: frozenset({_S.REFUNDED}),
    _S.REFUNDED: frozenset({_S.CLOSED}),
    _S.CLOSED: frozenset(),
    _S.REJECTED: frozenset(),
    _S.EXPIRED: frozenset(),
}

BEGINNINGS = frozenset({_S.AUTHORISED})
"""What a return can be at first."""


class ReturnReason(StrEnum):
    """Why a buyer gives something back."""

    DAMAGED = "DAMAGED"
    WRONG_ITEM = "WRONG_ITEM"
    NOT_AS_DESCRIBED = "NOT_AS_DESCRIBED"
    NO_LONGER_WANTED = "NO_LONGER_WANTED"
    LATE = "LATE"


class Condition(StrEnum):
    """What a store finds in a parcel that comes back (its disposition)."""

    SELLABLE = "SELLABLE"
    DAMAGED = "DAMAGED"
    WRONG_ITEM = "WRONG_ITEM"


class ReturnLine(msgspec.Struct, frozen=True, array_like=True):
    """
    So many of an order's line that come back.

    Args:
        paid: What was paid for `quantity` of them, tax included, in minor units: the most that can be refunded.
        received: Units that have come back, whatever their condition.
        foreign: Those of them that were not the goods sold (WRONG_ITEM), for which nothing is refunded.
        refunded_quantity: Units paid back.
        refunded: Minor units paid back.
    """

    line_id: str
    sku: str
    quantity: int
    reason: ReturnReason
    paid: int
    received: int = 0
    foreign: int = 0
    refunded_quantity: int = 0
    refunded: int = 0

    @property
    def refundable_quantity(self) -> int:
        """Units received and not yet paid back."""
        return self.received - self.foreign - self.refunded_quantity

    @property
    def refundable(self) -> int:
        """Minor units that may still be paid back for what has been received."""
        return self.paid * (self.received - self.foreign) // self.quantity - self.refunded


class ReceivedLine(msgspec.Struct, frozen=True, array_like=True):
    """So many of a line, in one condition."""

    line_id: str
    quantity: int
    condition: Condition


class Receipt(msgspec.Struct, frozen=True, array_like=True):
    """Goods that came back to a store at one time."""

    store_id: str
    received_at: datetime
    lines: tuple[ReceivedLine, ...]


class RefundLine(msgspec.Struct, frozen=True, array_like=True):
    """So many of a line, and the minor units paid back for them."""

    line_id: str
    quantity: int
    amount: int


class Refund(msgspec.Struct, frozen=True, array_like=True):
    """Money paid back at one time."""

    refunded_at: datetime
    lines: tuple[RefundLine, ...]


class Return(msgspec.Struct, frozen=True, array_like=True):
    """Goods of one order that come back (an RMA)."""

    return_id: str
    order_id: str
    status: ReturnStatus
    currency: str
    store_id: str
    lines: tuple[ReturnLine, ...]
    expires_at: datetime
    created_at: datetime
    updated_at: datetime
    history: tuple[Change, ...]
    receipts: tuple[Receipt, ...] = ()
    refunds: tuple[Refund, ...] = ()
    version: int = 1


class Wanted(NamedTuple):
    """So many of an order's line that a buyer brings back, and why."""

    line_id: str
    quantity: int
    reason: ReturnReason


def authorise(
    return_id: str,
    order: Order,
    store_id: str,
    wanted: Sequence[Wanted],
    others: Sequence[Return],
    now: datetime,
    cause: str,
) -> Return:
    """
    Return a new return for goods of an order that have been shipped.

    Args:
        others: The returns there are of the order already.

    Raises:
        Unprocessable: A line is unknown, named twice, or has fewer units shipped and not on their way back.
    """
    _check_wanted(order, wanted, others)
    lines = {line.line_id: line for line in order.lines}
    return Return(
        return_id,
        order.order_id,
        ReturnStatus.AUTHORISED,
        order.currency,
        store_id,
        tuple(
            ReturnLine(
                item.line_id,
                lines[item.line_id].sku,
                item.quantity,
                item.reason,
                paid=_paid(order, item.line_id, item.quantity, others),
            )
            for item in wanted
        ),
        expires_at=now + EXPIRES_AFTER,
        created_at=now,
        updated_at=now,
        history=(Change(now, None, ReturnStatus.AUTHORISED, cause),),
    )


def receive(rma: Return, receipt: Receipt, cause: str) -> Return:
    """
    Return the return after goods have come back to a store.

    Raises:
        IllegalTransition: It waits for no goods.
        Unprocessable: A line is unknown, or more of it comes than is awaited.
    """
    if ReturnStatus.RECEIVED not in TRANSITIONS[rma.status]:
        raise IllegalTransition("return", rma.return_id, rma.status, ReturnStatus.RECEIVED)
    _check_received(rma, receipt)
    came = _units(receipt.lines)
    foreign = _units([line for line in receipt.lines if line.condition is Condition.WRONG_ITEM])
    lines = tuple(
        _replace(line, received=line.received + came[line.line_id], foreign=line.foreign + foreign[line.line_id])
        for line in rma.lines
    )
    changed = _replace(rma, lines=lines, receipts=(*rma.receipts, receipt))
    return _enter(changed, _status_after_receipt(changed), receipt.received_at, cause)


def refund(rma: Return, refund: Refund, cause: str) -> Return:
    """
    Return the return after money was paid back.

    Raises:
        IllegalTransition: Nothing has come back, or everything is paid back.
        Unprocessable: A line is unknown or named twice, or the units or the amount exceed what is refundable.
    """
    if ReturnStatus.REFUNDED not in TRANSITIONS[rma.status]:
        raise IllegalTransition("return", rma.return_id, rma.status, ReturnStatus.REFUNDED)
    _check_refund(rma, refund)
    paid = {line.line_id: line for line in refund.lines}
    lines = tuple(_paid_back(line, paid.get(line.line_id)) for line in rma.lines)
    changed = _replace(rma, lines=lines, refunds=(*rma.refunds, refund))
    done = rma.status is ReturnStatus.RECEIVED and not any(line.refundable_quantity for line in lines)
    return _enter(changed, ReturnStatus.REFUNDED if done else rma.status, refund.refunded_at, cause)


def expire(rma: Return, now: datetime, cause: str) -> Return:
    """Return the return when its 30 days are over: EXPIRED where nothing came; else what came counts as all."""
    if rma.status is ReturnStatus.AUTHORISED:
        return _enter(rma, ReturnStatus.EXPIRED, now, cause)
    if rma.status is not ReturnStatus.RECEIVED_IN_PART:
        return rma
    return _enter(rma, _status_of_what_came(rma), now, cause)


def close(rma: Return, now: datetime, cause: str) -> Return:
    """
    Return a refunded return, closed.

    Raises:
        IllegalTransition: It is not refunded.
    """
    return _enter(rma, ReturnStatus.CLOSED, now, cause)


def returned_units(returns: Sequence[Return]) -> Counter[str]:
    """Return the units by line id that have come back or are still awaited."""
    units: Counter[str] = Counter()
    for rma in returns:
        for line in rma.lines:
            units[line.line_id] += line.quantity if rma.status in _AWAITED else line.received
    return units


_AWAITED = frozenset({ReturnStatus.AUTHORISED, ReturnStatus.RECEIVED_IN_PART})
_replace = msgspec.structs.replace


def _enter(rma: Return, status: ReturnStatus, now: datetime, cause: str) -> Return:
    changed = _replace(rma, updated_at=now, version=rma.version + 1)
    if status is rma.status:
        return changed
    if status not in TRANSITIONS[rma.status]:
        raise IllegalTransition("return", rma.return_id, rma.status, status)
    return _replace(changed, status=status, history=(*rma.history, Change(now, rma.status, status, cause)))


def _status_after_receipt(rma: Return) -> ReturnStatus:
    if any(line.received < line.quantity for line in rma.lines):
        return ReturnStatus.RECEIVED_IN_PART
    return _status_of_what_came(rma)


def _status_of_what_came(rma: Return) -> ReturnStatus:
    if all(line.received == line.foreign for line in rma.lines):
        return ReturnStatus.REJECTED
    owed = any(line.refundable_quantity for line in rma.lines)
    return ReturnStatus.RECEIVED if owed else ReturnStatus.REFUNDED


def _paid(order: Order, line_id: str, quantity: int, others: Sequence[Return]) -> int:
    line = next(line for line in order.lines if line.line_id == line_id)
    net, tax = cost_of(line, returned_units(others)[line_id] + quantity, order.currency)
    # The running total, less what went before: the pieces add up to what was paid. Pieces that expired may leave the
    # others a little more than their share; never is less than nothing paid back.
    return max(0, (net + tax).minor - _promised_back(line_id, others))


def _promised_back(line_id: str, others: Sequence[Return]) -> int:
    return sum(
        line.paid if rma.status in _AWAITED else line.paid * line.received // line.quantity
        for rma in others
        for line in rma.lines
        if line.line_id == line_id
    )


def _paid_back(line: ReturnLine, paid: RefundLine | None) -> ReturnLine:
    if paid is None:
        return line
    return _replace(
        line, refunded_quantity=line.refunded_quantity + paid.quantity, refunded=line.refunded + paid.amount
    )


def _units(lines: Sequence[ReceivedLine]) -> Counter[str]:
    units: Counter[str] = Counter()
    for line in lines:
        units[line.line_id] += line.quantity
    return units


def _check_wanted(order: Order, wanted: Sequence[Wanted], others: Sequence[Return]) -> None:
    back = returned_units(others)
    free = {line.line_id: line.shipped - back[line.line_id] for line in order.lines}
    asked = [(item.line_id, item.quantity) for item in wanted]
    _check("The order has not that much to give back.", asked, free, "order", "NOT_SHIPPED", "shipped and not returned")


def _check_received(rma: Return, receipt: Receipt) -> None:
    awaited = {line.line_id: line.quantity - line.received for line in rma.lines}
    faults = []
    for place, line in enumerate(receipt.lines):
        if line.line_id not in awaited:
            faults.append(Fault(f"/lines/{place}/lineId", "UNKNOWN_LINE", f"The return has no line {line.line_id}."))
            continue
        if line.quantity > awaited[line.line_id]:
            message = f"Of line {line.line_id} {awaited[line.line_id]} more are awaited, not {line.quantity}."
            faults.append(Fault(f"/lines/{place}/quantity", "MORE_THAN_AWAITED", message))
            continue
        awaited[line.line_id] -= line.quantity
    if faults:
        raise Unprocessable("More has come than was awaited.", faults)


def _check_refund(rma: Return, refund: Refund) -> None:
    owed = {line.line_id: line for line in rma.lines}
    units = {line.line_id: line.refundable_quantity for line in rma.lines}
    asked = [(line.line_id, line.quantity) for line in refund.lines]
    _check(
        "The refund does not fit what came back.", asked, units, "return", "NOT_RECEIVED", "received and not refunded"
    )
    faults = []
    for place, line in enumerate(refund.lines):
        most = Money(owed[line.line_id].refundable, rma.currency)
        if line.amount < 0:
            faults.append(Fault(f"/lines/{place}/amount", "NEGATIVE", "Money is paid back, not taken."))
        elif line.amount > most.minor:
            message = f"At most {most.amount} {rma.currency} can be refunded."
            faults.append(Fault(f"/lines/{place}/amount", "MORE_THAN_PAID", message))
    if faults:
        raise Unprocessable("The refund does not fit what was paid.", faults)


def _check(
    detail: str, asked: Sequence[tuple[str, int]], free: Mapping[str, int], kind: str, code: str, what: str
) -> None:
    seen: set[str] = set()
    faults = []
    for place, (line_id, quantity) in enumerate(asked):
        if line_id not in free:
            faults.append(Fault(f"/lines/{place}/lineId", "UNKNOWN_LINE", f"The {kind} has no line {line_id}."))
        elif line_id in seen:
            faults.append(Fault(f"/lines/{place}/lineId", "REPEATED", f"Line {line_id} is named above already."))
        elif quantity > free[line_id]:
            message = f"Of line {line_id} {free[line_id]} are {what}, not {quantity}."
            faults.append(Fault(f"/lines/{place}/quantity", code, message))
        seen.add(line_id)
    if faults:
        raise Unprocessable(detail, faults)
