"""Webhooks: believed when they are signed, taken once each, over a restart too."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from fixtures.clients.reference import webhooks
from fixtures.clients.reference.assemble import Client
from fixtures.clients.reference.errors import CannotGoOn
from fixtures.clients.reference.state import State
from fixtures.clients.reference.webhooks import LARGEST, Inbox, Listener
from sandbox_server.kernel.clock import real_now
from tests.clients.conftest import MakeClient
from tests.clients.fake_marketplace import SECRET, FakeMarketplace, an_order

BODY = b'{"type":"order.created","data":{"orderId":"ord_0001"},"eventId":"evt_1"}'


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
    assert notices.told == [("order.created", {"orderId": "ord_0001"})]


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


@pytest.fixture
def working(make_client: MakeClient, tmp_path: Path) -> Callable[..., tuple[Client, Listener]]:
    """Return a client that listens and has worked for a round, and its listener."""

    def start(port: int = 0, **settings: Any) -> tuple[Client, Listener]:
        client = make_client(listen_at=("127.0.0.1", port), state_path=tmp_path / "state.db", **settings)
        client.worker.round()
        assert isinstance(client.webhooks, Listener)
        return client, client.webhooks

    return start


@pytest.fixture
def listening(working: Callable[..., tuple[Client, Listener]]) -> Callable[..., Listener]:
    return lambda *port, **settings: working(*port, **settings)[1]


LONG_AGO = "2026-11-01T00:00:00.000Z"


def post(listener: Listener, headers: Mapping[str, str], body: bytes = BODY) -> int:
    return httpx.post(listener.url, content=body, headers=headers, trust_env=False).status_code


def test_what_comes_to_the_socket_is_news_once(listening: Callable[..., Listener]) -> None:
    listener = listening()
    assert [post(listener, {}), post(listener, {}, b"x" * (LARGEST + 1)), listener.has_news] == [401, 413, False]
    assert [post(listener, signed()), post(listener, signed()), listener.has_news] == [204, 204, True]
    assert [listener.news(), listener.news()] == [[{"orderId": "ord_0001"}], []]


def test_a_subscription_is_made_once_and_anew_for_another_address(
    listening: Callable[..., Listener], market: FakeMarketplace
) -> None:
    listener = listening()
    listener.subscribe()
    listener.close()
    listening(int(listener.url[:-1].rpartition(":")[2]))
    assert [(name, one["url"]) for name, one in market.subscriptions.items()] == [("sub_1", listener.url)]
    listening(public_url="https://chain.example/webhooks")
    market.subscriptions.clear()
    assert listening().url.startswith("http://localhost:")
    assert [seen.json["url"] for seen in market.asked("createSubscription")][1] == "https://chain.example/webhooks"
    assert list(market.subscriptions) == ["sub_3"]


def test_a_port_that_is_taken_is_named(listening: Callable[..., Listener]) -> None:
    port = int(listening().url[:-1].rpartition(":")[2])
    with pytest.raises(CannotGoOn, match=rf"cannot listen at 127\.0\.0\.1:{port}: .* Look at --listen\."):
        listening(port)


def test_an_order_that_is_told_of_is_read_and_not_believed(
    working: Callable[..., tuple[Client, Listener]], market: FakeMarketplace
) -> None:
    client, listener = working()
    market.orders["ord_0001"] = {**an_order("ord_0001", status="CANCELLED"), "updatedAt": LONG_AGO}
    post(listener, signed())
    assert client.worker.unfinished() == []
    client.worker.round()
    assert len(market.asked("getOrder")) == 1
    assert (market.asked("acknowledgeOrder"), client.worker.unfinished()) == ([], [])
