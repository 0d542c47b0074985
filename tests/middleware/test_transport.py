import asyncio
from datetime import UTC, datetime

import pytest

from sandbox_server.asgi import Message
from sandbox_server.middleware.transport import http_date
from tests.api.asgi_client import request
from tests.api.sample import make_app


@pytest.mark.parametrize("given", ["abc", "A-1_b.2", "x" * 64])
def test_a_sane_request_id_is_taken(given: str) -> None:
    assert request(make_app(), "GET", "/v1/health", [("X-Request-Id", given)]).headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "a,b", "ä", "a\n", '"'])
def test_any_other_request_id_is_replaced(given: str) -> None:
    got = request(make_app(), "GET", "/v1/health", [("X-Request-Id", given)])
    assert got.status == 200
    assert got.headers["x-request-id"].startswith("req_")


def test_two_request_ids_are_none() -> None:
    got = request(make_app(), "GET", "/v1/health", [("X-Request-Id", "a"), ("X-Request-Id", "b")])
    assert got.headers["x-request-id"].startswith("req_")


def test_the_same_calls_get_the_same_request_ids_and_each_its_own() -> None:
    apps = make_app(), make_app()
    ids = [[request(app, "GET", "/v1/health").headers["x-request-id"] for _ in range(3)] for app in apps]
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == 3


@pytest.mark.parametrize("target", ["/v1/health", "/nothing", "/v1/things?x=1", "/docs"])
def test_every_answer_carries_its_request_id_and_the_virtual_time(target: str) -> None:
    got = request(make_app(), "GET", target, [("X-Request-Id", "mine")])
    assert got.headers["x-request-id"] == "mine"
    assert got.headers["date"] == "Fri, 27 Nov 2026 15:00:00 GMT"


def test_a_problem_names_the_request_id_of_its_answer() -> None:
    got = request(make_app(), "GET", "/nothing")
    assert got.json["requestId"] == got.headers["x-request-id"]


def test_a_date_is_cut_to_the_second() -> None:
    assert http_date(datetime(2026, 1, 2, 3, 4, 5, 999000, UTC)) == b"Fri, 02 Jan 2026 03:04:05 GMT"


def test_the_server_s_start_and_end_are_seen_through() -> None:
    sent = exchange_messages({"type": "lifespan"}, ["lifespan.startup", "lifespan.shutdown"])
    assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_a_websocket_is_closed() -> None:
    sent = exchange_messages({"type": "websocket", "path": "/v1/things"}, ["websocket.connect"])
    assert [message["type"] for message in sent] == ["websocket.close"]


def exchange_messages(scope: Message, kinds: list[str]) -> list[Message]:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": kinds.pop(0)}

    async def send(message: Message) -> None:
        sent.append(message)

    async def exchange() -> None:
        await make_app()(scope, receive, send)

    asyncio.run(exchange())
    return sent
