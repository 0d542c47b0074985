"""The page of a certification in a browser, on a desk and on a phone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ViewportSize

from sandbox_server.certification.languages import LANGUAGES
from sandbox_server.certification.page import page
from tests.certification.test_page import report
from tests.e2e.chromium import DESK, PHONE, Visit, chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_wider_than_the_window(browser: Browser, tmp_path: Path, language: str, size: ViewportSize) -> None:
    (tmp_path / "report.html").write_text(page(report(), language), "utf-8")
    visit = Visit(browser, language, size)
    visit.page.goto((tmp_path / "report.html").as_uri())
    visit.page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")

    assert visit.page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert visit.complaints == []


def test_the_number_of_a_call_leads_to_its_row(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text(page(report()), "utf-8")
    visit = Visit(browser, "en")
    visit.page.goto((tmp_path / "report.html").as_uri())
    visit.page.get_by_role("link", name="8", exact=True).click()

    row = visit.page.locator("#answers-lost-8")
    assert row.is_visible()
    assert "409" in row.inner_text()
