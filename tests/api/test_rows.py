"""The short way for bodies of rows: what it takes the validator takes, with the same values."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict

from sandbox_server.api.bodies import Body
from sandbox_server.api.contract import Contract
from sandbox_server.api.refusals import InvalidRequest
from sandbox_server.api.rows import Rows
from sandbox_server.api.schemas import Schemas

CONTRACT = Contract(Path("contracts/marketplace.yaml").read_bytes())
SCHEMAS = Schemas(CONTRACT)
SCHEMA = CONTRACT.place("#/components/schemas/StockReport")
VALIDATOR = SCHEMAS.of_request(SCHEMA.pointer)
OPERATION = next(one for one in CONTRACT.operations() if one.operation_id == "reportInventory")
ROWS = Rows(CONTRACT, SCHEMA, SCHEMAS)
BODY = Body(CONTRACT, OPERATION, SCHEMAS, in_rows=True)
ROW = {"storeId": "S0001", "sku": "SKU-1", "onHand": 25, "sequence": 8, "asOf": "2026-11-27T15:00:00Z"}

MEMBERS: Mapping[str, st.SearchStrategy[Any]] = {
    "storeId": st.sampled_from(["S0001", "S 1", "s0001", "", "S0001\n", "S" * 33, "É", None, 7]),
    "sku": st.sampled_from(["SKU-1", "sku", "-", "S" * 41, True]),
    "onHand": st.sampled_from([0, -1, -1_000_000, 1_000_000, 1_000_001, 2**70, 1.0, 1.5, "1", None]),
    "sequence": st.sampled_from([0, 2**53 - 1, 2**53, -1, 8.0, []]),
    "asOf": st.sampled_from(
        [
            "2026-11-27T15:00:00Z",
            "2026-11-27T15:00:00.123456789+05:30",
            "2026-02-30T00:00:00Z",
            "0001-01-01T00:00:00+01:00",
        ]
    ),
}


def raw(*rows: Any, **beside: Any) -> bytes:
    return orjson.dumps({"items": rows, **beside})


@given(st.lists(st.fixed_dictionaries({}, optional={**MEMBERS, "more": st.none()}), max_size=3))
def test_what_is_taken_is_what_the_validator_takes(rows: list[dict[str, Any]]) -> None:
    given_raw = b'{"items":[%b]}' % b",".join(_written(row) for row in rows)
    value = orjson.loads(given_raw)
    read = ROWS.read(given_raw)
    if read is not None:
        assert VALIDATOR.is_valid(value)
        assert [asdict(row) for row in read] == value["items"]
    else:
        assert not VALIDATOR.is_valid(value)


def _written(row: Mapping[str, Any]) -> bytes:
    """Return a row as JSON, integers of any size included."""
    return b"{%b}" % b",".join(
        b'"%b":%b' % (name.encode(), str(value).encode() if type(value) is int else orjson.dumps(value))
        for name, value in row.items()
    )


@pytest.mark.parametrize("count", [1, 500])
def test_as_many_rows_are_read_as_the_contract_allows(count: int) -> None:
    read = BODY.decode("application/json", raw(*[ROW] * count))
    assert [asdict(row) for row in read] == [ROW] * count


@pytest.mark.parametrize("count", [0, 501])
def test_a_list_of_another_length_is_refused(count: int) -> None:
    assert ROWS.read(raw(*[ROW] * count)) is None
    with pytest.raises(InvalidRequest):
        BODY.decode("application/json", raw(*[ROW] * count))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff",
        b'{"items":[{"storeId":"\xff"}]}',
        b"[]",
        b"null",
        raw(ROW)[:-1],
        raw(ROW) + b"x",
        raw(ROW, more=1),
        b"\xef\xbb\xbf" + raw(ROW),
        raw({**ROW, "sku": "a\0"}),
        raw({**ROW, "storeId": "S" * 100_000}),
    ],
    ids=range(11),
)
def test_what_is_not_good_is_left_to_the_validator(text: bytes) -> None:
    assert ROWS.read(text) is None
    with pytest.raises(InvalidRequest):
        BODY.decode("application/json", text)


def test_what_is_written_in_an_unusual_way_is_read_the_long_way() -> None:
    text = raw(ROW).replace(b"S0001", b"S\\u0030001")
    assert [asdict(row) for row in BODY.decode("application/json", text)] == [ROW]


def test_strings_are_forgotten_when_there_are_many() -> None:
    rows = Rows(CONTRACT, SCHEMA, SCHEMAS)
    for first in range(0, 70_000, 500):
        assert rows.read(raw(*({**ROW, "sku": f"SKU-{number}"} for number in range(first, first + 500)))) is not None
    assert rows.read(raw({**ROW, "sku": "sku"})) is None
    assert rows.read(raw({**ROW, "sku": "SKU-1"})) is not None


OPEN = {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}
PLAIN = {**OPEN, "additionalProperties": False}


def a_list(row: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    items = {"type": "array", "items": row, **more}
    return {"type": "object", "additionalProperties": False, "required": ["items"], "properties": {"items": items}}


@pytest.mark.parametrize(
    "schema",
    [
        a_list({**PLAIN, "additionalProperties": True}),
        a_list({**PLAIN, "required": []}),
        a_list({**PLAIN, "minProperties": 1}),
        a_list(PLAIN, uniqueItems=True),
        a_list({**PLAIN, "properties": {"a": {"type": "integer", "multipleOf": 2}}}),
        a_list({**PLAIN, "properties": {"a": {"type": "boolean"}}}),
    ],
    ids=["open", "optional", "counted", "unique", "multiple", "truth"],
)
def test_a_schema_that_says_more_than_rows_can_be_held_against_is_refused(schema: dict[str, Any]) -> None:
    document = {"openapi": "3.0.3", "paths": {}, "components": {"schemas": {"Body": schema}}}
    contract = Contract(orjson.dumps(document))
    with pytest.raises(ValueError, match=r"plain row|says more"):
        Rows(contract, contract.place("#/components/schemas/Body"), Schemas(contract))
