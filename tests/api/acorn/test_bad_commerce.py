"""Bad input to all that surrounds orders, from prices to onboarding: each has its problem, and changes nothing."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any, NamedTuple

import pytest

from tests.api.acorn.conformance import faults, problem
from tests.api.acorn.pricing import price, usd
from tests.api.acorn.requests import OPERATIONS, SAMPLES
from tests.api.acorn.sandbox import Sandbox

INVALID, NOT_FOUND, UNPROCESSABLE = (400, "INVALID_REQUEST"), (404, "NOT_FOUND"), (422, "UNPROCESSABLE")
ILLEGAL, METHOD = (409, "ILLEGAL_TRANSITION"), (405, "METHOD_NOT_ALLOWED")
Change = Callable[[Any], object]
EUROS = {"amount": "1.00", "currency": "EUR"}


class Bad(NamedTuple):
    """
    A right request made wrong, and the problem that it gets.

    Args:
        at: The places that the problem names, each with its code.
        change: What is done to the body of the right request; `body` replaces that, `path` and `query` its target.
    """

    operation: str
    kind: tuple[int, str]
    at: Sequence[tuple[str, str]] = ()
    change: Change = lambda _: None
    body: Any = None
    path: str | None = None
    query: str = ""
    method: str | None = None


def member(operation: str, name: str, value: Any, *at: tuple[str, str], kind: tuple[int, str] = INVALID) -> Bad:
    """Return a request of which one member is wrong."""
    return Bad(operation, kind, at, lambda body: body.update({name: value}))


def line(operation: str, name: str, value: Any, code: str, kind: tuple[int, str] = UNPROCESSABLE) -> Bad:
    """Return a request of which one member of the first line is wrong."""
    return Bad(operation, kind, [(f"/lines/0/{name}", code)], lambda body: body["lines"][0].update({name: value}))


def twice(operation: str, name: str) -> Bad:
    """Return a request with a line that it has already."""
    at = [(f"/lines/1/{name}", "REPEATED")]
    return Bad(operation, UNPROCESSABLE, at, lambda body: body["lines"].append(deepcopy(body["lines"][0])))


def item(name: str, value: Any, *codes: str) -> Bad:
    """Return a price report that is wrong by its form."""
    at = [(f"/items/0/{name}", code) for code in codes]
    return Bad("reportPrices", INVALID, at, lambda body: body["items"][0].update({name.partition("/")[0]: value}))


def query(operation: str, text: str, name: str, *codes: str) -> Bad:
    return Bad(operation, INVALID, [(name, code) for code in codes], query=f"?{text}")


def nowhere(operation: str, path: str) -> Bad:
    return Bad(operation, NOT_FOUND, path=path)


CASES: dict[str, Bad] = {
    "prices: below nothing": item("listPrice/amount", usd("-1.00"), "PATTERN"),
    "prices: forty digits": item("listPrice/amount", usd("9" * 40 + ".00"), "MAX_LENGTH", "PATTERN"),
    "prices: other digits": item("listPrice/amount", usd("١٢"), "PATTERN"),
    "prices: a number": item("listPrice", 14.9, "TYPE"),
    "prices: half a sequence": item("sequence", 1.5, "TYPE"),
    "prices: a sequence beyond JSON": item("sequence", 2**60, "MAXIMUM"),
    "prices: none": member("reportPrices", "items", [], ("/items", "MIN_ITEMS")),
    "prices: 501": member("reportPrices", "items", [price()] * 501, ("/items", "MAX_ITEMS")),
    "prices: of yesterday": query("listPrices", "at=yesterday", "at", "MIN_LENGTH", "FORMAT"),
    "prices: of a SKU in small letters": query("listPrices", "sku=sku-1", "sku", "PATTERN"),
    "promotions: more than all off": member("createPromotion", "percent", 101, ("/percent", "MAXIMUM")),
    "promotions: over before they begin": member(
        "createPromotion",
        "endsAt",
        "2026-11-22T00:00:00Z",
        ("/endsAt", "EMPTY_WINDOW"),
        ("/endsAt", "IN_PAST"),
        kind=UNPROCESSABLE,
    ),
    "promotions: without their terms": member(
        "createPromotion",
        "kind",
        "AMOUNT_OFF",
        ("/percent", "NOT_OF_THIS_KIND"),
        ("/amount", "MISSING"),
        kind=UNPROCESSABLE,
    ),
    "promotions: of a stranger's goods": member(
        "createPromotion", "skus", ["NOPE"], ("/skus/0", "UNKNOWN_SKU"), kind=UNPROCESSABLE
    ),
    "promotions: a name with NUL": member("createPromotion", "name", "a\x00", ("/name", "PATTERN")),
    "promotions: one that there is not": nowhere("deletePromotion", "/promotions/prm_nowhere"),
    "transfers: to where they come from": member(
        "requestTransfer", "toStoreId", "S0001", ("/toStoreId", "SAME_STORE"), kind=UNPROCESSABLE
    ),
    "transfers: a store for a fulfilment centre": member(
        "requestTransfer", "kind", "STORE_TO_FC", ("/toStoreId", "NO_STORE"), kind=UNPROCESSABLE
    ),
    "transfers: to no store": Bad("requestTransfer", NOT_FOUND, change=lambda body: body.update(toStoreId="S9999")),
    "transfers: of nothing": member("requestTransfer", "lines", [], ("/lines", "MIN_ITEMS")),
    "transfers: no units": line("requestTransfer", "quantity", 0, "MINIMUM", INVALID),
    "transfers: one SKU twice": twice("requestTransfer", "sku"),
    "transfers: an unknown SKU": line("requestTransfer", "sku", "NOPE", "UNKNOWN_SKU"),
    "transfers: sent next year": member(
        "dispatchTransfer",
        "dispatchedAt",
        "2027-01-01T00:00:00Z",
        ("/dispatchedAt", "IN_FUTURE"),
        kind=UNPROCESSABLE,
    ),
    "transfers: goods that were not sent": line("receiveTransfer", "sku", "NOPE", "UNKNOWN_LINE"),
    "transfers: goods twice in one receipt": twice("receiveTransfer", "sku"),
    "transfers: nothing came": member("receiveTransfer", "lines", [], ("/lines", "NOTHING_CAME"), kind=UNPROCESSABLE),
    "transfers: one that there is not": nowhere("cancelTransfer", "/transfers/trf_nowhere/cancellations"),
    "invoices: for no shipment": Bad("postInvoice", NOT_FOUND, change=lambda body: body.update(shipmentId="shp_none")),
    "invoices: a cent too much": member("postInvoice", "total", usd("13.94"), ("/total", "TOTAL"), kind=UNPROCESSABLE),
    "invoices: in euros": member("postInvoice", "total", EUROS, ("/total", "AMOUNT"), kind=UNPROCESSABLE),
    "invoices: below nothing": member("postInvoice", "total", usd("-1.00"), ("/total/amount", "PATTERN")),
    "invoices: of nothing": member("postInvoice", "lines", [], ("/lines", "MIN_ITEMS")),
    "invoices: a line twice": twice("postInvoice", "lineId"),
    "invoices: more than was sent": line("postInvoice", "quantity", 2, "QUANTITY"),
    "invoices: a line for another": Bad(
        "postInvoice",
        UNPROCESSABLE,
        [("/lines/0/lineId", "UNKNOWN_LINE"), ("/lines", "MISSING_LINE")],
        lambda body: body["lines"][0].update(lineId="9"),
    ),
    "invoices: a number with a line feed": member("postInvoice", "number", "a\n", ("/number", "PATTERN")),
    "invoices: one that there is not": nowhere("getInvoice", "/invoices/inv_nowhere"),
    "reports: of everything": member("requestReport", "type", "EVERYTHING", ("/type", "ENUM")),
    "reports: in XML": member("requestReport", "format", "XML", ("/format", "ENUM")),
    "reports: backwards": member(
        "requestReport", "to", "2026-11-01T00:00:00Z", ("/to", "EMPTY_WINDOW"), kind=UNPROCESSABLE
    ),
    "reports: of twenty years": member(
        "requestReport", "from", "2006-11-27T00:00:00Z", ("/to", "WINDOW_TOO_LONG"), kind=UNPROCESSABLE
    ),
    "reports: of no store": member(
        "requestReport", "storeIds", ["S9999"], ("/storeIds/0", "UNKNOWN_STORE"), kind=UNPROCESSABLE
    ),
    "reports: a member that there is not": member("requestReport", "zip", True, ("/zip", "UNKNOWN_MEMBER")),
    "reports: one that there is not": nowhere("getReport", "/reports/rpt_nowhere"),
    "reports: the document of none": nowhere("getReportDocument", "/reports/rpt_nowhere/document"),
    "reports: a state that there is not": query("listReports", "status=READY", "status", "ENUM"),
    "reports: a page of 101": query("listReports", "limit=101", "limit", "MAXIMUM"),
    "settlements: a filter that there is not": query("listSettlements", "status=OPEN", "status", "UNKNOWN_PARAMETER"),
    "settlements: two limits": query("listSettlements", "limit=1&limit=2", "limit", "REPEATED"),
    "settlements: a page below nothing": query("listSettlements", "limit=-1", "limit", "MINIMUM"),
    "settlements: a cursor of another making": query("listSettlements", "cursor=x", "cursor", "UNKNOWN_CURSOR"),
    "settlements: a kind that there is not": query("listSettlementLines", "kind=TAX", "kind", "ENUM"),
    "settlements: a limit with an exponent": query("listSettlementLines", "limit=1e2", "limit", "TYPE"),
    "settlements: one that there is not": nowhere("getSettlement", "/settlements/stl_nowhere"),
    "settlements: the lines of none": nowhere("listSettlementLines", "/settlements/stl_nowhere/lines"),
    "settlements: an id of another kind": Bad(
        "getSettlement", INVALID, [("settlementId", "PATTERN")], path="/settlements/ord_nowhere"
    ),
    "settlements: written": Bad("getSettlement", METHOD, method="POST"),
    "webhooks: to a file server": member(
        "createSubscription", "url", "ftp://example.com/", ("/url", "SCHEME"), kind=UNPROCESSABLE
    ),
    "webhooks: to nowhere": member("createSubscription", "url", "http://", ("/url", "NOT_A_URL"), kind=UNPROCESSABLE),
    "webhooks: with a password": member(
        "createSubscription", "url", "https://me:pw@example.com/", ("/url", "CREDENTIALS"), kind=UNPROCESSABLE
    ),
    "webhooks: to a cloud's own data": member(
        "createSubscription",
        "url",
        "http://169.254.169.254/latest",
        ("/url", "ADDRESS_NOT_ALLOWED"),
        kind=UNPROCESSABLE,
    ),
    "webhooks: to a port that there is not": member(
        "createSubscription", "url", "https://example.com:99999/", ("/url", "NOT_A_URL"), kind=UNPROCESSABLE
    ),
    "webhooks: a header in the URL": member(
        "createSubscription", "url", "http://a.example/\r\nX: y", ("/url", "PATTERN")
    ),
    "webhooks: of what never happens": member(
        "createSubscription", "eventTypes", ["order.exploded"], ("/eventTypes/0", "ENUM")
    ),
    "webhooks: of nothing": member("createSubscription", "eventTypes", [], ("/eventTypes", "MIN_ITEMS")),
    "webhooks: a test with a body": Bad("testSubscription", INVALID, [("", "UNEXPECTED_BODY")], body={"now": True}),
    "webhooks: one that there is not": nowhere("deleteSubscription", "/subscriptions/sub_nowhere"),
    "webhooks: an outcome that there is not": query("listDeliveries", "outcome=LOST", "outcome", "ENUM"),
    "events: a type twice": query("listEvents", "type=order.late&type=order.late", "type", "REPEATED"),
    "onboarding: fewer stores than none": member("createApplication", "stores", -1, ("/stores", "MINIMUM")),
    "onboarding: a company without a name": member("createApplication", "company", " ", ("/company", "PATTERN")),
    "onboarding: another system": member("createApplication", "systems", ["CRM"], ("/systems/0", "ENUM")),
    "onboarding: a system twice": member("createApplication", "systems", ["POS"] * 2, ("/systems", "UNIQUE_ITEMS")),
    "onboarding: a contact that nobody reaches": member(
        "createApplication",
        "technicalContact",
        {"name": "x", "email": "nobody"},
        ("/technicalContact/email", "FORMAT"),
    ),
    "onboarding: a contact of blanks": member(
        "createApplication",
        "technicalContact",
        {"name": " ", "email": " ", "phone": "\t"},
        ("/technicalContact/name", "PATTERN"),
        ("/technicalContact/email", "MIN_LENGTH"),
        ("/technicalContact/email", "FORMAT"),
        ("/technicalContact/phone", "PATTERN"),
    ),
    "onboarding: signed by nobody": member("signAgreement", "name", "", ("/name", "MIN_LENGTH"), ("/name", "PATTERN")),
    "onboarding: signed with blanks": Bad(
        "signAgreement",
        INVALID,
        [("/name", "PATTERN"), ("/title", "PATTERN")],
        lambda body: body.update(name="  ", title="\u3000\ufeff"),
    ),
    "onboarding: a report without evidence": member("submitTestReport", "evidence", [], ("/evidence", "MIN_ITEMS")),
    "onboarding: a report of no plan": member(
        "submitTestReport", "plan", "x", ("/plan", "MIN_LENGTH"), ("/plan", "PATTERN")
    ),
    "onboarding: live before it is certified": Bad(
        "getApplication", ILLEGAL, [("", "NDA_MISSING")], query="/go-live", method="POST"
    ),
    "onboarding: live with a body": Bad("goLive", INVALID, [("", "UNEXPECTED_BODY")], body={"now": True}),
    "onboarding: a state that there is not": query("listApplications", "status=DEAD", "status", "ENUM"),
    "health: of nobody": nowhere("getHealthChecks", "/applications/app_nowhere/health-checks"),
    "health: of another kind": Bad(
        "getHealthChecks", INVALID, [("applicationId", "PATTERN")], path="/applications/ord_nowhere/health-checks"
    ),
    "health: of who is not live": Bad("getApplication", ILLEGAL, [("", "NDA_MISSING")], query="/health-checks"),
    "health: of one quarter": query("getHealthChecks", "quarter=5", "quarter", "UNKNOWN_PARAMETER"),
    "health: a page": query("getHealthChecks", "limit=5", "limit", "UNKNOWN_PARAMETER"),
    "health: written": Bad("getHealthChecks", METHOD, method="POST"),
}


@pytest.mark.parametrize("bad", CASES.values(), ids=CASES.keys())
def test_bad_input_gets_its_problem_and_changes_nothing(shop: Sandbox, bad: Bad) -> None:
    sample = SAMPLES[bad.operation](shop)
    body = deepcopy(sample.body) if bad.body is None else bad.body
    bad.change(body)
    before = shop.digest()
    answer = shop.call(bad.method or OPERATIONS[bad.operation].method, f"{bad.path or sample.path}{bad.query}", body)
    if bad.at:
        assert faults(answer, *bad.kind) == list(bad.at)
    else:
        assert "errors" not in problem(answer, *bad.kind)
    assert shop.digest() == before
