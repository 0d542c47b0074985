"""The marketplace's document is whole: valid, consistent with itself and with the rules of the domain."""

import re
from enum import StrEnum

import pytest
from openapi_spec_validator import validate

from sandbox_server.domain import catalogue, events, inventory, orders, returns, shipments, stores, transfers, webhooks
from sandbox_server.traffic.credentials import ALL_SCOPES
from tests.contracts.document import (
    DOCUMENT,
    SCHEMAS,
    Node,
    Operation,
    errors_of,
    examples,
    member,
    objects,
    operations,
    resolved,
    schemas_below,
    walk,
)

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
    "listEvents",
    "listSubscriptions",
    "listDeliveries",
}
CREATE = {"createStore", "createShipment", "openReturn", "requestTransfer", "createSubscription"}
VERSIONED = {"Store", "Product", "Order", "Shipment", "Return", "Transfer", "Subscription"}

# Source: contract, "Errors".
CODES = {
    400: {"INVALID_REQUEST", "CURSOR_MISMATCH"},
    401: {"UNAUTHENTICATED", "TOKEN_EXPIRED", "TOKEN_REVOKED"},
    403: {"SCOPE_MISSING", "STORE_NOT_YOURS", "ACCOUNT_SUSPENDED"},
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
RETRYABLE = {"IDEMPOTENCY_IN_PROGRESS", "RATE_LIMITED", "INTERNAL", "UNAVAILABLE"}
# RFC 6749, 3.2: unknown parameters of the token endpoints are ignored.
OPEN_REQUESTS = {"#/components/schemas/TokenRequest", "#/components/schemas/RevocationRequest"}

ALL = operations()
BY_ID = {operation.operation_id: operation for operation in ALL}
EACH = pytest.mark.parametrize("operation", ALL, ids=list(BY_ID))


def test_the_document_is_valid_openapi() -> None:
    validate(DOCUMENT)
    assert DOCUMENT["openapi"] == "3.0.3"
    assert [server["url"] for server in DOCUMENT["servers"]] == ["/v1"]


def test_it_has_the_operations_of_the_contract_once_each() -> None:
    assert sorted(operation.operation_id for operation in ALL) == sorted(OPERATIONS)


def test_every_reference_leads_to_a_component_and_every_component_is_referred_to() -> None:
    referred = {node["$ref"] for _, node in walk(DOCUMENT) if isinstance(node, dict) and "$ref" in node}
    kinds = {kind: named for kind, named in DOCUMENT["components"].items() if kind != "securitySchemes"}
    assert referred == {f"#/components/{kind}/{name}" for kind, named in kinds.items() for name in named}
    used_schemes = {name for operation in ALL for way in operation.node["security"] for name in way}
    assert used_schemes == set(DOCUMENT["components"]["securitySchemes"])


def test_no_keyword_makes_validation_slow_or_null_possible() -> None:
    banned = {"nullable", "oneOf", "anyOf", "not", "discriminator", "patternProperties"}
    assert [pointer for pointer, node in objects() if not pointer.endswith("/properties") and banned & set(node)] == []


def test_schemas_and_their_members_say_what_they_are() -> None:
    for name, schema in SCHEMAS.items():
        assert schema["description"], name
        for property_name, node in schema.get("properties", {}).items():
            assert "$ref" in node or node["description"], f"{name}.{property_name}"


@EACH
def test_an_operation_is_limited_and_guarded_as_the_contract_says(operation: Operation) -> None:
    scope, per_minute, burst = OPERATIONS[operation.operation_id]
    assert operation.node["x-rate-limit"] == {"perMinute": per_minute, "burst": burst}
    guarded = [{"oauth": [scope] if scope else []}, {"apiKey": []}]
    assert operation.node["security"] == ([] if operation.operation_id in OPEN_TO_ALL else guarded)


def test_the_token_endpoint_knows_every_scope() -> None:
    flow = DOCUMENT["components"]["securitySchemes"]["oauth"]["flows"]["clientCredentials"]
    assert set(flow["scopes"]) == set(ALL_SCOPES)
    assert flow["tokenUrl"] == flow["refreshUrl"] == "/v1/oauth/token"


@EACH
def test_an_operation_documents_every_status_that_it_can_give(operation: Operation) -> None:
    expected = {"400", "406", "413", "429", "500", "503"}
    if operation.operation_id != "getHealth":
        expected |= {"401", "403"}
    if "{" in operation.path or operation.operation_id in {"createShipment", "openReturn", "requestTransfer"}:
        expected.add("404")
    if operation.bodies:
        expected.add("415")
    if "Idempotency-Key" in operation.parameters:
        expected |= {"409", "422"}
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
def test_every_answer_carries_the_headers_of_its_kind(operation: Operation) -> None:
    wanted = {"401": "WWW-Authenticate", "415": "Accept", "429": "Retry-After", "503": "Retry-After"}
    for status, answer in operation.answers.items():
        assert resolved(answer["headers"]["X-Request-Id"])["required"] is True
        assert wanted.get(status, "X-Request-Id") in answer["headers"]


@EACH
def test_a_success_carries_the_headers_of_its_kind(operation: Operation) -> None:
    headers = set(operation.success["headers"])
    schemas = {media["schema"]["$ref"].rpartition("/")[2] for media in operation.content.values()}
    assert headers >= {"RateLimit-Policy", "RateLimit"}
    assert ("ETag" in headers) == bool(schemas & VERSIONED)
    assert ("Idempotent-Replayed" in headers) == ("Idempotency-Key" in operation.parameters)
    assert ("Location" in headers) == (operation.operation_id in CREATE)
    assert ("Cache-Control" in headers) == (operation.operation_id == "createToken")


def test_a_wrong_path_and_a_wrong_method_are_described_outside_of_the_operations() -> None:
    outside = DOCUMENT["x-answers-outside-operations"]
    assert set(outside) == {"404", "405"}
    assert resolved(resolved(outside["405"])["headers"]["Allow"])["required"] is True


@EACH
def test_bodies_and_answers_have_examples_unless_they_are_pictures(operation: Operation) -> None:
    answers = [media for answer in operation.answers.values() for media in answer.get("content", {}).items()]
    for media_type, media in [*operation.bodies.items(), *answers]:
        assert media.get("examples") or media_type in {"application/pdf", "image/png"}


def test_every_example_is_valid() -> None:
    assert [error for example in examples() for error in errors_of(example)] == []


def test_a_status_has_codes_of_its_own() -> None:
    documented: dict[int, set[str]] = {}
    for answer in DOCUMENT["components"]["responses"].values():
        if (problem := answer["content"].get("application/problem+json")) is not None:
            narrowed = problem["schema"]["allOf"][1]["properties"]
            (status,) = narrowed["status"]["enum"]
            documented[status] = set(narrowed["code"]["enum"])
    assert documented == CODES
    assert set(SCHEMAS["ProblemCode"]["enum"]) == set().union(*CODES.values())


def test_only_what_may_pass_later_is_retryable() -> None:
    problems = [example["value"] for example in DOCUMENT["components"]["examples"].values()]
    for problem in problems:
        if "retryable" in problem:
            assert problem["retryable"] == (problem["code"] in RETRYABLE)


def test_what_a_client_sends_is_bounded() -> None:
    for where, schema in sent_by_clients().items():
        match schema["type"]:
            case "object":
                assert where in OPEN_REQUESTS or schema["additionalProperties"] is False, where
            case "array":
                assert "maxItems" in schema, where
            case "integer" | "number":
                assert {"minimum", "maximum", "format"} <= set(schema), where
            case "string" if where.endswith("X-Request-Id"):
                assert schema == {"type": "string"}, "one that is not sane is ignored, so its schema refuses none"
            case "string":
                assert "enum" in schema or ("maxLength" in schema and {"pattern", "format"} & set(schema)), where


def test_what_the_server_sends_may_grow_and_lacks_nothing() -> None:
    for where, schema in sent_by_the_server().items():
        assert "additionalProperties" not in schema, where
        for name in schema.get("required", []):
            found = member(schema, name) or {"type": "of another part of an allOf"}
            if found.get("type") == "string":
                assert {"minLength", "pattern", "enum", "format"} & set(found), f"{where}: {name}"


def test_times_in_answers_are_utc_with_milliseconds() -> None:
    times = {where for where, schema in sent_by_the_server().items() if schema.get("format") == "date-time"}
    assert times == {"#/components/schemas/Timestamp"}


@EACH
def test_links_lead_to_operations_with_what_they_take(operation: Operation) -> None:
    for link in operation.links.values():
        target = BY_ID[link["operationId"]]
        assert set(link.get("parameters", {})) <= set(target.parameters)
        for name in link.get("requestBody", {}):
            assert member(target.bodies["application/json"]["schema"], name) is not None


@EACH
def test_links_take_what_is_there(operation: Operation) -> None:
    for link in operation.links.values():
        for expression in [*link.get("parameters", {}).values(), *link.get("requestBody", {}).values()]:
            assert stands_for_something(expression, operation), expression


@pytest.mark.parametrize("list_id", sorted(LISTS))
def test_the_next_page_has_the_filters_of_this_one(list_id: str) -> None:
    link = BY_ID[list_id].links["nextPage"]
    query = {name for name, parameter in BY_ID[list_id].parameters.items() if parameter["in"] == "query"}
    assert link["operationId"] == list_id
    in_path = {name for name, parameter in BY_ID[list_id].parameters.items() if parameter["in"] == "path"}
    assert link["parameters"] == {
        **{name: "$response.body#/nextCursor" if name == "cursor" else f"$request.query.{name}" for name in query},
        **{name: f"$request.path.{name}" for name in in_path},
    }


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
        ("TransferStatus", transfers.TransferStatus),
        ("TransferCancelReason", transfers.TransferCancelReason),
        ("DiscrepancyKind", transfers.DiscrepancyKind),
        ("EventType", events.EventType),
        ("SubscriptionStatus", webhooks.SubscriptionStatus),
        ("DeliveryOutcome", webhooks.Outcome),
    ],
)
def test_an_enumeration_has_the_words_of_the_domain(schema: str, kind: type[StrEnum]) -> None:
    assert SCHEMAS[schema]["enum"] == list(kind)


