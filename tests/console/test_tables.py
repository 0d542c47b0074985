"""Tables of a world: narrowed, sorted and paged on the server."""

import re
from collections.abc import Callable
from itertools import groupby
from threading import Thread
from typing import Any

import pytest

from sandbox_server.console import health, rankings, tables
from sandbox_server.console.pages import journal as journal_page
from sandbox_server.console.pages.orders import LISTING as ORDERS
from sandbox_server.console.pages.parcels import LISTING as PARCELS
from sandbox_server.console.tables import Listing
from tests.api.asgi_client import exchange
from tests.console.browser import CONSOLE, WORLD, Browser
from tests.control.stage import KEY, TENANT, Stage

ORDER = re.compile(r"<td><a href=\"[^\"]*/orders/(ord_[0-9a-z]+)\"")
NEXT = re.compile(r'rel="next" href="([^"]+)"')
CALL = re.compile(r'/journal/(\d+)">#')


def walked(browser: Browser, path: str) -> list[str]:
    """Every order of a list, page by page."""
    found: list[str] = []
    following: list[str] = [path]
    while following:
        page = browser.get(following[0].replace("&amp;", "&"))
        assert page.status == 200
        found += ORDER.findall(page.html)
        following = NEXT.findall(page.html)
    return found


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "ROWS", 20)


def everything(built: Stage, **asked: str) -> list[str]:
    query = "".join(f"&{name}={value}" for name, value in asked.items())
    return [one["orderId"] for one in built.look(f"/v1/orders?limit=100{query}")["items"]]


