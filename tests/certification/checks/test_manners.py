"""Checks of names and connections, over evidence made by hand."""

import pytest

from sandbox_server.certification.checks.manners import keeps_alive, names_itself
from sandbox_server.certification.evidence import Call
from tests.certification.checks.seen import breaches, call, holds, seen


def named(name: str | None, port: int = 50000) -> Call:
    headers = {} if name is None else {"user-agent": name}
    return call("listOrders", headers=headers, peer=f"127.0.0.1:{port}")


@pytest.mark.parametrize(
    ("name", "said"), [(None, "no User-Agent"), ("", "no User-Agent"), ("python-httpx/0.28", "python-httpx/0.28")]
)
def test_a_call_without_a_name_of_the_clients_own_is_wrong(name: str | None, said: str) -> None:
    assert breaches(names_itself, seen(named("chain/1.0"), named(name))) == [
        f"1 of 2 calls do not say whose they are ({said})."
    ]


def test_a_client_with_a_name_says_whose_its_calls_are() -> None:
    assert holds(names_itself, seen(named("chain/1.0"), named("chain/1.0")))
    assert breaches(names_itself, seen()) == []


def test_a_connection_is_to_serve_many_calls() -> None:
    assert holds(keeps_alive, seen(*(named("chain/1.0", port % 10) for port in range(50))))
    assert breaches(keeps_alive, seen(*(named("chain/1.0", port % 11) for port in range(50)))) == [
        "11 connections were opened for 50 calls."
    ]
    assert breaches(keeps_alive, seen(*(named("chain/1.0", port) for port in range(49)))) == []
