"""Every page is there in every language, and a browser may take it for what it is."""

import re

import pytest

from sandbox_server.console.languages import LANGUAGES
from tests.console.browser import CONSOLE, WORLD, Browser
from tests.control.stage import KEY, Stage

PAGES = (
    f"{WORLD}/",
    f"{WORLD}/health",
    f"{WORLD}/orders/",
    f"{WORLD}/orders/board",
    f"{WORLD}/parcels/",
    f"{WORLD}/stores/",
    f"{WORLD}/stores/S0001",
    f"{WORLD}/stock/",
    f"{WORLD}/stock/stale",
    f"{WORLD}/stock/S0001/SKU-00001",
    f"{WORLD}/returns/",
    f"{WORLD}/journal/",
    f"{WORLD}/journal/1",
    f"{WORLD}/faults/",
    f"{WORLD}/clock/",
    f"{WORLD}/arrivals/",
    f"{WORLD}/certification/",
    f"{WORLD}/tenants/",
    f"{CONSOLE}/login",
)
_INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE)
_ELSEWHERE = re.compile(r"""(?:src|href|action)=["'](?:https?:)?//""")


@pytest.mark.parametrize("language", sorted(LANGUAGES))
@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_there_in_every_language(built: Stage, path: str, language: str) -> None:
    built.call("GET", "/v1/orders?limit=1", key=KEY)
    page = Browser(built.app, language).get(path)
    assert page.status == 200
    assert "None" not in page.text
    if path != f"{WORLD}/health":
        assert f'<html lang="{language}">' in page.html
        assert page.html.count("<h1>") == 1


@pytest.mark.parametrize("path", PAGES)
def test_no_page_has_code_in_it_or_asks_for_anything_elsewhere(built: Stage, path: str) -> None:
    built.call("GET", "/v1/orders?limit=1", key=KEY)
    page = Browser(built.app).get(path)
    assert not _INLINE.search(page.html)
    assert not _ELSEWHERE.search(page.html)


@pytest.mark.parametrize("path", [f"{WORLD}/", f"{CONSOLE}/static/console.css", f"{CONSOLE}/nowhere"])
def test_every_answer_says_what_a_browser_may_do_with_it(browser: Browser, path: str) -> None:
    headers = browser.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"


def test_pages_are_not_kept_and_assets_are(browser: Browser) -> None:
    assert browser.get(f"{WORLD}/").headers["cache-control"] == "no-store"
    assert browser.get(f"{CONSOLE}/static/console.js").headers["cache-control"] == "no-cache"


def test_the_console_begins_at_the_default_tenant_s_overview(browser: Browser) -> None:
    assert "Orders by status" in browser.get(CONSOLE).text
    assert "Orders by status" in browser.get(f"{CONSOLE}/").text


@pytest.mark.parametrize(
    "path",
    [
        f"{CONSOLE}/t/nobody/",
        f"{CONSOLE}/t/nobody/faults/",
        f"{WORLD}/orders/ord_0",
        f"{WORLD}/parcels/shp_0",
        f"{WORLD}/parcels/shp_0/label.png",
        f"{WORLD}/stores/S9999",
        f"{WORLD}/stock/S0001/NONE",
        f"{WORLD}/returns/ret_0",
        f"{WORLD}/journal/99999",
        f"{WORLD}/certification/9999",
        f"{WORLD}/certification/9999/bundle.zip",
        f"{CONSOLE}/nowhere",
    ],
)
def test_what_is_not_there_is_said_to_be_not_there(browser: Browser, path: str) -> None:
    page = browser.get(path)
    assert page.status == 404
    assert "Problem 404" in page.text


def test_a_form_s_address_cannot_be_opened(browser: Browser) -> None:
    assert browser.get(f"{WORLD}/clock/advance").status == 405


def test_a_query_that_is_no_text_is_refused(built: Stage) -> None:
    assert Browser(built.app).get(f"{WORLD}/orders/?status=\xff").status == 400


@pytest.mark.parametrize(
    "query",
    [
        "sort=nothing&dir=up",
        "page=-3&place=-1",
        "page=zero",
        "place=99999999999",
        "status=NONE&store=none",
        "sort=total",
    ],
)
def test_a_query_that_makes_no_sense_is_passed_over(browser: Browser, query: str) -> None:
    for path in (f"{WORLD}/orders/", f"{WORLD}/returns/", f"{WORLD}/stores/", f"{WORLD}/stock/", f"{WORLD}/journal/"):
        assert browser.get(f"{path}?{query}").status == 200


def test_the_first_language_is_the_browser_s_and_another_one_is_a_button_away(built: Stage) -> None:
    browser = Browser(built.app, "zh-CN,zh;q=0.9,en;q=0.8")
    assert "概览" in browser.get(f"{WORLD}/").text
    assert "Overview" in browser.post(f"{CONSOLE}/language", {"language": "en", "next": f"{WORLD}/"}).text
    assert "Overview" in browser.get(f"{WORLD}/").text
    assert "Overview" in browser.post(f"{CONSOLE}/language", {"language": "xx", "next": f"{WORLD}/"}).text


def test_whoever_speaks_neither_language_gets_english(built: Stage) -> None:
    assert "Overview" in Browser(built.app, "fi").get(f"{WORLD}/").text


def test_a_length_of_time_is_told_in_the_page_s_language(built: Stage) -> None:
    assert re.search(r"\d+ min \d+ s", Browser(built.app).get(f"{WORLD}/clock/").text)
    chinese = Browser(built.app, "zh").get(f"{WORLD}/clock/").text
    assert re.search(r"\d+ 分 \d+ 秒", chinese)
    assert " min " not in chinese
