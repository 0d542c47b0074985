"""Which recorded calls are the marketplace's."""

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox_server.judging.recorded import Recorded
from sandbox_server.judging.routes import Routes, origin_of

_REFUSED = 400


@dataclass(frozen=True, slots=True)
class Sorted:
    """
    Recorded calls, sorted.

    Args:
        own: Those that went to an operation.
        lost: Those that were meant for the marketplace and found no operation: it refused them.
        others: How many were for somebody else.
    """

    own: list[Recorded]
    lost: list[Recorded]
    others: int


def sort_calls(calls: Sequence[Recorded], routes: Routes) -> Sorted:
    """
    Return the calls, sorted. A host is the marketplace's when a call to it found an operation.

    What found none there and was answered all the same was for another part of the host: its documents, a console.
    """
    own: list[Recorded] = []
    rest: list[Recorded] = []
    for call in calls:
        (rest if routes.find(call.exchange) is None else own).append(call)
    hosts = {origin_of(call.exchange.url) for call in own}
    lost = [one for one in rest if one.exchange.status >= _REFUSED and origin_of(one.exchange.url) in hosts]
    return Sorted(own, lost, len(rest) - len(lost))
