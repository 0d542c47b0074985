"""Debian's Chromium, driven by Playwright."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright

DESK: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
_PATIENCE_MS = 20_000  # a machine may have much to do beside

expect.set_options(timeout=_PATIENCE_MS)


def path_of_chromium() -> str:
    """Where it is; without one, the tests are left out on a machine of somebody's own, and fail in CI."""
    path = shutil.which("chromium")
    if path is not None:
        return path
    missing = "there is no chromium on this machine: apt-get install chromium"
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Return a browser that nobody sees."""
    path = path_of_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


class Visit:
    """
    Somebody's visit, in a window of their own; whatever the browser complains of is kept.

    Args:
        locale: The language that their browser asks for.
    """

    def __init__(self, browser: Browser, locale: str, viewport: ViewportSize = DESK) -> None:
        self.context: BrowserContext = browser.new_context(locale=locale, viewport=viewport)
        self.context.grant_permissions(["clipboard-read", "clipboard-write"])
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda message: self._complain(message.type, message.text))
        self.page.on("pageerror", lambda error: self._complain("error", str(error)))
        self.page.on("dialog", lambda dialog: dialog.accept())

    def _complain(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.complaints.append(text)
