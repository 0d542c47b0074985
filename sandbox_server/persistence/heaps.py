"""Heaps, read without being taken apart."""

from collections.abc import Iterator, Sequence
from heapq import heappop, heappush
from typing import Any, TypeVar

T = TypeVar("T", bound=tuple[Any, ...])


def rising(heap: Sequence[T]) -> Iterator[T]:
    """Return what a heap (`heapq`) holds in order; the first n cost n, however many there are."""
    open_ = [(heap[0], 0)] if heap else []
    while open_:
        item, place = heappop(open_)
        yield item
        for child in range(2 * place + 1, min(2 * place + 3, len(heap))):
            heappush(open_, (heap[child], child))
