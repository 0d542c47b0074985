"""A page on which there is nothing yet says what to do."""

import re
from html import unescape
from pathlib import Path

import pytest

from sandbox_server.console.languages import LANGUAGES, text
from tests.console.browser import WORLD, Browser
from tests.control.stage import Stage

ONE_SHOP = Path(__file__).parents[1] / "e2e" / "one_shop.yaml"
_HISTORY = re.compile(r"  orders: .*\n  returns: .*\n")
SAID = {
    "": ["overview.no_calls", "clock.nothing", "returns.empty", "parcels.empty"],
    "orders/": ["orders.empty"],
    "orders/board": ["orders.empty"],
    "parcels/": ["parcels.empty"],
    "stores/?status=CLOSED": ["stores.empty"],
    "stock/?sku=NONE": ["stock.empty"],
    "stock/phantom": ["stock.none_wrong"],
    "returns/": ["returns.empty"],
    "journal/": ["overview.no_calls"],
    "faults/": ["faults.empty"],
    "clock/": ["clock.nothing"],
    "arrivals/": ["arrivals.empty"],
    "certification/": ["certification.empty"],
    "tenants/": ["tenants.no_snapshots"],
}
"""What stands on each page where there is nothing, in place of a table."""


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """A world in which nobody has bought anything."""
    folder = tmp_path_factory.mktemp("empty")
    fixture = folder / "empty.yaml"
    fixture.write_text(_HISTORY.sub("  orders: {}\n  returns: {}\n", ONE_SHOP.read_text("utf-8")), "utf-8")
    return Stage(folder, fixture=str(fixture))


@pytest.mark.parametrize("language", sorted(LANGUAGES))
@pytest.mark.parametrize("path", SAID)
def test_an_empty_page_says_what_to_do(empty: Stage, path: str, language: str) -> None:
    page = Browser(empty.app, language).get(f"{WORLD}/{path}")
    assert page.status == 200
    said = [unescape(found) for found in re.findall(r'<p class="empty">([^<]+)</p>', page.html)]
    assert said == [text(language, key) for key in SAID[path]]
