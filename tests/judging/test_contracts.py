"""Contracts, read; and what is none, refused in a sentence."""

from pathlib import Path

import pytest

from sandbox_server.judging.contracts import NotAContract, read_contract
from sandbox_server.judging.inlining import inlined
from sandbox_server.resources import contract_path
from tests.judging.traffic import SAMPLE

INFO = "info: {title: t, version: '1'}"
BARE = f"openapi: 3.0.3\n{INFO}\n"


@pytest.mark.parametrize("name", ["control.yaml", "marketplace.yaml"])
def test_our_own_are_contracts(name: str) -> None:
    assert read_contract(contract_path(name)).base_path


def test_a_contract_need_not_name_servers_or_operations(tmp_path: Path) -> None:
    file = tmp_path / "api.json"
    file.write_text(BARE + "paths: {/a: {get: {responses: {'200': {description: d}}}}}")
    contract = read_contract(file)
    assert (contract.base_path, [one.operation_id for one in contract.operations()]) == ("", ["GET /a"])


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("", "is not an OpenAPI document"),
        ("just text", "is not an OpenAPI document"),
        ("[1, 2]", "is not an OpenAPI document"),
        ("a: {", "neither YAML nor JSON"),
        ("\x00", "neither YAML nor JSON"),
        ("swagger: '2.0'", "no member `openapi`"),
        ("openapi: 3.1.0", "is OpenAPI 3.1.0"),
        ("openapi: 3.0.3", 'is not valid OpenAPI: "info" is a required property'),
        (BARE + "servers: [1]\npaths: {}", "is not an OpenAPI document"),
        (BARE + "paths: {/a: {get: {responses: {}}}}", "is not valid OpenAPI at /paths"),
        (BARE + "paths: {/a: {$ref: 'other.yaml#/a'}}", "refers to other.yaml#/a, which is another file"),
    ],
)
def test_what_is_no_contract_is_refused_in_a_sentence(tmp_path: Path, source: str, words: str) -> None:
    file = tmp_path / "api.yaml"
    file.write_text(source)
    with pytest.raises(NotAContract, match=r"^[^\n]*$") as refused:
        read_contract(file)
    assert words in str(refused.value)
    assert len(str(refused.value)) < 400


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotAContract, match=r"gone\.yaml cannot be read: No such file"):
        read_contract(tmp_path / "gone.yaml")


def test_references_are_followed_once_and_circles_stay() -> None:
    document = inlined(SAMPLE.document)
    thing = document["paths"]["/things/{thingId}"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert thing["required"] == ["thingId", "size"]
    assert thing["properties"]["within"] == {"$ref": "#/components/schemas/Thing"}
    made = document["paths"]["/things"]["post"]["responses"]["201"]["content"]["application/json"]["schema"]
    assert made is thing
    assert (
        "$ref"
        in SAMPLE.document["paths"]["/things"]["post"]["responses"]["201"]["content"]["application/json"]["schema"]
    )


def test_a_reference_may_lead_into_a_list_and_hold_odd_names() -> None:
    document = inlined({"a": [{"x/y~": 1}], "b": {"$ref": "#/a/0"}, "c~/": 2, "d": {"$ref": "#/c~0~1"}})
    assert (document["b"], document["d"]) == ({"x/y~": 1}, 2)
