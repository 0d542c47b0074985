"""What a page's forms do, the operator's interface has done; what it refuses, the page says."""

import re
from types import SimpleNamespace

import pytest

from sandbox_server.certification.trials import Trials
from sandbox_server.console import tables
from sandbox_server.console.pages import certification, tenants
from tests.console.browser import CONSOLE, WORLD, Browser
from tests.control.stage import CONTROL, KEY, NEVER, TENANT, Stage

ORDER = re.compile(r"/orders/(ord_[0-9a-z]+)")


@pytest.fixture
def browser(stage: Stage) -> Browser:
    return Browser(stage.app)


def shipped(stage: Stage) -> tuple[str, str]:
    """An order that was shipped, and its parcel, which has not come yet."""
    items = stage.look("/v1/shipments?status=IN_TRANSIT&limit=1")["items"]
    return items[0]["orderId"], items[0]["shipmentId"]


def test_buyers_place_orders(browser: Browser, stage: Stage) -> None:
    page = browser.post(f"{WORLD}/orders/", {"count": "3", "serviceLevel": "STANDARD"})
    assert page.said == ["Orders placed: 3."]
    assert page.html.index("New") < page.html.index("Acknowledged")
    one = browser.post(f"{WORLD}/orders/", {"count": ""})
    assert one.said == ["Orders placed: 1."]
    assert "Its calls" in one.text


@pytest.mark.parametrize("count", ["0", "none", "1.5", "9" * 30])
def test_a_number_that_is_none_is_refused_in_words(browser: Browser, count: str) -> None:
    page = browser.post(f"{WORLD}/orders/", {"count": count}, referer=f"http://{browser.host}{WORLD}/orders/")
    assert len(page.said) == 1
    assert "/count" in page.said[0]
    assert "Have buyers place orders" in page.text


def test_a_buyer_cancels_and_the_timeline_says_so(browser: Browser, stage: Stage) -> None:
    order_id = stage.look("/v1/orders?status=NEW&limit=1")["items"][0]["orderId"]
    page = browser.post(f"{WORLD}/orders/{order_id}/cancel")
    assert page.said == ["The buyer has cancelled."]
    assert stage.order(order_id)["status"] == "CANCELLED"
    assert "Cancelled" in page.text
    again = browser.post(f"{WORLD}/orders/{order_id}/cancel", referer=f"http://{browser.host}{WORLD}/orders/{order_id}")
    assert "CANCELLED" in again.said[0]


def test_the_carrier_moves_a_parcel_and_the_buyer_brings_it_back(browser: Browser, stage: Stage) -> None:
    order_id, shipment_id = shipped(stage)
    parcel = f"{WORLD}/parcels/{shipment_id}"
    assert "Take it out" in browser.get(f"{WORLD}/orders/{order_id}").text
    assert "Deliver it" in browser.post(parcel, {"deed": "OUT_FOR_DELIVERY"}).text
    assert browser.post(parcel, {"deed": "DELIVERED"}).said == ["The carrier has done it."]
    assert stage.look(f"/v1/shipments/{shipment_id}")["status"] == "DELIVERED"
    page = browser.post(f"{WORLD}/orders/{order_id}/return")
    assert page.said == ["The buyer brings it back."]
    goods = stage.look(f"/v1/returns?orderId={order_id}")["items"][0]
    assert goods["returnId"] in page.text
    assert "Authorised" in browser.get(f"{WORLD}/returns/{goods['returnId']}").text


@pytest.mark.parametrize("deed", ["lose", "damage"])
def test_the_carrier_has_mishaps(browser: Browser, stage: Stage, deed: str) -> None:
    _, shipment_id = shipped(stage)
    assert browser.post(f"{WORLD}/parcels/{shipment_id}", {"deed": deed}).said == ["The carrier has done it."]


def test_a_store_is_closed_and_opened(browser: Browser, stage: Stage) -> None:
    assert browser.post(f"{WORLD}/stores/S0001/close").said == ["The store is closed."]
    assert stage.look("/v1/stores/S0001")["status"] == "CLOSED"
    assert 'class="store_status-closed" cx=' in browser.get(f"{WORLD}/stores/").html
    assert browser.post(f"{WORLD}/stores/S0001/open").said == ["The store is open."]
    assert stage.look("/v1/stores/S0001")["status"] == "ACTIVE"


def test_what_is_sold_or_counted_in_a_store_is_marked_until_it_is_reported(browser: Browser, stage: Stage) -> None:
    position = f"{WORLD}/stock/S0001/SKU-00001"
    assert "phantom" not in browser.get(f"{WORLD}/stock/?store=S0001").html.split("</ul>", 3)[-1]
    assert browser.post(f"{position}/sell", {"units": "2"}).said[0].startswith("Sold at the till.")
    page = browser.get(f"{WORLD}/stock/?store=S0001")
    assert " phantom" in page.html.split("</thead>")[1]
    assert "Phantom 2" in page.text
    counted = browser.post(f"{position}/count", {"units": "3"})
    assert counted.said[0].startswith("Counted.")
    shelf = stage.look(f"{TENANT}/till/stock?storeId=S0001&sku=SKU-00001", key=None)["items"][0]
    assert shelf["physical"] == 3
    assert "Shelves that differ" in browser.get(f"{WORLD}/stores/?sort=wrong&dir=desc").text
    assert str(shelf["phantom"]) in browser.get(f"{WORLD}/health").text


