"""Webhooks: believed when they are signed, taken once each, over a restart too."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from threading import Event
from types import SimpleNamespace

import httpx
import pytest
from standardwebhooks import Webhook

from fixtures.clients.reference import webhooks
from fixtures.clients.reference.state import State
from fixtures.clients.reference.webhooks import LARGEST, Inbox, listening
from sandbox_server.kernel.clock import real_now
from sandbox_server.kernel.ids import make_id
from sandbox_server.services.webhooks import secret_of
from tests.e2e.server import running
from tests.receiver import PATIENCE_SECONDS

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="
BODY = b'{"type":"order.created","data":{"orderId":"ord_1"},"eventId":"evt_1"}'


class Notices:
    """What was told of."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Mapping[str, str]]] = []

    def __call__(self, kind: str, data: Mapping[str, str]) -> None:
        self.told.append((kind, data))


def signed(name: str = "evt_1-sub_1", age: timedelta = timedelta()) -> dict[str, str]:
    at = real_now() - age
    return {
        "Webhook-Id": name,
        "Webhook-Timestamp": str(int(at.timestamp())),
        "Webhook-Signature": Webhook(SECRET).sign(name, at, BODY.decode()),
    }


@pytest.fixture
def notices() -> Notices:
    return Notices()


@pytest.fixture
def inbox(notices: Notices) -> Inbox:
    return Inbox(SECRET, State(":memory:"), notices)


def test_a_signed_event_is_told_of(inbox: Inbox, notices: Notices) -> None:
    assert inbox.take(signed(), BODY) == 204
    assert notices.told == [("order.created", {"orderId": "ord_1"})]


def test_an_event_that_comes_twice_is_told_of_once_and_received_both_times(inbox: Inbox, notices: Notices) -> None:
    assert [inbox.take(signed(), BODY) for _ in range(3)] == [204] * 3
    assert inbox.take(signed("evt_2-sub_1"), BODY) == 204
    assert len(notices.told) == 2


@pytest.mark.parametrize(
    ("changes", "body"),
    [
        ({}, BODY + b" "),
        ({}, b"\xff"),
        ({"Webhook-Id": "evt_2-sub_1"}, BODY),
        ({"Webhook-Signature": "v1,AAAA"}, BODY),
        ({"Webhook-Signature": "nonsense"}, BODY),
        ({"Webhook-Timestamp": "soon"}, BODY),
        ({"Webhook-Id": ""}, BODY),
    ],
)
def test_what_the_marketplace_has_not_signed_is_not_believed(
    inbox: Inbox, notices: Notices, changes: dict[str, str], body: bytes
) -> None:
    assert inbox.take(signed() | changes, body) == 401
    assert inbox.take({}, BODY) == 401
    assert notices.told == []


@pytest.mark.parametrize("age", [timedelta(minutes=6), -timedelta(minutes=6)])
def test_what_was_signed_at_another_time_is_not_believed(inbox: Inbox, notices: Notices, age: timedelta) -> None:
    assert inbox.take(signed(age=age), BODY) == 401
    assert notices.told == []


def test_an_event_that_could_not_be_told_of_is_told_of_when_it_comes_again(notices: Notices) -> None:
    def stumble(*_: object) -> None:
        raise RuntimeError("over a stone")

    state = State(":memory:")
    with pytest.raises(RuntimeError):
        Inbox(SECRET, state, stumble).take(signed(), BODY)
    assert Inbox(SECRET, state, notices).take(signed(), BODY) == 204
    assert len(notices.told) == 1


def test_what_was_taken_is_remembered_over_a_restart_and_not_for_ever(
    notices: Notices, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "state.db"
    state = State(path)
    Inbox(SECRET, state, notices).take(signed(), BODY)
    assert Inbox(SECRET, state, notices).take(signed(), BODY) == 204
    assert len(notices.told) == 1
    later = real_now().timestamp() + webhooks.REMEMBERED_SECONDS + 1
    monkeypatch.setattr(webhooks, "time", SimpleNamespace(time=lambda: later))
    Inbox(SECRET, state, notices)
    assert state.names("webhook") == []
    state.close()


def test_webhooks_are_taken_on_a_socket(notices: Notices, tmp_path: Path) -> None:
    with listening(SECRET, tmp_path / "state.db", notices) as port:
        url = f"http://127.0.0.1:{port}/"
        assert httpx.post(url, content=BODY, headers=signed(), trust_env=False).status_code == 204
        assert httpx.post(url, content=BODY, headers={}, trust_env=False).status_code == 401
        assert httpx.post(url, content=b"x" * (LARGEST + 1), trust_env=False).status_code == 413
    assert len(notices.told) == 1


def test_the_sandboxs_own_webhooks_are_taken(tmp_path: Path) -> None:
    arrived, told = Event(), list[tuple[str, Mapping[str, str]]]()

    def notice(kind: str, data: Mapping[str, str]) -> None:
        told.append((kind, data))
        arrived.set()

    secret = secret_of(7, make_id(7, "sub", 1))  # so that there is a port for the URL before the answer shows it
    flags = ("--allow-webhook-hosts", "127.0.0.1", "--seed", "7")
    with listening(secret, tmp_path / "state.db", notice) as port, running(*flags) as server, server.client() as client:
        made = client.post("/subscriptions", json={"url": f"http://127.0.0.1:{port}/"}).json()
        assert made["secret"] == secret
        client.post(f"/subscriptions/{made['subscriptionId']}/test")
        assert arrived.wait(PATIENCE_SECONDS)
    assert told == [("subscription.test", {"subscriptionId": made["subscriptionId"]})]
