"""The order of a long table follows every change of it, and looks again at what has changed alone."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from sandbox_server.console.rankings import Ranking, Rankings

NAME = ("default", "orders", "total")
TABLES = st.lists(st.none() | st.integers(0, 9), max_size=30)


def packed(values: Sequence[int | None]) -> list[bytes | None]:
    return [None if value is None else b"%d" % value for value in values]


@given(looks=st.lists(TABLES, min_size=1, max_size=4))
def test_rows_come_in_order_whatever_came_went_and_changed_between_two_looks(looks: list[list[int | None]]) -> None:
    ranking = Ranking(int)
    for values in looks:
        order = ranking.of(packed(values))
        assert sorted(order) == [place for place, value in enumerate(values) if value is not None]
        ranked = [values[position] for position in order]
        assert ranked == sorted(value for value in values if value is not None)


def test_only_what_has_changed_is_looked_at_again() -> None:
    seen: list[bytes] = []

    def key(row: bytes) -> int:
        seen.append(row)
        return int(row)

    rows, ranking = packed([None, 30, 20, 10]), Ranking(key)
    assert list(ranking.of(rows)) == [3, 2, 1]
    seen.clear()
    assert list(ranking.of(rows.copy())) == [3, 2, 1]
    assert seen == []
    assert list(ranking.of([*rows[:3], b"40", b"25"])) == [2, 4, 1, 3]
    assert seen == [b"40", b"25"]


def test_among_equals_the_older_one_comes_first() -> None:
    assert list(Ranking(len).of(packed([7, 8, 9]))) == [0, 1, 2]


def test_a_ranking_is_kept_until_many_others_were_asked_for() -> None:
    rankings = Rankings()
    first = rankings.by(NAME, len)
    for number in range(15):
        rankings.by(("default", "orders", str(number)), len)
    assert rankings.by(NAME, len) is first
    rankings.by(("default", "orders", "another"), len)
    assert rankings.by(NAME, len) is first
    for number in range(16):
        rankings.by(("other", "orders", str(number)), len)
    assert rankings.by(NAME, len) is not first
