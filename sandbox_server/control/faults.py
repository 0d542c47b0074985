"""Fault rules: by which calls go wrong."""

from typing import Any

import msgspec

from sandbox_server.api.operation import Call, Reply
from sandbox_server.api.refusals import invalid
from sandbox_server.control import wire
from sandbox_server.control.fault_forms import Forms, new_id
from sandbox_server.control.registry import Registry
from sandbox_server.domain.errors import Duplicate, NotFound
from sandbox_server.middleware.faults.effect import About
from sandbox_server.middleware.faults.registry import EFFECTS
from sandbox_server.traffic.faults import FaultRules, Standing


class FaultsOf:
    """What answers below /tenants/{tenant}/faults and at /faults/catalogue."""

    def __init__(self, registry: Registry, forms: Forms) -> None:
        self._registry = registry
        self._forms = forms

    def get_fault_catalogue(self, _call: Call) -> Reply:
        """Answer GET /faults/catalogue."""
        return Reply(content={"items": [_catalogued(effect.about) for effect in EFFECTS.values()]})

    def list_faults(self, call: Call) -> Reply:
        """Answer GET …/faults."""
        return _all(self._rules(call))

    def create_fault(self, call: Call) -> Reply:
        """Answer POST …/faults."""
        rules = self._rules(call)
        rule_id = call.body.get("id") or new_id(call.body, (standing.rule.id for standing in rules))
        if rule_id in rules:
            raise Duplicate(f"There is a fault rule {rule_id!r} already.")
        rules.add(self._forms.rule(call.body, rule_id))
        where = f"{wire.BASE}/tenants/{call.parameters['tenant']}/faults/{rule_id}"
        return Reply(201, _rule(rules.get(rule_id)), {"Location": where})

    def replace_faults(self, call: Call) -> Reply:
        """Answer PUT …/faults."""
        rules = self._rules(call)
        rules.become(self._forms.rules(call.body["items"]))
        return _all(rules)

    def clear_faults(self, call: Call) -> Reply:
        """Answer DELETE …/faults."""
        self._rules(call).become([])
        return Reply(204)

    def get_fault(self, call: Call) -> Reply:
        """Answer GET …/faults/{fault}."""
        return Reply(content=_rule(self._standing(call)))

    def replace_fault(self, call: Call) -> Reply:
        """Answer PUT …/faults/{fault}."""
        rule_id = self._standing(call).rule.id
        if call.body.get("id", rule_id) != rule_id:
            raise invalid("pointer", "/id", "ANOTHER_RULE", "A rule keeps its id; leave it out, or repeat the path's.")
        self._rules(call).replace(self._forms.rule(call.body, rule_id))
        return Reply(content=_rule(self._standing(call)))

    def update_fault(self, call: Call) -> Reply:
        """Answer PATCH …/faults/{fault}."""
        self._rules(call).change(self._forms.changed(self._standing(call).rule, call.body))
        return Reply(content=_rule(self._standing(call)))

    def delete_fault(self, call: Call) -> Reply:
        """Answer DELETE …/faults/{fault}."""
        self._rules(call).remove(self._standing(call).rule.id)
        return Reply(204)

    def _rules(self, call: Call) -> FaultRules:
        return self._registry.get(call.parameters["tenant"]).tenant.power(FaultRules)

    def _standing(self, call: Call) -> Standing:
        rules, rule_id = self._rules(call), call.parameters["fault"]
        if rule_id not in rules:
            raise NotFound("fault rule", rule_id)
        return rules.get(rule_id)


def _all(rules: FaultRules) -> Reply:
    return Reply(content={"items": [_rule(standing) for standing in rules]})


def _rule(standing: Standing) -> dict[str, Any]:
    rule = standing.rule
    return {
        **msgspec.to_builtins(rule),
        "position": standing.position,
        "enabled": rule.enabled,
        "match": msgspec.to_builtins(rule.match),
        "probability": rule.probability,
        "skipFirst": rule.skip_first,
        "effectName": rule.effect_name,
        "matched": standing.matched,
        "played": standing.played,
    }


def _catalogued(about: About) -> dict[str, Any]:
    content: dict[str, Any] = {"name": about.name, "summary": about.summary, "example": about.example}
    return {**content, "operations": sorted(about.operations)} if about.operations else content
