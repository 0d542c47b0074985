"""Both documents are whole: valid, and consistent with themselves."""

import re

import pytest
from openapi_spec_validator import validate

from sandbox_server.api.schemas import TEXT
from tests.contracts.document import CONTROL, MARKETPLACE, Document, Operation, walk

# RFC 6749, 3.2: unknown parameters of the token endpoints are ignored.
OPEN_REQUESTS = {"#/components/schemas/TokenRequest", "#/components/schemas/RevocationRequest"}
RETRYABLE = {"IDEMPOTENCY_IN_PROGRESS", "RATE_LIMITED", "INTERNAL", "UNAVAILABLE"}
WITHOUT_EXAMPLES = {
    *("application/pdf", "image/png", "application/octet-stream", "application/x-ndjson", "text/plain", "text/csv"),
    *("text/html", "application/xml"),
}
# A word that is sought may be any, a token is nobody's writing, and evidence is sealed as it was seen.
BLANKS = {"category", "brand", "#/components/schemas/RevocationRequest/properties/token"}
BLANKS |= {"#/components/schemas/EvidenceEntry/properties/content"}
HEADERS = {"401": "WWW-Authenticate", "415": "Accept", "429": "Retry-After", "503": "Retry-After"}

BOTH = pytest.mark.parametrize("document", [MARKETPLACE, CONTROL], ids=["marketplace", "control"])
ALL = [*MARKETPLACE.operations(), *CONTROL.operations()]
EACH = pytest.mark.parametrize("operation", ALL, ids=[operation.operation_id for operation in ALL])
LISTS = [operation for operation in ALL if "cursor" in operation.parameters]


@BOTH
def test_a_document_is_valid_openapi(document: Document) -> None:
    validate(document.root)
    assert document.root["openapi"] == "3.0.3"


@BOTH
def test_a_document_has_an_operation_once(document: Document) -> None:
    ids = [operation.operation_id for operation in document.operations()]
    assert len(ids) == len(set(ids))


@BOTH
def test_every_reference_leads_to_a_component_and_every_component_is_referred_to(document: Document) -> None:
    referred = {node["$ref"] for _, node in walk(document.root) if isinstance(node, dict) and "$ref" in node}
    kinds = {kind: named for kind, named in document.root["components"].items() if kind != "securitySchemes"}
    assert referred == {f"#/components/{kind}/{name}" for kind, named in kinds.items() for name in named}
    used_schemes = {name for operation in document.operations() for way in operation.node["security"] for name in way}
    assert used_schemes == set(document.root["components"]["securitySchemes"])


@BOTH
def test_no_keyword_makes_validation_slow_or_null_possible(document: Document) -> None:
    banned = {"nullable", "oneOf", "anyOf", "not", "discriminator", "patternProperties"}
    found = [pointer for pointer, node in document.objects() if banned & set(node)]
    assert [pointer for pointer in found if not pointer.endswith("/properties")] == []


@BOTH
def test_schemas_and_their_members_say_what_they_are(document: Document) -> None:
    for name, schema in document.schemas.items():
        assert schema["description"], name
        for property_name, node in schema.get("properties", {}).items():
            assert "$ref" in node or node["description"], f"{name}.{property_name}"


@BOTH
def test_a_document_says_what_no_operation_answers(document: Document) -> None:
    outside = document.root["x-answers-outside-operations"]
    assert {"404", "405"} <= set(outside)
    assert document.resolved(document.resolved(outside["405"])["headers"]["Allow"])["required"] is True


@BOTH
def test_every_example_is_valid(document: Document) -> None:
    assert [error for example in document.examples() for error in document.errors_of(example)] == []


@BOTH
def test_only_what_may_pass_later_is_retryable(document: Document) -> None:
    for example in document.root["components"]["examples"].values():
        if "retryable" in example["value"]:
            assert example["value"]["retryable"] == (example["value"]["code"] in RETRYABLE)


@BOTH
def test_the_codes_of_problems_are_those_of_the_answers(document: Document) -> None:
    documented: set[str] = set()
    for answer in document.root["components"]["responses"].values():
        if (problem := answer["content"].get("application/problem+json")) is not None:
            narrowed = problem["schema"]["allOf"][1]["properties"]
            assert len(narrowed["status"]["enum"]) == 1
            documented |= set(narrowed["code"]["enum"])
    assert set(document.schemas["ProblemCode"]["enum"]) == documented


