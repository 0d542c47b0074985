"""Identifiers: opaque, distinct, and the same for the same seed."""

import re

from hypothesis import given
from hypothesis import strategies as st

from sandbox_server.kernel.ids import make_id


def test_a_seed_decides_its_identifiers_for_ever() -> None:
    assert make_id(1, "ord", 0) == "ord_0n99sbgg1bqt112j"
    assert make_id(1, "ord", 1) == "ord_0zahs5xd9k5g4w40"
    assert make_id(2, "shp", 0) == "shp_qf39h1pzm3yn1pjn"


@given(st.integers(), st.integers(min_value=0))
def test_an_identifier_is_its_prefix_and_sixteen_letters_that_cannot_be_misread(seed: int, number: int) -> None:
    assert re.fullmatch(r"ret_[0-9a-hjkmnp-tv-z]{16}", make_id(seed, "ret", number))


def test_ten_thousand_of_a_kind_are_distinct() -> None:
    assert len({make_id(7, "ord", number) for number in range(10_000)}) == 10_000


def test_every_place_of_an_identifier_takes_every_letter() -> None:
    texts = [make_id(7, "ord", number).removeprefix("ord_") for number in range(2000)]
    assert [len(set(letters)) for letters in zip(*texts, strict=True)] == [32] * 16


@given(*[st.tuples(st.integers(), st.sampled_from(["ord", "shp", "ret"]), st.integers(0, 10**9))] * 2)
def test_another_seed_kind_or_number_is_another_identifier(a: tuple[int, str, int], b: tuple[int, str, int]) -> None:
    assert (make_id(*a).partition("_")[2] == make_id(*b).partition("_")[2]) is (a == b)
