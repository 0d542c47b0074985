from datetime import timedelta

from msgspec.structs import replace

from sandbox_server.domain.inventory import Cause, StockLevel
from sandbox_server.domain.tills import CountChange, Recount, Shelf, physical, sequence
from tests.domain.builders import NOW, a_level

POSITION = "S0001/SKU-1"


def a_change(number: int, delta: int, count: int, sku: str = "SKU-1") -> CountChange:
    return CountChange(number, NOW, "S0001", sku, delta, count, Cause.WALK_IN_SALE, "", "till:req_1")


def test_what_was_reported_is_there_where_nothing_else_is_known() -> None:
    assert physical(a_level(10), None) == 10


def test_what_lies_on_the_shelf_counts_whatever_was_reported() -> None:
    assert physical(a_level(10), Shelf("S0001", "SKU-1", 7)) == 7
    assert physical(a_level(10), Shelf("S0001", "SKU-1", 13)) == 13


def test_a_count_is_named_by_its_store_and_sku_like_a_level() -> None:
    assert Shelf("S0001", "SKU-1", 3).key == a_level(10).key


def test_a_change_is_named_by_its_number() -> None:
    assert a_change(12, -1, 9).key == "12"


def test_sequences_grow_with_time_and_with_each_change() -> None:
    later = NOW + timedelta(milliseconds=1)
    assert sequence(NOW, 0) < sequence(NOW, 1) < sequence(later, 1) < sequence(later, 2)


def test_a_sequence_is_exact_in_every_json_parser() -> None:
    assert sequence(NOW.replace(year=2200), 1_000_000_000) < 2**53


def unexplained(changes: list[CountChange], *levels: StockLevel) -> list[tuple[str, str]]:
    recount = Recount()
    return [*(one for change in changes for one in recount.follow(change)), *recount.check(levels, {})]


def test_counts_that_follow_from_their_changes_are_explained() -> None:
    changes = [a_change(1, -1, 9), a_change(2, 5, 8, "SKU-2"), a_change(3, -2, 7)]
    assert unexplained(changes, a_level(7), a_level(8, sku="SKU-2"), a_level(4, sku="SKU-3")) == []


def test_a_count_that_no_change_explains_is_named() -> None:
    assert unexplained([a_change(1, -1, 9)], a_level(8)) == [(POSITION, "the physical count is 8; its changes make 9")]


def test_a_change_that_does_not_go_on_from_the_one_before_is_named() -> None:
    changes = [a_change(1, -1, 9), replace(a_change(2, -1, 7), number=5)]
    assert unexplained(changes, a_level(7)) == [(POSITION, "change 5 makes 7 of 9 and -1")]
