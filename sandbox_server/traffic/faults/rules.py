"""
What a fault rule says, and whether it concerns a call.

Nothing here counts or keeps anything: `sandbox_server.traffic.faults.ledger` does.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from sandbox_server.kernel.randomness import fraction


class Facts(NamedTuple):
    """
    What is known of a call.

    Args:
        operation: The operation's name in the contract.
        credential: The caller's client id, proven or claimed; None where nobody says who it is.
        headers: By lower-case name.
        stores: The stores that it is about, by its path, query or body; empty where no rule asks.
        is_known: Whether the operation asks who calls, and the caller has proven it.
    """

    operation: str
    credential: str | None = None
    headers: Mapping[bytes, bytes] = {}
    stores: frozenset[str] = frozenset()
    is_known: bool = False


class Match(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Which calls a rule concerns: those that all of its parts fit; all calls when it has none."""

    operation: str | None = None
    store: str | None = None
    credential: str | None = None
    headers: dict[str, str] = {}


class Rule(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True, rename="camel"):
    """
    A rule by which calls go wrong, as the operator gave it.

    Args:
        id: Its name, one of a kind in its tenant.
        enabled: Whether it is asked at all.
        match: Which calls it concerns.
        probability: The share of them that it plays in.
        seed: What its draws follow from; None takes the tenant's and its own id.
        skip_first: How many matching calls go by unharmed first.
        max_count: How often it plays at the most; None for no limit.
        after_ms: Real milliseconds from its making until it begins.
        duration_ms: How long it fires from then; None for ever.
        ttl_ms: Real milliseconds from its making until it is taken away; None for never.
        effect: The effect's name, and what it needs to know.
    """

    id: str
    enabled: bool = True
    match: Match = Match()
    probability: float = 1.0
    seed: int | None = None
    skip_first: int = 0
    max_count: int | None = None
    after_ms: float = 0.0
    duration_ms: float | None = None
    ttl_ms: float | None = None
    effect: dict[str, Any]

    @property
    def effect_name(self) -> str:
        """The effect's name."""
        return next(iter(self.effect))

    @property
    def given(self) -> Any:
        """What the effect needs to know."""
        return self.effect[self.effect_name]


class Chosen(NamedTuple):
    """
    A rule that plays in a call.

    Args:
        number: Which of the calls that the rule matched this one is, from 1.
        seed: The tenant's.
    """

    rule: Rule
    number: int
    seed: int

    def draw(self, purpose: str) -> float:
        """Return a draw from [0, 1) that follows from the rule, the number of the call and the purpose alone."""
        return draw(self.rule, self.number, self.seed, purpose)


def fits(match: Match, call: Facts) -> bool:
    """Whether a call has everything that a rule asks for."""
    if match.operation is not None and match.operation != call.operation:
        return False
    if match.credential is not None and match.credential != call.credential:
        return False
    if match.store is not None and match.store not in call.stores:
        return False
    return all(_header(call, name) == value for name, value in match.headers.items())


def fires(rule: Rule, number: int, played: int, age_ms: float, seed: int) -> bool:
    """
    Whether a rule plays in a call that it matches.

    Args:
        number: Which of its matching calls this is, from 1.
        played: How often it has played.
        age_ms: Real milliseconds since it was made.
        seed: The tenant's.
    """
    if number <= rule.skip_first or (rule.max_count is not None and played >= rule.max_count):
        return False
    since = age_ms - rule.after_ms
    if since < 0 or (rule.duration_ms is not None and since >= rule.duration_ms):
        return False
    return draw(rule, number, seed, "plays") < rule.probability


def is_over(rule: Rule, age_ms: float) -> bool:
    """Whether it is to be taken away."""
    return rule.ttl_ms is not None and age_ms >= rule.ttl_ms


def draw(rule: Rule, number: int, seed: int, purpose: str) -> float:
    """Return a draw from [0, 1) for the nth call that a rule matches; no other rule has a part in it."""
    if rule.seed is not None:
        return fraction(rule.seed, f"fault/{number}/{purpose}")
    return fraction(seed, f"fault of {rule.id}/{number}/{purpose}")


def _header(call: Facts, name: str) -> str | None:
    value = call.headers.get(name.lower().encode("latin-1"))
    return None if value is None else value.decode("latin-1")
