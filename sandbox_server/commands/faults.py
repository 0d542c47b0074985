"""`faults`: rules by which calls go wrong."""

import json
from typing import IO, Any

import click

from sandbox_server.commands.operator import DefaultGroup, Operator, named, operated


@click.group(cls=DefaultGroup)
def faults() -> None:
    """Break calls on purpose: add, list and clear the rules."""


@faults.command("list")
@operated
def list_faults(operator: Operator) -> None:
    """List the rules in the order in which they are asked, with how often each has played."""
    answer = operator.own("GET", "/faults")
    columns = ("#", "id", "calls", "effect", "when", "#matched", "#played")
    operator.table(answer, columns, _row, "There are no rules: nothing is broken on purpose.")


@faults.command()
@operated
def catalogue(operator: Operator) -> None:
    """List every effect there is, with a rule that can be sent as it stands."""
    answer = operator.call("GET", "/faults/catalogue")

    def row(one: Any) -> tuple[str, str, str]:
        return one["name"], one["summary"], json.dumps(one["example"]["effect"], ensure_ascii=False)

    operator.table(answer, ("effect", "what a client sees", "example"), row, "There are none.")


@faults.command()
@click.argument("file", type=click.File("r", encoding="utf-8"), required=False)
@click.option("--id", help="The rule's name; made up when left out.")
@click.option("--operation", help="Only calls of this operation, such as acknowledgeOrder.")
@click.option("--store", help="Only calls about this store.")
@click.option("--credential", metavar="CLIENT_ID", help="Only calls of this client.")
@click.option(
    "--header", "headers", multiple=True, metavar="NAME=VALUE", help="Only calls with this header; repeatable."
)
@click.option(
    "--effect", metavar="NAME[=VALUE]", help="What happens: lostResponse, error=503, delay=800, fault=HANG, …"
)
@click.option("--probability", type=float, help="The share of these calls that it plays in, from 0 to 1.")
@click.option("--seed", type=int, help="What its draws follow from.")
@click.option("--skip-first", type=int, help="How many of these calls go by unharmed first.")
@click.option("--max-count", type=int, help="How often it plays at the most.")
@click.option("--after-ms", type=float, help="Real milliseconds until it begins.")
@click.option("--duration-ms", type=float, help="Real milliseconds for which it fires from then.")
@click.option("--ttl-ms", type=float, help="Real milliseconds until it is taken away.")
@operated
def add(operator: Operator, /, file: IO[str] | None, **given: Any) -> None:
    """
    Add a rule: by flags, or as JSON from FILE (- is standard input), which may hold a list of them.

    VALUE is JSON or a word; an effect that needs to know nothing has none. `faults catalogue` has every effect.
    """
    rules = [_rule(given)] if file is None else _read(file, given)
    made = [operator.own("POST", "/faults", rule) for rule in rules]
    lines = [f"{rule['id']}  {_effect(rule)}  {_calls(rule)}" for rule in made]
    operator.tell(made[0] if len(made) == 1 else {"items": made}, *lines)


@faults.command()
@click.argument("fault_id", metavar="[ID]", required=False)
@operated
def clear(operator: Operator, fault_id: str | None) -> None:
    """Take all rules away, or the one of this ID."""
    operator.own("DELETE", f"/faults/{named(fault_id)}" if fault_id else "/faults")
    operator.tell(None, f"{fault_id} is gone." if fault_id else "All rules are gone.")


def effect_named(words: str) -> Any:
    """Return the effect that some words mean, in the grammar of `X-Sandbox-Fault`; the sandbox judges it."""
    from sandbox_server.middleware.faults.registry import EFFECTS  # noqa: PLC0415 - a help text plays none

    if words.startswith("{"):
        return _value(words)
    name, equals, said = words.partition("=")
    value = _value(said) if equals else True
    is_short = name in EFFECTS and not isinstance(value, dict)
    return {name: EFFECTS[name].in_short(value) if is_short else value}


def _rule(given: dict[str, Any]) -> dict[str, Any]:
    if given["effect"] is None:
        raise click.UsageError("--effect says what is to happen; 'faults catalogue' has every effect.")
    match = {name: given[name] for name in ("operation", "store", "credential") if given[name] is not None}
    if given["headers"]:
        match["headers"] = dict(map(_header, given["headers"]))
    rule: dict[str, Any] = {"match": match} if match else {}
    members = {
        "id": "id",
        "probability": "probability",
        "seed": "seed",
        "skip_first": "skipFirst",
        "max_count": "maxCount",
        "after_ms": "afterMs",
        "duration_ms": "durationMs",
        "ttl_ms": "ttlMs",
    }
    rule |= {member: given[flag] for flag, member in members.items() if given[flag] is not None}
    return {**rule, "effect": effect_named(given["effect"])}


def _read(file: IO[str], given: dict[str, Any]) -> list[Any]:
    if given["headers"] or any(value is not None for name, value in given.items() if name != "headers"):
        raise click.UsageError("A rule is said by flags or in a file, not both.")
    try:
        content = json.load(file)
    except ValueError as error:
        raise click.UsageError(f"{file.name} is no JSON: {error}.") from error
    rules = content.get("items", [content]) if isinstance(content, dict) else content
    if not isinstance(rules, list) or not rules:
        raise click.UsageError(f"{file.name} has neither a rule nor a list of rules.")
    return rules


def _header(words: str) -> tuple[str, str]:
    name, separator, value = words.partition("=")
    if not separator:
        raise click.UsageError(f"--header takes NAME=VALUE, not {words!r}.")
    return name, value


def _value(said: str) -> Any:
    try:
        return json.loads(said)
    except ValueError:
        return said


def _row(rule: Any) -> tuple[int, str, str, str, str, int, int]:
    return rule["position"], rule["id"], _calls(rule), _effect(rule), _when(rule), rule["matched"], rule["played"]


def _calls(rule: Any) -> str:
    match = rule["match"]
    parts = [match["operation"]] if "operation" in match else []
    parts += [f"{name} {match[name]}" for name in ("store", "credential") if name in match]
    parts += [f"{name}: {value}" for name, value in match.get("headers", {}).items()]
    return ", ".join(parts) or "every call"


def _effect(rule: Any) -> str:
    value = rule["effect"][rule["effectName"]]
    return str(rule["effectName"]) if value is True else f"{rule['effectName']} {json.dumps(value, ensure_ascii=False)}"


def _when(rule: Any) -> str:
    parts = [] if rule["enabled"] else ["off"]
    parts += [f"{rule['probability']:.0%} of them"] if rule["probability"] < 1 else []
    parts += [f"after {rule['skipFirst']} calls"] if rule["skipFirst"] else []
    parts += [f"{rule['maxCount']} at most"] if "maxCount" in rule else []
    parts += [f"after {rule['afterMs']:g} ms"] if rule.get("afterMs") else []
    parts += [f"for {rule['durationMs']:g} ms"] if "durationMs" in rule else []
    parts += [f"gone after {rule['ttlMs']:g} ms"] if "ttlMs" in rule else []
    return ", ".join(parts) or "always"
