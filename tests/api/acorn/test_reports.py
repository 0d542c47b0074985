"""Reports: asked for, waited for, downloaded."""

import csv
from datetime import timedelta
from typing import Any

import pytest

from sandbox_server.domain import reports as rules
from tests.api.acorn.conformance import faults, problem
from tests.api.acorn.sandbox import READER_KEY, STORE_KEY, Sandbox
from tests.api.acorn.shop import WIRE_NOW, asked_for, buy, report_on, returned, told

MINUTE_AND_A_HALF = "2026-11-27T15:01:30.000Z"
SPAN = {"from": "2026-11-27T15:00:00Z", "to": "2026-11-27T15:00:01Z"}
"""The second in which tests buy things."""


def download(shop: Sandbox, report: Any, **how: Any) -> Any:
    return shop.get(f"/reports/{report['reportId']}/document", **how)


def after_a_moment(shop: Sandbox) -> None:
    """Let the span be over."""
    shop.pass_time(timedelta(seconds=1))


def test_a_report_is_asked_for_and_waits(shop: Sandbox) -> None:
    body = report_on(storeIds=["S0003", "S0001"])
    answer = shop.call("POST", "/reports", body, headers={"x-request-id": "finance-7"})
    report_id = answer.json()["reportId"]
    assert (answer.status_code, answer.headers["etag"]) == (201, '"1"')
    assert answer.headers["location"] == f"/v1/reports/{report_id}"
    assert answer.json() == {
        "reportId": report_id,
        "type": "SALES_BY_CHANNEL",
        "format": "JSON",
        "status": "IN_QUEUE",
        "from": "2026-11-20T15:00:00.000Z",
        "to": WIRE_NOW,
        "storeIds": ["S0003", "S0001"],
        "createdAt": WIRE_NOW,
        "updatedAt": WIRE_NOW,
        "history": [{"at": WIRE_NOW, "to": "IN_QUEUE", "cause": "finance-7"}],
    }
    assert shop.get(f"/reports/{report_id}").content == answer.content


def test_a_report_is_made_while_the_clock_goes_on_and_an_event_tells_of_its_end(shop: Sandbox) -> None:
    report = asked_for(shop)
    seen = []
    for seconds in (29, 1, 59, 1):
        shop.pass_time(timedelta(seconds=seconds))
        seen.append(shop.get(f"/reports/{report['reportId']}").json()["status"])
    assert seen == ["IN_QUEUE", "IN_PROGRESS", "IN_PROGRESS", "DONE"]
    answer = shop.get(f"/reports/{report['reportId']}")
    done = answer.json()
    assert (answer.headers["etag"], done["updatedAt"], done["rows"]) == ('"3"', MINUTE_AND_A_HALF, 0)
    assert done["bytes"] == len(download(shop, report).content)
    assert [step["to"] for step in done["history"]] == ["IN_QUEUE", "IN_PROGRESS", "DONE"]
    (event,) = shop.get("/events", type="report.done").json()["items"]
    assert (event["data"], event["timestamp"]) == ({"reportId": report["reportId"]}, MINUTE_AND_A_HALF)


def test_a_document_is_what_the_report_was_asked_for_in(shop: Sandbox) -> None:
    buy(shop, ("SKU-1", 2))
    after_a_moment(shop)
    answer = download(shop, told(shop, **SPAN))
    assert answer.headers["content-type"] == "application/json"
    (row,) = answer.json()["rows"]
    assert row == {
        "storeId": "S0001",
        "channel": "STANDARD",
        "orders": 1,
        "units": 2,
        "netSales": {"amount": "25.80", "currency": "USD"},
        "tax": {"amount": "2.06", "currency": "USD"},
        "grossSales": {"amount": "27.86", "currency": "USD"},
    }
    table = download(shop, told(shop, **SPAN, format="CSV"))
    assert table.headers["content-type"] == "text/csv"
    (cells,) = csv.DictReader(table.text.splitlines())
    assert cells == {
        name: str(value["amount"] if isinstance(value, dict) else value) for name, value in row.items()
    } | {"currency": "USD"}


@pytest.mark.parametrize(
    ("kind", "columns"),
    [
        ("SALES_BY_CHANNEL", {"channel", "grossSales"}),
        ("STOCK_HEALTH", {"available", "daysOfCover"}),
        ("FULFILMENT_PERFORMANCE", {"unitsShipped", "averageMinutesToShip"}),
        ("RETURNS_BY_REASON", {"reason", "refunded"}),
    ],
)
def test_every_type_of_report_tells_of_what_happened(shop: Sandbox, kind: str, columns: set[str]) -> None:
    returned(shop, ("SKU-1", 1))
    after_a_moment(shop)
    document = download(shop, told(shop, **SPAN, type=kind)).json()
    assert document["type"] == kind
    assert columns <= set(document["rows"][0])


