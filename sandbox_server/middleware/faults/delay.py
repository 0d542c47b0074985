"""`delay`: the operation is done at once, and its answer comes late."""

from math import exp
from statistics import NormalDist
from typing import Any

import msgspec

from sandbox_server.middleware.faults.effect import About, Effect, WrongEffect
from sandbox_server.middleware.faults.stage import Stage

_MEMBERS = {
    "fixed": {"milliseconds"},
    "uniform": {"lower", "upper"},
    "lognormal": {"median", "sigma", "maxValue"},
}
_REQUIRED = {"fixed": ["milliseconds"], "uniform": ["lower", "upper"], "lognormal": ["median", "sigma"]}
_NORMAL = NormalDist()
_LEAST = 2.0**-54  # below every draw but 0, which has no place on the curve


class Delay(msgspec.Struct, frozen=True, rename="camel"):
    """How long, in milliseconds."""

    type: str
    milliseconds: float = 0.0
    lower: float = 0.0
    upper: float = 0.0
    median: float = 0.0
    sigma: float = 0.0
    max_value: float | None = None

    def length(self, draw: float) -> float:
        """Return the milliseconds that a draw from [0, 1) means."""
        if self.type == "uniform":
            return self.lower + (self.upper - self.lower) * draw
        if self.type == "lognormal":
            most = float("inf") if self.max_value is None else self.max_value
            return min(most, self.median * exp(self.sigma * _NORMAL.inv_cdf(max(draw, _LEAST))))
        return self.milliseconds


class DelayEffect(Effect):
    """Keeps an answer back."""

    about = About(
        "delay",
        "The call is done at once, and its answer comes late, in real time.",
        {"match": {"operation": "acknowledgeOrder"}, "effect": {"delay": {"type": "fixed", "milliseconds": 800}}},
    )

    def check(self, given: Any) -> None:
        """Refuse members of another type, missing ones, and bounds that are crossed."""
        kind = given["type"]
        for name in _REQUIRED[kind]:
            if name not in given:
                raise WrongEffect(f"/{name}", "REQUIRED", f"A {kind} delay needs {name}.")
        for name in sorted(set(given) - {"type"} - _MEMBERS[kind]):
            raise WrongEffect(f"/{name}", "OF_ANOTHER_TYPE", f"A {kind} delay has no {name}.")
        if kind == "uniform" and given["lower"] > given["upper"]:
            raise WrongEffect("/lower", "OUT_OF_ORDER", "lower is above upper.")

    def in_short(self, value: Any) -> Any:
        """Return a delay of so many milliseconds."""
        return {"type": "fixed", "milliseconds": value}

    async def play(self, given: Any, stage: Stage) -> None:
        """Keep the answer back."""
        answer = await stage.collect()
        await stage.wait(msgspec.convert(given, Delay).length(stage.draw("length")) / 1000)
        await stage.answer(answer)
