"""Chance: a stream for each seed and purpose, the same on every machine."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_server.kernel.randomness import fraction, stream


def test_a_seed_decides_its_draws_for_ever() -> None:
    draws = stream(1, "buyers")
    assert [draws.randrange(1000) for _ in range(5)] == [211, 511, 850, 996, 325]
    assert fraction(1, "carrier") == 0.09051994556004705


@given(st.integers(), st.text(max_size=20))
def test_one_seed_and_purpose_draw_the_same_again(seed: int, purpose: str) -> None:
    assert stream(seed, purpose).getrandbits(256) == stream(seed, purpose).getrandbits(256)
    assert fraction(seed, purpose) == fraction(seed, purpose)


@given(*[st.tuples(st.integers(), st.text(max_size=20))] * 2)
def test_another_seed_or_purpose_draws_something_else(a: tuple[int, str], b: tuple[int, str]) -> None:
    assert (stream(*a).getrandbits(256) == stream(*b).getrandbits(256)) is (a == b)
    assert (fraction(*a) == fraction(*b)) is (a == b)


def test_drawing_from_one_stream_does_not_shift_another() -> None:
    undisturbed = stream(1, "carrier").random()
    buyers, carrier = stream(1, "buyers"), stream(1, "carrier")
    buyers.random()
    assert carrier.random() == undisturbed


def test_fractions_fill_the_span_from_zero_to_below_one_evenly() -> None:
    draws = [fraction(7, f"n/{number}") for number in range(10_000)]
    assert min(draws) >= 0
    assert max(draws) < 1
    tenths = [sum(tenth / 10 <= draw < (tenth + 1) / 10 for draw in draws) for tenth in range(10)]
    assert tenths == pytest.approx([1000] * 10, rel=0.15)
