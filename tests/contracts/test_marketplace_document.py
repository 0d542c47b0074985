"""The marketplace's document is consistent with the rules of the contract and of the domain."""

import re
from enum import StrEnum

import pytest

from sandbox_server.domain import (
    catalogue,
    certificates,
    events,
    figures,
    inventory,
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
from sandbox_server.traffic.credentials import ALL_SCOPES
from tests.contracts.document import MARKETPLACE, Operation

# Source: contract, "Rate limits" and "Who is calling": scope, calls per minute, burst.
OPERATIONS: dict[str, tuple[str | None, int, int]] = {
    "createToken": (None, 20, 10),
    "revokeToken": (None, 20, 10),
    "listStores": ("stores:read", 30, 10),
    "createStore": ("stores:write", 30, 10),
    "getStore": ("stores:read", 30, 10),
    "updateStore": ("stores:write", 30, 10),
    "listProducts": ("stores:read", 30, 10),
    "getProduct": ("stores:read", 30, 10),
    "reportInventory": ("inventory:write", 120, 60),
    "listInventory": ("inventory:read", 60, 20),
    "getInventory": ("inventory:read", 60, 20),
    "listInventoryMovements": ("inventory:read", 60, 20),
    "listOrders": ("orders:read", 60, 20),
    "getOrder": ("orders:read", 60, 20),
    "acknowledgeOrder": ("orders:write", 120, 40),
    "cancelOrder": ("orders:write", 120, 40),
    "createShipment": ("shipments:write", 120, 40),
    "listShipments": ("shipments:read", 60, 20),
    "getShipment": ("shipments:read", 60, 20),
    "getShipmentLabel": ("shipments:read", 60, 20),
    "addTrackingEvent": ("shipments:write", 120, 40),
    "listReturns": ("returns:read", 60, 20),
    "openReturn": ("returns:write", 60, 20),
    "getReturn": ("returns:read", 60, 20),
    "receiveReturn": ("returns:write", 60, 20),
    "refundReturn": ("returns:write", 60, 20),
    "listTransfers": ("inventory:read", 60, 20),
    "requestTransfer": ("inventory:write", 120, 40),
    "getTransfer": ("inventory:read", 60, 20),
    "dispatchTransfer": ("inventory:write", 120, 40),
    "receiveTransfer": ("inventory:write", 120, 40),
    "cancelTransfer": ("inventory:write", 120, 40),
    "listInvoices": ("finance:read", 30, 10),
    "postInvoice": ("shipments:write", 30, 10),
    "getInvoice": ("finance:read", 30, 10),
    "reportPrices": ("prices:write", 60, 30),
    "listPrices": ("prices:read", 60, 30),
    "listPromotions": ("prices:read", 60, 30),
    "createPromotion": ("prices:write", 60, 30),
    "getPromotion": ("prices:read", 60, 30),
    "deletePromotion": ("prices:write", 60, 30),
    "listSettlements": ("finance:read", 30, 10),
    "getSettlement": ("finance:read", 30, 10),
    "listSettlementLines": ("finance:read", 30, 10),
    "listReports": ("reports:read", 30, 10),
    "requestReport": ("reports:read", 30, 10),
    "getReport": ("reports:read", 30, 10),
    "getReportDocument": ("reports:read", 30, 10),
    "listApplications": ("onboarding", 30, 10),
    "createApplication": ("onboarding", 30, 10),
    "getApplication": ("onboarding", 30, 10),
    "signAgreement": ("onboarding", 30, 10),
    "getApplicationContract": ("onboarding", 30, 10),
    "submitTestReport": ("onboarding", 30, 10),
    "goLive": ("onboarding", 30, 10),
    "getHealthChecks": ("onboarding", 30, 10),
    "listEvents": ("events:read", 120, 40),
    "listSubscriptions": ("events:read", 120, 40),
    "createSubscription": ("events:write", 120, 40),
    "getSubscription": ("events:read", 120, 40),
    "deleteSubscription": ("events:write", 120, 40),
    "testSubscription": ("events:write", 120, 40),
    "listDeliveries": ("events:read", 120, 40),
    "getRateLimits": (None, 30, 10),
    "getHealth": (None, 600, 100),
}
OPEN_TO_ALL = {"createToken", "revokeToken", "getHealth"}
OAUTH = {"createToken", "revokeToken"}
LISTS = {
    "listStores",
    "listProducts",
    "listInventory",
    "listInventoryMovements",
    "listOrders",
    "listShipments",
    "listReturns",
    "listTransfers",
    "listPrices",
    "listPromotions",
    "listInvoices",
    "listSettlements",
    "listSettlementLines",
    "listReports",
    "listApplications",
    "listEvents",
    "listSubscriptions",
    "listDeliveries",
}
CREATE = {
    "createStore",
    "createShipment",
    "openReturn",
    "requestTransfer",
    "postInvoice",
    "createPromotion",
    "createSubscription",
    "requestReport",
    "createApplication",
}
VERSIONED = {
    "Store",
    "Product",
    "Order",
    "Shipment",
    "Return",
    "Transfer",
    "Invoice",
    "Settlement",
    "Promotion",
    "Report",
    "Application",
    "LiveApplication",
    "Subscription",
}

UNSTORED = {"createToken", "getApplicationContract", "goLive"}
"""What caches must not keep, for its secrets."""

# Source: contract, "Errors".
CODES = {
    400: {"INVALID_REQUEST", "CURSOR_MISMATCH"},
    401: {"UNAUTHENTICATED", "TOKEN_EXPIRED", "TOKEN_REVOKED"},
    403: {"SCOPE_MISSING", "STORE_NOT_YOURS", "ACCOUNT_SUSPENDED", "NDA_MISSING"},
    404: {"NOT_FOUND"},
    405: {"METHOD_NOT_ALLOWED"},
    406: {"NOT_ACCEPTABLE"},
    409: {"ILLEGAL_TRANSITION", "INSUFFICIENT_STOCK", "DUPLICATE", "IDEMPOTENCY_IN_PROGRESS"},
    412: {"STALE_VERSION"},
    413: {"BODY_TOO_LARGE"},
    415: {"UNSUPPORTED_MEDIA_TYPE"},
    422: {"IDEMPOTENCY_KEY_REUSED", "UNPROCESSABLE"},
    429: {"RATE_LIMITED"},
    500: {"INTERNAL"},
    503: {"UNAVAILABLE"},
}

ALL = MARKETPLACE.operations()
BY_ID = {operation.operation_id: operation for operation in ALL}
EACH = pytest.mark.parametrize("operation", ALL, ids=list(BY_ID))


def test_it_is_the_first_version() -> None:
    assert [server["url"] for server in MARKETPLACE.root["servers"]] == ["/v1"]


def test_it_has_the_operations_of_the_contract_once_each() -> None:
    assert sorted(operation.operation_id for operation in ALL) == sorted(OPERATIONS)


@EACH
def test_an_operation_is_limited_and_guarded_as_the_contract_says(operation: Operation) -> None:
    scope, per_minute, burst = OPERATIONS[operation.operation_id]
    assert operation.node["x-rate-limit"] == {"perMinute": per_minute, "burst": burst}
    guarded = [{"oauth": [scope] if scope else []}, {"apiKey": []}]
    assert operation.node["security"] == ([] if operation.operation_id in OPEN_TO_ALL else guarded)


def test_the_token_endpoint_knows_every_scope() -> None:
    flow = MARKETPLACE.root["components"]["securitySchemes"]["oauth"]["flows"]["clientCredentials"]
    assert set(flow["scopes"]) == set(ALL_SCOPES)
    assert flow["tokenUrl"] == flow["refreshUrl"] == "/v1/oauth/token"


@EACH
def test_an_operation_documents_every_status_that_it_can_give(operation: Operation) -> None:
    expected = {"400", "406", "413", "429", "500", "503"}
    if operation.operation_id != "getHealth":
        expected |= {"401", "403"}
    if "{" in operation.path or operation.operation_id in {
        "createShipment",
        "openReturn",
        "requestTransfer",
        "postInvoice",
    }:
        expected.add("404")
    if operation.bodies:
        expected.add("415")
    if "Idempotency-Key" in operation.parameters:
        expected |= {"409", "422"}
    if operation.operation_id in {"getReportDocument", "getHealthChecks"}:
        expected.add("409")
    if "If-Match" in operation.parameters:
        expected |= {"412", "422"}
    assert {status for status in operation.answers if status >= "300"} == expected


@EACH
def test_an_operation_takes_the_parameters_of_its_kind(operation: Operation) -> None:
    parameters = operation.parameters
    assert "X-Request-Id" in parameters
    assert ("Idempotency-Key" in parameters) == (operation.method == "post" and operation.operation_id not in OAUTH)
    assert ("If-Match" in parameters) == (operation.method == "patch")
    paging = {"limit", "cursor", "updatedAfter", "updatedBefore"}
    assert paging & set(parameters) == (paging if operation.operation_id in LISTS else set())
    in_path = {name for name, parameter in parameters.items() if parameter["in"] == "path"}
    assert in_path == set(re.findall(r"{(\w+)}", operation.path))


@EACH
def test_a_success_carries_the_headers_of_its_kind(operation: Operation) -> None:
    headers = set(operation.success["headers"])
    schemas = {media["schema"]["$ref"].rpartition("/")[2] for media in operation.content.values()}
    assert headers >= {"RateLimit-Policy", "RateLimit"}
    assert ("ETag" in headers) == bool(schemas & VERSIONED)
    assert ("Idempotent-Replayed" in headers) == ("Idempotency-Key" in operation.parameters)
    assert ("Location" in headers) == (operation.operation_id in CREATE)
    assert ("Cache-Control" in headers) == (operation.operation_id in UNSTORED)


def test_a_status_has_codes_of_its_own() -> None:
    documented: dict[int, set[str]] = {}
    for answer in MARKETPLACE.root["components"]["responses"].values():
        if (problem := answer["content"].get("application/problem+json")) is not None:
            narrowed = problem["schema"]["allOf"][1]["properties"]
            (status,) = narrowed["status"]["enum"]
            documented[status] = set(narrowed["code"]["enum"])
    assert documented == CODES
    assert set(MARKETPLACE.schemas["ProblemCode"]["enum"]) == set().union(*CODES.values())


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ("StoreStatus", stores.StoreStatus),
        ("StoreCapability", stores.Capability),
        ("ServiceLevel", stores.ServiceLevel),
        ("TaxClass", catalogue.TaxClass),
        ("QuantityKind", inventory.Quantity),
        ("MovementCause", inventory.Cause),
        ("OrderStatus", orders.OrderStatus),
        ("AllocationStatus", orders.AllocationStatus),
        ("RejectionReason", orders.RejectReason),
        ("Carrier", shipments.Carrier),
        ("ShipmentStatus", shipments.ShipmentStatus),
        ("ReturnStatus", returns.ReturnStatus),
        ("ReturnReason", returns.ReturnReason),
        ("Condition", returns.Condition),
        ("TransferKind", transfers.TransferKind),
        ("SettlementLineKind", settlements.LineKind),
        ("TransferStatus", transfers.TransferStatus),
        ("TransferCancelReason", transfers.TransferCancelReason),
        ("DiscrepancyKind", transfers.DiscrepancyKind),
        ("PromotionKind", promotions.PromotionKind),
        ("ReportType", reports.ReportType),
        ("ReportFormat", reports.ReportFormat),
        ("ReportStatus", reports.ReportStatus),
        ("ReportFailure", reports.ReportFailure),
        ("ApplicationStatus", onboarding.ApplicationStatus),
        ("AccountKind", onboarding.AccountKind),
        ("ChainSystem", onboarding.System),
        ("ChainFunction", onboarding.ChainFunction),
        ("Ineligibility", onboarding.Ineligibility),
        ("CheckVerdict", certificates.CheckVerdict),
        ("VerificationDoubt", certificates.Doubt),
        ("EventType", events.EventType),
        ("SubscriptionStatus", webhooks.SubscriptionStatus),
        ("DeliveryOutcome", webhooks.Outcome),
    ],
)
def test_an_enumeration_has_the_words_of_the_domain(schema: str, kind: type[StrEnum]) -> None:
    assert MARKETPLACE.schemas[schema]["enum"] == list(kind)


