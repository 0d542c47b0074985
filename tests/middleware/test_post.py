"""One signed call to a receiver: what is sent, what comes of it, where it goes and how long it takes."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from sandbox_server.domain.webhooks import Outcome
from sandbox_server.middleware import post
from sandbox_server.middleware.post import Answered, Post
from sandbox_server.services.destinations import Destinations
from sandbox_server.services.webhooks import secret_of
from tests.receiver import PATIENCE_SECONDS, Receiver, receiving

SECRET = secret_of(7, "sub_1")
BODY = '{"type":"order.created","name":"Zoë"}'.encode()
HERE = ("localhost",)
CERTIFICATE = Path(__file__).parents[1] / "localhost.pem"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def send(url: str, allowed: tuple[str, ...] = HERE, timeout: float = PATIENCE_SECONDS) -> Answered:
    """Send the body, and leave nothing running."""

    async def run() -> Answered:
        answered = await Post(Destinations(allowed), timeout).send(url, SECRET, "evt_1-sub_1", BODY)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return answered

    return asyncio.run(run())


def test_a_call_is_signed_as_the_specifications_own_library_checks_it(receiver: Receiver) -> None:
    answered = send(f"{receiver.url}?a=b#c")
    assert (answered.outcome, answered.status) == (Outcome.DELIVERED, 204)
    assert answered.latency_ms >= 0
    (got,) = receiver.received
    assert (got.path, got.body, got.headers["webhook-id"]) == ("/webhooks?a=b", BODY, "evt_1-sub_1")
    assert got.headers["content-type"] == "application/json"
    assert got.headers["host"] == f"localhost:{receiver.port}"
    assert Webhook(SECRET).verify(got.body, got.headers) == {"type": "order.created", "name": "Zoë"}
    for secret, body in ((secret_of(8, "sub_1"), got.body), (SECRET, got.body + b" ")):
        with pytest.raises(WebhookVerificationError, match="No matching signature"):
            Webhook(secret).verify(body, got.headers)


@pytest.mark.parametrize(
    ("status", "outcome"), [(200, Outcome.DELIVERED), (500, Outcome.REJECTED), (410, Outcome.GONE)]
)
def test_an_answer_is_told_with_its_status(receiver: Receiver, status: int, outcome: Outcome) -> None:
    receiver.status, receiver.body = status, b"so it is"
    assert send(receiver.url)[::2] == (outcome, status)


def test_a_redirect_is_an_answer_and_not_followed(receiver: Receiver) -> None:
    with receiving() as elsewhere:
        receiver.status, receiver.headers = 307, {"location": elsewhere.url}
        assert send(receiver.url)[::2] == (Outcome.REJECTED, 307)
        assert elsewhere.received == []


def test_a_receiver_that_hangs_is_not_waited_for(receiver: Receiver) -> None:
    receiver.hangs = True
    assert send(receiver.url, timeout=0.05)[::2] == (Outcome.TIMED_OUT, None)


def test_an_answer_that_does_not_end_is_none(receiver: Receiver) -> None:
    receiver.status, receiver.headers, receiver.body = 200, {"content-length": "10"}, b"12345"
    assert send(receiver.url)[::2] == (Outcome.UNREACHABLE, None)


def test_of_a_long_answer_a_part_is_read(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(post, "_MOST_READ", 10)
    receiver.status, receiver.headers, receiver.body = 200, {"content-length": "1000000"}, b"x" * 11
    receiver.headers["connection"] = "keep-alive"
    assert send(receiver.url)[::2] == (Outcome.DELIVERED, 200)


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 nonsense\r\n\r\n", b"SSH-2.0-OpenSSH\r\n"])
def test_what_is_no_answer_is_none(answer: bytes) -> None:
    async def run() -> Answered:
        async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            writer.close()

        async with await asyncio.start_server(speak, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            return await Post(Destinations(HERE), PATIENCE_SECONDS).send(
                f"http://127.0.0.1:{port}", SECRET, "evt_1-sub_1", BODY
            )

    assert asyncio.run(run())[::2] == (Outcome.UNREACHABLE, None)


def test_a_port_on_which_nobody_listens_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert send(f"http://127.0.0.1:{port}/")[::2] == (Outcome.UNREACHABLE, None)


@pytest.mark.parametrize("host", ["nobody.invalid", "a" * 64 + ".example"])
def test_a_name_that_nobody_has_is_told(host: str) -> None:
    assert send(f"http://{host}/")[::2] == (Outcome.UNREACHABLE, None)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"])
def test_an_address_that_is_not_allowed_is_not_called_however_it_is_written(receiver: Receiver, host: str) -> None:
    answered = send(f"http://{host}:{receiver.port}/", allowed=())
    assert answered.outcome in {Outcome.NOT_ALLOWED, Outcome.UNREACHABLE}
    assert receiver.received == []
    if host in {"localhost", "127.0.0.1"}:
        assert answered.outcome is Outcome.NOT_ALLOWED


def test_what_a_name_stands_for_counts_at_the_moment_of_the_call(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def rebound(*_: object, **__: object) -> object:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", receiver.port))]

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", rebound)
    assert send(f"http://hooks.example.com:{receiver.port}/", allowed=())[::2] == (Outcome.NOT_ALLOWED, None)
    assert receiver.received == []
    assert send(f"http://hooks.example.com:{receiver.port}/", allowed=("hooks.example.com",)).status == 204


def test_of_a_names_addresses_those_that_are_allowed_are_called_until_one_answers(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def several(*_: object, **__: object) -> object:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, receiver.port))
            for address in ("10.0.0.1", "127.0.0.2", "127.0.0.1")
        ]

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", several)
    assert send(receiver.url).status == 204


def test_a_certificate_that_nobody_vouches_for_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving(CERTIFICATE) as receiver:
        assert send(receiver.url)[::2] == (Outcome.UNREACHABLE, None)
        assert receiver.received == []
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
        assert send(receiver.url).status == 204
        assert send(receiver.url.replace("localhost", "127.0.0.1"))[::2] == (Outcome.UNREACHABLE, None)
        assert len(receiver.received) == 1
