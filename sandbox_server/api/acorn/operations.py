"""Which handler answers which operation."""

from collections.abc import Mapping

from sandbox_server.api.acorn import (
    catalogue,
    events,
    inventory,
    invoices,
    meta,
    onboarding,
    orders,
    prices,
    promotions,
    reports,
    returns,
    settlements,
    shipments,
    stores,
    transfers,
    webhooks,
)
from sandbox_server.api.acorn.access import Endpoints
from sandbox_server.api.contract import Contract
from sandbox_server.api.operation import AnyHandler, InRows, Standalone
from sandbox_server.services.access import Directory


def operations(contract: Contract, directory: Directory, world: str) -> Mapping[str, AnyHandler]:
    """
    Return the contract's handlers by operationId.

    Args:
        world: The name of the default tenant's world.
    """
    oauth = Endpoints(directory)
    return {
        "createToken": Standalone(oauth.create_token),
        "revokeToken": Standalone(oauth.revoke_token),
        "listStores": stores.list_stores,
        "createStore": stores.create_store,
        "getStore": stores.get_store,
        "updateStore": stores.update_store,
        "listProducts": catalogue.list_products,
        "getProduct": catalogue.get_product,
        "reportInventory": InRows(inventory.report_inventory),
        "listInventory": inventory.list_inventory,
        "getInventory": inventory.get_inventory,
        "listInventoryMovements": inventory.list_inventory_movements,
        "listOrders": orders.list_orders,
        "getOrder": orders.get_order,
        "acknowledgeOrder": orders.acknowledge_order,
        "cancelOrder": orders.cancel_order,
        "createShipment": shipments.create_shipment,
        "listShipments": shipments.list_shipments,
        "getShipment": shipments.get_shipment,
        "getShipmentLabel": shipments.get_shipment_label,
        "addTrackingEvent": shipments.add_tracking_event,
        "listReturns": returns.list_returns,
        "openReturn": returns.open_return,
        "getReturn": returns.get_return,
        "receiveReturn": returns.receive_return,
        "refundReturn": returns.refund_return,
        "listTransfers": transfers.list_transfers,
        "requestTransfer": transfers.request_transfer,
        "getTransfer": transfers.get_transfer,
        "dispatchTransfer": transfers.dispatch_transfer,
        "receiveTransfer": transfers.receive_transfer,
        "cancelTransfer": transfers.cancel_transfer,
        "reportPrices": prices.report_prices,
        "listPrices": prices.list_prices,
        "listPromotions": promotions.list_promotions,
        "createPromotion": promotions.create_promotion,
        "getPromotion": promotions.get_promotion,
        "deletePromotion": promotions.delete_promotion,
        "listInvoices": invoices.list_invoices,
        "postInvoice": invoices.post_invoice,
        "getInvoice": invoices.get_invoice,
        "listSettlements": settlements.list_settlements,
        "getSettlement": settlements.get_settlement,
        "listSettlementLines": settlements.list_settlement_lines,
        "listReports": reports.list_reports,
        "requestReport": reports.request_report,
        "getReport": reports.get_report,
        "getReportDocument": reports.get_report_document,
        "listApplications": onboarding.list_applications,
        "createApplication": onboarding.create_application,
        "getApplication": onboarding.get_application,
        "signAgreement": onboarding.sign_agreement,
        "getApplicationContract": onboarding.get_application_contract,
        "submitTestReport": onboarding.submit_test_report,
        "goLive": onboarding.go_live,
        "getHealthChecks": onboarding.get_health_checks,
        "listEvents": events.list_events,
        "listSubscriptions": webhooks.list_subscriptions,
        "createSubscription": webhooks.create_subscription,
        "getSubscription": webhooks.get_subscription,
        "deleteSubscription": webhooks.delete_subscription,
        "testSubscription": webhooks.send_test,
        "listDeliveries": webhooks.list_deliveries,
        "getRateLimits": meta.get_rate_limits,
        "getHealth": meta.health(contract, world),
    }
