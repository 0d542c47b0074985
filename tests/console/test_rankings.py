"""The order of a long table follows every change of it, and looks again at what has changed alone."""

from collections.abc import Callable, Iterable, Sequence
from threading import Event, Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_server.console import rankings
from sandbox_server.console.rankings import Ranker, Rankings

ORDERS = ("default", "orders")
TABLES = st.lists(st.none() | st.integers(0, 9), max_size=30)


@pytest.fixture(autouse=True, scope="module")
def short_runs() -> Iterable[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rankings, "_RUN", 4)
        patch.setattr(rankings, "_FEW", 10)
        patch.setattr(rankings, "_REST_SECONDS", 0)
        yield


def numbers(rows: Iterable[bytes]) -> list[int]:
    return [int(row) for row in rows]


def packed(values: Sequence[int | None]) -> list[bytes | None]:
    return [None if value is None else b"%d" % value for value in values]


@given(
    looks=st.lists(st.tuples(TABLES, st.booleans()), min_size=1, max_size=4),
    unwanted=st.sets(st.integers(0, 30)),
    start=st.integers(0, 30),
    length=st.integers(0, 30),
)
def test_rows_come_in_order_whatever_came_went_and_changed_between_two_looks(
    looks: list[tuple[list[int | None], bool]], unwanted: set[int], start: int, length: int
) -> None:
    ranker = Ranker(numbers, Event())
    for values, beforehand in looks:
        if beforehand:
            ranker.prepare(packed(values))
        ranking = ranker.of(packed(values))
        kept = [place for place in order_of(values) if place not in unwanted]
        wanted = set(range(31)) - unwanted
        assert ranking.slice(start, start + length, wanted) == kept[start : start + length]
        assert ranking.slice(start, start + length, wanted, falling=True) == kept[::-1][start : start + length]
        assert ranking.slice(0, 99) == order_of(values)
        assert ranking.slice(0, 99, falling=True) == order_of(values)[::-1]


def order_of(values: Sequence[int | None]) -> list[int]:
    return [place for _, place in sorted((value, n) for n, value in enumerate(values) if value is not None)]


def test_only_what_has_changed_is_looked_at_again() -> None:
    seen: list[int] = []

    def keys(rows: Iterable[bytes]) -> list[int]:
        found = numbers(rows)
        seen.extend(found)
        return found

    rows, ranker = packed([None, 30, 20, 10]), Ranker(keys, Event())
    assert ranker.of(rows).slice(0, 9) == [3, 2, 1]
    seen.clear()
    assert ranker.of(rows.copy()).slice(0, 9) == [3, 2, 1]
    assert seen == []
    assert ranker.of([*rows[:3], b"40", b"25"]).slice(0, 9) == [2, 4, 1, 3]
    assert seen == [40, 25]


def test_a_ranking_is_kept_until_many_others_were_asked_for() -> None:
    kept = Rankings()
    first = kept.by(ORDERS, "total", numbers)
    for number in range(31):
        kept.by(ORDERS, str(number), numbers)
    assert kept.by(ORDERS, "total", numbers) is first
    kept.by(ORDERS, "another", numbers)
    assert kept.by(ORDERS, "total", numbers) is first
    for number in range(32):
        kept.by(("other", "orders"), str(number), numbers)
    assert kept.by(ORDERS, "total", numbers) is not first


def test_a_large_table_s_columns_are_ranked_beside_the_pages_and_again_as_it_grows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun: list[Callable[[], None]] = []
    seen: list[int] = []

    def keys(rows: Iterable[bytes]) -> list[int]:
        found = numbers(rows)
        seen.extend(found)
        return found

    class Later(Thread):
        def start(self) -> None:
            begun.append(self.run)

    monkeypatch.setattr(rankings, "Thread", Later)
    monkeypatch.setattr(rankings, "LARGE", 6)
    monkeypatch.setattr(rankings, "_GROWN", 3)
    kept, columns = Rankings(), {"units": keys, "total": keys}
    kept.prepare(ORDERS, columns, packed(range(5)))
    assert begun == []
    rows = packed(range(6))
    kept.by(ORDERS, "units", keys).of(rows)
    kept.prepare(ORDERS, columns, rows)
    kept.prepare(ORDERS, columns, rows)
    assert len(begun) == 1
    assert seen == [0, 1, 2, 3, 4, 5]
    begun.pop()()
    assert seen == [0, 1, 2, 3, 4, 5] * 2
    kept.by(ORDERS, "total", keys).of(rows)
    kept.prepare(ORDERS, columns, [*rows, b"6", b"7"])
    assert begun == []
    assert seen == [0, 1, 2, 3, 4, 5] * 2
    kept.prepare(ORDERS, columns, [*rows, b"6", b"7", b"8"])
    begun.pop()()
    assert seen == [0, 1, 2, 3, 4, 5] * 2 + [6, 7, 8] * 2
    kept.prepare(ORDERS, columns, rows)
    assert len(begun) == 1


def test_whoever_waits_for_a_ranking_ends_its_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rankings, "_REST_SECONDS", None)
    begun, rows = Event(), packed(range(12))

    def keys(some: Iterable[bytes]) -> list[int]:
        begun.set()
        return numbers(some)

    ranker = Ranker(keys, Event())
    thread = Thread(target=ranker.prepare, args=[rows])
    thread.start()
    begun.wait()
    assert ranker.of(rows).slice(0, 3) == [0, 1, 2]
    thread.join()


def test_what_is_ranked_beforehand_rests_while_anybody_waits_for_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    kept, rests = Rankings(), 0

    class Haste(Event):
        def wait(self, timeout: float | None = None) -> bool:
            nonlocal rests
            rests += 1
            if rests in {2, 4}:
                kept.leave()
            return False

    kept.attend()
    kept.attend()
    monkeypatch.setattr(rankings, "Event", Haste)
    kept.by(ORDERS, "total", numbers).prepare(packed(range(8)))
    assert rests == 5
