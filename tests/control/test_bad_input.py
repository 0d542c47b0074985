"""Whatever is sent to the operator's operations gets the documented problem, and everything stays as it was."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import pytest

from sandbox_server.api.contract import Operation
from tests.api.acorn.requests import Sample
from tests.api.asgi_client import Got
from tests.control.requests import OPERATIONS, SAMPLES
from tests.control.stage import CONTROL, KEY, Stage

INVALID = (400, "INVALID_REQUEST")
NOT_FOUND = (404, "NOT_FOUND")
UNSUPPORTED = (415, "UNSUPPORTED_MEDIA_TYPE")
MEGABYTE = 1024 * 1024
BYTES = "application/octet-stream"


class Wrong(NamedTuple):
    """
    What is wrong with a request, and what it is answered with.

    Args:
        problem: Status and code.
        query: What follows the path.
        path: Another path than the right one.
        method: Another method.
        body: Other bytes; None leaves the right body.
        headers: Headers beside the right ones; None takes one away.
    """

    problem: tuple[int, str] = INVALID
    query: str = ""
    path: str = ""
    method: str = ""
    body: bytes | None = None
    headers: Mapping[str, str] = {}


EVERYWHERE: Mapping[str, Wrong] = {
    "a parameter that there is not": Wrong(query="?colour=red"),
    "a parameter that is not UTF-8": Wrong(query="?%ff=1"),
    "a thousand parameters": Wrong(query="?" + "&".join(f"a{number}=1" for number in range(1000))),
    "an answer in another form": Wrong((406, "NOT_ACCEPTABLE"), headers={"Accept": "image/png, image/gif"}),
    "a page of another site": Wrong((403, "FOREIGN_ORIGIN"), headers={"Origin": "https://evil.example"}),
    "a host of another name": Wrong((403, "FOREIGN_HOST"), headers={"Host": "evil.example"}),
    "a method of our own": Wrong((405, "METHOD_NOT_ALLOWED"), method="BREW"),
    "a method without an answer": Wrong((405, "METHOD_NOT_ALLOWED"), method="HEAD"),
}
OF_LISTS: Mapping[str, Wrong] = {
    "a limit of nothing": Wrong(query="?limit=0"),
    "a limit above the highest": Wrong(query="?limit=101"),
    "a limit in words": Wrong(query="?limit=ten"),
    "a limit of a thousand digits": Wrong(query="?limit=" + "9" * 1000),
    "a limit twice": Wrong(query="?limit=1&limit=1"),
    "a cursor of another making": Wrong(query="?cursor=eyJhZnRlciI6NTB9"),
    "a cursor of nothing": Wrong(query="?cursor="),
    "a cursor of a thousand letters": Wrong(query="?cursor=" + "A" * 1000),
    "a cursor with NUL": Wrong(query="?cursor=%00"),
}
OF_JSON: Mapping[str, Wrong] = {
    "a body that is not JSON": Wrong(body=b"by=PT1H"),
    "a body that is not UTF-8": Wrong(body=b'{"name": "\xff"}'),
    "a body of UTF-16": Wrong(body='{"name": "x"}'.encode("utf-16")),
    "a body cut short": Wrong(body=b'{"name": "x"'),
    "two bodies in one": Wrong(body=b"{}{}"),
    "a list": Wrong(body=b"[]"),
    "a string": Wrong(body=b'"x"'),
    "null": Wrong(body=b"null"),
    "a number": Wrong(body=b"7"),
    "NaN": Wrong(body=b'{"seed": NaN}'),
    "a raw NUL": Wrong(body=b'{"name": "\x00"}'),
    "half a surrogate pair": Wrong(body=rb'{"name": "\ud83d"}'),
    "33 levels": Wrong(body=b'{"name":' + b"[" * 32 + b"]" * 32 + b"}"),
    "a hundred thousand levels": Wrong(body=b"[" * 100_000),
    "blanks": Wrong(body=b"   "),
    "too many bytes": Wrong((413, "BODY_TOO_LARGE"), body=b" " * (MEGABYTE + 1)),
    "XML": Wrong(UNSUPPORTED, body=b"<a/>", headers={"Content-Type": "text/xml"}),
    "a form": Wrong(UNSUPPORTED, body=b"a=1", headers={"Content-Type": "application/x-www-form-urlencoded"}),
    "bytes": Wrong(UNSUPPORTED, body=b"{}", headers={"Content-Type": BYTES}),
    "Latin-1": Wrong(UNSUPPORTED, body=b"{}", headers={"Content-Type": "application/json; charset=latin-1"}),
    "something packed": Wrong(UNSUPPORTED, body=b"{}", headers={"Content-Encoding": "gzip"}),
}
WITHOUT_BODY: Mapping[str, Wrong] = {
    "a body where none is taken": Wrong(body=b"{}"),
    "too many bytes where none are taken": Wrong((413, "BODY_TOO_LARGE"), body=b" " * (MEGABYTE + 1)),
}
OF_BYTES: Mapping[str, Wrong] = {
    "no file": Wrong(body=b""),
    "what is no snapshot": Wrong((422, "BAD_SNAPSHOT"), body=b"PK", headers={"Content-Type": BYTES}),
    "JSON for a file": Wrong(UNSUPPORTED, body=b"{}"),
    "a name that is none": Wrong(query="?name=Mine"),
    "too many bytes for a file": Wrong((413, "BODY_TOO_LARGE"), headers={"Content-Length": str(2**40)}),
}
WITH_KEY: Mapping[str, Wrong] = {
    "a key of nothing": Wrong(headers={"Idempotency-Key": ""}),
    "a key with a blank": Wrong(headers={"Idempotency-Key": "a b"}),
    "a key that is not ASCII": Wrong(headers={"Idempotency-Key": "\xe9"}),
    "a key of 256 letters": Wrong(headers={"Idempotency-Key": "k" * 256}),
    "a key of another call": Wrong((422, "IDEMPOTENCY_KEY_REUSED"), headers={"Idempotency-Key": "taken"}),
}
IN_PATHS: Mapping[str, Callable[[str], Wrong]] = {
    "a slash too many": lambda path: Wrong(NOT_FOUND, path=f"{path}/"),
    "a doubled slash": lambda path: Wrong(NOT_FOUND, path=path.replace("/v1/", "/v1//")),
    "another version": lambda path: Wrong(NOT_FOUND, path=path.replace("/v1/", "/v2/")),
    "capitals": lambda path: Wrong(NOT_FOUND, path=path.replace("/_sandbox/v1", "/_sandbox/V1")),
    "NUL": lambda path: Wrong(NOT_FOUND, path=f"{path}%00x"),
}
IN_TENANTS: Mapping[str, Wrong] = {
    "a tenant that there is not": Wrong(NOT_FOUND, path="nobody"),
    "a tenant in capitals": Wrong(path="Default"),
    "a tenant of 64 letters": Wrong(path="x" * 64),
    "a tenant with a quotation mark": Wrong(path="x'--"),
}
VALUES: tuple[Any, ...] = (
    None,
    True,
    7,
    -1,
    10**30,
    -1.5,
    "",
    "\x00",
    "x" * 5000,
    [],
    [[]],
    {},
    {"x": 1},
    "../../etc/passwd",
)


def kinds(operation: Operation, sample: Sample) -> Iterator[tuple[str, Wrong]]:
    """Every way in which requests to an operation can be wrong."""
    taken = {place.node["name"] for place in operation.parameters}
    content = operation.body.node["content"] if operation.body else {}
    for applies, table in (
        (True, EVERYWHERE),
        ("cursor" in taken, OF_LISTS),
        ("application/json" in content, OF_JSON),
        (BYTES in content, OF_BYTES),
        (not content, WITHOUT_BODY),
        ("Idempotency-Key" in taken, WITH_KEY),
    ):
        yield from table.items() if applies else ()
    for name, make in IN_PATHS.items():
        wrong = make(sample.path)
        last_is_free = operation.path.endswith("}")
        # Of a name that goes on, only the pattern can tell that it is none.
        yield name, wrong._replace(problem=(0, "")) if name == "NUL" and last_is_free else wrong
    if "tenant" in taken:
        for name, wrong in IN_TENANTS.items():
            head, _, below = sample.path.removeprefix(f"{CONTROL}/tenants/").partition("/")
            assert head
            yield name, wrong._replace(path=f"{CONTROL}/tenants/{wrong.path}{'/' if below else ''}{below}")
    if content and operation.body and operation.body.node.get("required"):
        yield "no body", Wrong(body=b"")


def send(stage: Stage, operation: Operation, sample: Sample, wrong: Wrong) -> Got:
    """Return the answer to a wrong request, which was held against the contract."""
    body = sample.body if wrong.body is None else wrong.body
    headers = {name.replace("-", "_"): value for name, value in wrong.headers.items()}
    if isinstance(body, bytes) and not isinstance(sample.body, bytes) and "Content_Type" not in headers:
        headers["Content_Type"] = "application/json"
    if wrong.body is not None and isinstance(sample.body, bytes) and "Content_Type" not in headers:
        headers["Content_Type"] = "application/json" if wrong.body else BYTES
    key = KEY if sample.needs_key else None
    path = (wrong.path or sample.path) + wrong.query
    return stage.call(wrong.method or operation.method, path, body, key, **headers)


def test_there_is_a_sample_of_every_operation() -> None:
    assert set(SAMPLES) == set(OPERATIONS)


@pytest.mark.parametrize("operation_id", SAMPLES)
def test_a_right_request_is_answered_with_the_documented_success(stage: Stage, operation_id: str) -> None:
    operation, sample = OPERATIONS[operation_id], SAMPLES[operation_id](stage)
    got = send(stage, operation, sample, Wrong())
    assert [str(got.status)] == [status for status in operation.responses if status < "300"], got.body[:500]


@pytest.mark.parametrize("operation_id", SAMPLES)
def test_bad_input_gets_its_problem_and_changes_nothing(stage: Stage, operation_id: str) -> None:
    stage.call("POST", f"{CONTROL}/tenants/default/snapshots", Idempotency_Key="taken")
    operation, sample = OPERATIONS[operation_id], SAMPLES[operation_id](stage)
    before = stage.state()
    seen = set()
    for name, wrong in kinds(operation, sample):
        got = send(stage, operation, sample, wrong)
        seen.add(got.status)
        assert got.status >= 400, name
        found = (got.status, got.json["code"])
        assert found == wrong.problem if wrong.problem[0] else got.status in {400, 404}, f"{name}: {got.body!r}"
        assert got.json["requestId"] == got.headers["x-request-id"]
        assert got.status != 400 or got.json["code"] == "CURSOR_MISMATCH" or got.json["errors"], name
    assert stage.state() == before
    documented = {int(status) for status in operation.responses if status >= "300"}
    assert documented - seen <= {401, 404, 409, 422, 500, 503}
    assert seen - documented <= {404, 405, 403}


@pytest.mark.parametrize(
    "operation_id", [name for name, one in OPERATIONS.items() if one.body and name != "importSnapshot"]
)
def test_no_member_of_any_body_can_break_the_server(stage: Stage, operation_id: str) -> None:
    """Each member of a right body is replaced; what is refused changes nothing, and what is taken is documented."""
    operation, sample = OPERATIONS[operation_id], SAMPLES[operation_id](stage)
    before = stage.state()
    for name in [*sample.body, "colour"]:
        for value in VALUES:
            body = json.dumps(sample.body | {name: value}).encode()
            got = send(stage, operation, sample, Wrong(body=body))
            assert got.status in {200, 201, 400, 404, 409, 422}, (name, value, got.body)
            if got.status < 300:
                stage.clear()
                sample = SAMPLES[operation_id](stage)
                before = stage.state()
            elif name == "colour":
                assert f"/{name}" in [error["pointer"] for error in got.json["errors"]]
    assert stage.state() == before


def test_a_taken_body_may_be_as_large_as_the_limit(stage: Stage) -> None:
    padded = json.dumps({"by": "PT1H"}).encode().ljust(MEGABYTE)
    path = SAMPLES["advanceClock"](stage).path
    assert stage.call("POST", path, padded, Content_Type="application/json").status == 200


def test_a_question_of_any_type_breaks_nothing(stage: Stage) -> None:
    for operation_id, make in SAMPLES.items():
        operation = OPERATIONS[operation_id]
        names = [place.node["name"] for place in operation.parameters if place.node["in"] == "query"]
        if operation.method != "GET" or not names:
            continue
        sample = make(stage)
        for name in names:
            for value in (
                "",
                "%00",
                "%ff",
                "x" * 3000,
                "-1",
                "1e9",
                "true",
                "null",
                "[]",
                "2026-02-30T00:00:00Z",
                "'--",
            ):
                got = send(stage, operation, sample, Wrong(query=f"?{name}={value}"))
                assert got.status in {200, 400}, (operation_id, name, value, got.body)


def test_secrets_in_a_bad_request_are_in_no_answer(stage: Stage) -> None:
    body: Any = {"name": "the-secret-of-the-house-which-is-far-too-long-for-any-tenant-of-ours-to-have"}
    got = stage.call("POST", f"{CONTROL}/tenants", body)
    assert (got.status, b"the-secret" in got.body) == (400, False)
