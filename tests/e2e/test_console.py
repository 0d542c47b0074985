"""The console in a browser, over a running server: what an operator does with it, in both languages."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from urllib.request import Request, urlopen
from zipfile import ZipFile

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, expect

from sandbox_server.certification.checks import CHECKS
from sandbox_server.certification.languages import Words
from sandbox_server.console.languages import LANGUAGES, text, word
from sandbox_server.remote import Sandbox
from sandbox_server.testing.server import MarketplaceServer
from tests.certification.gate import client
from tests.e2e.chromium import DESK, PHONE, Visit, chromium

LOCALES = {"en": "en-GB", "zh": "zh-CN"}
# With few rows each: what holds for one row holds for fifty, and looking through them takes seconds.
PAGES = [
    *(
        "",
        "orders/?status=PARTIALLY_SHIPPED",
        "orders/board",
        "parcels/?status=LABELLED",
        "stores/",
        "stores/S0001?page=2",
    ),
    *(
        "stock/?sku=SKU-00001",
        "stock/S0001/SKU-00001",
        "stock/hidden",
        "returns/?status=CLOSED",
        "journal/",
        "journal/1",
    ),
    *("faults/", "clock/", "arrivals/", "certification/", "tenants/"),
]
KEY = "acorn-key"
MOST_POLLS = 30
POLL_MS = 2_000
CLEAN = {"id": "contract.clean", "title": CHECKS["contract.clean"].title}
ROOT = Path(__file__).parents[2]
VIOLATIONS = """options => axe.run({...options, resultTypes: ["violations"]}).then(
    found => found.violations.map(one => [one.id, one.nodes.map(node => node.html)]))"""
WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def server() -> Iterator[MarketplaceServer]:
    with MarketplaceServer.start() as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(params=sorted(LANGUAGES))
def operator(request: pytest.FixtureRequest, server: MarketplaceServer, browser: Browser) -> Iterator["Operator"]:
    """Somebody at the console, whose sandbox begins anew; nothing may have gone wrong in their browser."""
    Sandbox(server.url).call("POST", "/tenants/default/reset")
    Sandbox(server.url).call("DELETE", "/tenants/default/faults")
    at_work = Operator(Visit(browser, LOCALES[request.param]), server.url, request.param)
    yield at_work
    at_work.visit.context.close()
    assert at_work.visit.complaints == []


class Operator:
    """Finds things on a page by what is written on them, in their language."""

    def __init__(self, visit: Visit, url: str, language: str) -> None:
        self.visit, self.page, self.url, self.language = visit, visit.page, url, language
        self.page.goto(f"{url}/_sandbox/")

    def t(self, key: str, **values: object) -> str:
        return text(self.language, key, **values)

    def w(self, kind: str, name: str) -> str:
        return word(self.language, kind, name)

    def go(self, name: str) -> None:
        self.page.get_by_role("navigation").get_by_role("link", name=self.t(f"nav.{name}"), exact=True).click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text(self.t(f"nav.{name}"))

    def press(self, key: str, within: Locator | None = None, **values: object) -> None:
        (within or self.page).get_by_role("button", name=self.t(key, **values), exact=True).click()

    def reads(self, words: str | re.Pattern[str]) -> None:
        expect(self.page.get_by_role("status").first).to_have_text(words)

    def call(self, path: str) -> int:
        """Call the marketplace as a client does."""
        with urlopen(Request(f"{self.url}/v1{path}", headers={"X-Api-Key": KEY})) as answer:  # noqa: S310 - our server
            return int(answer.status)

    def look(self, path: str) -> list[dict[str, str]]:
        with urlopen(Request(f"{self.url}/v1{path}", headers={"X-Api-Key": KEY})) as answer:  # noqa: S310 - our server
            items: list[dict[str, str]] = json.load(answer)["items"]
            return items


def test_an_order_is_placed_and_its_stock_moves(operator: Operator) -> None:
    operator.go("orders")
    operator.press("orders.place")
    operator.reads(operator.t("orders.placed", count=1))
    order_id = operator.page.url.rpartition("/")[2]
    operator.page.get_by_role("table").get_by_role("link", name=re.compile("^SKU-")).first.click()
    operator.page.locator("table.heat td a").first.click()
    movements = operator.page.get_by_role("row").filter(has_text=order_id)
    expect(movements.first).to_contain_text(operator.w("cause", "RESERVATION"))
    assert operator.look("/orders?status=NEW&limit=100")[-1]["orderId"] == order_id


def test_a_fault_is_switched_on_seen_in_the_live_journal_and_made_again(operator: Operator) -> None:
    page = operator.page
    operator.go("faults")
    entry = page.get_by_role("listitem").filter(has_text="emptyPage")
    operator.press("faults.turn_on", entry)
    expect(page.get_by_role("row").filter(has_text="console-emptyPage")).to_contain_text("0")
    operator.go("journal")
    assert operator.call("/orders?limit=2") == 200
    row = page.get_by_role("row").filter(has_text="console-emptyPage")
    expect(row).to_contain_text(operator.w("verdict", "FAULT"))
    row.get_by_role("link", name=re.compile("^#")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(operator.t("journal.title", number=1))
    operator.press("site.copy")
    expect(page.locator("#announce")).to_have_text(operator.t("site.copied"))
    command = page.evaluate("navigator.clipboard.readText()")
    ran = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True, timeout=30)  # noqa: S607
    assert '"orderId"' in ran.stdout
    operator.press("journal.send")
    operator.reads(operator.t("journal.sent_again", answer="200 OK"))
    expect(page.get_by_role("heading", level=1)).to_have_text(operator.t("journal.title", number=3))
    operator.go("faults")
    operator.press("faults.turn_off", page.get_by_role("listitem").filter(has_text="emptyPage"))
    expect(page.get_by_text(operator.t("faults.empty"))).to_be_visible()


def test_time_passes_and_a_parcel_arrives(operator: Operator) -> None:
    page, parcel = operator.page, operator.look("/shipments?status=IN_TRANSIT&limit=1")[0]
    address = f"{operator.url}/_sandbox/t/default/orders/{parcel['orderId']}"
    page.goto(address)
    heading = page.get_by_role("heading").filter(has_text=parcel["shipmentId"])
    expect(heading).to_contain_text(operator.w("shipment_status", "IN_TRANSIT"))
    operator.go("clock")
    operator.press("clock.step_P7D")
    operator.reads(re.compile(operator.w("due", "carrier_step")))
    page.goto(address)
    expect(heading).to_contain_text(operator.w("shipment_status", "DELIVERED"))


def test_a_tenant_is_forked_and_goes_its_own_way(operator: Operator) -> None:
    page, name = operator.page, f"what-if-{operator.language}"
    operator.go("tenants")
    operator.press("tenants.keep")
    row = page.get_by_role("row").filter(has_text="snp_").first
    row.get_by_role("textbox").fill(name)
    operator.press("tenants.fork", row)
    operator.reads(operator.t("tenants.forked", tenant=name))
    expect(page.get_by_text(f"ACORN_CLIENT_ID=acorn-sandbox.{name}")).to_be_visible()
    operator.go("orders")
    operator.press("orders.place")
    page.locator("details.menu summary").click()
    page.get_by_role("banner").get_by_role("link", name="default", exact=True).click()
    assert page.url.endswith("/t/default/")
    operator.go("tenants")
    expect(page.get_by_role("row").filter(has_text=name)).to_contain_text("121")
    operator.page.goto(f"{operator.url}/_sandbox/t/{name}/tenants/")
    page.get_by_role("button", name=operator.t("tenants.delete"), exact=True).first.click()
    operator.reads(operator.t("tenants.deleted"))


@pytest.mark.parametrize("operator", ["en"], indirect=True)
def test_a_live_part_rests_unseen_while_somebody_is_in_it_and_where_it_is_switched_off(operator: Operator) -> None:
    page = operator.page
    page.clock.install()
    operator.go("journal")
    page.evaluate(
        "() => document.addEventListener('htmx:beforeRequest', (e) => { window.rests += e.defaultPrevented })"
    )

    def rests_while_a_call_comes() -> None:
        operator.call("/stores?limit=1")
        page.evaluate("window.rests = 0")
        for _ in range(MOST_POLLS):  # one that is under way holds up the next
            page.clock.run_for(POLL_MS)
            if page.evaluate("window.rests"):
                return
        raise AssertionError("it never rested")

    page.get_by_label(operator.t("site.live_updates")).uncheck()
    rests_while_a_call_comes()
    expect(page.get_by_text(operator.t("overview.no_calls"))).to_be_visible()
    page.get_by_label(operator.t("site.live_updates")).check()
    page.clock.run_for(POLL_MS)
    link = page.get_by_role("link", name="#1", exact=True)
    expect(link).to_be_visible()
    link.focus()
    rests_while_a_call_comes()
    expect(link).to_be_focused()
    page.evaluate("document.activeElement.blur()")
    page.clock.run_for(POLL_MS)
    expect(page.get_by_role("link", name="#2", exact=True)).to_be_visible()
    page.evaluate("Object.defineProperty(document, 'hidden', {configurable: true, get: () => true})")
    rests_while_a_call_comes()
    page.evaluate("delete document.hidden")
    page.clock.run_for(POLL_MS)
    expect(page.get_by_role("link", name="#3", exact=True)).to_be_visible()


@pytest.mark.parametrize("operator", ["en"], indirect=True)
def test_the_keyboard_is_enough(operator: Operator) -> None:
    page = operator.page
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name=operator.t("site.skip"))).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    summary = page.locator("details.menu summary")
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name=operator.t("site.more_tenants"))).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(summary).to_be_focused()
    expect(page.get_by_role("link", name=operator.t("site.more_tenants"))).to_be_hidden()


def test_the_language_is_a_button_away(operator: Operator) -> None:
    other = next(language for language in LANGUAGES if language != operator.language)
    operator.go("orders")
    operator.page.get_by_role("button", name=LANGUAGES[other]).click()
    expect(operator.page.get_by_role("heading", level=1)).to_have_text(text(other, "nav.orders"))


@pytest.mark.parametrize("operator", ["en"], indirect=True)
def test_every_page_fits_every_screen_and_is_open_to_everybody(operator: Operator) -> None:
    operator.call("/orders?limit=1")
    page, script = operator.page, Axe().axe_script
    page.emulate_media(reduced_motion="reduce")
    found: dict[str, object] = {}
    parcel = operator.look("/shipments?limit=1")[0]
    for path in [*PAGES, f"orders/{parcel['orderId']}", f"parcels/{parcel['shipmentId']}"]:
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(DESK)
        page.goto(f"{operator.url}/_sandbox/t/default/{path}")
        page.evaluate(script)
        found[path] = page.evaluate(VIOLATIONS, {})
        assert not page.evaluate(WIDER), path
        # What a page is made of is the same in every look; its colours and sizes are not.
        page.emulate_media(color_scheme="dark")
        page.set_viewport_size(PHONE)
        found[f"{path} on a phone in the dark"] = page.evaluate(
            VIOLATIONS, {"runOnly": ["color-contrast", "target-size"]}
        )
        assert not page.evaluate(WIDER), path
    assert {path: violations for path, violations in found.items() if violations} == {}


@pytest.mark.parametrize("operator", ["zh"], indirect=True)
def test_a_client_is_certified_and_its_report_read(operator: Operator, tmp_path: Path) -> None:
    page, other = operator.page, next(language for language in LANGUAGES if language != operator.language)
    operator.go("certification")
    page.get_by_label("working-day").check()
    operator.press("certification.begin", operator.page.locator("section").filter(has_text="chain-core@1"))
    told = dict(line.split("=", 1) for line in page.locator("#environment").inner_text().split())
    environment = {**os.environ, **told, "PYTHONPATH": str(ROOT)}
    with (tmp_path / "said.txt").open("wb") as said:
        running = subprocess.Popen(client("reference"), env=environment, stdout=said, stderr=said)
        try:
            expect(page.get_by_role("link", name="bundle.zip")).to_be_visible(timeout=60_000)
        finally:
            running.terminate()
            running.wait()
    for language in (operator.language, other):
        page.get_by_role("button", name=LANGUAGES[language]).click()
        expect(page.get_by_role("heading", name="contract.clean")).to_contain_text(word(language, "check", "PASS"))
        expect(page.get_by_text(Words(language).of_check(CLEAN, "title"))).to_be_visible()
        assert page.get_by_role("listitem").filter(has=page.locator(".check-fail")).all_inner_texts() == []
    with page.expect_download() as downloading:
        page.get_by_role("link", name="bundle.zip").click()
    assert "report.json" in ZipFile(BytesIO(downloading.value.path().read_bytes())).namelist()


@pytest.mark.parametrize("operator", ["en"], indirect=True)
def test_a_certification_is_stopped_before_the_client_comes(operator: Operator) -> None:
    operator.go("certification")
    operator.press("certification.begin", operator.page.locator("section").filter(has_text="chain-core@1"))
    expect(operator.page.get_by_text("ACORN_CLIENT_SECRET=")).to_be_visible()
    operator.press("certification.stop")
    expect(operator.page.get_by_text(operator.w("trial", "STOPPED"), exact=True)).to_be_visible()
