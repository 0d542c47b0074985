"""What only a real connection can do to the edge."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn

from tests.api.sample import SampleDirectory, make_app
from tests.listening import ListeningServer

MEGABYTE = 1024 * 1024
HEAD = b"PUT /v1/things HTTP/1.1\r\nHost: x\r\nX-Api-Key: writer\r\nContent-Type: application/json\r\n"
FINE = b'{"items":[{"thingId":"A","quantity":1}]}'


@pytest.fixture
def directory() -> SampleDirectory:
    return SampleDirectory()


@pytest.fixture
def address(directory: SampleDirectory) -> Iterator[tuple[str, int]]:
    config = uvicorn.Config(make_app(directory), log_config=None, date_header=False, server_header=False)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = ListeningServer(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        assert server.listening.wait(30)
        yield listener.getsockname()
        server.should_exit = True
        thread.join(30)


@contextmanager
def connection(address: tuple[str, int]) -> Iterator[socket.socket]:
    with socket.create_connection(address, timeout=30) as client:
        yield client


def answer(client: socket.socket) -> bytes:
    """Return the head of the next answer, its body read as well."""
    got = b""
    while b"\r\n\r\n" not in got:
        got += client.recv(65536)
    head, _, body = got.partition(b"\r\n\r\n")
    (length,) = [int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")]
    while len(body) < length:
        body += client.recv(65536)
    return head


def status(client: socket.socket) -> int:
    return int(answer(client).split(b" ")[1])


def test_chunks_beyond_the_limit_are_refused_and_the_connection_lives_on(address: tuple[str, int]) -> None:
    with connection(address) as client:
        client.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        for _ in range(3):
            client.sendall(b"%x\r\n%b\r\n" % (MEGABYTE, b" " * MEGABYTE))
        client.sendall(b"0\r\n\r\n")
        assert status(client) == 413
        client.sendall(HEAD + b"Content-Length: %d\r\n\r\n%b" % (len(FINE), FINE))
        assert status(client) == 200


def test_a_body_announced_too_large_is_refused_before_it_is_sent(address: tuple[str, int]) -> None:
    with connection(address) as client:
        client.sendall(HEAD + b"Content-Length: %d\r\nExpect: 100-continue\r\n\r\n" % (2 * MEGABYTE))
        assert status(client) == 413


def test_a_body_shorter_than_announced_is_never_answered_nor_logged(
    address: tuple[str, int], directory: SampleDirectory, caplog: pytest.LogCaptureFixture
) -> None:
    with connection(address) as client:
        client.sendall(HEAD + b"Content-Length: 999\r\n\r\n" + FINE)
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b""
    with connection(address) as client:
        client.sendall(HEAD + b"Content-Length: %d\r\n\r\n%b" % (len(FINE), FINE))
        assert status(client) == 200
    assert len(directory.default.world.log) == 1
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


def test_a_body_longer_than_announced_is_truncated_json_and_then_no_request(
    address: tuple[str, int], directory: SampleDirectory
) -> None:
    with connection(address) as client:
        client.sendall(HEAD + b"Content-Length: 9\r\n\r\n" + FINE)
        assert status(client) == 400
    assert directory.default.world.log == []


def test_head_is_answered_with_its_refusal_and_no_body(address: tuple[str, int]) -> None:
    with connection(address) as client:
        client.sendall(b"HEAD /v1/things HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        got = b"".join(iter(lambda: client.recv(65536), b""))
    assert got.startswith(b"HTTP/1.1 405 ")
    assert got.endswith(b"\r\n\r\n")


def test_the_only_date_is_the_virtual_one(address: tuple[str, int]) -> None:
    with connection(address) as client:
        client.sendall(b"GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n")
        lines = answer(client).lower().split(b"\r\n")
    assert [line for line in lines if line.startswith(b"date:")] == [b"date: fri, 27 nov 2026 15:00:00 gmt"]
