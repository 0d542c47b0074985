"""A client is certified from the console: begun, watched, and its report read."""

import os
import subprocess
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from sandbox_server.testing.server import MarketplaceServer
from tests.certification.gate import client
from tests.e2e.chromium import Visit, chromium

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def server() -> Iterator[MarketplaceServer]:
    with MarketplaceServer.start("proving_ground") as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def visit(server: MarketplaceServer, browser: Browser) -> Iterator[Visit]:
    visiting = Visit(browser, "en-GB")
    visiting.page.goto(f"{server.url}/_sandbox/t/default/certification/")
    yield visiting
    visiting.context.close()
    assert visiting.complaints == []


def essentials(page: Page) -> Locator:
    return page.locator("section").filter(has_text="chain-core@1")


def test_the_reference_client_is_certified_and_its_report_read(visit: Visit, tmp_path: Path) -> None:
    page = visit.page
    page.get_by_label("working-day").check()
    essentials(page).get_by_role("button", name="Begin", exact=True).click()
    told = dict(line.split("=", 1) for line in page.locator("#environment").inner_text().split())
    words = client("reference")
    environment = {**os.environ, **told, "PYTHONPATH": str(ROOT)}
    with (tmp_path / "said.txt").open("wb") as said:
        running = subprocess.Popen(words, env=environment, stdout=said, stderr=said)
        try:
            expect(page.get_by_role("link", name="bundle.zip")).to_be_visible(timeout=60_000)
        finally:
            running.terminate()
            running.wait()
    expect(page.get_by_role("heading", name="contract.clean")).to_contain_text("Pass")
    expect(page.get_by_text("Fail", exact=True)).to_have_count(0)
    with page.expect_download() as downloading:
        page.get_by_role("link", name="bundle.zip").click()
    assert "report.json" in ZipFile(BytesIO(downloading.value.path().read_bytes())).namelist()


def test_a_certification_is_stopped_before_the_client_comes(visit: Visit) -> None:
    page = visit.page
    essentials(page).get_by_role("button", name="Begin", exact=True).click()
    expect(page.get_by_text("ACORN_CLIENT_SECRET=")).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("stopped", exact=True)).to_be_visible()