def test_a_switch_makes_the_catalogue_s_rule_and_takes_it_away(browser: Browser, stage: Stage) -> None:
    page = browser.post(f"{WORLD}/faults/switch/error", {"to": "on"})
    assert "console-error" in page.text
    [rule] = stage.look(f"{TENANT}/faults", key=None)["items"]
    assert rule["effect"] == {"error": {"status": 503, "retryAfter": 2}}
    assert "Switch off" in page.text
    browser.post(f"{WORLD}/faults/switch/error", {"to": "off"})
    assert stage.look(f"{TENANT}/faults", key=None)["items"] == []


def test_a_switch_that_there_is_not_is_a_page_that_there_is_not(browser: Browser) -> None:
    assert browser.post(f"{WORLD}/faults/switch/nothing", {"to": "on"}).status == 404


def test_rules_are_made_rested_woken_and_deleted(browser: Browser, stage: Stage) -> None:
    rule = '{"id": "mine", "match": {"operation": "listOrders"}, "effect": {"error": {"status": 503}}}'
    assert "mine" in browser.post(f"{WORLD}/faults/", {"rule": rule}).text
    assert stage.call("GET", "/v1/orders", key=KEY).status == 503
    browser.post(f"{WORLD}/faults/rules/mine/off")
    assert stage.call("GET", "/v1/orders", key=KEY).status == 200
    browser.post(f"{WORLD}/faults/rules/mine/on")
    assert stage.look(f"{TENANT}/faults/mine", key=None)["enabled"] is True
    assert "Fault played" in browser.get(f"{WORLD}/journal/?fault=mine").text
    browser.post(f"{WORLD}/faults/rules/mine/delete")
    browser.post(f"{WORLD}/faults/", {"rule": rule})
    browser.post(f"{WORLD}/faults/clear")
    assert stage.look(f"{TENANT}/faults", key=None)["items"] == []


@pytest.mark.parametrize(("rule", "said"), [("nonsense", "That is not JSON"), ('{"effect": {}}', "/effect")])
def test_a_rule_that_is_none_is_refused_in_words(browser: Browser, rule: str, said: str) -> None:
    page = browser.post(f"{WORLD}/faults/", {"rule": rule}, referer=f"http://{browser.host}{WORLD}/faults/")
    assert said in page.said[0]
    assert "Catalogue" in page.text


def test_the_clock_is_moved_and_says_what_was_done(browser: Browser, stage: Stage) -> None:
    page = browser.post(f"{WORLD}/clock/advance", {"by": "PT4H"})
    assert "2026-11-27 19:00:00" in page.text
    assert re.match(r"Done by the clock: \d+\. .*Acknowledgement is due: \d+", page.said[0])
    due = stage.look(f"{TENANT}/clock", key=None)["nextDue"]["due"]
    page = browser.post(f"{WORLD}/clock/advance", {"to": due})
    assert page.said[0].startswith("Done by the clock: ")


def test_the_clock_s_pace_is_set(browser: Browser, stage: Stage) -> None:
    assert "60.0" in browser.post(f"{WORLD}/clock/mode", {"mode": "SCALED", "scale": "60"}).text
    browser.post(f"{WORLD}/clock/mode", {"mode": "FROZEN", "scale": "60"})
    assert stage.look(f"{TENANT}/clock", key=None)["mode"] == "FROZEN"
    referer = f"http://{browser.host}{WORLD}/clock/"
    assert "/scale" in browser.post(f"{WORLD}/clock/mode", {"mode": "SCALED", "scale": "fast"}, referer=referer).said[0]
    assert "/mode" in browser.post(f"{WORLD}/clock/mode", referer=referer).said[0]
    assert "/by" in browser.post(f"{WORLD}/clock/advance", {"by": "soon"}, referer=referer).said[0]


def test_orders_arrive_until_they_are_told_not_to(browser: Browser, stage: Stage) -> None:
    assert "Nothing arrives by itself" in browser.get(f"{WORLD}/arrivals/").text
    wave = {"profile": "STEADY", "perMinute": "2", "duration": "PT1H", "seed": "7"}
    assert "running" in browser.post(f"{WORLD}/arrivals/", wave).text
    browser.post(f"{WORLD}/clock/advance", {"by": "PT30M"})
    arrived = stage.look(f"{TENANT}/arrivals", key=None)["arrived"]
    assert arrived > 0
    assert f"Arrived {arrived}" in browser.get(f"{WORLD}/arrivals/").text
    assert "Nothing arrives by itself" in browser.post(f"{WORLD}/arrivals/end").text
    assert browser.post(f"{WORLD}/arrivals/", {"profile": "STEADY"}).said == []


