"""Pages: walked while the world changes under the walk, and cursors that lead nowhere else."""

from datetime import timedelta
from typing import Any

import pytest

from tests.api.acorn.conformance import faults, problem
from tests.api.acorn.sandbox import Sandbox
from tests.api.acorn.shop import buy, open_shop

LISTS = ("/stores", "/products", "/inventory", "/inventory/movements", "/orders", "/shipments", "/returns")
EMPTY_LISTS = ("/transfers", "/prices", "/promotions", "/invoices", "/settlements", "/reports")
"""Those of which the chain has nothing to walk over."""


@pytest.mark.parametrize(("path", "limit"), [("/stores", 1), *((path, limit) for path in LISTS for limit in (9, 100))])
def test_a_walk_finds_everything_once_in_order_whatever_the_size_of_its_pages(
    chain: Sandbox, path: str, limit: int
) -> None:
    pages = list(chain.walk(path, limit=limit))
    assert all(len(page) == limit for page in pages[:-1])
    assert 0 < len(pages[-1]) <= limit
    assert [item for page in pages for item in page] == [item for page in chain.walk(path) for item in page]


@pytest.mark.parametrize("path", LISTS)
def test_a_page_has_fifty_items_unless_another_size_is_asked_for(chain: Sandbox, path: str) -> None:
    pages = list(chain.walk(path))
    assert len(pages[0]) == min(50, sum(map(len, pages)))


@pytest.mark.parametrize(("limit", "code"), [("0", "MINIMUM"), ("101", "MAXIMUM"), ("x", "TYPE"), ("", "EMPTY")])
def test_a_size_out_of_bounds_is_refused(chain: Sandbox, limit: str, code: str) -> None:
    for path in (*LISTS, *EMPTY_LISTS):
        assert faults(chain.get(path, limit=limit), 400, "INVALID_REQUEST") == [("limit", code)]


def ids(page: Any) -> list[str]:
    return [order["orderId"] for order in page["items"]]


def test_what_comes_to_be_during_a_walk_is_found_at_its_end_and_hides_nothing(shop: Sandbox) -> None:
    placed = [buy(shop, ("SKU-1", 1)).order_id for _ in range(5)]
    first = shop.get("/orders", limit=2).json()
    placed.append(buy(shop, ("SKU-1", 1)).order_id)
    second = shop.get("/orders", limit=2, cursor=first["nextCursor"]).json()
    shop.pass_time(timedelta(minutes=1))
    shop.post(f"/orders/{placed[0]}/cancellations", {"reason": "OTHER"})
    shop.post(f"/orders/{placed[4]}/cancellations", {"reason": "OTHER"})
    placed.append(buy(shop, ("SKU-1", 1)).order_id)
    third = shop.get("/orders", limit=2, cursor=second["nextCursor"]).json()
    fourth = shop.get("/orders", limit=2, cursor=third["nextCursor"]).json()
    assert ids(first) + ids(second) + ids(third) + ids(fourth) == placed
    assert "nextCursor" not in fourth


def test_a_filtered_walk_leaves_out_what_stops_matching_and_skips_nothing_else(shop: Sandbox) -> None:
    placed = [buy(shop, ("SKU-1", 1)).order_id for _ in range(6)]
    first = shop.get("/orders", status="NEW", limit=2).json()
    shop.post(f"/orders/{placed[0]}/cancellations", {"reason": "OTHER"})
    shop.post(f"/orders/{placed[3]}/cancellations", {"reason": "OTHER"})
    second = shop.get("/orders", status="NEW", limit=2, cursor=first["nextCursor"]).json()
    third = shop.get("/orders", status="NEW", limit=2, cursor=second["nextCursor"]).json()
    assert (ids(first), ids(second), ids(third)) == (placed[:2], [placed[2], placed[4]], [placed[5]])


def test_a_walk_may_change_the_size_of_its_pages(shop: Sandbox) -> None:
    placed = [buy(shop, ("SKU-1", 1)).order_id for _ in range(5)]
    first = shop.get("/orders", limit=2).json()
    assert ids(shop.get("/orders", limit=100, cursor=first["nextCursor"]).json()) == placed[2:]


