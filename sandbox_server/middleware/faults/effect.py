"""What an effect is: one kind of thing that can go wrong with a call."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

from sandbox_server.middleware.faults.stage import Stage
from sandbox_server.traffic.faults import Facts


class WrongEffect(ValueError):
    """
    A rule's effect is of a good form, and makes no sense.

    Args:
        at: JSON pointer to the place, from the effect's own value.
        code: A word in capitals.
        message: What is wrong and what would be right.
    """

    def __init__(self, at: str, code: str, message: str) -> None:
        super().__init__(message)
        self.at = at
        self.code = code
        self.message = message


class About(NamedTuple):
    """
    What the catalogue says of an effect.

    Args:
        name: The member of a rule's `effect`.
        summary: What a client sees, in a sentence.
        example: A rule that can be sent as it stands.
        operations: The only operations that it makes sense for; empty for all.
        member: The member that a bare value in `X-Sandbox-Fault` stands for; None where the value is the whole.
    """

    name: str
    summary: str
    example: Mapping[str, Any]
    operations: frozenset[str] = frozenset()
    member: str | None = None


class Effect(ABC):
    """One effect; it keeps nothing between calls."""

    about: ClassVar[About]

    def check(self, given: Any) -> None:  # noqa: B027 - most need not look
        """
        Look at what a rule gives the effect, which the contract's schema has let pass.

        Raises:
            WrongEffect: It makes no sense.
        """

    def suits(self, given: Any, call: Facts) -> bool:  # noqa: ARG002 - some ask for it
        """Whether there is anything to play on in this call; where not, its rule does not match."""
        return not self.about.operations or call.operation in self.about.operations

    def in_short(self, value: Any) -> Any:
        """Return what a rule would give the effect for a bare value in `X-Sandbox-Fault`."""
        return value if self.about.member is None else {self.about.member: value}

    @abstractmethod
    async def play(self, given: Any, stage: Stage) -> None:
        """
        Answer the call, or leave it without an answer.

        Args:
            given: What the rule gives the effect.
            stage: The call, and everything that can be done with it.
        """
