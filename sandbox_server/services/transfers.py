"""Goods between stores, and between a store and a fulfilment centre: asked for, dispatched, received."""

from datetime import datetime

from sandbox_server.domain import haulage
from sandbox_server.domain.errors import Fault, NotFound, Unprocessable
from sandbox_server.domain.haulage import Wanted
from sandbox_server.domain.stores import StoreStatus
from sandbox_server.domain.transfers import (
    Transfer,
    TransferCancellation,
    TransferCancelReason,
    TransferReceipt,
    Units,
)
from sandbox_server.kernel.ids import make_id
from sandbox_server.services import catalogue, inventory, stores
from sandbox_server.services.ports import Transaction


def get(tx: Transaction, transfer_id: str) -> Transfer:
    """
    Return a transfer.

    Raises:
        NotFound: There is none with this id.
    """
    transfer = tx.transfers.get(transfer_id)
    if transfer is None:
        raise NotFound("transfer", transfer_id)
    return transfer


def request(tx: Transaction, wanted: Wanted) -> Transfer:
    """
    Ask for goods to be sent; nothing moves yet, and nothing is held back for it.

    Raises:
        NotFound: There is no such store.
        Unprocessable: The stores do not fit the kind, the goods would come to a closed store, a SKU is named twice, or
            the catalogue has none such.
    """
    transfer = haulage.request(make_id(tx.seed, "trf", tx.transfers.count() + 1), wanted, tx.now, tx.cause)
    for store_id in transfer.store_ids:
        stores.get(tx, store_id)
    if transfer.to_store_id is not None:
        _check_open(tx, transfer.to_store_id)
    catalogue.check_all(tx, "lines", [line.sku for line in transfer.lines])
    return _save(tx, transfer)


def dispatch(tx: Transaction, transfer_id: str, dispatched_at: datetime | None = None) -> Transfer:
    """
    Send all of a transfer's goods on their way: they leave the stock of the store they come from.

    Args:
        dispatched_at: When they left; None means now.

    Raises:
        NotFound: There is no such transfer.
        IllegalTransition: They have left already, or never will.
        Unprocessable: They cannot have left at that time.
        InsufficientStock: The store has fewer that are not promised to orders.
    """
    transfer = haulage.dispatch(get(tx, transfer_id), dispatched_at or tx.now, tx.now, tx.cause)
    if transfer.from_store_id is not None:
        for line in transfer.lines:
            inventory.send(tx, transfer.from_store_id, line.sku, line.quantity, transfer_id)
    return _save(tx, transfer)


def receive(tx: Transaction, transfer_id: str, lines: tuple[Units, ...], final: bool) -> Transfer:
    """
    Take in what has come: it goes into the stock of the store it came to.

    Args:
        final: Nothing more comes; what is missing is recorded.

    Raises:
        NotFound: There is no such transfer.
        IllegalTransition: It is not on its way.
        Unprocessable: A SKU is none of the transfer's, or named twice; or nothing came and more is to come.
    """
    transfer = haulage.receive(get(tx, transfer_id), TransferReceipt(tx.now, lines, final), tx.cause)
    if transfer.to_store_id is not None:
        for line in lines:
            inventory.take_in(tx, transfer.to_store_id, line.sku, line.quantity, transfer_id)
    return _save(tx, transfer)


def cancel(tx: Transaction, transfer_id: str, reason: TransferCancelReason, note: str | None = None) -> Transfer:
    """
    Call a transfer off before its goods have left.

    Raises:
        NotFound: There is no such transfer.
        IllegalTransition: They have left, or it is called off already.
    """
    return _save(tx, haulage.cancel(get(tx, transfer_id), TransferCancellation(reason, tx.now, note), tx.cause))


def _check_open(tx: Transaction, store_id: str) -> None:
    if stores.get(tx, store_id).status is StoreStatus.CLOSED:
        fault = Fault("/toStoreId", "STORE_CLOSED", f"Store {store_id} is closed.")
        raise Unprocessable("Goods are not sent to a closed store.", [fault])


def _save(tx: Transaction, transfer: Transfer) -> Transfer:
    tx.transfers.put(transfer)
    return transfer
