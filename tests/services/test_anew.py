"""What others were in the way of is tried again, and not for ever."""

from collections.abc import Callable

import pytest

from sandbox_server.domain.errors import Interrupted, Unavailable
from sandbox_server.services.anew import until_done


def failing(times: int, error: Exception) -> tuple[Callable[[], int], list[int]]:
    """Return work that fails so often, and the numbers of its tries."""
    tries: list[int] = []

    def work() -> int:
        tries.append(len(tries))
        if len(tries) <= times:
            raise error
        return len(tries)

    return work, tries


@pytest.mark.parametrize("times", [0, 1, 2])
def test_what_was_interrupted_twice_is_done_at_last(times: int) -> None:
    work, _ = failing(times, Interrupted("Others."))
    assert until_done(work) == times + 1


@pytest.mark.parametrize(("error", "tries"), [(Interrupted("Others."), 3), (Unavailable("The disk is full."), 1)])
def test_what_is_interrupted_again_and_again_or_cannot_be_had_is_refused(error: Exception, tries: int) -> None:
    work, tried = failing(9, error)
    with pytest.raises(type(error)):
        until_done(work)
    assert len(tried) == tries
