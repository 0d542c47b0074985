"""Secrets: none of them gets past, wherever it stands; what is no secret stays."""

from base64 import b64encode
from urllib.parse import quote

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_server.traffic import redaction
from sandbox_server.traffic.redaction import MARK, WITHHELD, Redactor, is_secret

CANARY = "canary-7f3a9d"
RAW = CANARY.encode()
KEY = [(b"x-api-key", RAW)]


@pytest.mark.parametrize(
    "name",
    [
        "client_secret",
        "clientSecret",
        "CLIENT-SECRET",
        "secret",
        "Authorization",
        "X-Api-Key",
        "apikey",
        "access_token",
        "refresh_token",
        "token",
        "tokens",
        "id_token",
        "password",
        "passwd",
        "pwd",
        "client_assertion",
        "Cookie",
        "Set-Cookie",
        "Proxy-Authorization",
        "x-amz-access-token",
        "X-Auth",
        "credentials",
        "private_key",
        "jwt",
        "key",
    ],
)
def test_a_secret_is_told_by_its_name(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        "client_id",
        "grant_type",
        "token_type",
        "tokenTypeHint",
        "tokenUrl",
        "nextToken",
        "pageToken",
        "scope",
        "cursor",
        "Idempotency-Key",
        "Sec-WebSocket-Key",
        "WWW-Authenticate",
        "X-Request-Id",
        "sku",
        "code",
        "expires_in",
        "monkeys",
    ],
)
def test_what_is_no_secret_is_not_taken_for_one(name: str) -> None:
    assert not is_secret(name)


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        (b"authorization", b"Bearer " + RAW, "authorization: Bearer [redacted]"),
        (b"authorization", b"bearer  " + RAW, "authorization: bearer [redacted]"),
        (b"authorization", RAW, "authorization: [redacted]"),
        (b"authorization", b"MyScheme " + RAW, "authorization: [redacted]"),
        (b"authorization", b"Basic " + b64encode(b"me:" + RAW), "authorization: Basic [redacted]"),
        (b"authorization", b"Basic " + RAW, "authorization: Basic [redacted]"),
        (b"proxy-authorization", b"Digest username=me, response=" + RAW, "proxy-authorization: Digest [redacted]"),
        (b"x-api-key", RAW, "x-api-key: [redacted]"),
        (b"api-key", RAW, "api-key: [redacted]"),
        (b"x-api-token", RAW, "x-api-token: [redacted]"),
        (b"cookie", b"session=" + RAW, "cookie: [redacted]"),
        (b"referer", b"http://here/?access_token=" + RAW, "referer: [redacted]"),
        (b"referer", b"http://here/orders", "referer: http://here/orders"),
    ],
)
def test_a_header_keeps_its_name_and_no_secret(name: bytes, value: bytes, kept: str) -> None:
    redactor = Redactor([(b"host", b"here"), (name, value)])
    assert redactor.request_headers == f"host: here\n{kept}"
    assert redactor.headers([(name, value)]) == kept


JSON_WITH_SECRETS = [
    {"client_id": "me", "client_secret": CANARY},
    {"grant_type": "refresh_token", "refresh_token": CANARY},
    {
        "access_token": CANARY,
        "token_type": "Bearer",
        "expires_in": 3600,
        "refresh_token": CANARY,
        "scope": "orders:read",
    },
    {"outer": [{"inner": {"password": CANARY}}]},
    {"client_secret": [CANARY]},
    {"client_secret": {"value": CANARY}},
    {"token": CANARY, "note": f"the token is {CANARY}"},
    {"body": orjson.dumps({"client_secret": CANARY}).decode()},
    {"body": f"grant_type=client_credentials&client_secret={CANARY}"},
    {"Client Secret": CANARY},
]


@pytest.mark.parametrize("value", JSON_WITH_SECRETS)
def test_a_json_body_keeps_all_but_its_secrets(value: dict[str, object]) -> None:
    clean = Redactor([]).body(orjson.dumps(value))
    assert RAW not in clean
    assert MARK.encode() in clean
    assert list(orjson.loads(clean)) == list(value)


def test_what_is_no_secret_in_a_body_stays() -> None:
    body = orjson.dumps({"client_id": "me", "client_secret": CANARY, "scope": "orders:read", "empty_token": ""})
    assert orjson.loads(Redactor([]).body(body)) == {
        "client_id": "me",
        "client_secret": MARK,
        "scope": "orders:read",
        "empty_token": "",
    }


@pytest.mark.parametrize(
    "body",
    [
        b'{"items":[{"storeId":"S0001","sku":"SKU-1","onHand":3}]}',
        b'{"note":"50 % of it"}',
        b'{"note":"a \\"quoted\\" word"}',
        b'{"monkeyBusiness":"key words: none"}'.replace(b"key words: none", b"none"),
        b"plain words",
        b"%PDF-1.4 \xff\xfe",
        b"",
    ],
)
def test_a_body_without_secrets_stays_as_it_is(body: bytes) -> None:
    assert Redactor([]).body(body) == body


