"""The journal of a tenant: what is kept, for how long, how it is found, and that nothing is altered unseen."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import orjson
import pytest

from sandbox_server.services import journal as journal_module
from sandbox_server.services import segments as segments_module
from sandbox_server.services.exchange import Exchange
from sandbox_server.services.journal import Journal
from sandbox_server.services.search import Filters, effect_of, rule_of
from sandbox_server.services.segments import BYTES, ENTRIES, Segment
from sandbox_server.traffic.journal import Change, Ending, Kept, Verdict, digest
from sandbox_server.traffic.redaction import WITHHELD

NOW = datetime(2026, 11, 27, 15, tzinfo=UTC)
CANARY = b"canary-7f3a9d"
CANDID = frozenset({"listOrders", "reportInventory"})


def a_journal(limit: int = 100_000, **options: Any) -> Journal:
    return Journal("default", limit, CANDID, **{"warm_bytes": 0, **options})


def a_call(number: int = 1, **facts: Any) -> Exchange:
    call = Exchange(
        method="GET",
        path=b"/v1/orders",
        request_id=f"req_{number}",
        received_at=NOW,
        received_ns=1000,
        sent_at=NOW,
        sent_ns=2000,
        status=200,
        ending=Ending.ANSWERED,
        operation="listOrders",
        credential="acorn-sandbox",
    )
    return msgspec.structs.replace(call, **facts)


def append(journal: Journal, **facts: Any) -> int:
    call = a_call(journal.last + 1, **facts)
    return journal.append(lambda: call)


def numbers(entries: list[Kept]) -> list[int]:
    return [kept.entry.number for kept in entries]


def test_calls_are_numbered_from_one() -> None:
    journal = a_journal()
    assert [append(journal) for _ in range(3)] == [1, 2, 3]
    assert (journal.first, journal.last) == (1, 3)


def test_a_new_journal_is_empty_and_whole() -> None:
    journal = a_journal()
    assert (journal.first, journal.last, journal.get(1), journal.get(0)) == (1, 0, None, None)
    found = journal.verify()
    assert (found.first, found.entries, found.head, found.flaw) == (1, 0, "0" * 64, None)


def test_what_was_sent_both_ways_is_kept_byte_for_byte() -> None:
    journal = a_journal()
    request, response = b'{"a": 1}', bytes(range(256))
    append(
        journal,
        method="POST",
        operation="reportInventory",
        query=b"x=%C3%A9",
        request_headers=[(b"host", b"here"), (b"x-name", b"\xe9")],
        request_body=request,
        status=201,
        response_headers=[(b"location", b"/v1/shipments/shp_1")],
        response_body=response,
        peer="127.0.0.1:5000",
        notes={"throttle": {"admitted": True, "remaining": 3}, "else": object()},
    )
    kept = journal.get(1)
    assert kept is not None
    entry = kept.entry
    assert (kept.request, kept.response) == (request, response)
    assert (entry.method, entry.path, entry.query, entry.status) == ("POST", "/v1/orders", "x=%C3%A9", 201)
    assert entry.request.fields() == [("host", "here"), ("x-name", "\xe9")]
    assert entry.response.fields() == [("location", "/v1/shipments/shp_1")]
    assert (entry.request.size, entry.response.size, entry.peer) == (8, 256, "127.0.0.1:5000")
    assert (entry.fault, entry.throttle) == (None, {"admitted": True, "remaining": 3})
    assert not entry.request.redacted


def test_a_reader_sees_the_latest_call_at_once() -> None:
    journal = a_journal()
    append(journal)
    assert numbers(list(journal.entries())) == [1]
    append(journal)
    assert journal.get(2) is not None


def test_entries_survive_the_closing_of_their_segment() -> None:
    journal = a_journal()
    for _ in range(2 * ENTRIES + 3):
        append(journal, response_body=b'{"items":[]}')
    assert numbers(list(journal.entries())) == list(range(1, 2 * ENTRIES + 4))
    assert numbers(list(journal.entries(ENTRIES))) == list(range(ENTRIES + 1, 2 * ENTRIES + 4))
    last = journal.get(2 * ENTRIES)
    assert last is not None
    assert last.response == b'{"items":[]}'
    assert journal.verify().flaw is None


def test_a_long_list_is_kept_once_for_each_distinct_row() -> None:
    def page(start: int) -> bytes:
        rows = [{"orderId": f"ord_{number}", "note": "x" * 1000} for number in range(start, start + 20)]
        return orjson.dumps({"items": rows, "nextCursor": str(start)})

    journal = a_journal()
    for start in range(20):
        append(journal, path=b"/v1/orders/%d" % start, response_body=page(start))
    assert [kept.response for kept in journal.entries()] == [page(start) for start in range(20)]
    assert journal.size < 100_000, "some 40 rows and 20 ends of lists, not 400 rows"


def test_a_long_body_that_is_no_list_is_kept_whole() -> None:
    journal = a_journal()
    bodies = [b"%PDF" + bytes(9000), b'{"items":[' + b"1," * 4000 + b"1]}", b'[{"a' + b"x" * 9000]
    for body in bodies:
        append(journal, response_body=body)
    assert [kept.response for kept in journal.entries()] == bodies


def test_the_oldest_leave_over_the_limit_and_the_rest_is_still_whole() -> None:
    journal = a_journal(10)
    for _ in range(25):
        append(journal)
    assert (journal.first, journal.last) == (16, 25)
    assert numbers(list(journal.entries())) == list(range(16, 26))
    assert journal.get(15) is None
    assert journal.verify().flaw is None


def test_segments_that_left_take_no_memory_and_the_chain_starts_from_a_kept_anchor() -> None:
    journal = a_journal(10)
    for _ in range(5 * ENTRIES):
        append(journal)
    found = journal.verify()
    assert (found.first, found.flaw) == (4 * ENTRIES + 1, None)
    assert journal.first == 5 * ENTRIES - 9
    assert journal.size < 50_000


def test_the_oldest_leave_when_the_journal_takes_too_many_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments_module, "ENTRIES", 4)
    journal = a_journal(most_bytes=40_000, warm_bytes=100_000)
    for number in range(100):
        append(journal, response_body=b"%04d" % number * 1000)
    assert journal.size < 60_000
    assert 1 < journal.first < journal.last == 100
    assert journal.verify().flaw is None


def test_a_segment_of_large_bodies_closes_early() -> None:
    segment = Segment(1, "0" * 64)
    assert not segment.is_full
    segment.keep(bytes(BYTES))
    assert segment.is_full


def test_the_chain_names_a_body_that_was_altered_in_a_closed_segment() -> None:
    journal = a_journal()
    for number in range(ENTRIES + 5):
        append(journal, response_body=b'{"number":%d}' % number)
    segment = journal._closed[0]
    content = segments_module._unpack(segment._packed)
    content.chunks[content.chunks.index(b'{"number":7}')] = b'{"number":8}'
    segment._packed = segments_module._pack(content)
    flaw = journal.verify().flaw
    assert flaw is not None
    assert (flaw.number, flaw.reason) == (8, "The response's body was changed.")


def test_what_is_recent_stays_as_it_is_and_what_is_older_is_compressed(monkeypatch: pytest.MonkeyPatch) -> None:
    compressed = compressions(monkeypatch)
    journal = a_journal(warm_bytes=5 * ENTRIES * 1000)
    for number in range(8 * ENTRIES):
        append(journal, response_body=b"%04d" % number * 250)
    assert compressed == [1 + ENTRIES * place for place in range(5)]
    assert [kept.response[:4] for kept in journal.entries()] == [b"%04d" % number for number in range(8 * ENTRIES)]
    assert journal.verify().flaw is None


def test_a_recent_segment_that_left_is_not_compressed(monkeypatch: pytest.MonkeyPatch) -> None:
    compressed = compressions(monkeypatch)
    journal = a_journal(limit=1, warm_bytes=4 * ENTRIES * 1000)
    for number in range(8 * ENTRIES):
        append(journal, response_body=b"%04d" % number * 250)
    assert compressed == []


def compressions(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return where the first entries of compressed segments will be noted."""
    found: list[int] = []
    squeeze = Segment.squeeze

    def noted(segment: Segment) -> None:
        found.append(segment.first)
        squeeze(segment)

    monkeypatch.setattr(Segment, "squeeze", noted)
    return found


