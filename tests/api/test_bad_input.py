"""Whatever a client sends gets a documented problem, never a 500, and changes nothing."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

import pytest
from jsonschema_rs import ValidationError

from sandbox_server.api.schemas import Schemas, Validator, violations
from tests.api.asgi_client import request
from tests.api.sample import CONTRACT, SampleDirectory, make_app

JSON = ("Content-Type", "application/json")
FORM = ("Content-Type", "application/x-www-form-urlencoded")
MEGABYTE = 1024 * 1024


class Bad(NamedTuple):
    """A bad request, the status it gets, and the places its problem names."""

    method: str
    target: str
    status: int
    at: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | tuple[bytes, ...] = b""
    key: str | None = "writer"


def get(target: str, *at: str, status: int = 400) -> Bad:
    return Bad("GET", target, status, at)


def put(body: bytes | tuple[bytes, ...], *at: str, status: int = 400, kind: tuple[str, str] | None = JSON) -> Bad:
    return Bad("PUT", "/v1/things", status, at, (kind,) if kind else (), body)


def item(members: str) -> bytes:
    return b'{"items":[{"thingId":"A","quantity":1%b}]}' % members.encode()


def quantity(number: str) -> bytes:
    return b'{"items":[{"thingId":"A","quantity":%b}]}' % number.encode()


FINE = quantity("1")
CASES: dict[str, Bad] = {
    # paths and methods
    "unknown path": get("/nothing", status=404),
    "path below the base": get("/v1/nothing", status=404),
    "base path alone": get("/v1", status=404),
    "empty path": get("/", status=404),
    "trailing slash": get("/v1/things/", status=404),
    "doubled slash": get("/v1//things", status=404),
    "leading double slash": get("//v1/things", status=404),
    "dot segment": get("/v1/x/../things", status=404),
    "encoded dot segments": get("/v1/%2e%2e/things", status=404),
    "dots for an id": get("/v1/things/%2e%2e", "thingId"),
    "encoded slash": get("/v1/things/T-1%2Flabel", status=404),
    "encoded slash that makes another route": Bad("POST", "/v1/things/T-1%2factions", 404, (), (JSON,), b'{"act":"x"}'),
    "encoded backslash": get("/v1/things/T-1%5clabel", status=404),
    "NUL in the path": get("/v1/things/T-1%00", status=404),
    "line feed at the end of the path": get("/v1/things%0a", status=404),
    "line feed at the end of an id": get("/v1/things/T-1%0a", status=404),
    "path that is not UTF-8": get("/v1/things/%ff", status=404),
    "id of the wrong form": get("/v1/things/t%201", "thingId"),
    "id that is too long": get("/v1/things/" + "T" * 33, "thingId"),
    "id in another script": get("/v1/things/%D0%A2-1", "thingId"),
    "wrong method": Bad("DELETE", "/v1/things", 405),
    "HEAD": Bad("HEAD", "/v1/things", 405),
    "OPTIONS": Bad("OPTIONS", "/v1/things", 405),
    "method in lower case": Bad("get", "/v1/things", 405),
    "invented method": Bad("FROBNICATE", "/v1/things", 405),
    # who is calling
    "no credential": Bad("GET", "/v1/things", 401, key=None),
    "unknown key": Bad("GET", "/v1/things", 401, key="nobody"),
    "empty bearer token": Bad("GET", "/v1/things", 401, (), (("Authorization", "Bearer "),), key=None),
    "two bearer tokens": Bad(
        "GET", "/v1/things", 401, (), (("Authorization", "Bearer reader"), ("Authorization", "Bearer reader")), key=None
    ),
    "basic authorization": Bad("GET", "/v1/things", 401, (), (("Authorization", "Basic cmVhZGVy"),), key=None),
    "token that is not ASCII": Bad("GET", "/v1/things", 401, (), (("Authorization", "Bearer \xff\xfe"),), key=None),
    "expired token": Bad("GET", "/v1/things", 401, (), (("Authorization", "Bearer expired"),), key=None),
    "suspended account": Bad("GET", "/v1/things", 403, key="suspended"),
    "missing scope": Bad("PUT", "/v1/things", 403, (), (JSON,), FINE, "reader"),
    # query parameters
    "unknown parameter": get("/v1/things?limt=2", "limt"),
    "parameter in another case": get("/v1/things?Limit=2", "Limit"),
    "parameter where none are taken": get("/v1/health?x=1", "x"),
    "parameter without a name": get("/v1/things?=2", "?"),
    "repeated parameter": get("/v1/things?limit=1&limit=1", "limit"),
    "empty parameter": get("/v1/things?limit=", "limit"),
    "parameter without a value": get("/v1/things?limit", "limit"),
    "word for an integer": get("/v1/things?limit=many", "limit"),
    "exponent for an integer": get("/v1/things?limit=1e1", "limit"),
    "decimal for an integer": get("/v1/things?limit=5.0", "limit"),
    "blank before an integer": get("/v1/things?limit=+5", "limit"),
    "plus before an integer": get("/v1/things?limit=%2B5", "limit"),
    "underscore in an integer": get("/v1/things?limit=1_0", "limit"),
    "wide digits for an integer": get("/v1/things?limit=%EF%BC%91%EF%BC%92", "limit"),
    "zeros before an integer": get("/v1/things?limit=005", "limit"),
    "integer of 5000 digits": get("/v1/things?limit=" + "9" * 5000, "limit"),
    "integer below the minimum": get("/v1/things?limit=0", "limit"),
    "integer above the maximum": get("/v1/things?limit=101", "limit"),
    "word out of the enum": get("/v1/things?status=open", "status"),
    "word for a boolean": get("/v1/things?heavy=yes", "heavy"),
    "word for a number": get("/v1/things?ratio=nan", "ratio"),
    "infinite number": get("/v1/things?ratio=1e999", "ratio"),
    "date without a time": get("/v1/things?updatedAfter=2026-11-27", "updatedAfter"),
    "time without a zone": get("/v1/things?updatedAfter=2026-11-27T15:00:00", "updatedAfter"),
    "thirteenth month": get("/v1/things?updatedAfter=2026-13-27T15:00:00Z", "updatedAfter"),
    "30th of February": get("/v1/things?updatedAfter=2026-02-30T15:00:00Z", "updatedAfter"),
    "leap second": get("/v1/things?updatedAfter=2016-12-31T23:59:60Z", "updatedAfter"),
    "year zero": get("/v1/things?updatedAfter=0000-01-01T00:00:00Z", "updatedAfter"),
    "before the calendar": get("/v1/things?updatedAfter=0001-01-01T00:00:00%2B01:00", "updatedAfter"),
    "zone with its plus unencoded": get("/v1/things?updatedAfter=2026-11-27T15:00:00+01:00", "updatedAfter"),
    "instant as seconds": get("/v1/things?updatedAfter=1795791600", "updatedAfter"),
    "parameter that is not UTF-8": get("/v1/things?storeId=%ff", "storeId"),
    "parameter name that is not UTF-8": get("/v1/things?%ff=1", "?"),
    "NUL in a parameter": get("/v1/things?cursor=%00", "cursor"),
    "cursor that is none": get("/v1/things?cursor=abc", "cursor"),
    "cursor in another alphabet": get("/v1/things?cursor=%D0%B0" + "A" * 23, "cursor"),
    "three things wrong at once": get("/v1/things?limit=0&heavy=1&x=1", "limit", "heavy", "x"),
    # headers
    "unacceptable answer": Bad("GET", "/v1/things", 406, (), (("Accept", "text/html"),)),
    "answer accepted with no weight": Bad("GET", "/v1/things", 406, (), (("Accept", "application/json;q=0"),)),
    "nonsense for Accept": Bad("GET", "/v1/things", 406, (), (("Accept", ";;/,"),)),
    "tag of the wrong form": Bad("PATCH", "/v1/things/T-1", 400, ("If-Match",), (("If-Match", "1"),)),
    "empty idempotency key": Bad(
        "POST", "/v1/things/T-1/actions", 400, ("Idempotency-Key",), (JSON, ("Idempotency-Key", "")), b'{"act":"x"}'
    ),
    "idempotency key of 256 characters": Bad(
        "POST",
        "/v1/things/T-1/actions",
        400,
        ("Idempotency-Key",),
        (JSON, ("Idempotency-Key", "k" * 256)),
        b'{"act":"x"}',
    ),
    "two idempotency keys": Bad(
        "POST",
        "/v1/things/T-1/actions",
        400,
        ("Idempotency-Key",),
        (JSON, ("Idempotency-Key", "a"), ("Idempotency-Key", "b")),
        b'{"act":"x"}',
    ),
    # media types
    "no content type": put(FINE, status=415, kind=None),
    "other content type": put(FINE, status=415, kind=("Content-Type", "text/plain")),
    "form where JSON is taken": put(b"items=1", status=415, kind=FORM),
    "other character set": put(FINE, status=415, kind=("Content-Type", "application/json; charset=latin-1")),
    "nonsense for a content type": put(FINE, status=415, kind=("Content-Type", "\xff;;=")),
    "compressed body": Bad("PUT", "/v1/things", 415, (), (JSON, ("Content-Encoding", "gzip")), b"\x1f\x8b"),
    "two content types": Bad("PUT", "/v1/things", 415, (), (JSON, JSON), FINE),
    # bodies
    "no body": put(b"", ""),
    "blank body": put(b" \n", ""),
    "body where none is taken": Bad("GET", "/v1/things", 400, ("",), (JSON,), b"{}"),
    "not UTF-8": put(item(',"note":"§"').replace("§".encode(), b"\xff"), ""),
    "UTF-16": put(FINE.decode().encode("utf-16"), ""),
    "byte order mark": put(b"\xef\xbb\xbf" + FINE, ""),
    "not JSON": put(b"items: []", ""),
    "truncated": put(FINE[:-3], ""),
    "trailing comma": put(b'{"items":[],}', ""),
    "two values": put(FINE + FINE, ""),
    "NaN": put(quantity("NaN"), ""),
    "infinite": put(quantity("1e400"), ""),
    "half a surrogate pair": put(item(r',"note":"\ud800"'), ""),
    "raw NUL in a string": put(item(',"note":"\x00"'), ""),
    "escaped NUL in a string": put(item(r',"note":"\u0000"'), "/items/0/note"),
    "nested 33 deep": put(b'{"items":' + b"[" * 32 + b"]" * 32 + b"}", ""),
    "nested 100 000 deep": put(b"[" * 100_000, ""),
    "10 MB": put(b" " * 10 * MEGABYTE, status=413),
    "10 MB announced, nothing sent": Bad("PUT", "/v1/things", 413, (), (JSON, ("Content-Length", str(10 * MEGABYTE)))),
    "length of 5000 digits": Bad("PUT", "/v1/things", 413, (), (JSON, ("Content-Length", "9" * 5000))),
    "10 MB in chunks": put(tuple([b" " * MEGABYTE] * 10), status=413),
    "array at the top": put(b"[]", ""),
    "null at the top": put(b"null", ""),
    "missing member": put(b"{}", "/items"),
    "null for an array": put(b'{"items":null}', "/items"),
    "too few items": put(b'{"items":[]}', "/items"),
    "too many items": put(b'{"items":[' + b",".join([b'{"thingId":"A","quantity":1}'] * 501) + b"]}", "/items"),
    "string for an integer": put(quantity('"1"'), "/items/0/quantity"),
    "decimal for an integer in a body": put(quantity("1.0"), "/items/0/quantity"),
    "boolean for an integer": put(quantity("true"), "/items/0/quantity"),
    "negative": put(quantity("-1"), "/items/0/quantity"),
    "30 digits": put(quantity("1" + "0" * 30), "/items/0/quantity", "/items/0/quantity"),
    "unknown member": put(item(',"extra":1'), "/items/0/extra"),
    "unknown member with slashes": put(item(',"a/b~c":1'), "/items/0/a~1b~0c"),
    "text that is too long": put(item(f',"note":"{"x" * 51}"'), "/items/0/note"),
    "word out of the enum in a body": put(item(',"status":"AJAR"'), "/items/0/status"),
    "year zero in a body": put(item(',"at":"0000-01-01T00:00:00Z"'), "/items/0/at"),
    "before the calendar in a body": put(item(',"at":"0001-01-01T00:00:00+01:00"'), "/items/0/at"),
    "exclusive minimum": put(item(',"size":0'), "/items/0/size"),
}


@pytest.mark.parametrize("bad", CASES.values(), ids=CASES.keys())
def test_bad_input_gets_its_problem_and_changes_nothing(bad: Bad) -> None:
    directory = SampleDirectory()
    before = dict(directory.default.world.things)
    got = request(make_app(directory), bad.method, bad.target, bad.headers, bad.body, key=bad.key)
    assert got.status == bad.status, got.body
    assert got.headers["content-type"] == "application/problem+json"
    assert tuple(places(got.json)) == bad.at
    assert directory.default.world.things == before
    assert "committed" not in str(directory.default.world.log)


def places(problem: dict[str, Any]) -> list[str]:
    return [error["at"] for error in problem["errors"]]


def test_an_unknown_parameter_is_answered_with_the_nearest_known_one() -> None:
    problem = request(make_app(), "GET", "/v1/things?updateAfter=2026-11-27T15:00:00Z").json
    assert "Was updatedAfter meant?" in problem["errors"][0]["message"]


def test_a_thousand_faults_make_a_short_problem() -> None:
    body = b'{"items":[' + b",".join([b"{}"] * 500) + b"]}"
    problem = request(make_app(), "PUT", "/v1/things", [JSON], body).json
    assert len(problem["errors"]) == 20


def test_ten_thousand_strangers_in_a_query_make_a_short_problem() -> None:
    query = "&".join(f"a{number}=1" for number in range(10_000))
    assert len(request(make_app(), "GET", f"/v1/things?{query}").json["errors"]) == 20


class Judge:
    """A validator that remembers how many items it was given to judge."""

    def __init__(self, validator: Validator) -> None:
        self.judged = list[int]()
        self._validator = validator

    def is_valid(self, instance: Any) -> bool:
        return self._validator.is_valid(instance)

    def validate(self, instance: Any) -> None:
        self._validator.validate(instance)

    def iter_errors(self, instance: Any) -> Iterable[ValidationError]:
        self.judged.append(len(instance["items"]))
        return self._validator.iter_errors(instance)

    def members(self, schema: Sequence[str | int]) -> Collection[str]:
        return self._validator.members(schema)


@pytest.fixture
def judge() -> Judge:
    pointer = "#/paths/~1things/put/requestBody/content/application~1json/schema"
    return Judge(Schemas(CONTRACT).of_request(pointer))


@pytest.fixture
def patient_judge() -> Judge:
    """Of an array that may have any number of items."""
    pointer = "#/paths/~1things/get/responses/200/content/application~1json/schema"
    return Judge(Schemas(CONTRACT).of_request(pointer))


GOOD = {"thingId": "A", "quantity": 1}


def test_half_a_million_faults_are_not_all_looked_for(judge: Judge) -> None:
    """Explaining each of them would hold the server up for half a minute."""
    assert len(violations(judge, {"items": [1] * 500_000}, "pointer")) == 20
    assert judge.judged == [100]


def test_faults_behind_a_hundred_good_items_are_all_found(judge: Judge) -> None:
    items = [GOOD] * 300 + [{"thingId": "A"}] + [GOOD] * 100 + [{"quantity": 1}]
    found = violations(judge, {"items": items}, "pointer")
    assert [violation.at for violation in found] == ["/items/300/quantity", "/items/401/thingId"]


def test_the_first_fault_behind_a_thousand_good_items_is_found(patient_judge: Judge) -> None:
    found = violations(patient_judge, {"items": [GOOD] * 1200 + [{"thingId": "A"}] * 2}, "pointer")
    assert [(violation.at, violation.code) for violation in found] == [("/items/1200/quantity", "REQUIRED")]
    assert patient_judge.judged == [100, 1000]


def test_what_a_client_sent_is_not_repeated_to_it() -> None:
    """A body may hold a secret in the wrong place."""
    for body in (b'{"grant_type":"s3cret-1","client_secret":["s3cret-2"]}', b'{"grant_type":"s3cret-3'):
        got = request(make_app(), "POST", "/v1/oauth/token", [JSON], body)
        assert got.status == 400
        assert b"s3cret" not in got.body


def test_a_long_path_is_cut_in_the_problem() -> None:
    problem = request(make_app(), "GET", "/" + "x" * 60_000).json
    assert len(problem["detail"]) < 200


@pytest.mark.parametrize("depth", [31, 32])
def test_nesting_up_to_the_limit_is_read(depth: int) -> None:
    body = b'{"act":"x","meta":{"deep":' + b"[" * (depth - 2) + b"]" * (depth - 2) + b"}}"
    assert request(make_app(), "POST", "/v1/things/T-1/actions", [JSON], body).status == 201


def test_brackets_in_strings_are_not_nesting() -> None:
    body = b'{"act":"x","meta":{"text":"' + b"[{" * 500 + b'"}}'
    assert request(make_app(), "POST", "/v1/things/T-1/actions", [JSON], body).status == 201


def test_an_escaped_backslash_before_u0000_is_no_nul() -> None:
    body = rb'{"act":"x","meta":{"text":"\\u0000"}}'
    assert request(make_app(), "POST", "/v1/things/T-1/actions", [JSON], body).status == 201


def test_a_body_of_exactly_the_limit_is_read() -> None:
    body = b'{"act":"x"}'.ljust(MEGABYTE)
    assert request(make_app(), "POST", "/v1/things/T-1/actions", [JSON], body).status == 201


FORMS = {
    "repeated field": (b"grant_type=client_credentials&client_secret=abcd&scope=a&scope=b", "REPEATED"),
    "missing field": (b"grant_type=client_credentials", "REQUIRED"),
    "not a form": (b"grant_type", "MALFORMED"),
    "not UTF-8": (b"grant_type=client_credentials&client_secret=%ff%ff%ff%ff", "MALFORMED"),
    "raw bytes": (b"grant_type=client_credentials&client_secret=\xff\xff\xff\xff", "MALFORMED"),
    "too many fields": (b"&".join(b"f%d=1" % number for number in range(200)), "MALFORMED"),
    "NUL": (b"grant_type=client_credentials&client_secret=abcd%00", "NUL"),
}


@pytest.mark.parametrize(("body", "code"), FORMS.values(), ids=FORMS.keys())
def test_a_bad_form_is_refused_in_the_words_of_its_operation(body: bytes, code: str) -> None:
    got = request(make_app(), "POST", "/v1/oauth/token", [FORM], body, key=None)
    assert (got.status, got.json) == (400, {"error": "invalid_request", "error_description": code})