@BOTH
def test_text_that_a_client_must_not_leave_empty_is_not_of_blanks_alone(document: Document) -> None:
    for where, schema in document.sent_by_clients().items():
        written = schema["type"] == "string" and "minLength" in schema and not {"enum", "format"} & set(schema)
        if written and where not in BLANKS:
            assert not re.search(schema["pattern"], " \t\u3000"), where
            assert "x00" not in schema["pattern"] or schema["pattern"] == TEXT, "a refusal says it in words"


@BOTH
def test_what_a_client_sends_is_bounded(document: Document) -> None:
    for where, schema in document.sent_by_clients().items():
        match schema["type"]:
            case "object":
                open_members = schema.get("additionalProperties")
                bounded = open_members is False or (isinstance(open_members, dict) and "maxProperties" in schema)
                assert where in OPEN_REQUESTS or bounded, where
            case "array":
                assert "maxItems" in schema, where
            case "integer" | "number":
                assert {"minimum", "maximum", "format"} <= set(schema), where
            case "string" if where.endswith("X-Request-Id"):
                assert schema == {"type": "string"}, "one that is not sane is ignored, so its schema refuses none"
            case "string" if schema.get("format") == "binary":
                pass  # its bytes are bounded where the body is
            case "string":
                assert "enum" in schema or ("maxLength" in schema and {"pattern", "format"} & set(schema)), where


@BOTH
def test_what_the_server_sends_may_grow_and_lacks_nothing(document: Document) -> None:
    for where, schema in document.sent_by_the_server().items():
        assert "additionalProperties" not in schema, where
        for name in schema.get("required", []):
            found = document.member(schema, name) or {"type": "of another part of an allOf"}
            if found.get("type") == "string":
                assert {"minLength", "pattern", "enum", "format"} & set(found), f"{where}: {name}"


@BOTH
def test_times_in_answers_are_utc_with_milliseconds(document: Document) -> None:
    times = {where for where, schema in document.sent_by_the_server().items() if schema.get("format") == "date-time"}
    assert times == {"#/components/schemas/Timestamp"}


@EACH
def test_parameters_are_those_of_the_path_and_a_request_id(operation: Operation) -> None:
    parameters = operation.parameters
    assert "X-Request-Id" in parameters
    in_path = {name for name, parameter in parameters.items() if parameter["in"] == "path"}
    assert in_path == set(re.findall(r"{(\w+)}", operation.path))
    assert ("limit" in parameters) == ("cursor" in parameters)


@EACH
def test_every_answer_carries_the_headers_of_its_kind(operation: Operation) -> None:
    for status, answer in operation.answers.items():
        assert operation.document.resolved(answer["headers"]["X-Request-Id"])["required"] is True
        assert HEADERS.get(status, "X-Request-Id") in answer["headers"]
    assert ("Idempotent-Replayed" in operation.success["headers"]) == ("Idempotency-Key" in operation.parameters)


@EACH
def test_bodies_and_answers_have_examples_unless_they_are_files(operation: Operation) -> None:
    answers = [media for answer in operation.answers.values() for media in answer.get("content", {}).items()]
    for media_type, media in [*operation.bodies.items(), *answers]:
        assert media.get("examples") or media_type in WITHOUT_EXAMPLES


@EACH
def test_links_lead_to_operations_with_what_they_take(operation: Operation) -> None:
    by_id = {one.operation_id: one for one in operation.document.operations()}
    for link in operation.links.values():
        target = by_id[link["operationId"]]
        assert set(link.get("parameters", {})) <= set(target.parameters)
        for name in link.get("requestBody", {}):
            assert operation.document.member(target.bodies["application/json"]["schema"], name) is not None


@EACH
def test_links_take_what_is_there(operation: Operation) -> None:
    for link in operation.links.values():
        for expression in [*link.get("parameters", {}).values(), *link.get("requestBody", {}).values()]:
            assert operation.document.stands_for_something(expression, operation), expression


@pytest.mark.parametrize("operation", LISTS, ids=[operation.operation_id for operation in LISTS])
def test_the_next_page_has_the_filters_of_this_one(operation: Operation) -> None:
    link = operation.links["nextPage"]
    sources = {"query": "$request.query.", "path": "$request.path."}
    expected = {
        name: f"{sources[parameter['in']]}{name}"
        for name, parameter in operation.parameters.items()
        if parameter["in"] in sources
    }
    assert link["operationId"] == operation.operation_id
    assert link["parameters"] == {**expected, "cursor": "$response.body#/nextCursor"}