ODD_BODIES = {
    "truncated JSON": b'{"client_id":"me","client_secret":"' + RAW,
    "two documents": b'{"a":1}{"client_secret":"' + RAW + b'"}',
    "escaped name": b'{"client_secr\\u0065t":"' + RAW + b'"}',
    "escaped name, truncated": b'{"client_secr\\u0065t":"' + RAW,
    "form": b"grant_type=client_credentials&client_secret=" + RAW,
    "form, encoded name": b"client%5Fsecret=" + RAW,
    "form, encoded entirely": b"%63lient_secret=" + RAW,
    "form, encoded value": b"client_secret=" + quote(CANARY + "/+").encode(),
    "form, twice": b"client_secret=" + RAW + b"&client_secret=x" + RAW,
    "multipart": b'--x\r\nContent-Disposition: form-data; name="client_secret"\r\n\r\n' + RAW + b"\r\n--x--",
    "XML": b"<client_secret>" + RAW + b"</client_secret>",
    "XML, encoded": b"<%63lient_%73ecret>" + RAW + b"</%63lient_%73ecret>",
    "YAML": b"client_secret: " + RAW,
    "UTF-16": '{"client_secret":"canary-7f3a9d"}'.encode("utf-16"),
    "not UTF-8": b'{"client_secret":"' + RAW + b'\xff"}',
}


@pytest.mark.parametrize("body", ODD_BODIES.values(), ids=ODD_BODIES.keys())
def test_no_odd_way_of_writing_a_secret_gets_past(body: bytes) -> None:
    clean = Redactor([]).body(body)
    assert RAW not in clean
    assert RAW not in clean.replace(b"\0", b"")


def test_a_coded_body_is_withheld() -> None:
    assert Redactor([]).body(b"\x1f\x8b whatever", is_coded=True) == WITHHELD


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        (b"limit=3&status=NEW", "limit=3&status=NEW"),
        (b"api_key=" + RAW, "api_key=[redacted]"),
        (b"limit=3&access%5Ftoken=" + RAW + b"&x=1", "limit=3&access%5Ftoken=[redacted]&x=1"),
        (b"limit=3;api_key=" + RAW, "limit=[redacted]"),
        (b"cursor=AAAA%3D%3D", "cursor=AAAA%3D%3D"),
        (b"token", "token"),
        (b"", ""),
    ],
)
def test_a_query_keeps_its_parameters_and_no_secret(query: bytes, kept: str) -> None:
    assert Redactor([]).query(query) == kept


def test_a_path_that_names_a_secret_is_kept_without_it() -> None:
    assert Redactor([]).path(b"/v1/oauth/token") == "/v1/oauth/token"
    assert Redactor([]).path(b"/v1/token=" + RAW + b"/x") == "/v1/[redacted]/x"
    assert Redactor([]).path(b"/v1/a:b") == "/v1/a:b"


SHOWN = {
    "API key": KEY,
    "bearer token": [(b"authorization", b"Bearer " + RAW)],
    "password": [(b"authorization", b"Basic " + b64encode(b"me:" + RAW))],
}


@pytest.mark.parametrize("headers", SHOWN.values(), ids=SHOWN.keys())
def test_a_secret_that_the_call_shows_is_found_wherever_it_is_repeated(headers: list[tuple[bytes, bytes]]) -> None:
    redactor = Redactor([*headers, (b"x-echo", b"<" + RAW + b">")])
    encoded = "".join(f"%{byte:02x}" for byte in RAW).encode()
    places = [
        redactor.request_headers,
        redactor.headers([(b"x-echo", RAW)]),
        redactor.path(b"/v1/orders/" + RAW),
        redactor.path(b"/v1/orders/" + encoded),
        redactor.query(b"q=" + RAW),
        redactor.query(b"q=" + encoded),
        redactor.body(b'{"note":"' + RAW + b'"}').decode(),
        redactor.scrub(b"There is nothing at " + RAW).decode(),
    ]
    for place in places:
        assert CANARY not in place
        assert MARK in place
        assert encoded.decode() not in place


def test_a_secret_of_the_body_is_not_repeated_by_the_path_or_the_answer() -> None:
    redactor = Redactor([])
    redactor.body(orjson.dumps({"client_secret": CANARY}))
    assert CANARY not in redactor.path(b"/v1/" + RAW)
    assert CANARY not in redactor.body(b'{"detail":"' + RAW + b'"}').decode()


def test_a_short_secret_is_redacted_and_not_looked_for() -> None:
    redactor = Redactor([(b"x-api-key", b"a")])
    assert redactor.request_headers == "x-api-key: [redacted]"
    assert redactor.path(b"/v1/a") == "/v1/a"


def test_harmless_names_are_remembered_and_not_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_plain_names", set())
    monkeypatch.setattr(redaction, "_MOST_PLAIN_NAMES", 1)
    assert Redactor([(b"x-a1", b"1"), (b"x-b1", b"2")]).request_headers == "x-a1: 1\nx-b1: 2"
    assert redaction._plain_names == {b"x-a1"}


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=8)), st.sampled_from(["token", "clientSecret", "api_key"]))
def test_whatever_stands_around_it_a_named_secret_goes(around: dict[str, str], name: str) -> None:
    value = {**around, name: CANARY}
    clean = Redactor([]).body(orjson.dumps(value))
    assert RAW not in clean
    assert orjson.loads(clean)[name] == MARK
