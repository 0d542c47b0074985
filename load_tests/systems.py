"""The systems of a chain, and what each of them calls, its usual call first; known without Locust."""

from collections.abc import Mapping, Sequence

CALLS: Mapping[str, Sequence[str]] = {
    "order_poller": ("listOrders",),
    "store_terminal": ("acknowledgeOrder", "createShipment", "getShipmentLabel", "listOrders"),
    "stock_sync": ("listInventory", "reportInventory", "listStores"),
    "price_updater": ("listPrices", "listOrders", "reportPrices"),
    "returns_desk": ("listReturns", "listOrders", "listStores", "openReturn", "receiveReturn", "refundReturn"),
    "webhook_receiver": ("listEvents", "getOrder", "createSubscription", "deleteSubscription"),
}
SIGN_IN = "createToken"
OPERATIONS = frozenset({SIGN_IN, *(operation for calls in CALLS.values() for operation in calls)})


def shares(systems: Mapping[str, int], users: int) -> dict[str, int]:
    """
    Return how many of the users are which system: one of each, and the others by their shares.

    Args:
        systems: The share of each kind of system.
        users: All users; with fewer users than kinds, those with the smallest shares are left out.
    """
    whole = sum(systems.values())
    first = sorted(systems, key=lambda kind: -systems[kind])[:users]
    counts = {kind: int(kind in first) for kind in systems}
    for _ in range(users - len(first)):
        counts[max(systems, key=lambda kind: users * systems[kind] / whole - counts[kind])] += 1
    return {kind: count for kind, count in counts.items() if count}
