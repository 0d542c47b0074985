"""Whatever is sent to the marketplace's own operations gets the documented problem, and the world stays as it was."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import httpx
import pytest

from sandbox_server.asgi import RawHeaders
from tests.api.acorn import conformance
from tests.api.acorn.requests import OPERATIONS, SAMPLES, WITH_BODY
from tests.api.acorn.sandbox import Sandbox
from tests.api.acorn.shop import new_store, report, shipment
from tests.api.asgi_client import exchange

INVALID, NOT_FOUND = (400, "INVALID_REQUEST"), (404, "NOT_FOUND")
MEGABYTE = 1024 * 1024
ITEM = report()["items"][0]


class Bad(NamedTuple):
    """A bad request, the problem that it gets, and the places that the problem names."""

    method: str
    target: str
    problem: tuple[int, str]
    at: Sequence[str] = ()
    body: bytes = b""
    headers: Sequence[tuple[str, str]] = (("content-type", "application/json"),)


def get(target: str, *at: str, problem: tuple[int, str] = INVALID) -> Bad:
    return Bad("GET", target, problem, at, headers=())


def stock(member: str, value: Any, *, at: str | None = None) -> Bad:
    """Return a stock report of which one member is wrong."""
    body = json.dumps(report(ITEM, ITEM | {member: value})).encode()
    return Bad("PUT", "/inventory", INVALID, [at or f"/items/1/{member}"], body)


def raw_stock(body: bytes, *at: str) -> Bad:
    return Bad("PUT", "/inventory", INVALID, at or ("",), body)


def parcel(at: str, **changes: Any) -> Bad:
    body = json.dumps(shipment("ord_nowhere", **changes)).encode()
    return Bad("POST", "/shipments", INVALID, [at], body)


def shelf(at: str, **changes: Any) -> Bad:
    return Bad("POST", "/stores", INVALID, [at], json.dumps(new_store(**changes)).encode())


def refund(at: str, amount: Any, currency: Any = "USD") -> Bad:
    lines = [{"lineId": "1", "quantity": 1, "amount": {"amount": amount, "currency": currency}}]
    return Bad("POST", "/returns/ret_nowhere/refunds", INVALID, [at], json.dumps({"lines": lines}).encode())


CASES: dict[str, Bad] = {
    # paths and methods
    "a path of another version": get("/../v2/orders", problem=NOT_FOUND),
    "a path with an encoded slash": get("/orders/ord_a%2Fb", problem=NOT_FOUND),
    "a path with dots": get("/stores/../orders", problem=NOT_FOUND),
    "a path with encoded dots": get("/stores/%2e%2e/orders", problem=NOT_FOUND),
    "a path with a slash too many": get("/orders/", problem=NOT_FOUND),
    "a path with a doubled slash": get("//orders", problem=NOT_FOUND),
    "a path with NUL": get("/orders/ord_aaaa%00", problem=NOT_FOUND),
    "a path that is not UTF-8": get("/orders/%ff", problem=NOT_FOUND),
    "a path in capitals": get("/Orders", problem=NOT_FOUND),
    "an id of another kind": get("/orders/shp_0000", "orderId"),
    "an id with a quotation mark": get("/orders/ord_a'--", "orderId"),
    "an id of 61 letters": get("/returns/ret_" + "a" * 61, "returnId"),
    "a store code in small letters": get("/stores/s0001", "storeId"),
    "a SKU of 41 letters": get("/inventory/" + "A" * 41, "sku"),
    "the ledger as a SKU in small letters": get("/products/movements", "sku"),
    "a method that the path does not have": Bad("DELETE", "/orders", (405, "METHOD_NOT_ALLOWED")),
    "HEAD": Bad("HEAD", "/health", (405, "METHOD_NOT_ALLOWED")),
    "TRACE": Bad("TRACE", "/stores/S0001", (405, "METHOD_NOT_ALLOWED")),
    "a method of our own": Bad("BREW", "/orders", (405, "METHOD_NOT_ALLOWED")),
    # query parameters
    "a parameter that is misspelt": get("/orders?stauts=NEW", "stauts"),
    "a parameter in another case": get("/orders?Status=NEW", "Status"),
    "a parameter twice": get("/orders?status=NEW&status=SHIPPED", "status"),
    "a state that there is not": get("/orders?status=OPEN", "status"),
    "a state in small letters": get("/returns?status=received", "status"),
    "a cause that there is not": get("/inventory/movements?cause=THEFT", "cause"),
    "a limit of nothing": get("/orders?limit=0", "limit"),
    "a limit of a million digits": get("/orders?limit=" + "9" * 10_000, "limit"),
    "a limit in other digits": get("/orders?limit=%D9%A1", "limit"),
    "a day for an instant": get("/orders?updatedAfter=2026-11-27", "updatedAfter"),
    "an instant without a zone": get("/orders?updatedAfter=2026-11-27T15:00:00", "updatedAfter"),
    "an instant with its plus unencoded": get("/orders?createdAfter=2026-11-27T15:00:00+01:00", "createdAfter"),
    "the 30th of February": get("/shipments?updatedBefore=2026-02-30T00:00:00Z", "updatedBefore"),
    "an instant before the calendar": get("/orders?updatedAfter=0001-01-01T00:00:00%2B14:00", "updatedAfter"),
    "a cursor of another making": get("/products?cursor=eyJhZnRlciI6NTB9", "cursor"),
    "a brand with NUL": get("/products?brand=%00", "brand"),
    "a brand that is not UTF-8": get("/products?brand=%c3%28", "brand"),
    "a filter that another list has": get("/stores?storeId=S0001", "storeId"),
    # bodies that cannot be read
    "a body that is not UTF-8": raw_stock(b'{"items": "\xff"}'),
    "a body that is not JSON": raw_stock(b"items=1"),
    "a body cut short": raw_stock(json.dumps(report()).encode()[:-4]),
    "a body of UTF-16": raw_stock(json.dumps(report()).encode("utf-16")),
    "no body": raw_stock(b""),
    "a body of nothing but blanks": raw_stock(b"   "),
    "two bodies in one": raw_stock(json.dumps(report()).encode() * 2),
    "a body nested a hundred thousand deep": raw_stock(b"[" * 100_000),
    "a body nested 33 deep": raw_stock(b'{"items":' + b"[" * 32 + b"]" * 32 + b"}"),
    "NaN": raw_stock(b'{"items":[{"onHand":NaN}]}'),
    "a raw NUL": raw_stock(b'{"items":"\x00"}'),
    "half a surrogate pair": raw_stock(rb'{"items":"\ud83d"}'),
    "10 MB": Bad("PUT", "/inventory", (413, "BODY_TOO_LARGE"), body=b" " * 10 * MEGABYTE),
    "a form where JSON is taken": Bad(
        "PUT", "/inventory", (415, "UNSUPPORTED_MEDIA_TYPE"), body=b"a=1", headers=[("content-type", "text/plain")]
    ),
    # bodies that say what cannot be
    "a list for an object": raw_stock(b"[]"),
    "null for an object": raw_stock(b"null"),
    "null for a list": raw_stock(b'{"items":null}', "/items"),
    "null for a number": stock("onHand", None),
    "a string for a number": stock("onHand", "12"),
    "a truth for a number": stock("onHand", True),
    "half a unit": stock("onHand", 0.5),
    "a unit written with decimals": stock("onHand", 12.0),
    "more than a store can hold": stock("onHand", 1_000_001),
    "less than nothing by a million": stock("onHand", -1_000_001),
    "a number of 400 digits": raw_stock(b'{"items":[{"onHand":' + b"9" * 400 + b"}]}"),
    "a sequence below nothing": stock("sequence", -1),
    "a sequence above what JSON's readers count": stock("sequence", 9_007_199_254_740_992),
    "a store that is a list": stock("storeId", ["S0001"]),
    "a SKU with a line feed at its end": stock("sku", "SKU-1\n"),
    "an instant as a number": stock("asOf", 1_795_791_600),
    "an instant in February's 30th": stock("asOf", "2026-02-30T00:00:00Z"),
    "an instant with a leap second": stock("asOf", "2016-12-31T23:59:60Z"),
    "a member that there is not": stock("shelf", 7),
    "a parcel of nothing": parcel("/lines", lines=[]),
    "a parcel in no package": parcel("/packages", packages=[]),
    "a package without weight": parcel("/packages/0/weightGrams", packages=[{"weightGrams": 0}]),
    "a line of no units": parcel("/lines/0/quantity", lines=[{"lineId": "1", "quantity": 0}]),
    "a line of a negative number": parcel("/lines/0/lineId", lines=[{"lineId": "-1", "quantity": 1}]),
    "a carrier that there is not": parcel("/carrier", carrier="PIGEON"),
    "a tracking number with a blank": parcel("/trackingNumber", trackingNumber="1Z 999"),
    "a store beyond the poles": shelf(
        "/address/location/latitude",
        address={**new_store()["address"], "location": {"latitude": 90.1, "longitude": 0}},
    ),
    "a country with three letters": shelf("/address/country", address={**new_store()["address"], "country": "USA"}),
    "a name with NUL": shelf("/name", name="a\x00b"),
    "an hour that there is not": shelf(
        "/openingHours/monday/0/closes", openingHours={"monday": [{"opens": "09:00", "closes": "24:00"}]}
    ),
    "a capability twice": shelf("/capabilities", capabilities=["SAME_DAY", "SAME_DAY"]),
    "money as a number": refund("/lines/0/amount/amount", 12.9),
    "money below nothing": refund("/lines/0/amount/amount", "-0.01"),
    "money with an exponent": refund("/lines/0/amount/amount", "1e3"),
    "money with a comma": refund("/lines/0/amount/amount", "12,90"),
    "money in a currency in small letters": refund("/lines/0/amount/currency", "1.00", "usd"),
}


def send(chain: Sandbox, bad: Bad) -> httpx.Response:
    """Return the answer to exactly these bytes, held against the contract."""
    lines: RawHeaders = [(b"x-api-key", b"acorn-key"), *((k.encode(), v.encode()) for k, v in bad.headers)]
    if bad.body or bad.method in {"PUT", "POST"}:
        lines.append((b"content-length", b"%d" % len(bad.body)))
    start, end = exchange(chain.app, bad.method, f"/v1{bad.target}", lines, [bad.body])
    path = bad.target.partition("?")[0]
    if ".." in path or "%2e" in path:
        path = "/nowhere"  # httpx would walk the path, and ask the contract for another one
    request = httpx.Request(bad.method, f"http://sandbox/v1{path}")
    answer = httpx.Response(start["status"], headers=start["headers"], content=end["body"], request=request)
    conformance.hold(answer)
    return answer


@pytest.mark.parametrize("bad", CASES.values(), ids=CASES.keys())
def test_bad_input_gets_its_problem_and_changes_nothing(chain: Sandbox, bad: Bad) -> None:
    before = chain.digest()
    body = conformance.problem(send(chain, bad), *bad.problem)
    places = [next(iter(error.values())) for error in body.get("errors", ())]
    assert set(bad.at) <= set(places) if bad.at else not places
    assert chain.digest() == before


def test_a_path_that_there_is_answers_another_method_with_the_ones_it_has(chain: Sandbox) -> None:
    for path, allowed in (
        ("/orders", "GET"),
        ("/stores", "GET, POST"),
        ("/stores/S0001", "GET, PATCH"),
        ("/inventory", "GET, PUT"),
        ("/oauth/token", "POST"),
    ):
        assert send(chain, Bad("DELETE", path, INVALID)).headers["allow"] == allowed


@pytest.mark.parametrize("operation_id", [name for name in WITH_BODY if OPERATIONS[name].security])
@pytest.mark.parametrize("value", [None, True, 7, 10**30, -1.5, "", "\x00", "x" * 5000, [], [[]], {}], ids=ascii)
def test_no_member_of_any_body_can_break_the_server(shop: Sandbox, operation_id: str, value: Any) -> None:
    """Each member of a right body is replaced; what is refused changes nothing, and what is taken is documented."""
    sample = SAMPLES[operation_id](shop)
    for name in sample.body:
        before = shop.digest()
        answer = shop.call(
            OPERATIONS[operation_id].method,
            sample.path,
            content=json.dumps(sample.body | {name: value}),
            headers={"content-type": "application/json"},
        )
        assert answer.status_code in {400, 409, 422} or answer.is_success, answer.text
        assert answer.is_success or shop.digest() == before


def test_a_body_may_repeat_a_secret_and_no_answer_does(chain: Sandbox) -> None:
    body = json.dumps(report(storeId="the-secret-of-the-house")).encode()
    assert b"the-secret" not in send(chain, Bad("PUT", "/inventory", INVALID, body=body)).content
