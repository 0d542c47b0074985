"""Tenants and snapshots: made, forked, restored, and whom each lets in."""

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sandbox_server.console.forms import integer
from sandbox_server.console.languages import text
from sandbox_server.console.tables import Keys, arranged, order_of

pages = Blueprint("tenants", __name__)

_MOST = 100
KEYS: Keys[dict[str, Any]] = {
    "name": lambda tenant: tenant["name"],
    "fixture": lambda tenant: tenant["fixture"],
    "seed": lambda tenant: tenant["seed"],
    "orders": lambda tenant: tenant["counts"]["orders"],
    "clock": lambda tenant: tenant["clock"]["now"],
}
SNAPSHOT_KEYS: Keys[dict[str, Any]] = {
    "snapshot": lambda snapshot: snapshot["snapshotId"],
    "label": lambda snapshot: snapshot.get("label", ""),
    "orders": lambda snapshot: snapshot["counts"]["orders"],
}


@pages.get("/t/<tenant>/tenants/")
def page(tenant: str) -> ResponseReturnValue:
    """Show all tenants, and the one that is looked at with its clients and snapshots."""
    own = g.reach.call("GET", f"/tenants/{tenant}")
    kept = _all(f"/tenants/{tenant}/snapshots")
    snapshots = arranged(kept, order_of(request.args, SNAPSHOT_KEYS, prefix="snapshots-"), SNAPSHOT_KEYS)
    sheet = arranged(_all("/tenants"), order_of(request.args, KEYS, falling=False), KEYS)
    return render_template("tenants.html", own=own, snapshots=snapshots, sheet=sheet)


@pages.post("/t/<tenant>/tenants/")
def make(tenant: str) -> ResponseReturnValue:  # noqa: ARG001 - the page that it is made on
    """Make a tenant."""
    body: dict[str, Any] = {
        name: typed for name in ("name", "fixture") if (typed := request.form.get(name, "").strip())
    }
    if seed := request.form.get("seed"):
        body["seed"] = integer(seed, 0)
    return _to(g.reach.call("POST", "/tenants", body)["name"], "tenants.made")


@pages.post("/t/<tenant>/tenants/reset")
def reset(tenant: str) -> ResponseReturnValue:
    """Begin a tenant anew."""
    g.reach.call("POST", f"/tenants/{tenant}/reset")
    return _to(tenant, "tenants.was_reset")


@pages.post("/t/<tenant>/tenants/delete")
def delete(tenant: str) -> ResponseReturnValue:
    """Take a tenant away."""
    g.reach.call("DELETE", f"/tenants/{tenant}")
    g.tenant = "default"
    return _to("default", "tenants.deleted")


@pages.post("/t/<tenant>/snapshots/")
def keep(tenant: str) -> ResponseReturnValue:
    """Take a snapshot."""
    label = request.form.get("label", "").strip()
    g.reach.call("POST", f"/tenants/{tenant}/snapshots", {"label": label} if label else {})
    return _to(tenant, "tenants.kept")


@pages.post("/t/<tenant>/snapshots/<snapshot>/<any(restore, fork, delete):deed>")
def use(tenant: str, snapshot: str, deed: str) -> ResponseReturnValue:
    """Go back to a snapshot, make a tenant of it, or take it away."""
    path = f"/tenants/{tenant}/snapshots/{snapshot}"
    if deed == "delete":
        g.reach.call("DELETE", path)
        return _to(tenant, "tenants.snapshot_deleted")
    if deed == "restore":
        g.reach.call("POST", f"{path}/restore")
        return _to(tenant, "tenants.restored")
    name = request.form.get("name", "").strip()
    return _to(g.reach.call("POST", f"{path}/fork", {"name": name} if name else {})["name"], "tenants.forked")


def _to(tenant: str, done: str) -> ResponseReturnValue:
    flash(text(g.language, done, tenant=tenant), "done")
    return redirect(url_for("tenants.page", tenant=tenant))


def _all(path: str) -> list[dict[str, Any]]:
    """Return a whole list, which may have several pages."""
    items: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        told = g.reach.call("GET", path, query={"limit": _MOST, "cursor": cursor})
        items += told["items"]
        cursor = told.get("nextCursor")
        if cursor is None:
            return items
