"""
What happens to an order: placed, answered by its stores, cancelled, shipped.

Every function returns a new order. What it means for stock is returned beside it, as promises to be moved.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from sandbox_server.domain.allocation import Demand, Share
from sandbox_server.domain.errors import Fault, IllegalTransition, Unprocessable
from sandbox_server.domain.events import Change
from sandbox_server.domain.orders import (
    ACKNOWLEDGE_WITHIN,
    OPEN,
    TRANSITIONS,
    Allocation,
    AllocationStatus,
    Buyer,
    Cancellation,
    CancelledBy,
    CancelReason,
    Line,
    Order,
    OrderStatus,
    Promise,
    RejectReason,
    enter,
    promises,
    settle,
    unassigned,
)
from sandbox_server.domain.stores import ServiceLevel


class Decision(NamedTuple):
    """A store's answer to a line; `store_id` None speaks for every store that the line waits for."""

    line_id: str
    accept: bool
    reason: RejectReason | None = None
    store_id: str | None = None


class Acknowledgement(NamedTuple):
    """An order after its stores' answers, with what they took on and what they turned down."""

    order: Order
    accepted: list[Promise]
    rejected: list[tuple[Promise, RejectReason]]


class Placement(NamedTuple):
    """What a buyer asks for: everything of a new order but its stores."""

    order_id: str
    service_level: ServiceLevel
    currency: str
    buyer: Buyer
    lines: tuple[Line, ...]


class Deadlines(NamedTuple):
    """By when a store hands its part over, and by when the buyer has it."""

    ship_by: datetime
    deliver_by: datetime


DeadlinesOf = Callable[[Share], Deadlines]


def place(
    placement: Placement, shares: Sequence[Share] | None, deadlines: DeadlinesOf, now: datetime, cause: str
) -> Order:
    """Return a new order, its stock promised by the stores of `shares`; UNFULFILLABLE and given up where it is None."""
    status = OrderStatus.NEW if shares is not None else OrderStatus.UNFULFILLABLE
    order = Order(
        placement.order_id,
        status,
        placement.service_level,
        placement.currency,
        placement.buyer,
        placement.lines,
        placed_at=now,
        updated_at=now,
        history=(Change(now, None, status, cause),),
    )
    if shares is not None:
        return assign(order, shares, deadlines, now)
    return give_up(order, unassigned(order), Cancellation(CancelledBy.MARKETPLACE, CancelReason.NO_STORE_LEFT, now))


def assign(order: Order, shares: Iterable[Share], deadlines: DeadlinesOf, now: datetime) -> Order:
    """Return the order with more of it reserved at stores, which have two hours to acknowledge."""
    lines = {line.line_id: line for line in order.lines}
    deliver_by = order.deliver_by
    for share in shares:
        line = lines[share.line_id]
        due = deadlines(share)
        part = Allocation(share.store.store_id, share.quantity, AllocationStatus.RESERVED, due.ship_by)
        lines[share.line_id] = _replace(line, allocations=(*line.allocations, part))
        deliver_by = max(deliver_by or due.deliver_by, due.deliver_by)
    return _replace(
        order,
        lines=tuple(lines.values()),
        acknowledge_by=now + ACKNOWLEDGE_WITHIN,
        deliver_by=deliver_by,
        updated_at=now,
    )


def acknowledge(order: Order, decisions: Sequence[Decision], now: datetime) -> Acknowledgement:
    """
    Return the order with its stores' answers noted; `settle` says afterwards where it stands.

    Raises:
        IllegalTransition: The order waits for no acknowledgement.
        Unprocessable: A line is unknown, answered twice, waits for no answer of that store, or is rejected without
            a reason.
    """
    if order.status is not OrderStatus.NEW:
        raise IllegalTransition("order", order.order_id, order.status, OrderStatus.ACKNOWLEDGED)
    answers = _answers(order, decisions)
    accepted: list[Promise] = []
    rejected: list[tuple[Promise, RejectReason]] = []

    def answer(line: Line, part: Allocation) -> Allocation:
        decision = answers.get((line.line_id, part.store_id))
        if decision is None or part.status is not AllocationStatus.RESERVED:
            return part
        promise = Promise(line.line_id, line.sku, part.store_id, part.quantity, part.status)
        if decision.accept:
            accepted.append(promise)
            return _replace(part, status=AllocationStatus.ALLOCATED)
        assert decision.reason is not None, "_answers lets no rejection without a reason come this far"
        rejected.append((promise, decision.reason))
        return _replace(part, status=AllocationStatus.REJECTED, reason=decision.reason)

    return Acknowledgement(_each_part(order, answer, now), accepted, rejected)