def test_a_call_that_cannot_be_told_does_not_take_others_with_it(caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> Exchange:
        raise LookupError

    journal = a_journal()
    append(journal)
    journal.append(broken)
    append(journal)
    with caplog.at_level(logging.ERROR, "sandbox.journal"):
        assert len(list(journal.entries())) == 2
    assert "was not kept" in caplog.text
    assert journal.verify().flaw is None


def test_nothing_secret_is_in_any_byte_of_an_entry() -> None:
    journal = a_journal()
    append(
        journal,
        method="POST",
        path=b"/v1/oauth/token/" + CANARY,
        query=b"api_key=" + CANARY,
        operation="createToken",
        request_headers=[(b"authorization", b"Bearer " + CANARY), (b"content-type", b"application/json")],
        request_body=orjson.dumps({"client_id": "me", "client_secret": CANARY.decode()}),
        response_headers=[(b"set-cookie", CANARY)],
        response_body=orjson.dumps({"access_token": CANARY.decode(), "refresh_token": CANARY.decode()}),
    )
    kept = journal.get(1)
    assert kept is not None
    assert CANARY not in b"".join((kept.content, kept.request, kept.response))
    assert (kept.entry.request.redacted, kept.entry.response.redacted) == (True, True)
    assert orjson.loads(kept.request)["client_id"] == "me"
    assert kept.entry.request.digest == digest(kept.request)


@pytest.mark.parametrize(
    "facts",
    [
        {"operation": "listOrders", "status": 400},
        {"operation": "listOrders", "status": 200, "notes": {"fault": ("a", "drift")}},
        {"operation": None, "status": 404},
    ],
)
def test_candour_counts_only_where_the_contract_was_kept(facts: dict[str, Any]) -> None:
    journal = a_journal()
    body = orjson.dumps({"client_secret": CANARY.decode()})
    append(journal, request_body=body, response_body=body, query=b"token=" + CANARY, **facts)
    kept = journal.get(1)
    assert kept is not None
    assert CANARY not in b"".join((kept.content, kept.request, kept.response))


def test_a_candid_operations_bodies_are_kept_as_they_are_but_for_what_the_call_shows() -> None:
    journal = a_journal()
    append(
        journal,
        query=b"limit=3",
        request_headers=[(b"x-api-key", CANARY)],
        request_body=b'{"key":"SKU-1","note":"' + CANARY + b'"}',
        response_body=b'{"key":"SKU-1"}',
    )
    kept = journal.get(1)
    assert kept is not None
    assert (kept.request, kept.response) == (b'{"key":"SKU-1","note":"[redacted]"}', b'{"key":"SKU-1"}')


@pytest.mark.parametrize("coding", [b"gzip", b"br"])
def test_coded_bodies_are_withheld(coding: bytes) -> None:
    journal = a_journal()
    append(journal, status=415, request_headers=[(b"content-encoding", coding)], request_body=b"\x1f\x8b")
    append(journal, status=400, request_headers=[(b"content-encoding", b"identity")], request_body=b"{}")
    first, second = journal.entries()
    assert (first.request, first.entry.request.redacted) == (WITHHELD, True)
    assert second.request == b"{}"


@pytest.fixture(scope="module")
def mixed() -> Journal:
    journal = a_journal()
    changes: list[Change] = [("orders", "ord_2", b"\x91\xa5S0002", b"\x92")]
    append(journal, path=b"/v1/orders/ord_1", operation="getOrder", response_body=b'{"orderId":"ord_1","x":"S0001"}')
    append(journal, query=b"storeId=S0001", response_body=b'{"items":[{"orderId":"ord_2"}]}')
    append(journal, method="POST", operation="acknowledgeOrder", status=409, request_body=b'{"storeId":"S0002"}')
    append(journal, method="POST", operation="cancelOrder", changes=changes, credential="acorn-store")
    append(journal, path=b"/order", operation=None, status=404, credential=None)
    append(journal, status=503, notes={"fault": ("outage", "error")}, received_at=NOW + timedelta(hours=1))
    append(journal, status=0, ending=Ending.UNANSWERED, received_at=NOW + timedelta(hours=2))
    for _ in range(ENTRIES):
        append(journal, received_at=NOW + timedelta(hours=3), request_id="late")
    return journal


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(operation="getOrder"), [1]),
        (Filters(method="POST"), [3, 4]),
        (Filters(status=404), [5]),
        (Filters(status=0), [7]),
        (Filters(request_id="req_4"), [4]),
        (Filters(credential="acorn-store"), [4]),
        (Filters(store="S0001"), [1, 2]),
        (Filters(store="S0002"), [3, 4]),
        (Filters(store="S000"), []),
        (Filters(order="ord_1"), [1]),
        (Filters(order="ord_2"), [4]),
        (Filters(fault="outage"), [6]),
        (Filters(fault="out"), []),
        (Filters(verdict=Verdict.UNMATCHED), [5]),
        (Filters(verdict=Verdict.REFUSED), [3]),
        (Filters(received_before=NOW), []),
        (Filters(received_before=NOW + timedelta(hours=1)), [1, 2, 3, 4, 5]),
        (Filters(received_after=NOW + timedelta(hours=1), received_before=NOW + timedelta(hours=3)), [6, 7]),
        (Filters(received_after=NOW + timedelta(hours=4)), []),
        (Filters(operation="cancelOrder", credential="acorn-sandbox"), []),
    ],
)
def test_entries_are_found_by_what_they_say(mixed: Journal, filters: Filters, expected: list[int]) -> None:
    page = mixed.page(filters)
    assert numbers(page.entries) == expected
    assert page.next_after is None


