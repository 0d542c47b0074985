"""The limits of the contract, and what Amazon publishes for the same things."""

from collections.abc import Mapping

from sandbox_server.api.contract import Contract
from sandbox_server.traffic.throttle import Tariffs, limit_of, tariffs

_INVENTORY = (50, 100)  # batchInventory
_SHIPMENTS = (5, 10)  # getShipments, getShipment, processShipment, createPackages, updatePackageStatus
_RETURNS = (10, 20)  # listReturns, getReturn
_CATALOGUE = (2, 2)  # searchCatalogItems, getCatalogItem
_AMAZON: Mapping[str, tuple[float, int]] = {
    "listStores": (10, 10),
    "createStore": (2, 2),
    "getStore": (40, 40),
    "updateStore": (1, 1),
    "listProducts": _CATALOGUE,
    "getProduct": _CATALOGUE,
    "reportInventory": _INVENTORY,
    "listInventory": _INVENTORY,
    "getInventory": _INVENTORY,
    "listOrders": (0.0167, 20),
    "getOrder": (0.5, 30),
    "acknowledgeOrder": _SHIPMENTS,
    "cancelOrder": _SHIPMENTS,
    "createShipment": (2, 10),
    "listShipments": _SHIPMENTS,
    "getShipment": _SHIPMENTS,
    "getShipmentLabel": (1, 2),
    "addTrackingEvent": _SHIPMENTS,
    "listReturns": _RETURNS,
    "getReturn": _RETURNS,
}
"""
Calls a second and burst of the twin that an operation has in Amazon's Selling Partner API. What has none keeps its own.

Source: the usage plans of Supply Sources 2020-07-01, Catalog Items 2022-04-01, Orders v0 (getOrders, getOrder,
confirmShipment) and the External Fulfillment APIs 2024-09-11. Those of the last name no burst for shipments; here it is
twice the rate, as for its inventory and returns.
"""


def tariffs_of(contract: Contract) -> Tariffs:
    """Return the limits of all profiles: the contract's own, what follows from them, and Amazon's."""
    published = {
        operation.operation_id: limit_of(operation.rate_limit["perMinute"], int(operation.rate_limit["burst"]))
        for operation in contract.operations()
    }
    return tariffs(published, {name: limit_of(rate * 60, burst) for name, (rate, burst) in _AMAZON.items()})
