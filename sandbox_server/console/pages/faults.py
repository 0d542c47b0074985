"""Faults: the catalogue with a switch for each, and the rules there are."""

from typing import Any

import orjson
from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sandbox_server.console.languages import text
from sandbox_server.console.tables import Keys, arranged, order_of

pages = Blueprint("faults", __name__)

KEYS: Keys[dict[str, Any]] = {
    "rule": lambda rule: rule["id"],
    "effect": lambda rule: rule["effectName"],
    "match": lambda rule: orjson.dumps(rule["match"]),
    "matched": lambda rule: rule["matched"],
    "played": lambda rule: rule["played"],
    "state": lambda rule: rule["enabled"],
}
SWITCH = "console-"
"""What the names of rules begin with that a switch has made."""


@pages.get("/t/<tenant>/faults/")
def page(tenant: str) -> ResponseReturnValue:
    """Show the catalogue and the rules, or those that are switched on."""
    rules = g.reach.call("GET", f"/tenants/{tenant}/faults")["items"]
    shown = [rule for rule in rules if rule["enabled"]] if request.args.get("state") == "on" else rules
    sheet = arranged(shown, order_of(request.args, KEYS, falling=False), KEYS)
    on = {rule["id"].removeprefix(SWITCH): rule for rule in rules if rule["id"].startswith(SWITCH)}
    return render_template("faults.html", catalogue=_catalogue(), sheet=sheet, on=on)


@pages.post("/t/<tenant>/faults/switch/<name>")
def switch(tenant: str, name: str) -> ResponseReturnValue:
    """Make the catalogue's own rule of an effect, or take it away."""
    if request.form.get("to") == "off":
        return _changed(tenant, "DELETE", SWITCH + name)
    examples = {entry["name"]: entry["example"] for entry in _catalogue()}
    if name not in examples:
        abort(404)
    g.reach.call("POST", f"/tenants/{tenant}/faults", {**examples[name], "id": SWITCH + name})
    return _done(tenant)


@pages.post("/t/<tenant>/faults/rules/<rule>/<any(on, off, delete):deed>")
def change(tenant: str, rule: str, deed: str) -> ResponseReturnValue:
    """Let a rule rest, wake it, or take it away."""
    if deed == "delete":
        return _changed(tenant, "DELETE", rule)
    return _changed(tenant, "PATCH", rule, {"enabled": deed == "on"})


@pages.post("/t/<tenant>/faults/")
def make(tenant: str) -> ResponseReturnValue:
    """Make a rule of what was typed."""
    try:
        body: Any = orjson.loads(request.form.get("rule", ""))
    except orjson.JSONDecodeError as error:
        flash(text(g.language, "faults.no_json", reason=str(error)), "refusal")
        return redirect(url_for("faults.page", tenant=tenant))
    g.reach.call("POST", f"/tenants/{tenant}/faults", body)
    return _done(tenant)


@pages.post("/t/<tenant>/faults/clear")
def clear(tenant: str) -> ResponseReturnValue:
    """Take all rules away."""
    g.reach.call("DELETE", f"/tenants/{tenant}/faults")
    return _done(tenant)


def _catalogue() -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = g.reach.call("GET", "/faults/catalogue")["items"]
    return items


def _changed(tenant: str, method: str, rule: str, body: object = None) -> ResponseReturnValue:
    g.reach.call(method, f"/tenants/{tenant}/faults/{rule}", body)
    return _done(tenant)


def _done(tenant: str) -> ResponseReturnValue:
    return redirect(url_for("faults.page", tenant=tenant))