def test_a_cursor_may_be_used_again_and_leads_to_the_same_place(shop: Sandbox) -> None:
    for _ in range(4):
        buy(shop, ("SKU-1", 1))
    cursor = shop.get("/orders", limit=2).json()["nextCursor"]
    assert shop.get("/orders", cursor=cursor).content == shop.get("/orders", cursor=cursor).content


@pytest.mark.parametrize(
    "others",
    [
        {},
        {"status": "SHIPPED"},
        {"status": "NEW", "storeId": "S0001"},
        {"status": "NEW", "serviceLevel": "STANDARD"},
        {"status": "NEW", "updatedAfter": "2026-01-01T00:00:00Z"},
        {"status": "NEW", "createdBefore": "2027-01-01T00:00:00Z"},
        {"storeId": "NEW"},
    ],
)
def test_a_cursor_is_bound_to_its_filters(chain: Sandbox, others: dict[str, str]) -> None:
    cursor = chain.get("/orders", status="NEW", limit=2).json()["nextCursor"]
    problem(chain.get("/orders", **others, cursor=cursor), 400, "CURSOR_MISMATCH")
    assert chain.get("/orders", status="NEW", cursor=cursor).status_code == 200


def test_the_same_instant_written_otherwise_is_the_same_filter(chain: Sandbox) -> None:
    cursor = chain.get("/orders", updatedAfter="2026-11-01T12:00:00Z", limit=2).json()["nextCursor"]
    assert chain.get("/orders", updatedAfter="2026-11-01T07:00:00.000-05:00", cursor=cursor).status_code == 200
    problem(chain.get("/orders", updatedAfter="2026-11-01T12:00:00.001Z", cursor=cursor), 400, "CURSOR_MISMATCH")


@pytest.mark.parametrize("path", [path for path in (*LISTS, *EMPTY_LISTS) if path != "/orders"])
def test_a_cursor_of_another_list_is_refused(chain: Sandbox, path: str) -> None:
    cursor = chain.get("/orders", limit=2).json()["nextCursor"]
    problem(chain.get(path, cursor=cursor), 400, "CURSOR_MISMATCH")


@pytest.mark.parametrize("path", [*LISTS, *EMPTY_LISTS])
@pytest.mark.parametrize("cursor", ["x", "A" * 24, "A" * 1024, "~.-=", "AAAAAAAAAAAAAAAAAAAAAAAA"])
def test_a_cursor_that_nobody_gave_is_refused(chain: Sandbox, path: str, cursor: str) -> None:
    assert faults(chain.get(path, cursor=cursor), 400, "INVALID_REQUEST") == [("cursor", "UNKNOWN_CURSOR")]


@pytest.mark.parametrize("cursor", ["", "A" * 1025, "a/b", "a b", "é"])
def test_a_cursor_of_another_form_is_refused(chain: Sandbox, cursor: str) -> None:
    assert {at for at, _ in faults(chain.get("/orders", cursor=cursor), 400, "INVALID_REQUEST")} == {"cursor"}


def test_a_cursor_with_any_character_changed_is_refused(chain: Sandbox) -> None:
    cursor = chain.get("/orders", limit=2).json()["nextCursor"]
    for place, character in enumerate(cursor):
        garbled = cursor[:place] + ("B" if character != "B" else "C") + cursor[place + 1 :]
        assert faults(chain.get("/orders", cursor=garbled), 400, "INVALID_REQUEST") == [("cursor", "UNKNOWN_CURSOR")]


def test_another_tenants_cursor_is_refused(shop: Sandbox) -> None:
    elsewhere = open_shop()
    other = Sandbox(elsewhere._replace(persistence=_with_another_seed(elsewhere.persistence)))
    cursors = []
    for sandbox in (shop, other):
        for _ in range(3):
            buy(sandbox, ("SKU-1", 1))
        cursors.append(sandbox.get("/orders", limit=2).json()["nextCursor"])
    assert shop.get("/orders", cursor=cursors[0]).status_code == 200
    assert faults(shop.get("/orders", cursor=cursors[1]), 400, "INVALID_REQUEST") == [("cursor", "UNKNOWN_CURSOR")]


def _with_another_seed(persistence: Any) -> Any:
    persistence.seed = 2
    return persistence
