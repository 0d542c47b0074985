"""Recorded traffic, read; and what is none, refused in a sentence."""

import gzip
from base64 import b64encode
from pathlib import Path
from typing import Any

import orjson
import pytest

from sandbox_server.judging.recorded import Recorded, Unreadable
from sandbox_server.judging.recordings import read_recording
from tests.judging.traffic import HOST, THING, calls, entry, har

LINE: dict[str, Any] = {
    "number": 4,
    "method": "PUT",
    "path": "/v1/things?limit=2",
    "status": 200,
    "receivedAt": "2026-11-27T15:00:00.000Z",
    "durationMs": 1.5,
    "request": {"headers": [{"name": "host", "value": "127.0.0.1:8080"}], "body": "{}"},
    "response": {"headers": [], "body": b64encode(b"\xff").decode(), "bodyEncoding": "base64"},
}


def read(tmp_path: Path, content: bytes) -> list[Recorded]:
    file = tmp_path / "traffic"
    file.write_bytes(content)
    return read_recording(file)


def lines(*calls: dict[str, Any]) -> bytes:
    return b"\n".join(map(orjson.dumps, calls)) + b"\n"


def test_an_archive_is_read_in_full(tmp_path: Path) -> None:
    more: dict[str, Any] = {"startedDateTime": "2026-11-27T15:00:00Z", "time": 3, "_number": 9}
    sent = entry("POST /things?limit=2", {"name": "ab"}, 201, THING, {":path": "/x", "X-Way": "there"}, **more)
    sent["request"]["httpVersion"] = "HTTP/2"
    (call,) = read(tmp_path, har(sent))
    exchange = call.exchange
    assert (exchange.number, exchange.method, exchange.url) == (9, "POST", f"{HOST}/v1/things?limit=2")
    assert exchange.request_headers == (("content-type", "application/json"), ("x-way", "there"))
    assert (exchange.request_body, exchange.status, exchange.response_body) == (
        b'{"name":"ab"}', 201, orjson.dumps(THING),
    )  # fmt: skip
    assert (exchange.http_version, exchange.took_ms, str(exchange.started_at)) == (
        "2", 3.0, "2026-11-27 15:00:00+00:00",
    )  # fmt: skip
    assert call.answer == exchange.response_body


def test_calls_without_a_number_are_counted(tmp_path: Path) -> None:
    assert [call.exchange.number for call in read(tmp_path, har(entry(), entry()))] == [1, 2]


def test_a_form_that_is_told_by_its_fields_is_put_together() -> None:
    form = entry("POST /things")
    form["request"]["postData"] = {"mimeType": "x", "params": [{"name": "a", "value": "1 2"}, {"name": "b"}]}
    assert calls(form)[0].exchange.request_body == b"a=1+2&b="


def test_a_body_in_base64_is_decoded() -> None:
    picture = entry()
    picture["response"]["content"] = {"text": b64encode(b"\x89PNG").decode(), "encoding": "base64"}
    assert calls(picture)[0].answer == b"\x89PNG"


def test_a_clock_that_nobody_can_read_is_none() -> None:
    assert calls(entry(startedDateTime="yesterday"))[0].exchange.started_at is None


def test_no_secret_is_kept() -> None:
    (call,) = calls(entry(sent_headers={"Authorization": "Bearer tok_secret_1"}, got={"token": "tok_secret_1"}))
    assert "tok_secret_1" not in repr(call)


def test_a_mark_before_the_text_is_passed_over(tmp_path: Path) -> None:
    assert len(read(tmp_path, b"\xef\xbb\xbf" + har(entry()))) == 1


def test_the_lines_of_a_journal_are_read(tmp_path: Path) -> None:
    lost = {**LINE, "number": 5, "status": 0, "outcome": "UNANSWERED"}
    drifted = {**LINE, "number": 6, "effect": "drift", "bodyBeforeFault": "{}"}
    first, second, third = read(tmp_path, lines(LINE, lost) + b"\n" + lines(drifted))
    assert (first.exchange.number, first.exchange.url) == (4, f"{HOST}/v1/things?limit=2")
    assert (first.exchange.request_body, first.answer) == (b"{}", b"\xff")
    assert (second.is_answered, second.answer) == (False, None)
    assert (third.answer, third.was_changed) == (b"{}", True)


def test_a_call_without_a_host_went_to_the_sandbox(tmp_path: Path) -> None:
    (call,) = read(tmp_path, lines({**LINE, "request": {"headers": []}}))
    assert call.exchange.url.startswith("http://sandbox/v1/")


BROKEN = entry()
BROKEN["response"]["content"] = {"text": "é", "encoding": "base64"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (har(entry())[:-20], "is cut off after"),
        (b'{"log"', "is cut off after 6 bytes"),
        (har(), "holds no call"),
        (b"<html>", "is not JSON"),
        (gzip.compress(har(entry()), mtime=0), "is compressed; unpack it first"),
        (b"[]", "neither HAR nor a journal"),
        (b'{"info": {}, "item": []}', "neither HAR nor a journal of the sandbox: Object missing required field `log`"),
        (har({"request": {}}), "missing required field"),
        (lines(LINE) + b'{"number": 5,', "line 2 is not a call of a journal: Input data was truncated"),
        (har(entry(base="http://[::1")), "call 1 has no URL that can be read: http://[::1/things/thg_1"),
        (har(entry(status=10**12)), "neither HAR nor a journal of the sandbox"),
        (har(entry(_number=0)), "neither HAR nor a journal of the sandbox"),
        (har(BROKEN), "a body that should be in base64 is not"),
    ],
)
def test_what_is_no_recording_is_refused_in_a_sentence(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(Unreadable, match=r"^[^\n]*$") as refused:
        read(tmp_path, content)
    assert words in str(refused.value)
    assert str(tmp_path) in str(refused.value)


@pytest.mark.parametrize("name", ["gone", "."])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(Unreadable, match="cannot be read"):
        read_recording(tmp_path / name)
