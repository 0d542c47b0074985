"""The audit, and other work that is done step by step, without a pause."""

from typing import TypeVar

from sandbox_server.domain.invariants import Breach
from sandbox_server.services import audit as auditing
from sandbox_server.services.ports import Transaction
from sandbox_server.services.steps import Steps

T = TypeVar("T")


def at_once(work: Steps[T]) -> T:
    """Do all steps; what they come to."""
    try:
        while True:
            next(work)
    except StopIteration as end:
        result: T = end.value
        return result


def audit(tx: Transaction) -> list[Breach]:
    """What does not hold of a world."""
    return at_once(auditing.audit(tx))
