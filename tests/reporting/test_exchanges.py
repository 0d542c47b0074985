"""Exchanges without secrets, and the lines that make them again."""

import subprocess
import sys
from base64 import b64decode
from dataclasses import replace

import orjson
import pytest

from sandbox_server.reporting.curl import curl_line
from sandbox_server.reporting.exchanges import Exchange, without_secrets
from tests.reporting.samples import CALL

SECRET = "tok_0123456789"


def words(line: str, **variables: str) -> list[str]:
    """Return what a shell makes of a line: curl's arguments."""
    show = f"{sys.executable} -c 'import sys, json; print(json.dumps(sys.argv[1:]))'"
    script = line.replace("curl ", f"{show} ", 1)
    found: list[str] = orjson.loads(
        subprocess.run(["/bin/sh", "-c", script], capture_output=True, check=True, env=variables).stdout
    )
    return found


def test_a_secret_is_nowhere_in_an_exchange_without_secrets() -> None:
    loud = replace(
        CALL,
        url=f"http://user:{SECRET}@h/v1/orders?access_token={SECRET}&limit=3",
        request_body=orjson.dumps({"clientSecret": SECRET, "storeId": "S0001"}),
        response_body=orjson.dumps({"echo": SECRET}),
        response_headers=(("location", f"/v1/orders?token={SECRET}"),),
    )
    quiet = without_secrets(loud)
    assert SECRET not in repr(quiet)
    assert quiet.url.endswith("&limit=3")
    assert b"S0001" in quiet.request_body
    assert (quiet.number, quiet.status, quiet.method) == (7, 200, "PUT")


def test_what_holds_no_secret_stays_as_it_was() -> None:
    plain = replace(CALL, request_headers=(("content-type", "application/json"), ("x-text", "ä: b")))
    assert without_secrets(plain) == plain


def test_headers_are_found_whatever_their_case() -> None:
    assert CALL.request_header("Content-Type") == "application/json"
    assert CALL.response_header("X-REQUEST-ID") == "req_1"
    assert CALL.response_header("etag") == ""


def test_a_header_cannot_hold_a_line_of_its_own() -> None:
    odd = replace(CALL, request_headers=(("x-text", "a\r\nx-other: b"),))
    assert without_secrets(odd).request_headers == (("x-text", "a  x-other: b"),)


def test_the_line_makes_the_call_again_with_the_shells_own_secret() -> None:
    line = curl_line(without_secrets(CALL))
    assert SECRET not in line
    assert words(line, ACORN_TOKEN="mine") == [
        "-sS", "-i", "-X", "PUT", CALL.url,
        "-H", "authorization: Bearer mine",
        "-H", "content-type: application/json",
        "--data-raw", '{"note": "it\'s Zoë"}',
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("headers", "body", "variable"),
    [
        ((("x-api-key", "acorn-key-1"),), b"", "ACORN_API_KEY"),
        ((("content-type", "application/json"),), b'{"client_secret": "hush-hush"}', "ACORN_CLIENT_SECRET"),
        ((("cookie", "session=abcdef"),), b"", "ACORN_COOKIE"),
    ],
)
def test_each_secret_has_a_variable(headers: tuple[tuple[str, str], ...], body: bytes, variable: str) -> None:
    line = curl_line(without_secrets(replace(CALL, request_headers=headers, request_body=body)))
    assert any("mine" in word for word in words(line, **{variable: "mine"}))


def test_nothing_is_sent_where_there_was_no_body() -> None:
    assert curl_line(Exchange(number=1, method="GET", url="http://h/v1/orders")) == (
        "curl -sS -i -X GET http://h/v1/orders"
    )


def test_a_body_without_a_media_type_gets_none_from_curl() -> None:
    assert "-H content-type: --data-raw" in curl_line(replace(CALL, request_headers=()))


@pytest.mark.parametrize("body", [b"\xff\xfe", b"a\0b"])
def test_a_body_that_no_word_can_hold_is_piped(body: bytes) -> None:
    line = curl_line(replace(CALL, request_body=body))
    encoded, _, _ = line.removeprefix("printf %s ").partition(" ")
    assert b64decode(encoded) == body
    assert line.endswith("--data-binary @-")


def test_a_body_too_long_for_a_line_is_named() -> None:
    assert curl_line(replace(CALL, request_body=b"x" * 70_000)).endswith("--data-binary @call-7.body")
