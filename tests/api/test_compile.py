import logging

import orjson
import pytest

from sandbox_server.api.compile import fingerprint
from sandbox_server.api.contract import Contract
from sandbox_server.api.mount import Mounted, Mounts
from sandbox_server.api.operation import Handler, Reply
from tests.api.asgi_client import Got, exchange, request
from tests.api.sample import CONTRACT, HANDLERS, NOW, SampleDialect, SampleDirectory, make_app

JSON = ("Content-Type", "application/json")


def act(word: str, directory: SampleDirectory, *headers: tuple[str, str]) -> Got:
    body = orjson.dumps({"act": word})
    return request(make_app(directory), "POST", "/v1/things/T-1/actions", [JSON, *headers], body)


def test_an_effect_commits_under_the_request_that_caused_it() -> None:
    directory = SampleDirectory()
    got = act("x", directory, ("X-Request-Id", "mine"))
    assert (got.status, got.headers["location"]) == (201, "/v1/things/T-1")
    assert directory.default.world.log == ["committed mine"]


@pytest.mark.parametrize(("word", "status"), [("refuse", 409), ("break", 500), ("lie", 500), ("stray", 500)])
def test_what_is_not_answered_as_documented_is_undone(word: str, status: int) -> None:
    """A refusal, a bug, an answer that breaks its schema, an answer with a status that is not documented."""
    directory = SampleDirectory()
    before = dict(directory.default.world.things)
    assert act(word, directory).status == status
    assert directory.default.world.things == before
    assert directory.default.world.log == ["undone"]


def test_a_bug_is_logged_with_its_request_and_kept_from_the_client(caplog: pytest.LogCaptureFixture) -> None:
    got = act("break", SampleDirectory(), ("X-Request-Id", "mine"))
    assert b"secret-of-a-client" not in got.body
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (logging.ERROR, "request mine broke the server")
    ]


def test_an_answer_that_breaks_its_schema_is_logged_with_the_place(caplog: pytest.LogCaptureFixture) -> None:
    act("lie", SampleDirectory())
    assert "/quantity: It must be 0 or more." in str(caplog.records[0].exc_info)


def test_a_refusal_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    act("refuse", SampleDirectory())
    assert caplog.records == []


BROKEN = {
    "body where none is documented": ("patchThing", "PATCH", "/v1/things/T-1", Reply(204, {})),
    "no body where one is documented": ("getLatest", "GET", "/v1/things/latest", Reply(200)),
    "status that is not documented": ("getLatest", "GET", "/v1/things/latest", Reply(203, {})),
    "error that was not raised": ("actOnThing", "POST", "/v1/things/T-1/actions", Reply(409)),
}


@pytest.mark.parametrize(("operation_id", "method", "target", "reply"), BROKEN.values(), ids=BROKEN.keys())
def test_an_answer_of_another_form_than_documented_is_never_sent(
    operation_id: str, method: str, target: str, reply: Reply
) -> None:
    app = make_app(handlers={operation_id: lambda call, tx: reply})
    body = b'{"act":"x"}' if method == "POST" else b""
    assert request(app, method, target, [JSON], body).status == 500


def test_a_page_with_a_row_that_breaks_its_schema_is_never_sent() -> None:
    directory = SampleDirectory()
    directory.default.world.things["T-3"] = -1
    assert request(make_app(directory), "GET", "/v1/things").status == 500


def test_a_label_of_an_undocumented_media_type_is_never_sent() -> None:
    app = make_app(handlers={"getLabel": lambda call, tx: Reply(raw=b"GIF89a", media_type="image/gif")})
    assert request(app, "GET", "/v1/things/T-1/label").status == 500


@pytest.mark.parametrize(
    ("accept", "given"),
    [
        (None, "application/pdf"),
        ("*/*", "application/pdf"),
        ("image/*", "image/png"),
        ("image/png, application/pdf;q=0.5", "image/png"),
        ("application/pdf;q=0.1, */*;q=0.9", "image/png"),
        ("IMAGE/PNG", "image/png"),
        ("", "application/pdf"),
    ],
)
def test_a_client_gets_the_media_type_it_likes_best(accept: str | None, given: str) -> None:
    headers = [] if accept is None else [("Accept", accept)]
    assert request(make_app(), "GET", "/v1/things/T-1/label", headers).headers["content-type"] == given


def test_parameters_come_typed_and_with_their_defaults() -> None:
    seen: list[object] = []

    def handler(call: object, tx: object) -> Reply:
        seen.append(call)
        return Reply(content={"items": []})

    app = make_app(handlers={"listThings": handler})
    request(app, "GET", "/v1/things?updatedAfter=2026-11-27T16:00:00.123%2B01:00&heavy=true&ratio=0.5&")
    (call,) = seen
    assert getattr(call, "parameters", None) == {"limit": 50, "updatedAfter": NOW, "heavy": True, "ratio": 0.5}


