"""Strangers, foreign pages and hostile texts: none of them drives the sandbox or a browser that looks at it."""

import re

import pytest

from sandbox_server.api.acorn.labels import draw_label
from sandbox_server.certification.trials import Trials
from sandbox_server.console.site import site
from tests.api.acorn.conformance import Document
from tests.console.browser import CONSOLE, WORLD, Browser
from tests.console.hostile import Hostile
from tests.control.stage import CONTROL, KEY, TENANT, Stage

SCRIPT = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
RAW = re.compile(r"<script>\d|<i>\d")
ESCAPED = re.compile(r"&lt;(?:script|i)&gt;(\d+)")
SECRETS = {"createToken client_secret", "createToken refresh_token", "revokeToken client_secret", "revokeToken token"}
ACTORS = re.compile("/(buyers|carrier|till)/")
OVERVIEWS = (
    "",
    "orders/",
    "orders/board",
    "parcels/",
    "stores/",
    "stock/",
    "returns/",
    "journal/",
    "faults/",
    "clock/",
)
ADVANCE = f"{WORLD}/clock/advance"
ADDRESS = {
    "line1": SCRIPT,
    "line2": SCRIPT,
    "city": SCRIPT,
    "region": SCRIPT,
    "postalCode": SCRIPT[:16],
    "country": "US",
    "location": {"latitude": 40.7, "longitude": -74.0},
}


def now(stage: Stage) -> str:
    return str(stage.look(f"{TENANT}/clock", key=None)["now"])


@pytest.mark.parametrize("path", [f"{WORLD}/", f"{CONSOLE}/static/console.js"])
def test_a_name_that_was_made_to_point_here_opens_nothing(built: Stage, path: str) -> None:
    page = Browser(built.app, host="sandbox.attacker.example").get(path)
    assert page.status == 403
    assert "Overview" not in page.html


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://attacker.example"},
        {"origin": "null"},
        {"origin": "http://localhost:9999"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ],
)
def test_a_form_of_a_foreign_page_does_nothing_even_with_a_token(stage: Stage, headers: dict[str, str]) -> None:
    browser, before = Browser(stage.app), now(stage)
    browser.get(f"{WORLD}/clock/")
    page = browser.send(ADVANCE, {"csrf_token": browser.token, "by": "PT1H"}, **headers)
    assert page.status == 403
    assert now(stage) == before


@pytest.mark.parametrize("token", ["", "wrong", None])
def test_a_form_without_its_token_does_nothing(stage: Stage, token: str | None) -> None:
    browser, before = Browser(stage.app), now(stage)
    browser.get(f"{WORLD}/clock/")
    form = {"by": "PT1H"} if token is None else {"by": "PT1H", "csrf_token": token}
    page = browser.send(ADVANCE, form)
    assert page.status == 400
    assert "out of date" in page.text
    assert now(stage) == before


def test_a_token_is_worth_nothing_in_another_browser(stage: Stage) -> None:
    mine, theirs, before = Browser(stage.app), Browser(stage.app), now(stage)
    mine.get(f"{WORLD}/clock/")
    theirs.get(f"{WORLD}/clock/")
    assert theirs.send(ADVANCE, {"csrf_token": mine.token, "by": "PT1H"}).status == 400
    assert now(stage) == before


def test_the_same_form_with_everything_right_is_done(stage: Stage) -> None:
    browser, before = Browser(stage.app), now(stage)
    browser.get(f"{WORLD}/clock/")
    assert browser.send(ADVANCE, {"csrf_token": browser.token, "by": "PT1H"}).status == 302
    assert now(stage) > before


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ["clock/advance", "faults/clear", "tenants/reset", "tenants/delete"])
def test_following_a_link_changes_nothing(built: Stage, method: str, path: str) -> None:
    assert Browser(built.app).ask(method, f"{WORLD}/{path}", b"", {}).status == 405


def test_a_form_that_is_too_long_is_refused(browser: Browser) -> None:
    page = browser.post(f"{WORLD}/faults/", {"rule": "x" * 2_000_000})
    assert page.status == 413


@pytest.mark.parametrize(
    "elsewhere",
    ["https://attacker.example/", "//attacker.example", "/\\attacker.example", "/_sandbox/\\x", "/_sandbox/\n"],
)
def test_nobody_can_have_the_console_lead_elsewhere(browser: Browser, elsewhere: str) -> None:
    browser.get(f"{WORLD}/")
    page = browser.send(f"{CONSOLE}/language", {"csrf_token": browser.token, "language": "en", "next": elsewhere})
    assert page.headers["location"] == f"{CONSOLE}/"
    page = browser.send(f"{WORLD}/faults/", {"csrf_token": browser.token, "rule": "{}"}, referer=elsewhere)
    assert page.headers["location"].startswith(f"{CONSOLE}/t/default/")


def test_the_cookie_can_be_read_by_no_script_and_goes_to_no_other_site(browser: Browser) -> None:
    browser.get(f"{WORLD}/")
    [cookie] = [line for line in browser.set_cookies if line.startswith("acorn-console-8080=")][:1]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


