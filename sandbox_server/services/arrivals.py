"""Buyers who come by themselves, one after the other, along a shape."""

from datetime import timedelta
from random import Random

from sandbox_server.domain import arrivals as rules
from sandbox_server.domain.arrivals import Arrivals, Profile
from sandbox_server.domain.events import DueKind
from sandbox_server.domain.orders import Order, OrderStatus
from sandbox_server.kernel.randomness import stream
from sandbox_server.services import actors, demand, orders
from sandbox_server.services.happenings import schedule
from sandbox_server.services.ports import Query, Transaction

SUBJECT = "arrivals"
_LOOKS = 8
"""How many orders are looked at for one that somebody can bring back."""


def get(tx: Transaction) -> Arrivals | None:
    """Return the arrivals that were last asked for, if they were not ended."""
    return tx.arrivals.get(SUBJECT)


def begin(tx: Transaction, profile: Profile, per_minute: float, duration: timedelta, seed: int) -> Arrivals:
    """
    Let buyers come from now on, in place of those who were to come.

    Args:
        per_minute: The mean rate over the duration, above 0.
        duration: At least a millisecond.

    Raises:
        Unprocessable: There is no store, or no product.
    """
    demand.check(tx)
    lasts = duration // timedelta(milliseconds=1)
    return _await(tx, rules.awaiting(Arrivals(profile, per_minute, lasts, seed, tx.now)))


def end(tx: Transaction) -> None:
    """Let no more buyers come."""
    tx.arrivals.remove(SUBJECT)
    schedule(tx, DueKind.ARRIVAL, SUBJECT, None)


def arrive(tx: Transaction, _subject: str) -> None:
    """Let the next buyer come, and have the clock wait for the one after."""
    arrivals = get(tx)
    assert arrivals is not None, "the clock waits for those that there are"
    rng = stream(arrivals.seed, f"arrivals/{arrivals.arrived + 1}/wish")
    if arrivals.profile is Profile.RETURNS_WAVE:
        _bring_back(tx, rng)
    else:
        orders.place(tx, *demand.draw(tx, rng))
    _await(tx, rules.arrived(arrivals))


def _await(tx: Transaction, arrivals: Arrivals) -> Arrivals:
    tx.arrivals.put(arrivals)
    schedule(tx, DueKind.ARRIVAL, SUBJECT, arrivals.next_at)
    return arrivals


def _bring_back(tx: Transaction, rng: Random) -> None:
    """Have somebody bring back everything of an order, where a few looks find one."""
    for _ in range(_LOOKS):
        bought = _some_order(tx, rng)
        if bought is not None and actors.can_bring_back(tx, bought):
            actors.bring_back(tx, bought.order_id)
            return


def _some_order(tx: Transaction, rng: Random) -> Order | None:
    """Return a delivered order, from a random place on, or from the beginning."""
    for after in (rng.randrange(tx.orders.count() + 1), 0):
        page = tx.orders.page(Query(where={"status": OrderStatus.DELIVERED.value}, after=after, limit=1))
        if page.rows:
            return tx.orders.unpack(page.rows[0])
    return None
