"""Two accounts that have nothing to do with each other."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sandbox_server.conformance.calls import Answer
from sandbox_server.conformance.checks.pages import identity
from sandbox_server.conformance.probes import joining, journeys, orders
from sandbox_server.conformance.stage import Stage, Stopped

_WATCHED = {
    "getStore": ("listStores", "storeId"),
    "getOrder": ("listOrders", "orderId"),
    "getShipment": ("listShipments", "shipmentId"),
    "getReturn": ("listReturns", "returnId"),
    "getTransfer": ("listTransfers", "transferId"),
    "getInvoice": ("listInvoices", "invoiceId"),
    "getReport": ("listReports", "reportId"),
    "getApplication": ("listApplications", "applicationId"),
    "getSubscription": ("listSubscriptions", "subscriptionId"),
}


def object_level_authorization(stage: Stage) -> None:
    """
    What one account makes, the other neither lists, nor reads, nor changes.

    Both begin as the same world, so that only what was made since tells them apart.

    Source: contract, "Authentication"; OWASP API Security Top 10, API1.
    """
    with stage.sibling() as mine, stage.sibling() as theirs:
        for make in _MAKERS:
            try:
                make(mine)
            except Stopped:
                continue
        for operation_id, (listing, member) in _WATCHED.items():
            own = _listed(mine, listing)
            others = _listed(theirs, listing)
            for name in sorted(own.keys() - others.keys()):
                answer = theirs.api.call(operation_id, path={member: name[0]})
                _unknown(stage, answer, "Somebody else's is read.", own[name])
        _crossed(stage, mine, theirs)


def _crossed(stage: Stage, mine: Stage, theirs: Stage) -> None:
    """A token of one account does not act in the other's world."""
    before = _listed(mine, "listTransfers")
    journeys.transfers(theirs)
    after = _listed(mine, "listTransfers")
    stage.hold(before.keys() == after.keys(), "What somebody else made is listed here.", *after.values())
    order = orders.place(mine)
    body = orders.acceptance(order)
    answer = theirs.api.call("acknowledgeOrder", body=body, path={"orderId": order["orderId"]})
    _unknown(stage, answer, "Somebody else's order is acknowledged.")
    still = mine.api.call("getOrder", path={"orderId": order["orderId"]})
    stage.hold(still.json.get("status") == "NEW", "Somebody else has changed an order.", answer, still)


def _unknown(stage: Stage, answer: Answer, message: str, *before: Answer) -> None:
    stage.hold(answer.status in {403, 404}, message, *before, answer, expected="404 NOT_FOUND", seen=answer.status)


def _listed(stage: Stage, listing: str) -> Mapping[tuple[Any, ...], Answer]:
    """Return what is listed, newest pages included, with the page that has it."""
    return dict(_named(stage, listing))


def _named(stage: Stage, listing: str) -> Iterator[tuple[tuple[Any, ...], Answer]]:
    for page in stage.api.pages(listing, {"limit": 100}, most=50):
        for item in page.json["items"]:
            yield identity(listing, item), page


_MAKERS: tuple[Callable[[Stage], object], ...] = (
    journeys.stores,
    journeys.fulfilment,
    journeys.transfers,
    joining.onboarding,
    journeys.subscribe,
    journeys.ask,
)