def test_a_form_and_json_say_the_same() -> None:
    app, fields = make_app(), {"grant_type": "client_credentials", "client_secret": "a b+c"}
    form = ("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
    by_form = request(app, "POST", "/v1/oauth/token", [form], b"grant_type=client_credentials&client_secret=a+b%2Bc")
    by_json = request(app, "POST", "/v1/oauth/token", [JSON], orjson.dumps(fields))
    assert by_form.json["asked"] == by_json.json["asked"] == fields


def test_an_optional_body_may_be_left_out() -> None:
    assert request(make_app(), "PATCH", "/v1/things/T-1").status == 204


def test_a_body_in_chunks_is_read_whole() -> None:
    chunks = [b'{"act"', b':"x"', b"}"]
    assert request(make_app(), "POST", "/v1/things/T-1/actions", [JSON], chunks).status == 201


@pytest.mark.parametrize("chunks", [[], [b'{"act"']])
def test_a_client_that_hangs_up_gets_nothing_and_is_not_logged(
    chunks: list[bytes], caplog: pytest.LogCaptureFixture
) -> None:
    lines = [(b"x-api-key", b"writer"), (b"content-type", b"application/json"), (b"content-length", b"11")]
    sent = exchange(make_app(), "POST", "/v1/things/T-1/actions", lines, chunks, hangs_up=True)
    assert (sent, caplog.records) == ([], [])


def test_a_repeated_key_gets_the_first_answer_again_and_has_no_second_effect() -> None:
    directory = SampleDirectory()
    first, again = (act("x", directory, ("Idempotency-Key", "k-1")) for _ in range(2))
    assert (again.status, again.body, again.headers["location"]) == (201, first.body, "/v1/things/T-1")
    assert (first.headers.get("idempotent-replayed"), again.headers["idempotent-replayed"]) == (None, "true")
    assert directory.default.world.things["T-1"] == 2


def test_a_key_that_came_with_another_body_is_refused() -> None:
    directory = SampleDirectory()
    act("x", directory, ("Idempotency-Key", "k-1"))
    assert act("y", directory, ("Idempotency-Key", "k-1")).json["code"] == "IdempotencyKeyReused"
    assert directory.default.world.things["T-1"] == 2


def test_a_key_whose_request_was_refused_is_free_again() -> None:
    directory = SampleDirectory()
    assert act("refuse", directory, ("Idempotency-Key", "k-1")).status == 409
    assert act("x", directory, ("Idempotency-Key", "k-1")).status == 201


def test_a_key_is_one_client_s_own() -> None:
    directory = SampleDirectory()
    body = b'{"act":"x"}'
    headers = [JSON, ("Idempotency-Key", "k-1")]
    got = [
        request(make_app(directory), "POST", "/v1/things/T-1/actions", headers, body, key=key)
        for key in ("writer", "reader")
    ]
    assert "idempotent-replayed" not in got[1].headers
    assert directory.default.world.things["T-1"] == 3


def test_a_fingerprint_tells_requests_apart_and_not_their_spelling() -> None:
    same = [fingerprint("op", "/a", orjson.loads(text)) for text in ('{"a":1,"b":2}', '{ "b": 2, "a": 1 }')]
    others = [
        fingerprint("op", "/b", {"a": 1, "b": 2}),
        fingerprint("o", "/a", {"a": 1, "b": 2}),
        fingerprint("op", "/a", {}),
    ]
    assert len({*same, *others}) == 4


@pytest.mark.parametrize(
    ("handlers", "words"),
    [
        (
            {name: handler for name, handler in HANDLERS.items() if name != "getThing"},
            "operations without a handler: getThing",
        ),
        ({**HANDLERS, "stray": HANDLERS["getThing"]}, "handlers without an operation: stray"),
    ],
)
def test_a_contract_and_handlers_that_do_not_fit_are_refused_at_start(handlers: dict[str, Handler], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Mounts([Mounted(CONTRACT, handlers, SampleDialect())], SampleDirectory())


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"maxLength: 200}", b"format: uuid}", "formats that nothing checks: uuid"),
        (b"{type: boolean}", b"{type: array, items: {type: string}}", "cannot read parameter heavy"),
        (b"application/x-www-form-urlencoded:", b"multipart/form-data:", "cannot read multipart/form-data"),
    ],
)
def test_a_contract_that_the_edge_cannot_hold_is_refused_at_start(old: bytes, new: bytes, words: str) -> None:
    contract = Contract(CONTRACT.source.replace(old, new, 1))
    with pytest.raises(ValueError, match=words):
        Mounts([Mounted(contract, HANDLERS, SampleDialect())], SampleDirectory()).operations()
