"""A right request to each operation, to be made wrong by a test."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from tests.api.acorn.conformance import CONTRACT
from tests.api.acorn.joining import application, applied, certified, live, signature, signed, verified
from tests.api.acorn.pricing import price_report, promoted, promotion
from tests.api.acorn.sandbox import Sandbox
from tests.api.acorn.shop import (
    WIRE_NOW,
    acknowledged,
    asked_for,
    buy,
    invoice,
    invoiced,
    new_store,
    opened,
    receipt,
    refund,
    report,
    report_on,
    requested,
    returned,
    sent,
    settled,
    shipment,
    shipped,
    subscribed,
    subscription,
    told,
    transfer,
    transferred,
)


class Sample(NamedTuple):
    """
    A request that is answered with success.

    Args:
        path: After /v1.
        body: JSON; None where the operation takes no body.
        needs_key: Whether an API key goes with it; the OAuth operations know their client from the body.
    """

    path: str
    body: Any = None
    needs_key: bool = True


def _accept(shop: Sandbox) -> Sample:
    order_id = buy(shop, ("SKU-1", 1)).order_id
    return Sample(f"/orders/{order_id}/acknowledgements", {"lines": [{"lineId": "1", "decision": "ACCEPT"}]})


def _refund(shop: Sandbox) -> Sample:
    path = f"/returns/{returned(shop, ('SKU-1', 1))['returnId']}"
    shop.post(f"{path}/receipts", receipt())
    return Sample(f"{path}/refunds", refund("13.93"))


def _track(shop: Sandbox) -> Sample:
    path = f"/shipments/{shipped(shop, ('SKU-1', 1))['shipmentId']}/tracking-events"
    return Sample(path, {"status": "PICKED_UP", "occurredAt": "2026-11-27T15:00:00Z"})


_CLIENT = {"client_id": "acorn-sandbox", "client_secret": "acorn-secret"}
SAMPLES: Mapping[str, Callable[[Sandbox], Sample]] = {
    "createToken": lambda _: Sample("/oauth/token", {"grant_type": "client_credentials", **_CLIENT}, needs_key=False),
    "revokeToken": lambda _: Sample("/oauth/revoke", {"token": "x", **_CLIENT}, needs_key=False),
    "listStores": lambda _: Sample("/stores"),
    "createStore": lambda _: Sample("/stores", new_store()),
    "getStore": lambda _: Sample("/stores/S0001"),
    "updateStore": lambda _: Sample("/stores/S0001", {"name": "Union Square West"}),
    "listProducts": lambda _: Sample("/products"),
    "getProduct": lambda _: Sample("/products/SKU-1"),
    "reportInventory": lambda _: Sample("/inventory", report()),
    "listInventory": lambda _: Sample("/inventory"),
    "getInventory": lambda _: Sample("/inventory/SKU-1"),
    "listInventoryMovements": lambda _: Sample("/inventory/movements"),
    "listOrders": lambda _: Sample("/orders"),
    "getOrder": lambda shop: Sample(f"/orders/{buy(shop, ('SKU-1', 1)).order_id}"),
    "acknowledgeOrder": _accept,
    "cancelOrder": lambda shop: Sample(
        f"/orders/{buy(shop, ('SKU-1', 1)).order_id}/cancellations", {"reason": "OTHER"}
    ),
    "listShipments": lambda _: Sample("/shipments"),
    "createShipment": lambda shop: Sample("/shipments", shipment(acknowledged(shop, ("SKU-1", 1)))),
    "getShipment": lambda shop: Sample(f"/shipments/{shipped(shop, ('SKU-1', 1))['shipmentId']}"),
    "getShipmentLabel": lambda shop: Sample(f"/shipments/{shipped(shop, ('SKU-1', 1))['shipmentId']}/label"),
    "addTrackingEvent": _track,
    "listReturns": lambda _: Sample("/returns"),
    "openReturn": lambda shop: Sample("/returns", opened(shipped(shop, ("SKU-1", 1))["orderId"])),
    "getReturn": lambda shop: Sample(f"/returns/{returned(shop, ('SKU-1', 1))['returnId']}"),
    "receiveReturn": lambda shop: Sample(f"/returns/{returned(shop, ('SKU-1', 1))['returnId']}/receipts", receipt()),
    "refundReturn": _refund,
    "listTransfers": lambda _: Sample("/transfers"),
    "requestTransfer": lambda _: Sample("/transfers", transfer()),
    "getTransfer": lambda shop: Sample(f"/transfers/{requested(shop)['transferId']}"),
    "dispatchTransfer": lambda shop: Sample(
        f"/transfers/{requested(shop)['transferId']}/dispatches", {"dispatchedAt": WIRE_NOW}
    ),
    "receiveTransfer": lambda shop: Sample(
        f"/transfers/{transferred(shop)['transferId']}/receipts", {**sent(2), "final": False}
    ),
    "cancelTransfer": lambda shop: Sample(
        f"/transfers/{requested(shop)['transferId']}/cancellations", {"reason": "OTHER"}
    ),
    "listInvoices": lambda _: Sample("/invoices"),
    "postInvoice": lambda shop: Sample("/invoices", invoice(shipped(shop, ("SKU-1", 1))["shipmentId"])),
    "getInvoice": lambda shop: Sample(f"/invoices/{invoiced(shop)['invoiceId']}"),
    "reportPrices": lambda _: Sample("/prices", price_report()),
    "listPrices": lambda _: Sample("/prices"),
    "listPromotions": lambda _: Sample("/promotions"),
    "createPromotion": lambda _: Sample("/promotions", promotion()),
    "getPromotion": lambda shop: Sample(f"/promotions/{promoted(shop)['promotionId']}"),
    "deletePromotion": lambda shop: Sample(f"/promotions/{promoted(shop)['promotionId']}"),
    "listSettlements": lambda _: Sample("/settlements"),
    "getSettlement": lambda shop: Sample(f"/settlements/{settled(shop)['settlementId']}"),
    "listSettlementLines": lambda shop: Sample(f"/settlements/{settled(shop)['settlementId']}/lines"),
    "listReports": lambda _: Sample("/reports"),
    "requestReport": lambda _: Sample("/reports", report_on()),
    "getReport": lambda shop: Sample(f"/reports/{asked_for(shop)['reportId']}"),
    "getReportDocument": lambda shop: Sample(f"/reports/{told(shop)['reportId']}/document"),
    "listApplications": lambda _: Sample("/applications"),
    "createApplication": lambda _: Sample("/applications", application()),
    "getApplication": lambda shop: Sample(f"/applications/{applied(shop)}"),
    "signAgreement": lambda shop: Sample(f"/applications/{applied(shop)}/nda", signature()),
    "getApplicationContract": lambda shop: Sample(f"/applications/{signed(shop)}/contract"),
    "submitTestReport": lambda shop: Sample(f"/applications/{signed(shop)}/test-reports", certified()),
    "goLive": lambda shop: Sample(f"/applications/{verified(shop)}/go-live"),
    "getHealthChecks": lambda shop: Sample(f"/applications/{live(shop)}/health-checks"),
    "listEvents": lambda _: Sample("/events"),
    "listSubscriptions": lambda _: Sample("/subscriptions"),
    "createSubscription": lambda _: Sample("/subscriptions", subscription()),
    "getSubscription": lambda shop: Sample(f"/subscriptions/{subscribed(shop)['subscriptionId']}"),
    "deleteSubscription": lambda shop: Sample(f"/subscriptions/{subscribed(shop)['subscriptionId']}"),
    "testSubscription": lambda shop: Sample(f"/subscriptions/{subscribed(shop)['subscriptionId']}/test"),
    "listDeliveries": lambda shop: Sample(f"/subscriptions/{subscribed(shop)['subscriptionId']}/deliveries"),
    "getRateLimits": lambda _: Sample("/rate-limits"),
    "getHealth": lambda _: Sample("/health", needs_key=False),
}
OPERATIONS = {operation.operation_id: operation for operation in CONTRACT.operations()}
SECURED = [name for name, operation in OPERATIONS.items() if operation.security]
SCOPED = [name for name, operation in OPERATIONS.items() if operation.scopes]
POSTS = [name for name, o in OPERATIONS.items() if o.method == "POST" and o.security]
WITH_BODY = [name for name, operation in OPERATIONS.items() if operation.body]
OF_OAUTH = ("createToken", "revokeToken")
