"""
What a fault may look like: a rule in a body, or an effect in `X-Sandbox-Fault`.

The header has an effect as a rule has it, in JSON, or in short: its name, `=`, and the one thing it needs to know. An
effect that needs to know nothing is its name alone.

    X-Sandbox-Fault: error=503
    X-Sandbox-Fault: delay=800
    X-Sandbox-Fault: fault=CONNECTION_RESET_BY_PEER
    X-Sandbox-Fault: lostResponse
    X-Sandbox-Fault: {"error": {"status": 503, "retryAfter": 2}}
"""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

import msgspec
import orjson

from sandbox_server.api.contract import Contract
from sandbox_server.api.refusals import InvalidRequest, invalid
from sandbox_server.api.schemas import Schemas, violations
from sandbox_server.api.wording import Wording
from sandbox_server.domain.errors import Duplicate, Fault, Unprocessable
from sandbox_server.middleware.faults.effect import WrongEffect
from sandbox_server.middleware.faults.registry import EFFECTS
from sandbox_server.traffic.faults import Facts, Rule

HEADER = "X-Sandbox-Fault"
_EFFECT = "#/components/schemas/FaultEffect"

Body = Mapping[str, Any]


class Forms:
    """
    Makes rules and effects of what was sent, and refuses what makes no sense.

    Args:
        contract: The operator's, which says what effects look like.
        wording: What the marketplace's operations are, and what they answer.
    """

    def __init__(self, contract: Contract, wording: Wording) -> None:
        self._effect = Schemas(contract).of_request(_EFFECT)
        self._wording = wording

    def rule(self, body: Body, rule_id: str, at: str = "") -> Rule:
        """
        Return the rule that a body describes.

        Args:
            rule_id: Its name.
            at: Where in the request it stands.

        Raises:
            InvalidRequest: Its effect makes no sense.
            Unprocessable: The marketplace has nothing for it to concern.
        """
        rule = msgspec.convert({**body, "id": rule_id}, Rule)
        self._refuse_nonsense(rule, f"{at}/effect")
        self._refuse_strangers(rule, at)
        return rule

    def rules(self, bodies: Iterable[Body]) -> list[Rule]:
        """
        Return the rules that a body describes, with names for those that have none.

        Raises:
            Duplicate: Two have the same name.
            InvalidRequest: The effect of one makes no sense.
            Unprocessable: The marketplace has nothing for one to concern.
        """
        bodies = list(bodies)
        taken = {body["id"] for body in bodies if "id" in body}
        rules: list[Rule] = []
        for number, body in enumerate(bodies):
            rule_id = body.get("id") or new_id(body, taken)
            if any(rule.id == rule_id for rule in rules):
                raise Duplicate(f"Two rules are called {rule_id!r}.")
            taken.add(rule_id)
            rules.append(self.rule(body, rule_id, f"/items/{number}"))
        return rules

    def changed(self, rule: Rule, changes: Body) -> Rule:
        """
        Return a rule with some of its members replaced.

        Raises:
            InvalidRequest: Its effect makes no sense any more.
            Unprocessable: The marketplace has nothing for it to concern any more.
        """
        return self.rule({**msgspec.to_builtins(rule), **changes}, rule.id)

    def asked(self, text: str, call: Facts) -> Body:
        """
        Return the effect that a call asks for itself.

        Raises:
            InvalidRequest: It is none, or has nothing to play on in this call.
        """
        effect: dict[str, Any] = _read(text)
        if wrong := violations(self._effect, effect, "header", HEADER):
            raise InvalidRequest([one._replace(message=f"{one.message} {_KNOWN}") for one in wrong])
        rule = Rule(id=HEADER, effect=effect)
        self._refuse_nonsense(rule, HEADER, "header")
        if not EFFECTS[rule.effect_name].suits(rule.given, call):
            raise invalid("header", HEADER, "UNSUITED", f"{rule.effect_name} has nothing to play on in this call.")
        if undocumented := list(self._undocumented(rule, call.operation)):
            raise invalid("header", HEADER, "UNDOCUMENTED", undocumented[0])
        return effect

    def _refuse_nonsense(self, rule: Rule, at: str, where: Any = "pointer") -> None:
        try:
            EFFECTS[rule.effect_name].check(rule.given)
        except WrongEffect as error:
            raise invalid(where, f"{at}/{rule.effect_name}{error.at}", error.code, error.message) from None

    def _refuse_strangers(self, rule: Rule, at: str) -> None:
        """Refuse a rule for an operation that there is not, or that has nothing for its effect."""
        operation, effect = rule.match.operation, EFFECTS[rule.effect_name].about
        found = []
        if operation is not None and operation not in self._wording.operations:
            found.append(Fault(f"{at}/match/operation", "UNKNOWN_OPERATION", _advice(operation, self._wording)))
        elif operation is not None and effect.operations and operation not in effect.operations:
            message = f"{effect.name} makes sense for {', '.join(sorted(effect.operations))} alone."
            found.append(Fault(f"{at}/match/operation", "UNSUITED", message))
        else:
            pointer = f"{at}/effect/error/status"
            found += [Fault(pointer, "UNDOCUMENTED", message) for message in self._undocumented(rule, operation)]
        if found:
            raise Unprocessable(found[0].message, found)

    def _undocumented(self, rule: Rule, operation: str | None) -> Iterator[str]:
        """Say why an error cannot be written as the contract documents it."""
        error = rule.effect.get("error", {})
        if error and "code" not in error and error.get("body", "problem") == "problem":
            known = self._wording.statuses(operation)
            if error["status"] not in known:
                who = operation or "The contract"
                yield (
                    f"{who} documents no {error['status']}, but {', '.join(map(str, known))}. "
                    "Give the problem's code, or a body that is html or empty, to have it all the same."
                )


def new_id(body: Body, taken: Iterable[str]) -> str:
    """Return a name for a rule that has none: its effect's, and a number that is free."""
    name = next(iter(body["effect"]))
    taken = set(taken)
    return next(made for number in range(1, len(taken) + 2) if (made := f"{name}-{number}") not in taken)


def _read(text: str) -> Any:
    text = text.strip()
    if text.startswith("{"):
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            raise invalid("header", HEADER, "MALFORMED", f"It is not JSON. {_KNOWN}") from None
    name, equals, value = text.partition("=")
    if name.strip() not in EFFECTS:
        near = get_close_matches(name[:64], EFFECTS, n=1)
        hint = f"Was {near[0]} meant? " if near else ""
        raise invalid("header", HEADER, "UNKNOWN_EFFECT", f"There is no such effect. {hint}{_KNOWN}")
    given = _scalar(value.strip()) if equals else True
    return {name.strip(): EFFECTS[name.strip()].in_short(given)}


def _scalar(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def _advice(operation: str, wording: Wording) -> str:
    near = get_close_matches(operation[:64], wording.operations, n=1, cutoff=0)
    return f"The marketplace has no such operation. Was {near[0]} meant?"


_KNOWN = (
    f"It takes {', '.join(EFFECTS)}: in short, as error=503 or lostResponse, or as JSON, as a rule has its effect. "
    "GET /_sandbox/v1/faults/catalogue has all of them."
)
