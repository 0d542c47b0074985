"""A run as one of Locust's processes sees it: what its users share."""

from time import perf_counter

from load_tests.plan import Plan
from load_tests.record import Record
from load_tests.users.desk import Desk
from load_tests.users.tokens import Tokens


class Run:
    """
    A run that has begun.

    Args:
        part: Which of the processes this is, from 0.
    """

    def __init__(self, plan: Plan, part: int) -> None:
        self.plan = plan
        self.part = part
        self.curve = plan.curve
        self.record = Record()
        self.orders = Desk(part, plan.processes)
        self.returns = Desk(part, plan.processes)
        self.tokens = Tokens(plan)
        self.stores: list[str] = []
        self.lines_reported = 0
        self.webhooks_taken = 0
        self.lasted: float | None = None
        """How many seconds it lasted, once it is over."""
        self._started = perf_counter()
        self._numbers: dict[str, int] = {}

    def at(self) -> float:
        """Return how many seconds ago it began."""
        return perf_counter() - self._started

    def number(self, kind: str) -> int:
        """Return a number for the next user of a kind, from 0, that no other process gives."""
        own = self._numbers.get(kind, 0)
        self._numbers[kind] = own + 1
        return own * self.plan.processes + self.part
