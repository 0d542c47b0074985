"""Goods that come back: authorised, received at a counter, refunded."""

from collections.abc import Sequence

from sandbox_server.domain import returns as rules
from sandbox_server.domain.errors import Fault, NotFound, Unprocessable
from sandbox_server.domain.events import DueKind, EventType
from sandbox_server.domain.returns import (
    CLOSES_AFTER,
    Condition,
    Receipt,
    ReceivedLine,
    Refund,
    RefundLine,
    Return,
    ReturnStatus,
    Wanted,
)
from sandbox_server.domain.stores import Capability, StoreStatus
from sandbox_server.kernel.ids import make_id
from sandbox_server.services import inventory, orders, settlements, stores
from sandbox_server.services.happenings import emit, schedule
from sandbox_server.services.ports import Transaction


def get(tx: Transaction, return_id: str) -> Return:
    """
    Return a return.

    Raises:
        NotFound: There is none with this id.
    """
    rma = tx.returns.get(return_id)
    if rma is None:
        raise NotFound("return", return_id)
    return rma


def authorise(tx: Transaction, order_id: str, store_id: str, wanted: Sequence[Wanted]) -> Return:
    """
    Open a return at a store's counter.

    Raises:
        NotFound: There is no such order or store.
        Unprocessable: The store takes no returns, or a line has not that much to give back.
    """
    order = orders.get(tx, order_id)
    _check_counter(tx, store_id)
    others = list(tx.returns.select(order_id=order_id))
    return_id = make_id(tx.seed, "ret", tx.returns.count() + 1)
    rma = rules.authorise(return_id, order, store_id, wanted, others, tx.now, tx.cause)
    emit(tx, EventType.RETURN_AUTHORISED, return_id)
    return _save(tx, rma)


def receive(tx: Transaction, return_id: str, store_id: str, lines: Sequence[ReceivedLine]) -> Return:
    """
    Take goods in at a store; what can be sold goes back into its stock.

    Raises:
        NotFound: There is no such return or store.
        IllegalTransition: The return waits for no goods.
        Unprocessable: The store takes no returns, or more comes than is awaited.
    """
    before = get(tx, return_id)
    _check_counter(tx, store_id)
    rma = rules.receive(before, Receipt(store_id, tx.now, tuple(lines)), tx.cause)
    skus = {line.line_id: line.sku for line in rma.lines}
    for line in lines:
        if line.condition is Condition.SELLABLE:
            inventory.take_back(tx, store_id, skus[line.line_id], line.quantity, return_id)
    return _save(tx, rma)


def refund(tx: Transaction, return_id: str, lines: Sequence[RefundLine]) -> Return:
    """
    Pay money back for what was received.

    Raises:
        NotFound: There is no such return.
        IllegalTransition: Nothing was received, or all is paid back.
        Unprocessable: Units or amounts exceed what is refundable.
    """
    before, paid = get(tx, return_id), Refund(tx.now, tuple(lines))
    rma = rules.refund(before, paid, tx.cause)
    settlements.note_refund(tx, orders.get(tx, rma.order_id), return_id, paid.lines)
    return _save(tx, rma)


def expire(tx: Transaction, return_id: str) -> None:
    """End the wait for goods that did not come in 30 days."""
    rma = _save(tx, rules.expire(get(tx, return_id), tx.now, tx.cause))
    if rma.status is ReturnStatus.EXPIRED:
        emit(tx, EventType.RETURN_EXPIRED, return_id)


def close(tx: Transaction, return_id: str) -> None:
    """Close a refunded return."""
    _save(tx, rules.close(get(tx, return_id), tx.now, tx.cause))


def _check_counter(tx: Transaction, store_id: str) -> None:
    store = stores.get(tx, store_id)
    if store.status is StoreStatus.CLOSED or Capability.RETURNS_DROP_OFF not in store.capabilities:
        fault = Fault("/storeId", "NO_DROP_OFF", f"Store {store_id} takes no returns.")
        raise Unprocessable("Returns are taken where the store has RETURNS_DROP_OFF and is not closed.", [fault])


def _save(tx: Transaction, rma: Return) -> Return:
    tx.returns.put(rma)
    awaited = rma.status in (ReturnStatus.AUTHORISED, ReturnStatus.RECEIVED_IN_PART)
    schedule(tx, DueKind.RETURN_EXPIRY, rma.return_id, rma.expires_at if awaited else None)
    refunded = rma.status is ReturnStatus.REFUNDED
    schedule(tx, DueKind.RETURN_CLOSING, rma.return_id, rma.updated_at + CLOSES_AFTER if refunded else None)
    settlements.hold(tx, rma)
    return rma
