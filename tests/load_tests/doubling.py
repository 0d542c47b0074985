"""A sandbox with a defect: every tenth parcel leaves twice. `python -m tests.load_tests.doubling serve …`."""

from itertools import count

import msgspec

from sandbox_server import cli
from sandbox_server.domain.shipments import Shipment
from sandbox_server.services import inventory, shipments
from sandbox_server.services.ports import Transaction
from sandbox_server.services.shipments import Dispatch

_create = shipments.create
_numbers = count(1)


def create_twice(tx: Transaction, dispatch: Dispatch) -> Shipment:
    """Ship as the marketplace does, and every tenth time once more."""
    shipment = _create(tx, dispatch)
    if next(_numbers) % 10 == 0:
        again = msgspec.structs.replace(shipment, shipment_id=f"{shipment.shipment_id}x")
        tx.shipments.put(again)
        for line in again.lines:
            inventory.hand_over(tx, again.store_id, line.sku, line.quantity, again.shipment_id)
    return shipment


if __name__ == "__main__":
    shipments.create = create_twice
    cli.main(prog_name="acorn-sandbox")
