"""The journal read on and on, as somebody does who follows it."""

from typing import Any

from tests.control.stage import TENANT, Stage


def page(stage: Stage, query: str) -> Any:
    return stage.look(f"{TENANT}/journal?{query}", key=None)


def numbers(found: Any) -> list[int]:
    return [call["number"] for call in found["items"]]


def test_the_last_number_of_a_page_is_the_journals_whether_it_fits_the_filters_or_not(stage: Stage) -> None:
    before = page(stage, "limit=1")["last"]
    for _ in range(3):
        stage.look("/v1/orders?limit=1")
    assert page(stage, "limit=1")["last"] == before + 3
    assert page(stage, "operation=noSuchThing") == {"items": [], "last": before + 3}


def test_after_the_last_number_come_the_calls_made_since_page_by_page(stage: Stage) -> None:
    last = page(stage, "limit=1")["last"]
    assert numbers(page(stage, f"after={last}")) == []
    for _ in range(3):
        stage.look("/v1/orders?limit=1")
    first = page(stage, f"after={last}&limit=2")
    assert numbers(first) == [last + 1, last + 2]
    assert numbers(page(stage, f"after={last}&limit=2&cursor={first['nextCursor']}")) == [last + 3]


def test_a_cursor_stands_for_what_it_was_made_with(stage: Stage) -> None:
    for _ in range(2):
        stage.look("/v1/orders?limit=1")
    cursor = page(stage, "limit=1")["nextCursor"]
    got = stage.call("GET", f"{TENANT}/journal?limit=1&after=1&cursor={cursor}")
    assert (got.status, got.json["code"]) == (400, "CURSOR_MISMATCH")