def test_cancellations_and_rejected_reports_have_the_words_of_the_domain() -> None:
    cancellation = SCHEMAS["Cancellation"]["properties"]
    assert cancellation["by"]["enum"] == list(orders.CancelledBy)
    assert cancellation["reason"]["enum"] == list(orders.CancelReason)
    assert set(SCHEMAS["CancellationRequest"]["properties"]["reason"]["enum"]) < set(orders.CancelReason)
    assert SCHEMAS["Subscription"]["properties"]["disabledReason"]["enum"] == list(webhooks.DisabledReason)
    assert SCHEMAS["StockReportItemResult"]["properties"]["code"]["enum"] == list(inventory.ReportRefusal)


@pytest.mark.parametrize(
    ("schema", "transitions"),
    [
        ("OrderStatus", orders.TRANSITIONS),
        ("ShipmentStatus", shipments.TRANSITIONS),
        ("ReturnStatus", returns.TRANSITIONS),
        ("TransferStatus", transfers.TRANSITIONS),
    ],
)
def test_a_life_cycle_is_the_table_of_the_domain(schema: str, transitions: dict[str, frozenset[str]]) -> None:
    assert {state: set(next_ones) for state, next_ones in SCHEMAS[schema]["x-lifecycle"].items()} == transitions


def test_the_forms_of_tracking_numbers_are_those_of_the_domain() -> None:
    assert SCHEMAS["Carrier"]["x-tracking-number-form"] == shipments.TRACKING_FORMS


