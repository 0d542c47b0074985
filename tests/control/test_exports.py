"""The journal, carried away: HAR that browsers and openapi-core take, and lines that anybody can verify."""

from base64 import b64decode
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import msgspec
import orjson

from sandbox_server.api.contract import Contract
from sandbox_server.api.judge import Judge
from sandbox_server.control.exports import har, ndjson
from sandbox_server.resources import contract_path
from sandbox_server.services.exchange import Exchange
from sandbox_server.services.journal import Journal
from sandbox_server.traffic.journal import Ending
from tests.services.test_journal import NOW

MARKETPLACE = Contract(contract_path("marketplace.yaml").read_bytes())
JUDGE = Judge(MARKETPLACE)
RESULT = {"accepted": 1, "rejected": 0, "items": [{"storeId": "S0001", "sku": "SKU-1", "status": "ACCEPTED"}]}
REPORT = {
    "items": [{"storeId": "S0001", "sku": "SKU-1", "onHand": 3, "sequence": 1, "asOf": "2026-11-27T15:00:00.000Z"}]
}
JSON = (b"content-type", b"application/json")


def a_journal(*calls: Mapping[str, Any]) -> Journal:
    journal = Journal("default")
    start = Exchange(
        "GET", b"/v1/orders", "req_1", NOW, 10**9, NOW, 10**9 + 500_000, ending=Ending.ANSWERED, status=200
    )
    for facts in calls:
        journal.append(lambda facts=facts: msgspec.structs.replace(start, **facts))  # type: ignore[misc]  # bound now
    return journal


REPORTED = {
    "method": "PUT",
    "path": b"/v1/inventory",
    "operation": "reportInventory",
    "request_headers": [(b"host", b"127.0.0.1:8080"), JSON, (b"x-api-key", b"some-secret-key")],
    "request_body": orjson.dumps(REPORT),
    "response_headers": [JSON, (b"x-request-id", b"req_1")],
    "response_body": orjson.dumps(RESULT),
}


def har_of(journal: Journal) -> dict[str, Any]:
    content: dict[str, Any] = orjson.loads(b"".join(har(journal.entries())))
    return content


def test_an_empty_journal_is_a_log_without_entries() -> None:
    log = har_of(a_journal())["log"]
    assert (log["version"], log["entries"]) == ("1.2", [])
    assert set(log["creator"]) == {"name", "version"}


def test_every_member_that_the_format_demands_is_there() -> None:
    (entry,) = har_of(a_journal({**REPORTED, "query": b"a=1&b=%C3%A9&c="}))["log"]["entries"]
    assert {"startedDateTime", "time", "request", "response", "cache", "timings"} <= set(entry)
    request, response = entry["request"], entry["response"]
    demanded = {"method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize", "bodySize"}
    assert demanded <= set(request)
    assert {"status", "statusText", "content", "redirectURL", *demanded - {"method", "url", "queryString"}} <= set(
        response
    )
    assert {"send", "wait", "receive"} <= set(entry["timings"])
    assert entry["time"] == sum(span for span in entry["timings"].values() if span > 0) == 0.5
    assert request["url"] == "http://127.0.0.1:8080/v1/inventory?a=1&b=%C3%A9&c="
    assert request["queryString"] == [{"name": n, "value": v} for n, v in (("a", "1"), ("b", "\xe9"), ("c", ""))]
    assert orjson.loads(request["postData"]["text"]) == REPORT
    assert request["postData"]["mimeType"] == response["content"]["mimeType"] == "application/json"
    assert (response["status"], response["statusText"], response["httpVersion"]) == (200, "OK", "HTTP/1.1")
    assert response["content"]["size"] == response["bodySize"] == len(orjson.dumps(RESULT))
    assert datetime.fromisoformat(entry["startedDateTime"]) == NOW
    assert "some-secret-key" not in orjson.dumps(entry).decode()


def test_times_follow_real_time_from_the_first_calls_virtual_instant() -> None:
    later = {"received_ns": 4 * 10**9, "sent_ns": 5 * 10**9, "received_at": NOW + timedelta(days=30)}
    first, second = har_of(a_journal({}, later))["log"]["entries"]
    started = [datetime.fromisoformat(entry["startedDateTime"]) for entry in (first, second)]
    assert started[1] - started[0] == timedelta(seconds=3)
    assert second["_virtualTime"] == "2026-12-27T15:00:00.000Z"
    assert second["time"] == 1000


def test_a_body_that_is_no_text_is_in_base64() -> None:
    label = bytes(range(200, 256))
    journal = Journal("default", candid=frozenset({"getShipmentLabel"}))
    call = Exchange("GET", b"/v1/shipments/shp_1/label", "req_1", NOW, 0, NOW, 1, status=200, response_body=label)
    journal.append(lambda: msgspec.structs.replace(call, operation="getShipmentLabel", ending=Ending.ANSWERED))
    (entry,) = har_of(journal)["log"]["entries"]
    assert entry["response"]["content"]["encoding"] == "base64"
    assert b64decode(entry["response"]["content"]["text"]) == label


def test_what_was_not_answered_in_full_is_told_as_browsers_tell_it() -> None:
    gone, cut, odd = har_of(
        a_journal({"ending": Ending.UNANSWERED, "status": 0}, {"ending": Ending.CUT_SHORT}, {"status": 799})
    )["log"]["entries"]
    assert (gone["response"]["status"], gone["response"]["_error"]) == (0, "net::ERR_EMPTY_RESPONSE")
    assert cut["response"]["_error"] == "net::ERR_CONTENT_LENGTH_MISMATCH"
    assert (odd["response"]["statusText"], "_error" in odd["response"]) == ("", False)


def test_anybody_can_verify_the_lines() -> None:
    journal = a_journal(REPORTED, {"path": b"/order", "status": 404}, REPORTED)
    lines = [orjson.loads(line) for line in b"".join(ndjson(journal.entries(), JUDGE)).splitlines()]
    previous = "0" * 64
    for number, line in enumerate(lines, 1):
        content = orjson.loads(line["content"])
        assert sha256(line["content"].encode()).hexdigest() == line["hash"]
        assert (content["previousHash"], content["number"], line["number"]) == (previous, number, number)
        body = line["response"].get("body", "").encode()
        assert content["response"].get("digest", "") == (sha256(body).hexdigest() if body else "")
        previous = line["hash"]
    assert lines[0]["responseErrors"] == []
