"""Recorded traffic for the tests of what judges it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from sandbox_server.judging.archive import read_archive
from sandbox_server.judging.contracts import read_contract
from sandbox_server.judging.recorded import Recorded

SAMPLE = read_contract(Path(__file__).with_name("sample.yaml"))
HOST = "http://127.0.0.1:8080"
THING = {"thingId": "thg_1", "size": 2.5}
JSON = {"content-type": "application/json"}

Entry = dict[str, Any]


def entry(
    target: str = "GET /things/thg_1",
    sent: object = None,
    status: int = 200,
    got: object = None,
    sent_headers: Mapping[str, str] | None = None,
    got_headers: Mapping[str, str] | None = None,
    base: str = f"{HOST}/v1",
    **more: Any,
) -> Entry:
    """
    Return an entry of a HAR.

    Args:
        target: Method and path below the base.
        sent: What the request's body said, as JSON or as it is; so is `got` of the answer's.
        more: Members that stand beside the request.
    """
    method, _, path = target.partition(" ")
    headers = {**(JSON if sent is not None else {}), **(sent_headers or {})}
    answer = {**(JSON if got is not None else {}), **(got_headers or {})}
    request: dict[str, Any] = {"method": method, "url": base + path, "headers": _pairs(headers)}
    if sent is not None:
        request["postData"] = {"mimeType": headers["content-type"], "text": _text(sent)}
    content = {} if got is None else {"text": _text(got)}
    response = {"status": status, "headers": _pairs(answer), "content": content}
    return {"request": request, "response": response, **more}


def har(*entries: Entry) -> bytes:
    """Return an archive."""
    return orjson.dumps({"log": {"entries": entries}})


def calls(*entries: Entry) -> list[Recorded]:
    """Return what is read from an archive."""
    return list(read_archive(har(*entries)))


def _pairs(headers: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers.items()]


def _text(body: object) -> str:
    return body if isinstance(body, str) else orjson.dumps(body).decode()
