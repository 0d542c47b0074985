"""What a thing needs next is done until it needs nothing, and not for ever."""

from collections.abc import Callable

from fixtures.clients.reference.steps import MOST_STEPS, worked_off


def one_more(number: int) -> int:
    return number + 1


def test_steps_are_taken_until_none_is_needed() -> None:
    def up_to_three(number: int) -> Callable[[int], int] | None:
        return one_more if number < 3 else None

    assert worked_off(0, up_to_three) == 3
    assert worked_off(7, up_to_three) == 7


def test_a_thing_that_never_comes_to_rest_is_left_after_a_while() -> None:
    assert worked_off(0, lambda _: one_more) == MOST_STEPS