def test_pages_skip_and_repeat_nothing(mixed: Journal) -> None:
    seen: list[int] = []
    after: int | None = 0
    while after is not None:
        page = mixed.page(Filters(operation="listOrders"), after, 7)
        assert len(page.entries) <= 7
        seen += numbers(page.entries)
        after = page.next_after
    assert seen == [2, 6, 7, *range(8, 8 + ENTRIES)]


def test_a_page_looks_at_so_many_entries_and_then_says_where_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "_LOOKED_AT", 10)
    journal = a_journal()
    for _ in range(25):
        append(journal)
    append(journal, status=404)
    page = journal.page(Filters(status=404))
    assert (page.entries, page.next_after) == ([], 10)
    assert numbers(journal.page(Filters(status=404), 20).entries) == [26]


def test_a_segment_that_cannot_hold_it_is_not_opened(mixed: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_packed: bytes) -> bytes:
        raise AssertionError("opened")

    monkeypatch.setattr(segments_module, "_unpack", refuse)
    assert mixed.page(Filters(request_id="nobody")).entries == []
    assert mixed.page(Filters(received_after=NOW + timedelta(hours=9))).entries == []
    assert mixed.page(Filters(received_before=NOW)).entries == []


def test_a_fault_is_told_by_its_rule_and_its_effect() -> None:
    assert (rule_of(("outage", "error")), effect_of(("outage", "error"))) == ("outage", "error")
    assert (rule_of(None), effect_of(None)) == (None, None)


def test_calls_without_an_operation_are_listed(mixed: Journal) -> None:
    assert numbers(mixed.unmatched().entries) == [5]
    assert mixed.unmatched(after=5).entries == []
