"""Entries of the journal: their bytes, what became of a call, and a chain that tells what was altered."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_server.traffic.journal import (
    NOTHING_BEFORE,
    Entry,
    Half,
    Kept,
    Verdict,
    content_of,
    digest,
    first_flaw,
    verdict_of,
)

NOW = datetime(2026, 11, 27, 15, tzinfo=UTC)


def an_entry(number: int = 1, previous_hash: str = NOTHING_BEFORE, **facts: Any) -> Entry:
    entry = Entry(
        http_version="1.1",
        method="GET",
        number=number,
        operation="listOrders",
        path="/v1/orders",
        previous_hash=previous_hash,
        received_at=NOW,
        received_ns=1,
        request=Half(),
        request_id=f"req_{number}",
        response=Half(),
        sent_at=NOW,
        sent_ns=2,
        status=200,
        tenant="default",
    )
    return msgspec.structs.replace(entry, **facts)


def kept(entry: Entry, request: bytes = b"", response: bytes = b"") -> Kept:
    content = content_of(entry)
    return Kept(content, digest(content), request, response)


def a_chain(length: int) -> list[Kept]:
    chain: list[Kept] = []
    for number in range(1, length + 1):
        request, response = b"question %d" % number, b"answer %d" % number
        halves = {"request": Half(digest(request)), "response": Half(digest(response))}
        chain.append(kept(an_entry(number, chain[-1].hash if chain else NOTHING_BEFORE, **halves), request, response))
    return chain


@dataclass(frozen=True)
class Forgery:
    chain: list[Kept]
    number: int
    reason: str


def test_the_content_has_its_members_in_order_and_no_blanks() -> None:
    content = content_of(
        an_entry(changes=(("orders", "ord_1", None, b"\x01"),), throttle={"remaining": 1, "admitted": True})
    )
    decoded = msgspec.json.decode(content)
    assert list(decoded) == sorted(decoded)
    assert list(decoded["throttle"]) == ["admitted", "remaining"]
    assert b": " not in content


def test_an_entry_is_read_as_it_was_written() -> None:
    headers = "host: localhost\nx-empty: \nx-colon: a: b\nx-latin: \xe9"
    entry = an_entry(request=Half("ab", headers, redacted=True, size=3), fault=("slow", "delay"))
    assert kept(entry).entry == entry
    assert entry.request.fields() == [("host", "localhost"), ("x-empty", ""), ("x-colon", "a: b"), ("x-latin", "\xe9")]


def test_whoever_has_the_text_can_compute_the_hash() -> None:
    first, second = a_chain(2)
    assert sha256(first.content).hexdigest() == first.hash == second.entry.previous_hash


def test_a_digest_of_nothing_is_nothing() -> None:
    assert digest(b"") == ""


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        ({"operation": None, "status": 404}, Verdict.UNMATCHED),
        ({"operation": None, "status": 405}, Verdict.UNMATCHED),
        ({"fault": ("a", "error"), "status": 503}, Verdict.FAULT),
        ({"fault": ("a", "delay"), "status": 200}, Verdict.FAULT),
        ({"status": 0}, Verdict.ABANDONED),
        ({"status": 429}, Verdict.THROTTLED),
        ({"status": 401}, Verdict.UNAUTHENTICATED),
        ({"status": 400}, Verdict.VIOLATION),
        ({"status": 406}, Verdict.VIOLATION),
        ({"status": 413}, Verdict.VIOLATION),
        ({"status": 415}, Verdict.VIOLATION),
        ({"status": 403}, Verdict.REFUSED),
        ({"status": 404}, Verdict.REFUSED),
        ({"status": 409}, Verdict.REFUSED),
        ({"status": 422}, Verdict.REFUSED),
        ({"status": 500}, Verdict.BUG),
        ({"status": 503}, Verdict.BUG),
        ({"status": 200}, Verdict.ANSWERED),
        ({"status": 201}, Verdict.ANSWERED),
    ],
)
def test_what_became_of_a_call_follows_from_its_entry(facts: dict[str, Any], verdict: Verdict) -> None:
    assert verdict_of(an_entry(**facts)) is verdict


def test_a_chain_as_it_was_written_is_whole() -> None:
    chain = a_chain(5)
    assert first_flaw(chain, range(1, 6), NOTHING_BEFORE, chain[-1].hash) is None
    assert first_flaw(chain[2:], range(3, 6), chain[1].hash, chain[-1].hash) is None
    assert first_flaw([], range(1, 1), NOTHING_BEFORE, NOTHING_BEFORE) is None


def _altered(chain: list[Kept]) -> Forgery:
    content = chain[2].content.replace(b'"status":200', b'"status":201')
    return Forgery([*chain[:2], chain[2]._replace(content=content), *chain[3:]], 3, "Its content was changed.")


def _link_altered(chain: list[Kept]) -> Forgery:
    content = chain[2].content.replace(chain[1].hash.encode(), b"f" * 64)
    return Forgery([*chain[:2], chain[2]._replace(content=content), *chain[3:]], 3, "Its content was changed.")


def _request_altered(chain: list[Kept]) -> Forgery:
    forged = chain[2]._replace(request=b"another")
    return Forgery([*chain[:2], forged, *chain[3:]], 3, "The request's body was changed.")


def _response_altered(chain: list[Kept]) -> Forgery:
    forged = chain[2]._replace(response=b"")
    return Forgery([*chain[:2], forged, *chain[3:]], 3, "The response's body was changed.")


def _rewritten(chain: list[Kept]) -> Forgery:
    forged = kept(msgspec.structs.replace(chain[2].entry, status=500), chain[2].request, chain[2].response)
    return Forgery([*chain[:2], forged, *chain[3:]], 3, "It was written anew: the next one saw another.")


def _last_rewritten(chain: list[Kept]) -> Forgery:
    forged = kept(msgspec.structs.replace(chain[-1].entry, status=500), chain[-1].request, chain[-1].response)
    return Forgery([*chain[:-1], forged], 5, "It was written anew: the next one saw another.")


def _gone(chain: list[Kept]) -> Forgery:
    return Forgery([*chain[:2], *chain[3:]], 3, "It is gone.")


def _unreadable(chain: list[Kept]) -> Forgery:
    return Forgery([chain[0]._replace(content=b"\xff"), *chain[1:]], 1, "Its content was changed.")


def _first_altered(chain: list[Kept]) -> Forgery:
    content = chain[0].content.replace(b"GET", b"PUT")
    return Forgery([chain[0]._replace(content=content), *chain[1:]], 1, "Its content was changed.")


def _beginning_gone(chain: list[Kept]) -> Forgery:
    return Forgery(chain[1:], 1, "It is gone.")


def _end_gone(chain: list[Kept]) -> Forgery:
    return Forgery(chain[:3], 4, "It is gone.")


def _beginning_replaced(chain: list[Kept]) -> Forgery:
    stranger = kept(an_entry(1, "e" * 64))
    return Forgery([stranger, *chain[1:]], 1, "The entry before it is not the one that it saw.")


@pytest.mark.parametrize(
    "forge",
    [
        _altered,
        _link_altered,
        _request_altered,
        _response_altered,
        _rewritten,
        _last_rewritten,
        _gone,
        _unreadable,
        _first_altered,
        _beginning_gone,
        _end_gone,
        _beginning_replaced,
    ],
)
def test_the_first_altered_entry_is_named_with_what_does_not_fit(forge: Callable[[list[Kept]], Forgery]) -> None:
    chain = a_chain(5)
    tip = chain[-1].hash
    forgery = forge(chain)
    assert first_flaw(forgery.chain, range(1, 6), NOTHING_BEFORE, tip) == (forgery.number, forgery.reason)


@given(st.integers(0, 9), st.integers(0, 200), st.integers(1, 255))
def test_no_changed_byte_goes_unnoticed(place: int, offset: int, flip: int) -> None:
    chain = a_chain(10)
    content = bytearray(chain[place].content)
    content[offset % len(content)] ^= flip
    forged = [*chain[:place], chain[place]._replace(content=bytes(content)), *chain[place + 1 :]]
    assert first_flaw(forged, range(1, 11), NOTHING_BEFORE, chain[-1].hash) == (place + 1, "Its content was changed.")