def test_tenants_are_made_reset_and_deleted(browser: Browser, stage: Stage) -> None:
    page = browser.post(f"{WORLD}/tenants/", {"name": "mine", "fixture": "small_chain", "seed": "7"})
    assert page.said == ["There is a new tenant: mine."]
    assert "ACORN_CLIENT_ID=acorn-sandbox.mine" in page.text
    mine = f"{CONSOLE}/t/mine"
    browser.post(f"{mine}/clock/advance", {"by": "P1D"})
    assert browser.post(f"{mine}/tenants/reset").said == ["mine begins anew."]
    assert stage.look(f"{CONTROL}/tenants/mine", key=None)["clock"]["now"].startswith("2026-11-27T15")
    assert browser.post(f"{mine}/tenants/delete").said == ["The tenant is gone."]
    assert stage.call("GET", f"{CONTROL}/tenants/mine").status == 404
    referer = f"http://{browser.host}{WORLD}/tenants/"
    assert "deleted" in browser.post(f"{WORLD}/tenants/delete", referer=referer).said[0]


def test_snapshots_are_taken_forked_restored_and_deleted(browser: Browser, stage: Stage) -> None:
    before = stage.look("/v1/orders?limit=1")["items"][0]["orderId"]
    assert browser.post(f"{WORLD}/snapshots/", {"label": "now"}).said == ["The snapshot is taken."]
    [kept] = stage.look(f"{TENANT}/snapshots", key=None)["items"]
    snapshot = f"{WORLD}/snapshots/{kept['snapshotId']}"
    browser.post(f"{WORLD}/orders/{before}/cancel")
    assert browser.post(f"{snapshot}/restore").said == ["default is back where the snapshot stands."]
    assert browser.post(f"{snapshot}/fork", {"name": "what-if"}).said == ["A tenant was forked: what-if."]
    assert stage.look(f"{CONTROL}/tenants/what-if", key=None)["fixture"] == "small_chain"
    assert browser.post(f"{snapshot}/fork").said[0].startswith("A tenant was forked: t-")
    assert browser.post(f"{snapshot}/delete").said == ["The snapshot is gone."]
    assert browser.post(f"{WORLD}/snapshots/").said == ["The snapshot is taken."]


def test_more_tenants_than_fit_on_a_page_of_the_interface_are_all_listed(
    browser: Browser, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tenants, "_MOST", 2)
    monkeypatch.setattr(tables, "ROWS", 2)
    for name in ("a", "b", "c", "d"):
        stage.made(name=name)
    assert "2 of 5 rows" in browser.get(f"{WORLD}/tenants/").text
    assert ">d</a>" in browser.get(f"{WORLD}/tenants/?page=3").html
    assert browser.get(f"{CONSOLE}/t/d/orders/nothing").status == 404


def test_an_order_s_timeline_has_its_calls(browser: Browser, stage: Stage) -> None:
    order_id = stage.look("/v1/orders?status=NEW&limit=1")["items"][0]["orderId"]
    body = {"lines": [{"lineId": "1", "decision": "ACCEPT"}]}
    stage.call("POST", f"/v1/orders/{order_id}/acknowledgements", body, key=KEY)
    page = browser.get(f"{WORLD}/orders/{order_id}")
    assert f"POST /v1/orders/{order_id}/acknowledgements" in page.text
    assert NEVER not in page.text


def test_a_refused_form_that_came_from_nowhere_goes_home(browser: Browser) -> None:
    page = browser.post(f"{WORLD}/orders/{NEVER}/cancel")
    assert len(page.said) == 1
    assert "Orders by status" in page.text


def test_a_certification_that_cannot_be_begun_says_why(browser: Browser) -> None:
    referer = f"http://{browser.host}{WORLD}/certification/"
    for form, said in (
        ({"plan": "none@1"}, "none@1"),
        ({"plan": "chain-core@1", "scenario": "nothing"}, "nothing"),
        ({"plan": "chain-core@1", "scale": "0"}, "scale"),
        ({"plan": "chain-core@1", "scale": "fast"}, "scale"),
    ):
        assert said in browser.post(f"{WORLD}/certification/", form, referer=referer).said[0]
    assert "No client has been judged" in browser.get(f"{WORLD}/certification/").text


def test_among_several_processes_nothing_is_certified_from_a_page(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    several = SimpleNamespace(extensions={"trials": Trials(alone=False)})
    monkeypatch.setattr(certification, "current_app", several)
    assert "several processes" in browser.get(f"{WORLD}/certification/").text
    referer = f"http://{browser.host}{WORLD}/certification/"
    page = browser.post(f"{WORLD}/certification/", {"plan": "chain-core@1"}, referer=referer)
    assert "several processes" in page.said[0]
    assert list(several.extensions["trials"]) == []


def test_a_certification_whose_sandbox_does_not_answer_has_failed(browser: Browser) -> None:
    # The browser says that it called port 8080, where this sandbox is not.
    page = browser.post(f"{WORLD}/certification/", {"plan": "chain-core@1"})
    assert "failed" in page.text
    assert len(page.said) == 1
    assert "failed" in browser.get(f"{WORLD}/certification/").text
    assert browser.get(f"{WORLD}/certification/1/bundle.zip").status == 404
    assert browser.post(f"{WORLD}/certification/1/stop").status == 200
