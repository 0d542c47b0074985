"""Every number on a page leads to what it counts, and there the same number stands; or it tells of the page itself."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import NamedTuple

import pytest

from tests.console.browser import CONSOLE, WORLD, Browser
from tests.console.test_pages import PAGES
from tests.control.stage import KEY, TENANT, Stage

_NUMBER = re.compile(r"-?[\d,]*\d(?:\.\d+)?")
_VOID = frozenset({"meta", "link", "input", "img", "br", "circle", "rect"})
_WORDS = frozenset({"code", "pre", "time", "option", "textarea"})
_SIGNS = frozenset({"status", "legend"})
"""Where a number is a name or an instant, or a sign by its class: a status code, a shade."""
_FOLLOWED = 3  # of a kind on a page
_ID = re.compile(r"(?:S\d{4}|SKU-\d+|(?:ord|shp|ret)_\w+)")


class Count(NamedTuple):
    number: str
    address: str


class Reader(HTMLParser):
    """Reads off a page which numbers lead elsewhere, which it tells itself, and which do neither."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self._open: list[tuple[str, dict[str, str | None]]] = []
        self.counts: list[Count] = []
        self.told: set[str] = set()
        self.loose: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in _VOID:
            self._open.append((tag, given))
        if tag == "data":
            self.told.add(given["value"] or "")
        if "empty" in (given.get("class") or "").split():
            self.told.add("0")

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        text, tags = data.strip(), {tag for tag, _ in self._open}
        classes = {name for _, given in self._open for name in (given.get("class") or "").split()}
        if not _NUMBER.fullmatch(text) or tags & _WORDS or classes & _SIGNS:
            return
        links = [given for tag, given in self._open if tag == "a"]
        if links and "count" in (links[-1].get("class") or "").split():
            self.counts.append(Count(text.replace(",", ""), links[-1]["href"] or ""))
        elif not links and "data" not in tags:
            self.loose.append(text)


def followed(counts: list[Count]) -> Iterator[Count]:
    """A few counts of each kind."""
    seen: dict[str, int] = {}
    for count in dict.fromkeys(counts):
        kind = _ID.sub("", count.address)
        seen[kind] = seen.get(kind, 0) + 1
        if seen[kind] <= _FOLLOWED:
            yield count


@pytest.fixture(scope="module")
def played(built: Stage) -> Iterator[Stage]:
    """A world in which there is something to count of every kind."""
    built.clear()
    built.call("POST", f"{TENANT}/faults", {"id": "none", "effect": {"emptyPage": True}, "maxCount": 2})
    built.call("POST", f"{TENANT}/faults", {"id": "off", "effect": {"emptyPage": True}, "enabled": False})
    for path in ("orders?limit=1", "orders?limit=2", "stores", "nowhere", "orders?limit=0", "stores/S0001"):
        built.call("GET", f"/v1/{path}", key=KEY)
    for sku in ("SKU-00001", "SKU-00002"):
        built.done("/till/sales", {"storeId": "S0001", "lines": [{"sku": sku, "quantity": 1}]})
    built.call("PUT", f"{TENANT}/arrivals", {"profile": "STEADY", "perMinute": 1, "duration": "PT10M"})
    built.wait("PT8M")
    yield built
    built.clear()
    built.call("DELETE", f"{TENANT}/faults")


def details(stage: Stage) -> list[str]:
    """The page of one of each kind of thing."""
    firsts = [stage.look(f"/v1/{kind}?limit=1")["items"][0] for kind in ("orders", "shipments", "returns")]
    order, parcel, goods = firsts[0]["orderId"], firsts[1]["shipmentId"], firsts[2]["returnId"]
    return [f"{WORLD}/orders/{order}", f"{WORLD}/parcels/{parcel}", f"{WORLD}/returns/{goods}"]


def test_every_number_leads_to_what_it_counts_or_tells_of_its_own_page(played: Stage) -> None:
    browser, told, wrong, followed_ = Browser(played.app), dict[str, set[str]](), [], 0
    for path in [*PAGES, *details(played), f"{WORLD}/stock/oversold"]:
        page = Reader(browser.get(path).html)
        wrong += [f"{path}: {number} leads nowhere" for number in page.loose]
        for count in followed(page.counts):
            followed_ += 1
            address = count.address.partition("#")[0]
            if address not in told:
                told[address] = Reader(browser.get(address).html).told
            if count.number not in told[address]:
                wrong.append(f"{path}: {count.number} is not what {address} tells")
    assert wrong == [], "\n".join(wrong)
    assert followed_ > 80
    assert CONSOLE in next(iter(told))