def sent_by_clients() -> dict[str, Node]:
    """The schemas of parameters and bodies."""
    parameters = [(name, node["schema"]) for operation in ALL for name, node in operation.parameters.items()]
    bodies = [(operation.operation_id, media["schema"]) for operation in ALL for media in operation.bodies.values()]
    return schemas_below([*parameters, *bodies])


def sent_by_the_server() -> dict[str, Node]:
    """The schemas of answers."""
    answers = {
        f"{operation.operation_id} {status}": answer
        for operation in ALL
        for status, answer in operation.answers.items()
    }
    contents = [(where, media) for where, answer in answers.items() for media in answer.get("content", {}).values()]
    return schemas_below((where, media["schema"]) for where, media in contents)


def stands_for_something(expression: str, operation: Operation) -> bool:
    """Whether a runtime expression leads to a parameter, a header, or a member that the answer's schema has."""
    source, _, rest = expression.removeprefix("$").partition(".")
    if source == "request":
        place, _, name = rest.partition(".")
        return bool(operation.parameters[name]["in"] == place)
    if rest.startswith("header."):
        return rest.removeprefix("header.") in operation.success["headers"]
    schema: Node | None = operation.content["application/json"]["schema"]
    for word in rest.removeprefix("body#/").split("/"):
        schema = member(schema, word)
    return schema is not None