def release(order: Order, store_id: str | None, reason: str, now: datetime) -> tuple[Order, list[Promise]]:
    """Return the order with its unanswered reservations given up (at one store, or at all), and those."""
    given_up = promises(order, AllocationStatus.RESERVED, store_id=store_id)

    def free(_: Line, part: Allocation) -> Allocation:
        if part.status is AllocationStatus.RESERVED and store_id in (None, part.store_id):
            return _replace(part, status=AllocationStatus.RELEASED, reason=reason)
        return part

    return _each_part(order, free, now), given_up


def give_up(order: Order, demands: Iterable[Demand], cancellation: Cancellation) -> Order:
    """Return the order with units cancelled that no store has promised."""
    missing = {demand.line_id: demand.quantity for demand in demands}
    lines = tuple(_replace(line, cancelled=line.cancelled + missing.get(line.line_id, 0)) for line in order.lines)
    return _replace(order, lines=lines, cancellation=cancellation, updated_at=cancellation.at)


def cancel(
    order: Order, line_ids: Sequence[str] | None, cancellation: Cancellation, cause: str
) -> tuple[Order, list[Promise]]:
    """
    Return the order with what is unshipped of it cancelled (whole, or by line), and the promises that are free again.

    Raises:
        IllegalTransition: Nothing is left to cancel.
        Unprocessable: A line is unknown, named twice, or has nothing left to cancel.
    """
    if OrderStatus.CANCELLED not in TRANSITIONS[order.status]:
        raise IllegalTransition("order", order.order_id, order.status, OrderStatus.CANCELLED)
    chosen = _lines_to_cancel(order, line_ids)
    freed = [promise for promise in promises(order, *OPEN) if promise.line_id in chosen]
    lines = tuple(_cancelled_line(line) if line.line_id in chosen else line for line in order.lines)
    changed = _replace(order, lines=lines, cancellation=cancellation, updated_at=cancellation.at)
    if line_ids is None:
        return enter(changed, OrderStatus.CANCELLED, cancellation.at, cause), freed
    return settle(changed, cancellation.at, cause), freed


def ship(order: Order, store_id: str, quantities: Mapping[str, int], now: datetime, cause: str) -> Order:
    """
    Return the order after a store has handed over some units of its lines.

    Args:
        quantities: Units by line id.

    Raises:
        IllegalTransition: The order is not one that can be shipped now.
        Unprocessable: A line is unknown, or the store holds fewer of it for this order.
    """
    if OrderStatus.SHIPPED not in TRANSITIONS[order.status]:
        raise IllegalTransition("order", order.order_id, order.status, OrderStatus.SHIPPED)
    _check_held(order, store_id, quantities)
    left = dict(quantities)

    def hand_over(line: Line, part: Allocation) -> Allocation:
        if part.store_id != store_id or part.status is not AllocationStatus.ALLOCATED:
            return part
        units = min(left.get(line.line_id, 0), part.unshipped)
        left[line.line_id] = left.get(line.line_id, 0) - units
        shipped = part.shipped + units
        done = AllocationStatus.SHIPPED if shipped == part.quantity else part.status
        return _replace(part, shipped=shipped, status=done)

    return settle(_each_part(order, hand_over, now), now, cause)


def marked_late(order: Order, now: datetime) -> Order:
    """Return the order, known to be late."""
    return _replace(order, late=True, updated_at=now)


def marked_rerouted(order: Order, now: datetime) -> Order:
    """Return the order, known to have been re-routed once for want of an acknowledgement."""
    return _replace(order, rerouted=True, updated_at=now)


_replace = msgspec.structs.replace


