"""What buyers put into their baskets, and how fast they want it."""

from bisect import bisect
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

from sandbox_server.domain.orders import Buyer
from sandbox_server.domain.stores import ServiceLevel, Store, can_serve
from sandbox_server.kernel.randomness import stream
from sandbox_server.worlds.chain import Popularity
from sandbox_server.worlds.schema import History, Outcome

T = TypeVar("T")
_NEAR = 3
_FROM_ELSEWHERE = 0.1


class Lots(Generic[T]):
    """A draw with weights, reckoned once."""

    def __init__(self, rng: Random, values: Sequence[T], weights: Sequence[float]) -> None:
        self._random = rng.random
        self._values = values
        self._weights = list(accumulate(weights))
        self._total = float(self._weights[-1])
        self._last = len(values) - 1

    def draw(self) -> T:
        """Return one of the values."""
        return self._values[bisect(self._weights, self._random() * self._total, 0, self._last)]


class Demand:
    """Who buys what next."""

    def __init__(
        self,
        seed: int,
        history: History,
        popularity: Popularity,
        carried: Mapping[str, Collection[str]],
        buyers: Sequence[Buyer],
    ) -> None:
        self._rng = rng = stream(seed, "world/baskets")
        self._buyers = buyers
        self._carried = {store_id: frozenset(skus) for store_id, skus in carried.items()}
        self._nowhere = popularity.nowhere
        self._skus = Lots(rng, popularity.carried, popularity.weights)
        self._lines = _lots(rng, history.lines)
        self._units = _lots(rng, history.units)
        self._levels = _lots(rng, history.service_levels)
        self._most = len(popularity.carried)

    def buyer(self) -> Buyer:
        """Return who buys."""
        return self._rng.choice(self._buyers)

    def basket(self, outcome: Outcome, least: int, nearest: Store) -> list[tuple[str, int]]:
        """Return SKUs with their units, at least so many; most of them are what the nearest store carries."""
        wanted = min(max(self._lines.draw(), least), self._most)
        basket: dict[str, int] = {}
        if outcome is Outcome.OUT_OF_ASSORTMENT:
            basket[self._rng.choice(self._nowhere)] = 1
        carried = self._carried[nearest.store_id]
        while len(basket) < wanted:
            sku = self._skus.draw()
            if sku in carried or self._rng.random() < _FROM_ELSEWHERE:
                basket[sku] = self._units.draw()
        return list(basket.items())

    def level(self, nearest: Sequence[Store], now: datetime) -> ServiceLevel:
        """Return how fast the buyer wants it; the same day is offered where a store nearby can still do it."""
        level = self._levels.draw()
        if level is not ServiceLevel.SAME_DAY or any(can_serve(store, level, now) for store in nearest[:_NEAR]):
            return level
        return ServiceLevel.STANDARD


def _lots(rng: Random, weights: Mapping[T, float]) -> Lots[T]:
    return Lots(rng, list(weights), list(weights.values()))
