"""What an answer weighs while it is kept."""

import tracemalloc

from sandbox_server.api.answers import _dumped


def test_an_answer_takes_no_more_memory_than_it_is_long() -> None:
    content = {"lines": ["0123456789"] * 100}
    tracemalloc.start()
    try:
        kept = [_dumped(content) for _ in range(100)]
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken < 1.2 * sum(map(len, kept))