def test_a_large_world_s_orders_are_ranked_as_soon_as_somebody_looks_at_it(
    built: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []

    class Never(Thread):
        def start(self) -> None:
            begun.append(self.name)

    monkeypatch.setattr(rankings, "Thread", Never)
    browser = Browser(built.app)
    browser.get(f"{WORLD}/stores/")
    assert begun == []
    monkeypatch.setattr(rankings, "LARGE", 100)
    for path in (f"{CONSOLE}/static/console.css", f"{CONSOLE}/t/nobody/", f"{WORLD}/stores/", f"{WORLD}/clock/"):
        assert len(begun) == (path == f"{WORLD}/clock/")
        browser.get(path)
    assert begun == ["ranking"]


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("sort", ["", "sort=order", "sort=total&dir=asc", "sort=ship&dir=desc", "sort=created&dir=asc"])
def test_a_walk_sees_every_order_once_however_it_is_sorted(built: Stage, browser: Browser, sort: str) -> None:
    found = walked(browser, f"{WORLD}/orders/?{sort}")
    assert len(found) == len(set(found)) == 120


@pytest.mark.usefixtures("short")
def test_the_newest_order_comes_first_and_the_oldest_where_that_is_asked_for(built: Stage, browser: Browser) -> None:
    oldest_first = walked(browser, f"{WORLD}/orders/?dir=asc")
    assert walked(browser, f"{WORLD}/orders/") == oldest_first[::-1]
    assert oldest_first[:100] == everything(built)


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize(("where", "asked"), [("status=NEW", {"status": "NEW"}), ("store=S0001", {"storeId": "S0001"})])
def test_a_table_is_narrowed(built: Stage, browser: Browser, where: str, asked: dict[str, str]) -> None:
    wanted = everything(built, **asked)
    assert sorted(walked(browser, f"{WORLD}/orders/?{where}")) == sorted(wanted)
    assert f'<data value="{len(wanted)}">' in browser.get(f"{WORLD}/orders/?{where}").html


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("sort", ["", "&sort=total"])
def test_a_table_begins_with_what_came_to_be_since_an_instant(built: Stage, browser: Browser, sort: str) -> None:
    orders = sorted(built.look("/v1/orders?limit=100&status=NEW")["items"], key=lambda order: str(order["placedAt"]))
    wanted = [order["orderId"] for order in orders[5:]]
    found = walked(browser, f"{WORLD}/orders/?status=NEW&since={orders[5]['placedAt']}{sort}")
    assert sorted(found) == sorted(wanted)


def test_two_filters_narrow_further(built: Stage, browser: Browser) -> None:
    wanted = everything(built, status="NEW", storeId="S0001")
    for sort in ("", "&sort=total"):
        page = f"{WORLD}/orders/?status=NEW&store=S0001{sort}"
        assert sorted(walked(browser, page)) == sorted(wanted)
        assert f'<data value="{len(wanted)}">' in browser.get(page).html


def test_the_way_back_leads_a_page_back(browser: Browser) -> None:
    older = NEXT.findall(browser.get(f"{WORLD}/orders/").html)[0].replace("&amp;", "&")
    page = browser.get(older)
    back = re.findall(r'rel="prev" href="([^"]+)"', page.html)[0].replace("&amp;", "&")
    assert ORDER.findall(browser.get(back).html) == ORDER.findall(browser.get(f"{WORLD}/orders/").html)


@pytest.mark.parametrize(
    ("listing", "column"), [(listing, column) for listing in (ORDERS, PARCELS) for column in sorted(listing.keys)]
)
def test_what_a_column_is_sorted_by_is_seen_at_a_glance_as_in_the_whole(
    built: Stage, listing: Listing[Any], column: str
) -> None:
    key, glance = listing.keys[column], listing.glances[column]
    with built.tenant.read() as tx:
        table = getattr(tx, listing.name)
        rows = [row for row in table.rows() if row is not None]
        assert [key(glance(row)) for row in rows] == [key(table.unpack(row)) for row in rows]


def test_parcels_are_narrowed_and_sorted(built: Stage, browser: Browser) -> None:
    with built.tenant.read() as tx:
        shipments = list(tx.shipments.select())
    status = shipments[0].status
    wanted = [one for one in shipments if one.status == status]
    page = browser.get(f"{WORLD}/parcels/?status={status}&sort=tracking&dir=asc")
    assert f'<data value="{len(wanted)}">' in page.html
    first = sorted(one.tracking_number for one in wanted)[:2]
    assert re.findall(r"<td><code>(\w+)</code></td><td><time>", page.html)[:2] == first


def test_a_parcel_s_page_tells_its_way_what_is_in_it_and_has_its_label(built: Stage, browser: Browser) -> None:
    shipment = built.look("/v1/shipments?status=IN_TRANSIT&limit=1")["items"][0]
    address = f"{WORLD}/parcels/{shipment['shipmentId']}"
    assert f'href="{address}"' in browser.get(f"{WORLD}/parcels/?status=IN_TRANSIT&dir=asc").html
    page = browser.get(address)
    for kind, one in (("orders", shipment["orderId"]), ("stores", shipment["storeId"])):
        assert f'href="{WORLD}/{kind}/{one}"' in page.html
    for line in shipment["lines"]:
        assert line["sku"] in page.text
    scans = re.findall(r'<li class="parcel"><time>([^<]+)', page.html)
    assert len(scans) == len(shipment["trackingEvents"])
    assert scans == sorted(scans, reverse=True)
    assert shipment["trackingNumber"] in page.text
    head, *pieces = exchange(built.app, "GET", f"{address}/label.png", [(b"host", b"localhost")], [b""])
    assert (b"content-type", b"image/png") in head["headers"]
    same = built.call("GET", f"/v1/shipments/{shipment['shipmentId']}/label", key=KEY, accept="image/png")
    assert b"".join(piece["body"] for piece in pieces) == same.body


def test_the_heat_map_is_walked_both_ways(browser: Browser) -> None:
    first, second = browser.get(f"{WORLD}/stock/"), browser.get(f"{WORLD}/stock/?page=2")
    assert "SKU-00001" in first.html
    assert "SKU-00001" not in second.html
    assert "SKU-00013" in second.html
    assert "There is no such stock" in browser.get(f"{WORLD}/stock/?down=2").text
    one = browser.get(f"{WORLD}/stock/?sku=SKU-00002&store=S0003")
    assert one.html.count("/stock/S000") == one.html.count("/stock/S0003/SKU-00002") <= 1


def test_the_heat_map_is_narrowed_to_a_category(built: Stage, browser: Browser) -> None:
    product = built.look("/v1/products/SKU-00005")
    page = browser.get(f"{WORLD}/stock/?category={product['category'].replace(' ', '+')}")
    shown = re.findall(r'<th scope="col" title="[^"]*">(SKU-\d+)', page.html)
    assert shown
    assert {built.look(f"/v1/products/{sku}")["category"] for sku in shown} == {product["category"]}


def test_the_journal_is_read_back_and_narrowed(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = Browser(stage.app)
    assert "Nobody has called yet" in browser.get(f"{WORLD}/journal/").text
    for number in range(12):
        stage.call("GET", "/v1/stores" if number % 4 == 0 else "/v1/orders?limit=1", key=KEY)
    stage.call("GET", "/v1/nowhere", key=KEY)
    assert CALL.findall(browser.get(f"{WORLD}/journal/").html) == [str(number) for number in range(13, 0, -1)]
    narrowed = browser.get(f"{WORLD}/journal/?operation=listStores")
    assert CALL.findall(narrowed.html) == ["9", "5", "1"]
    assert CALL.findall(browser.get(f"{WORLD}/journal/?status=404").html) == ["13"]
    assert CALL.findall(browser.get(f"{WORLD}/journal/?verdict=UNMATCHED&client=acorn-sandbox").html) == ["13"]
    assert CALL.findall(browser.get(f"{WORLD}/journal/?verdict=UNMATCHED&client=acorn-store").html) == []
    assert "No call is like that" in browser.get(f"{WORLD}/journal/?status=abc").text
    assert len(CALL.findall(browser.get(f"{WORLD}/journal/?verdict=NONSENSE").html)) == 13
    monkeypatch.setattr(journal_page, "_LOOKED_AT", 1)
    monkeypatch.setattr(journal_page, "_GOES", 5)
    first = browser.get(f"{WORLD}/journal/?operation=listStores")
    assert CALL.findall(first.html) == ["9"]
    older = re.findall(r'href="([^"]*below=\d+)"', first.html)[0].replace("&amp;", "&")
    assert CALL.findall(browser.get(older).html) == ["5"]
    monkeypatch.setattr(journal_page, "ROWS", 1)
    assert CALL.findall(browser.get(f"{WORLD}/journal/").html) == ["13"]


@pytest.mark.parametrize("column", sorted(journal_page.KEYS))
def test_the_journal_s_newest_calls_are_sorted(stage: Stage, monkeypatch: pytest.MonkeyPatch, column: str) -> None:
    browser = Browser(stage.app)
    for path in ("/v1/stores", "/v1/nowhere", "/v1/orders?limit=1", "/v1/orders?limit=0"):
        stage.call("GET", path, key=KEY)
    falling, rising = (
        CALL.findall(browser.get(f"{WORLD}/journal/?sort={column}&dir={way}").html) for way in ("desc", "asc")
    )
    assert sorted(rising) == ["1", "2", "3", "4"]
    assert falling == rising[::-1]
    if column == "status":
        assert rising == ["1", "3", "4", "2"]
    monkeypatch.setattr(journal_page, "_MOST", 3)
    cut = browser.get(f"{WORLD}/journal/?sort={column}")
    assert sorted(CALL.findall(cut.html)) == ["2", "3", "4"]
    assert "Only the newest 3 are sorted" in cut.text


def test_a_call_that_found_no_operation_says_what_would_have_been_right(stage: Stage) -> None:
    stage.call("GET", "/v1/order", key=KEY)
    page = Browser(stage.app).get(f"{WORLD}/journal/1")
    assert "Why it found no operation" in page.text
    assert "listOrders" in page.text


def test_a_call_tells_what_the_contract_finds_wrong_and_what_it_changed(stage: Stage) -> None:
    stage.call("POST", "/v1/stores", {"name": 3}, key=KEY)
    stage.call("PATCH", "/v1/stores/S0001", {"status": "PAUSED"}, key=KEY)
    browser = Browser(stage.app)
    assert "REQUIRED" in browser.get(f"{WORLD}/journal/1").text
    changed = browser.get(f"{WORLD}/journal/2")
    assert "stores S0001" in changed.text
    assert '"status": "PAUSED"' in changed.text


def test_the_overview_counts_calls_by_what_became_of_them(stage: Stage) -> None:
    browser = Browser(stage.app)
    stage.call("GET", "/v1/orders", key=KEY)
    assert "Calls so far 1 Rate" in browser.get(f"{WORLD}/").text
    stage.call("GET", "/v1/nowhere", key=KEY)
    page = browser.get(f"{WORLD}/")
    assert "1 No such operation" in page.text
    assert "1 listOrders" in page.text


def test_a_large_world_s_stock_is_counted_beside_the_pages_now_and_then(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[Callable[[], None]] = []

    class Later(Thread):
        def start(self) -> None:
            begun.append(self.run)

    class AtOnce(Thread):
        def start(self) -> None:
            self.run()

    browser = Browser(stage.app)
    stage.made(name="large")
    large = f"{CONSOLE}/t/large"
    exact = browser.get(f"{large}/health").text
    monkeypatch.setattr(health, "_LARGE", 0)
    monkeypatch.setattr(health, "_SLICE", 100)
    monkeypatch.setattr(health, "Thread", AtOnce)
    assert "Counting" in browser.get(f"{large}/stock/stale").text
    assert browser.get(f"{large}/health").text == exact
    browser.post(f"{large}/stock/S0001/SKU-00001/sell", {"units": "1"})
    assert browser.get(f"{large}/health").text == exact
    monkeypatch.setattr(health, "monotonic_ns", lambda: 1 << 62)
    monkeypatch.setattr(health, "Thread", Later)
    for _ in range(2):
        assert browser.get(f"{large}/health").text == exact
    assert len(begun) == 1


def test_stock_that_is_oversold_is_counted(stage: Stage) -> None:
    browser = Browser(stage.app)
    assert "Units oversold 0" in browser.get(f"{WORLD}/health").text
    promised = next(level for level in stage.look("/v1/inventory?limit=100")["items"] if level["reserved"])
    report = {"storeId": promised["storeId"], "sku": promised["sku"], "onHand": 0, "sequence": 10**12}
    stage.call("PUT", "/v1/inventory", {"items": [{**report, "asOf": "2026-11-27T15:00:00Z"}]}, key=KEY)
    units = promised["reserved"] + promised["allocated"]
    assert f"Units oversold {units}" in browser.get(f"{WORLD}/health").text
    listed = browser.get(f"{WORLD}/stock/oversold?sort=store").text
    assert promised["sku"] in listed
    assert "Nothing is wrong here" in browser.get(f"{WORLD}/stock/phantom").text


def test_what_is_due_and_what_goes_wrong_are_sorted_too(stage: Stage) -> None:
    browser = Browser(stage.app)
    rows = re.compile(r'<tr><td class="number">[^<]*</td><td><time>([^<]*)</time></td><td>([^<]*)</td>')
    by_time = rows.findall(browser.get(f"{WORLD}/clock/").html)
    assert by_time == sorted(by_time, key=lambda row: row[0])
    assert len(by_time) > 10
    kinds = [kind for _, kind in rows.findall(browser.get(f"{WORLD}/clock/?sort=what&dir=desc").html)]
    assert len(list(groupby(kinds))) == len(set(kinds)) > 1
    assert kinds != [kind for _, kind in by_time]
    for name in ("b", "a", "c"):
        stage.call("POST", f"{TENANT}/faults", {"id": name, "effect": {"emptyPage": True}})
    rules = re.compile(r"<td><a href=\"[^\"]*journal/\?fault=(\w)")
    assert rules.findall(browser.get(f"{WORLD}/faults/").html) == ["b", "a", "c"]
    assert rules.findall(browser.get(f"{WORLD}/faults/?sort=rule&dir=asc").html) == ["a", "b", "c"]