@pytest.mark.parametrize(("form", "media_type"), [("CSV", "text/csv"), ("JSON", "application/json")])
@pytest.mark.parametrize("accept", ["*/*", "text/csv", "application/json", "text/csv;q=0.1, application/json"])
def test_accept_does_not_choose_the_form_of_a_document(shop: Sandbox, form: str, media_type: str, accept: str) -> None:
    assert download(shop, told(shop, format=form), accept=accept).headers["content-type"] == media_type


def test_a_document_in_no_form_that_there_is_is_refused(shop: Sandbox) -> None:
    problem(download(shop, told(shop), accept="application/pdf"), 406, "NOT_ACCEPTABLE")


def test_there_is_no_document_before_the_report_is_done(shop: Sandbox) -> None:
    report = asked_for(shop)
    for status in ("IN_QUEUE", "IN_PROGRESS"):
        detail = problem(download(shop, report), 409, "ILLEGAL_TRANSITION")["detail"]
        assert status in detail
        shop.pass_time(timedelta(seconds=30))


def test_a_report_that_reads_too_much_ends_without_a_document(shop: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MOST_RECORDS", 0)
    report = told(shop, type="STOCK_HEALTH")
    assert (report["status"], report["failure"]) == ("FATAL", "TOO_LARGE")
    assert not {"rows", "bytes"} & set(report)
    problem(download(shop, report), 409, "ILLEGAL_TRANSITION")
    assert len(shop.get("/events", type="report.done").json()["items"]) == 1


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"to": "2026-11-20T15:00:00Z"}, [("/to", "EMPTY_WINDOW")]),
        ({"to": "2026-11-20T14:00:00Z"}, [("/to", "EMPTY_WINDOW")]),
        ({"from": "2026-08-27T14:59:59.999Z"}, [("/to", "WINDOW_TOO_LONG")]),
        ({"to": "2026-11-27T15:00:00.001Z"}, [("/to", "IN_FUTURE")]),
        ({"storeIds": ["S0001", "S0404"]}, [("/storeIds/1", "UNKNOWN_STORE")]),
    ],
)
def test_what_cannot_be_told_is_refused(shop: Sandbox, changes: Any, found: list[tuple[str, str]]) -> None:
    before = shop.digest()
    assert faults(shop.post("/reports", report_on(**changes))) == found
    assert shop.digest() == before


@pytest.mark.parametrize(
    ("changes", "at", "code"),
    [
        ({"type": "SALES_BY_MOON"}, "/type", "ENUM"),
        ({"format": "csv"}, "/format", "ENUM"),
        ({"from": "yesterday"}, "/from", "FORMAT"),
        ({"from": "2026-11-20"}, "/from", "MIN_LENGTH"),
        ({"storeIds": []}, "/storeIds", "MIN_ITEMS"),
        ({"storeIds": ["S0001", "S0001"]}, "/storeIds", "UNIQUE_ITEMS"),
        ({"storeIds": ["s 1"]}, "/storeIds/0", "PATTERN"),
    ],
)
def test_a_request_of_another_form_is_refused(shop: Sandbox, changes: Any, at: str, code: str) -> None:
    assert (at, code) in faults(shop.post("/reports", report_on(**changes)), 400, "INVALID_REQUEST")


@pytest.mark.parametrize("missing", ["type", "from", "to", "format"])
def test_what_is_missing_is_named(shop: Sandbox, missing: str) -> None:
    body = {name: value for name, value in report_on().items() if name != missing}
    assert faults(shop.post("/reports", body), 400, "INVALID_REQUEST") == [(f"/{missing}", "REQUIRED")]


def test_an_unknown_report_is_not_found(shop: Sandbox) -> None:
    for path in ("/reports/rpt_nowhere", "/reports/rpt_nowhere/document"):
        problem(shop.get(path), 404, "NOT_FOUND")


def test_asking_is_reading(shop: Sandbox) -> None:
    for key in (READER_KEY, STORE_KEY):
        assert shop.post("/reports", report_on(storeIds=["S0002"]), key=key).status_code == 201


def test_the_same_request_twice_under_one_key_is_one_report(shop: Sandbox) -> None:
    first, again = (shop.post("/reports", report_on(), once="week-48") for _ in range(2))
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")
    assert len(shop.get("/reports").json()["items"]) == 1


def test_a_list_keeps_to_its_filters_and_to_the_order_of_creation(shop: Sandbox) -> None:
    first = told(shop)
    second = asked_for(shop, type="STOCK_HEALTH")

    def found(**filters: Any) -> list[Any]:
        return [item for page in shop.walk("/reports", **filters) for item in page]

    assert found() == found(limit=1) == [first, second]
    assert found(status="DONE") == found(type="SALES_BY_CHANNEL") == [first]
    assert found(status="IN_QUEUE") == found(type="STOCK_HEALTH") == [second]
    assert found(updatedAfter=MINUTE_AND_A_HALF) == [first, second]
    assert found(status="FATAL") == found(updatedBefore=MINUTE_AND_A_HALF) == []
    cursor = shop.get("/reports", limit=1).json()["nextCursor"]
    problem(shop.get("/reports", type="STOCK_HEALTH", cursor=cursor), 400, "CURSOR_MISMATCH")