def _each_part(order: Order, change: Callable[[Line, Allocation], Allocation], now: datetime) -> Order:
    lines = tuple(
        _replace(line, allocations=tuple(change(line, part) for part in line.allocations)) for line in order.lines
    )
    return _replace(order, lines=lines, updated_at=now)


def _answers(order: Order, decisions: Sequence[Decision]) -> dict[tuple[str, str], Decision]:
    waiting: dict[str, list[str]] = {line.line_id: [] for line in order.lines}
    for promise in promises(order, AllocationStatus.RESERVED):
        waiting[promise.line_id].append(promise.store_id)
    answers: dict[tuple[str, str], Decision] = {}
    faults: list[Fault] = []
    for place, decision in enumerate(decisions):
        stores = [store for store in waiting.get(decision.line_id, ()) if decision.store_id in (None, store)]
        fresh = {(decision.line_id, store): decision for store in stores if (decision.line_id, store) not in answers}
        if not fresh:
            faults.append(_not_awaited(place, decision, known=decision.line_id in waiting, answered=bool(stores)))
        elif not decision.accept and decision.reason is None:
            faults.append(Fault(f"/lines/{place}/reason", "REASON_MISSING", "Say why the line is rejected."))
        answers |= fresh
    if faults:
        raise Unprocessable("Some of the decisions do not fit the order.", faults)
    return answers


def _not_awaited(place: int, decision: Decision, *, known: bool, answered: bool) -> Fault:
    if not known:
        return Fault(f"/lines/{place}/lineId", "UNKNOWN_LINE", f"The order has no line {decision.line_id}.")
    if answered:
        return Fault(f"/lines/{place}/lineId", "REPEATED", f"Line {decision.line_id} is decided above already.")
    where = f"store {decision.store_id}" if decision.store_id else "any store"
    return Fault(f"/lines/{place}", "NOT_AWAITED", f"Line {decision.line_id} waits for no answer of {where}.")


def _lines_to_cancel(order: Order, line_ids: Sequence[str] | None) -> set[str]:
    unshipped = {line.line_id for line in order.lines if line.kept > line.shipped}
    if line_ids is None:
        return unshipped
    known = {line.line_id for line in order.lines}
    faults = []
    for place, line_id in enumerate(line_ids):
        pointer = f"/lines/{place}/lineId"
        if line_id not in known:
            faults.append(Fault(pointer, "UNKNOWN_LINE", f"The order has no line {line_id}."))
        elif line_id in line_ids[:place]:
            faults.append(Fault(pointer, "REPEATED", f"Line {line_id} is named above already."))
        elif line_id not in unshipped:
            faults.append(Fault(pointer, "NOTHING_LEFT", f"Line {line_id} has nothing left to cancel."))
    if faults:
        raise Unprocessable("Some of the lines cannot be cancelled.", faults)
    return set(line_ids)


def _cancelled_line(line: Line) -> Line:
    parts = tuple(_cancelled_part(part) if part.status in OPEN else part for part in line.allocations)
    return _replace(line, allocations=parts, cancelled=line.quantity - line.shipped)


def _cancelled_part(part: Allocation) -> Allocation:
    if part.shipped:
        return _replace(part, quantity=part.shipped, status=AllocationStatus.SHIPPED)
    return _replace(part, status=AllocationStatus.RELEASED, reason="CANCELLED")


def _check_held(order: Order, store_id: str, quantities: Mapping[str, int]) -> None:
    held = dict.fromkeys((line.line_id for line in order.lines), 0)
    for promise in promises(order, AllocationStatus.ALLOCATED, store_id=store_id):
        held[promise.line_id] += promise.quantity
    faults = []
    for place, (line_id, quantity) in enumerate(quantities.items()):
        if line_id not in held:
            faults.append(Fault(f"/lines/{place}/lineId", "UNKNOWN_LINE", f"The order has no line {line_id}."))
        elif quantity > held[line_id]:
            message = f"Store {store_id} holds {held[line_id]} of line {line_id} for this order, not {quantity}."
            faults.append(Fault(f"/lines/{place}/quantity", "MORE_THAN_ALLOCATED", message))
    if faults:
        raise Unprocessable("The shipment does not fit what is allocated.", faults)
