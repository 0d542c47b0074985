"""A world's history, played through the services: time moves on, and what is due in between is done."""

from collections.abc import Callable, Sequence
from functools import partial
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from sandbox_server.domain.errors import InsufficientStock
from sandbox_server.domain.orders import Order
from sandbox_server.domain.returns import ReturnStatus
from sandbox_server.kernel.clock import FrozenClock, from_milliseconds, to_milliseconds
from sandbox_server.kernel.randomness import stream
from sandbox_server.services import orders
from sandbox_server.services.sourcing import Network
from sandbox_server.services.tenants import Tenant
from sandbox_server.worlds.baskets import Demand
from sandbox_server.worlds.deeds import Actors
from sandbox_server.worlds.plans import Plan
from sandbox_server.worlds.scripts import ORDERS, RETURNS, Act, Deed

BUYERS = "world:buyers"
STORES = "world:stores"
_MINUTE = 60_000
_REPORTED_EVERY = 500
Deeds = Callable[[int], None]
"""What is done at a moment, in milliseconds."""


class Entry(NamedTuple):
    """What the agenda holds: a moment in milliseconds, a number that keeps entries of one moment in order, a deed."""

    at: int
    number: int
    run: Deeds


class History:
    """An agenda, and the clock that moves along it."""

    def __init__(self, tenant: Tenant, clock: FrozenClock, demand: Demand, actors: Actors, seed: int) -> None:
        self._tenant = tenant
        self._clock = clock
        self._demand = demand
        self._actors = actors
        self._rng = stream(seed, "world/history")
        self._agenda: list[Entry] = []
        self._number = 0
        self._placed = 0
        self._reported = 0

    def add(self, at: int, run: Deeds) -> None:
        """Have something done at a moment."""
        self._number += 1
        heappush(self._agenda, Entry(at, self._number, run))

    def place(self, plans: Sequence[Plan]) -> None:
        """Have orders placed."""
        self._agenda += [
            Entry(plan.at, self._number + n, partial(self._place, plan)) for n, plan in enumerate(plans, 1)
        ]
        self._number += len(plans)
        heapify(self._agenda)

    def play(self, until: int, progress: Callable[[int], None]) -> None:
        """
        Do what there is to do before an instant.

        Args:
            until: In milliseconds.
            progress: Is told now and then how many orders have been placed.
        """
        while self._agenda and self._agenda[0].at < until:
            entry = heappop(self._agenda)
            self._clock.move_to(from_milliseconds(entry.at))
            entry.run(entry.at)
            if self._placed >= self._reported + _REPORTED_EVERY:
                self._reported = self._placed
                progress(self._placed)
        self._clock.move_to(from_milliseconds(until))
        self._tenant.catch_up(self._clock.now())
        progress(self._placed)

    def _place(self, plan: Plan, at: int) -> None:
        self._placed += 1
        buyer = self._demand.buyer()
        location = buyer.address.location
        assert location is not None, "every buyer is located"
        with self._tenant.begin(BUYERS) as tx:
            nearest = tx.stores.derived(Network).nearest_to(location)
            basket = self._demand.basket(plan.outcome, plan.lines, nearest[0])
            level = self._demand.level(nearest, tx.now)
            order = orders.place(tx, buyer, basket, level)
        self._follow(order, ORDERS[plan.outcome].acts, at)
        if plan.back is not None:
            self.add(plan.back_at, partial(self._bring_back, order.order_id, plan.back, plan.lines))

    def _follow(self, order: Order, acts: Sequence[Act], at: int) -> None:
        """Put down when the next act is done; parcels leave before their deadline, where there is still time."""
        if not acts:
            return
        due = self._after(acts[0], at)
        if acts[0].deed is Deed.SHIP and order.ship_by is not None:
            deadline = to_milliseconds(order.ship_by)
            if at < deadline <= due:
                due = self._rng.randrange(at, deadline)
        self.add(due, partial(self._act, order, acts))

    def _act(self, order: Order, acts: Sequence[Act], at: int) -> None:
        act, *others = acts
        after: Order | None = order
        if act.chance == 1 or self._rng.random() < act.chance:
            after = self._do(act.deed, order.order_id)
        if after is not None:
            self._follow(after, others, at)

    def _do(self, deed: Deed, order_id: str) -> Order | None:
        try:
            with self._tenant.begin(BUYERS if deed is Deed.CANCEL_AS_BUYER else STORES) as tx:
                return self._actors.act_on_order(tx, deed, order_id)
        except InsufficientStock:
            with self._tenant.begin(STORES) as tx:
                self._actors.give_up(tx, order_id)
            return None

    def _bring_back(self, order_id: str, end: ReturnStatus, least: int, at: int) -> None:
        with self._tenant.begin(STORES) as tx:
            rma = self._actors.bring_back(tx, order_id, least)
        if rma is not None:
            self._handle(rma.return_id, RETURNS[end].acts[1:], at)

    def _handle(self, return_id: str, acts: Sequence[Act], at: int) -> None:
        if acts:
            self.add(self._after(acts[0], at), partial(self._act_on_return, return_id, acts))

    def _act_on_return(self, return_id: str, acts: Sequence[Act], at: int) -> None:
        with self._tenant.begin(STORES) as tx:
            self._actors.act_on_return(tx, acts[0].deed, return_id)
        self._handle(return_id, acts[1:], at)

    def _after(self, act: Act, at: int) -> int:
        return at + self._rng.randint(act.soonest * _MINUTE, act.latest * _MINUTE)