def test_a_hostile_text_of_a_buyer_a_client_or_an_operator_is_shown_as_text(stage: Stage) -> None:
    buyer = {"name": SCRIPT, "email": "a@b.example", "phone": SCRIPT[:30], "address": ADDRESS}
    lines = [{"sku": "SKU-00001", "quantity": 1}]
    order_id = stage.done("/buyers/orders", {"buyer": buyer, "lines": lines})["items"][0]["orderId"]
    store = stage.look("/v1/stores/S0001")
    own = {name: store[name] for name in ("timeZone", "openingHours", "cutOff", "dailyOrderCapacity", "safetyStock")}
    made = {"storeId": "EVIL", "name": SCRIPT, "address": ADDRESS, "capabilities": ["SHIP_FROM_STORE"], **own}
    assert stage.call("POST", "/v1/stores", made, key=KEY).status == 201
    assert stage.call("POST", "/v1/stores", {"x": SCRIPT}, key=KEY, user_agent=SCRIPT, x_request_id="a.b").status == 400
    assert stage.call("GET", f"/v1/orders?status={SCRIPT}", key=KEY).status == 400
    assert stage.call("POST", f"{TENANT}/snapshots", {"label": SCRIPT}).status == 201
    assert stage.call("POST", f"{TENANT}/faults", {"match": {"headers": {"x-a": SCRIPT}}, "effect": {"delay": {
        "type": "fixed", "milliseconds": 1}}}).status == 201  # fmt: skip
    parcel = stage.look("/v1/shipments?status=IN_TRANSIT&limit=1")["items"][0]
    moved = {"status": "OUT_FOR_DELIVERY", "occurredAt": now(stage), "description": SCRIPT, "location": SCRIPT}
    assert stage.call("POST", f"/v1/shipments/{parcel['shipmentId']}/tracking-events", moved, key=KEY).status == 201
    last = stage.look(f"{TENANT}/journal?limit=1", key=None)["last"]
    browser = Browser(stage.app)
    seen = 0
    paths = [
        "",
        "orders/",
        f"orders/{order_id}",
        f"orders/{parcel['orderId']}",
        f"parcels/{parcel['shipmentId']}",
        "orders/board",
        "stores/",
        "stores/EVIL",
        "stock/",
        "journal/",
        "faults/",
    ]
    paths += [f"journal/{number}" for number in range(1, last + 1)]
    paths += [
        f"{page}/?status={SCRIPT}&store={SCRIPT}&sku={SCRIPT}&since={SCRIPT}"
        for page in ("orders", "stock", "returns", "stores")
    ]
    paths += ["tenants/", f"journal/?operation={SCRIPT}", f"orders/{SCRIPT.replace('/', '')}"]
    for path in paths:
        page = browser.get(f"{WORLD}/{path.replace(' ', '%20')}")
        assert "<script>alert" not in page.html, path
        assert page.html.count("<img") == page.html.count('<img src="/_sandbox/'), path
        seen += "alert(1)" in page.html
    assert seen >= 10
    refused = browser.post(f"{WORLD}/tenants/", {"name": SCRIPT})
    assert "alert(1)" in refused.html or refused.said
    assert "<script>alert" not in refused.html


@pytest.mark.parametrize("allowed", [True, False])
def test_no_text_that_the_contracts_know_is_a_script_on_any_page(stage: Stage, allowed: bool) -> None:
    order_id = stage.look("/v1/orders?status=NEW&limit=1")["items"][0]["orderId"]
    shipment_id = stage.look("/v1/shipments?status=IN_TRANSIT&limit=1")["items"][0]["shipmentId"]
    known = {
        "tenant": "default",
        "storeId": "S0001",
        "sku": "SKU-00001",
        "orderId": order_id,
        "shipmentId": shipment_id,
    }
    clients, others = (Hostile(Document(name).contract, known) for name in ("marketplace.yaml", "control.yaml"))
    accepted = 0
    for operation in clients.operations():
        body = clients.body(operation, allowed=allowed)
        accepted += stage.call(operation.method, clients.path(operation), body, key=KEY).status < 300
    for operation in others.operations():
        if ACTORS.search(operation.path):
            stage.call(operation.method, others.path(operation), others.body(operation, allowed=allowed))
    last = stage.look(f"{TENANT}/journal?limit=1", key=None)["last"]
    browser, seen = Browser(stage.app), set[int]()
    orders = [one["orderId"] for one in stage.look("/v1/orders?limit=100")["items"][-3:]]
    for path in (
        *OVERVIEWS,
        *(f"journal/{number}" for number in range(1, last + 1)),
        *(f"orders/{one}" for one in (order_id, *orders)),
        f"parcels/{shipment_id}",
    ):
        html = browser.get(f"{WORLD}/{path}").html
        assert not RAW.search(html), path
        seen.update(int(number) for number in ESCAPED.findall(html))
    missing = {where for number, where in clients.sent.items() if number not in seen}
    assert missing <= SECRETS
    assert accepted >= 5 if allowed else accepted == 0


def test_the_operator_s_interface_is_no_nearer_to_a_foreign_page(stage: Stage) -> None:
    foreign = {"origin": "https://attacker.example"}
    assert stage.call("POST", f"{TENANT}/reset", None, **foreign).status == 403
    assert stage.call("GET", f"{CONTROL}/tenants", None, host="attacker.example").status == 403


def test_processes_that_share_a_database_know_each_other_s_cookies_and_others_do_not() -> None:
    keys = [
        site(None, Trials(), draw_label, shared).config["SECRET_KEY"]
        for shared in ("postgresql://one", "postgresql://one", None, None)
    ]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3