def test_cancellations_and_rejected_reports_have_the_words_of_the_domain() -> None:
    cancellation = MARKETPLACE.schemas["Cancellation"]["properties"]
    assert cancellation["by"]["enum"] == list(orders.CancelledBy)
    assert cancellation["reason"]["enum"] == list(orders.CancelReason)
    assert set(MARKETPLACE.schemas["CancellationRequest"]["properties"]["reason"]["enum"]) < set(orders.CancelReason)
    assert MARKETPLACE.schemas["Subscription"]["properties"]["disabledReason"]["enum"] == list(webhooks.DisabledReason)
    assert MARKETPLACE.schemas["StockReportItemResult"]["properties"]["code"]["enum"] == list(inventory.ReportRefusal)
    assert MARKETPLACE.schemas["PriceReportItemResult"]["properties"]["code"]["enum"] == list(prices.PriceRefusal)


@pytest.mark.parametrize(
    ("schema", "transitions"),
    [
        ("OrderStatus", orders.TRANSITIONS),
        ("ShipmentStatus", shipments.TRANSITIONS),
        ("ReturnStatus", returns.TRANSITIONS),
        ("TransferStatus", transfers.TRANSITIONS),
        ("ReportStatus", reports.TRANSITIONS),
        ("ApplicationStatus", onboarding.TRANSITIONS),
    ],
)
def test_a_life_cycle_is_the_table_of_the_domain(schema: str, transitions: dict[str, frozenset[str]]) -> None:
    assert {
        state: set(next_ones) for state, next_ones in MARKETPLACE.schemas[schema]["x-lifecycle"].items()
    } == transitions


def test_the_columns_of_reports_are_those_of_the_domain_and_members_of_a_row() -> None:
    columns = {kind: tuple(names) for kind, names in MARKETPLACE.schemas["ReportType"]["x-columns"].items()}
    assert columns == figures.COLUMNS
    assert set(MARKETPLACE.schemas["ReportRow"]["properties"]) == {name for names in columns.values() for name in names}


def test_the_forms_of_tracking_numbers_are_those_of_the_domain() -> None:
    assert MARKETPLACE.schemas["Carrier"]["x-tracking-number-form"] == shipments.TRACKING_FORMS
