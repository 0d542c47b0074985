"""What changed between two contracts, and whom it breaks."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import orjson
import pytest

from sandbox_server.api.contract import Contract
from sandbox_server.differing.changes import Change, Way
from sandbox_server.differing.operations import differences

Node = dict[str, Any]
Edit = Callable[[Node], object]

DOCUMENT: Node = {
    "openapi": "3.0.3",
    "info": {"title": "t", "version": "1"},
    "servers": [{"url": "http://h/v1"}],
    "security": [{"oauth": ["things:write"]}, {"key": []}],
    "paths": {
        "/things/{thingId}": {
            "put": {
                "operationId": "putThing",
                "x-rate-limit": {"perMinute": 60},
                "parameters": [
                    {"name": "thingId", "in": "path", "required": True, "schema": {"type": "string"}},
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 100, "default": 50}},
                    {"name": "X-Way", "in": "header", "schema": {"type": "string"}},
                ],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/New"}}}},
                "responses": {
                    "200": {
                        "description": "d",
                        "headers": {"ETag": {"required": True, "schema": {"type": "string"}}},
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}},
                    },
                    "404": {"description": "d"},
                },
            }
        },
        "/other": {"get": {"operationId": "getOther", "responses": {"204": {"description": "d"}}}},
    },
    "components": {
        "schemas": {
            "New": {
                "type": "object",
                "additionalProperties": False,
                "required": ["name"],
                "properties": {
                    "name": {"type": "string", "minLength": 2, "maxLength": 9, "pattern": "^a"},
                    "note": {"type": "string", "nullable": True},
                    "kind": {"type": "string", "enum": ["A", "B"]},
                    "size": {"type": "number", "multipleOf": 2},
                    "tags": {"type": "array", "items": {"type": "string"}},
                    "form": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
                },
            },
            "Thing": {
                "allOf": [
                    {
                        "type": "object",
                        "required": ["id"],
                        "properties": {"id": {"type": "string"}, "within": {"$ref": "#/components/schemas/Thing"}},
                    },
                    {
                        "type": "object",
                        "required": ["size"],
                        "properties": {
                            "size": {"type": "integer", "minimum": 1},
                            "kind": {"type": "string", "enum": ["A", "B"]},
                            "notes": {"type": "object", "additionalProperties": {"type": "string", "maxLength": 5}},
                            "form": {"anyOf": [{"type": "string"}]},
                        },
                    },
                ]
            },
        }
    },
}


def put(document: Node) -> Node:
    found: Node = document["paths"]["/things/{thingId}"]["put"]
    return found


def new(document: Node) -> Node:
    found: Node = document["components"]["schemas"]["New"]
    return found


def thing(document: Node) -> Node:
    found: Node = document["components"]["schemas"]["Thing"]["allOf"][1]
    return found


def ok(document: Node) -> Node:
    found: Node = put(document)["responses"]["200"]
    return found


def changes(edit: Edit) -> list[Change]:
    document = deepcopy(DOCUMENT)
    edit(document)
    return differences(Contract(orjson.dumps(DOCUMENT)), Contract(orjson.dumps(document)))


def rename_place(document: Node) -> None:
    document["paths"]["/things/{id}"] = document["paths"].pop("/things/{thingId}")
    document["paths"]["/things/{id}"]["put"]["parameters"][0]["name"] = "id"


def test_a_contract_does_not_differ_from_itself() -> None:
    assert changes(lambda document: document) == []


@pytest.mark.parametrize(
    "edit",
    [
        lambda d: put(d).update(description="told otherwise", summary="s"),
        rename_place,
        lambda d: put(d)["parameters"][2].update(name="x-WAY"),
        lambda d: d.update(servers=[{"url": "https://other/v1"}]),
    ],
)
def test_what_means_the_same_is_no_change(edit: Edit) -> None:
    assert changes(edit) == []


BREAKING: list[tuple[str, str, Edit]] = [
    ("servers", "The base path is another.", lambda d: d.update(servers=[{"url": "/v2"}])),
    ("GET /other", "The operation is gone.", lambda d: d["paths"].pop("/other")),
    ("operationId", "The operation is called otherwise.", lambda d: put(d).update(operationId="x")),
    ("security", "A way to be let in is gone.", lambda d: d["security"].pop()),
    ("x-rate-limit perMinute", "The limit is another.", lambda d: put(d)["x-rate-limit"].update(perMinute=30)),
    ("query limit", "The parameter is gone.", lambda d: put(d)["parameters"].pop(1)),
    (
        "query x",
        "There is a new parameter, and it is required.",
        lambda d: put(d)["parameters"].append({"name": "x", "in": "query", "required": True, "schema": {}}),
    ),
    ("query limit", "It is required now.", lambda d: put(d)["parameters"][1].update(required=True)),
    ("query limit", "style is another.", lambda d: put(d)["parameters"][1].update(style="pipeDelimited")),
    ("query limit", "explode is another.", lambda d: put(d)["parameters"][1].update(explode=False)),
    ("query limit", "maximum is another.", lambda d: put(d)["parameters"][1]["schema"].update(maximum=50)),
    (
        "query limit",
        "What holds where it is left out is another.",
        lambda d: put(d)["parameters"][1]["schema"].update(default=20),
    ),
    ("request body", "The body is gone.", lambda d: put(d).pop("requestBody")),
    ("request body", "It is required now.", lambda d: put(d)["requestBody"].update(required=True)),
    (
        "request body",
        "There is a body now.",
        lambda d: d["paths"]["/other"]["get"].update(requestBody={"required": True, "content": {}}),
    ),
    ("request body", "The media type is gone.", lambda d: put(d)["requestBody"].update(content={})),
    ("New/size", "The member is gone.", lambda d: new(d)["properties"].pop("size")),
    ("New/kind", "The member is required now.", lambda d: new(d)["required"].append("kind")),
    (
        "New/x~1y",
        "There is a new member, and it is required.",
        lambda d: (new(d)["required"].append("x/y"), new(d)["properties"].update({"x/y": {}})),
    ),
    ("New/kind", "Values are gone.", lambda d: new(d)["properties"]["kind"]["enum"].pop()),
    ("New/name", "Only some values are left.", lambda d: new(d)["properties"]["name"].update(enum=["ab"])),
    ("New/name", "minLength is another.", lambda d: new(d)["properties"]["name"].update(minLength=3)),
    ("New/name", "maxLength is another.", lambda d: new(d)["properties"]["name"].update(maxLength=3)),
    ("New/note", "It may not be null any more.", lambda d: new(d)["properties"]["note"].pop("nullable")),
    ("New/tags", "maxItems is another.", lambda d: new(d)["properties"]["tags"].update(maxItems=3)),
    ("New/tags", "uniqueItems is another.", lambda d: new(d)["properties"]["tags"].update(uniqueItems=True)),
    ("New/tags/*", "The type is another.", lambda d: new(d)["properties"]["tags"]["items"].update(type="integer")),
    ("New/name", "pattern is another.", lambda d: new(d)["properties"]["name"].update(pattern="^b")),
    ("New/kind", "format is another.", lambda d: new(d)["properties"]["kind"].update(format="email")),
    ("New/size", "multipleOf is another.", lambda d: new(d)["properties"]["size"].update(multipleOf=4)),
    ("New/size", "multipleOf is another.", lambda d: new(d)["properties"]["size"].update(multipleOf=3)),
    ("New/size", "The type is narrower.", lambda d: new(d)["properties"]["size"].update(type="integer")),
    ("New/form", "The type is narrower.", lambda d: new(d)["properties"]["form"].update(type="string")),
    ("New/form oneOf", "A form is gone.", lambda d: new(d)["properties"]["form"]["oneOf"].pop()),
    ("response 200", "The status is gone.", lambda d: put(d)["responses"].pop("200")),
    ("response 200", "The media type is gone.", lambda d: ok(d).update(content={})),
    ("response 200 header etag", "The header is gone.", lambda d: ok(d).pop("headers")),
    (
        "response 200 header etag",
        "The header may be left out now.",
        lambda d: ok(d)["headers"]["ETag"].update(required=False),
    ),
    ("Thing/size", "The member is gone.", lambda d: thing(d)["properties"].pop("size")),
    ("Thing/size", "The member may be left out now.", lambda d: thing(d).pop("required")),
    ("Thing/size", "The type is another.", lambda d: thing(d)["properties"]["size"].update(type="string")),
    ("Thing/size", "The type is wider.", lambda d: thing(d)["properties"]["size"].update(type="number")),
    ("Thing/size", "The type is wider.", lambda d: thing(d)["properties"]["size"].pop("type")),
    ("Thing/size", "It may be null now.", lambda d: thing(d)["properties"]["size"].update(nullable=True)),
    ("Thing/size", "minimum is another.", lambda d: thing(d)["properties"]["size"].update(minimum=0)),
    ("Thing/size", "minimum is another.", lambda d: thing(d)["properties"]["size"].pop("minimum")),
    (
        "Thing/notes/*",
        "maxLength is another.",
        lambda d: thing(d)["properties"]["notes"]["additionalProperties"].update(maxLength=6),
    ),
    (
        "Thing/notes",
        "Whether it may have other members is another.",
        lambda d: thing(d)["properties"]["notes"].update(additionalProperties=True),
    ),
    (
        "Thing/form anyOf",
        "It may have another form.",
        lambda d: thing(d)["properties"]["form"]["anyOf"].append({"type": "integer"}),
    ),
    ("Thing/form anyOf", "A form is gone.", lambda d: thing(d)["properties"]["form"].pop("anyOf")),
]


COMPATIBLE: list[tuple[str, str, Edit]] = [
    ("GET /new", "There is a new operation.", lambda d: d["paths"].update({"/new": d["paths"]["/other"]})),
    ("security", "There is a new way to be let in.", lambda d: d["security"].append({})),
    ("x-rate-limit perMinute", "The limit is another.", lambda d: put(d)["x-rate-limit"].update(perMinute=90)),
    ("header X-Way", "The parameter is gone.", lambda d: put(d)["parameters"].pop()),
    (
        "query x",
        "There is a new parameter.",
        lambda d: put(d)["parameters"].append({"name": "x", "in": "query", "schema": {}}),
    ),
    ("query limit", "maximum is another.", lambda d: put(d)["parameters"][1]["schema"].update(maximum=500)),
    ("query limit", "maximum is another.", lambda d: put(d)["parameters"][1]["schema"].pop("maximum")),
    (
        "request body",
        "There is a body now.",
        lambda d: d["paths"]["/other"]["get"].update(requestBody={"content": {}}),
    ),
    (
        "request body",
        "There is a new media type.",
        lambda d: put(d)["requestBody"]["content"].update({"text/csv": {}}),
    ),
    ("New/name", "The member may be left out now.", lambda d: new(d).pop("required")),
    ("New/x", "There is a new member.", lambda d: new(d)["properties"].update(x={"type": "string"})),
    ("New/kind", "There are new values.", lambda d: new(d)["properties"]["kind"]["enum"].append("C")),
    ("New/kind", "Any value may be there now.", lambda d: new(d)["properties"]["kind"].pop("enum")),
    ("New/name", "pattern is another.", lambda d: new(d)["properties"]["name"].pop("pattern")),
    ("New/size", "multipleOf is another.", lambda d: new(d)["properties"]["size"].update(multipleOf=1)),
    ("New/kind", "It may be null now.", lambda d: new(d)["properties"]["kind"].update(nullable=True)),
    ("New", "Whether it may have other members is another.", lambda d: new(d).pop("additionalProperties")),
    ("New/form oneOf", "It may have another form.", lambda d: new(d)["properties"]["form"]["oneOf"].append({})),
    ("New/form oneOf", "A form is gone.", lambda d: new(d)["properties"]["form"].pop("oneOf")),
    ("response 404", "The status is gone.", lambda d: put(d)["responses"].pop("404")),
    ("response 409", "There is a new status.", lambda d: put(d)["responses"].update({"409": {"description": "d"}})),
    (
        "response 200",
        "There is a new media type.",
        lambda d: ok(d)["content"].update({"text/csv": {}}),
    ),
    (
        "response 200 header x-new",
        "There is a new header.",
        lambda d: ok(d)["headers"].update({"X-New": {"schema": {}}}),
    ),
    ("Thing/kind", "There are new values.", lambda d: thing(d)["properties"]["kind"]["enum"].append("C")),
    ("Thing/kind", "Values are gone.", lambda d: thing(d)["properties"]["kind"]["enum"].pop()),
    ("Thing/kind", "The member is required now.", lambda d: thing(d)["required"].append("kind")),
    ("Thing/new", "There is a new member.", lambda d: thing(d)["properties"].update(new={})),
    (
        "Thing/must",
        "There is a new member, and it is required.",
        lambda d: (thing(d)["properties"].update(must={}), thing(d)["required"].append("must")),
    ),
    ("Thing/size", "minimum is another.", lambda d: thing(d)["properties"]["size"].update(minimum=2)),
    ("Thing/kind", "format is another.", lambda d: thing(d)["properties"]["kind"].update(format="x")),
]


@pytest.mark.parametrize(
    ("where", "message", "edit", "is_breaking"),
    [(*one, True) for one in BREAKING] + [(*one, False) for one in COMPATIBLE],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_change_is_told_with_its_place_and_whether_it_breaks(
    where: str, message: str, edit: Edit, is_breaking: bool
) -> None:
    (change,) = changes(edit)
    assert (change.where, change.message, change.is_breaking) == (where, message, is_breaking)


def test_the_same_schema_breaks_those_who_send_where_it_takes_less_and_those_who_receive_where_it_gives_more() -> None:
    def share(document: Node) -> Node:
        document["paths"]["/things/{thingId}"]["put"]["responses"]["200"]["content"]["application/json"]["schema"] = {
            "$ref": "#/components/schemas/New"
        }
        return document

    shared, narrowed = share(deepcopy(DOCUMENT)), share(deepcopy(DOCUMENT))
    new(narrowed)["properties"]["name"]["maxLength"] = 5
    found = differences(Contract(orjson.dumps(shared)), Contract(orjson.dumps(narrowed)))
    assert [(one.way, one.is_breaking) for one in found] == [(Way.SENT, True), (Way.RECEIVED, False)]
    back = differences(Contract(orjson.dumps(narrowed)), Contract(orjson.dumps(shared)))
    assert [(one.way, one.is_breaking) for one in back] == [(Way.RECEIVED, True), (Way.SENT, False)]


def test_values_are_told_in_short() -> None:
    (change,) = changes(lambda d: new(d)["properties"]["name"].update(pattern="x" * 500))
    assert change.before == "^a"
    assert len(change.after) < 200


def test_what_several_operations_share_is_told_once_and_what_breaks_first() -> None:
    def edit(document: Node) -> None:
        thing(document)["properties"].pop("size")
        document["paths"]["/new"] = {"put": {**deepcopy(put(DOCUMENT)), "operationId": "putNew", "parameters": []}}

    first, second = changes(edit)
    assert (first.is_breaking, first.where, first.operations) == (True, "Thing/size", ("putThing",))
    assert second.operations == ("putNew",)
    twice = deepcopy(DOCUMENT)
    twice["paths"]["/other"]["get"]["responses"]["204"] = ok(DOCUMENT)
    altered = deepcopy(twice)
    thing(altered)["properties"].pop("size")
    (one,) = differences(Contract(orjson.dumps(twice)), Contract(orjson.dumps(altered)))
    assert one.operations == ("putThing", "getOther")
