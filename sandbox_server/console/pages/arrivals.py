"""Arrivals: orders that come by themselves."""

from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sandbox_server.console.forms import decimal, integer
from sandbox_server.domain.arrivals import Profile
from sandbox_server.remote import Refused

pages = Blueprint("arrivals", __name__)

_MISSING = 404


@pages.get("/t/<tenant>/arrivals/")
def page(tenant: str) -> ResponseReturnValue:
    """Show what arrives."""
    return render_template("arrivals.html", wave=_wave(tenant), profiles=list(Profile))


@pages.post("/t/<tenant>/arrivals/")
def begin(tenant: str) -> ResponseReturnValue:
    """Have orders arrive."""
    body: dict[str, Any] = {
        "profile": request.form.get("profile"),
        "perMinute": decimal(request.form.get("perMinute"), 10),
        "duration": request.form.get("duration", "").strip() or "PT1H",
    }
    if seed := request.form.get("seed"):
        body["seed"] = integer(seed, 0)
    g.reach.call("PUT", f"/tenants/{tenant}/arrivals", body)
    return redirect(url_for("arrivals.page", tenant=tenant))


@pages.post("/t/<tenant>/arrivals/end")
def end(tenant: str) -> ResponseReturnValue:
    """Have no more orders arrive."""
    g.reach.call("DELETE", f"/tenants/{tenant}/arrivals")
    return redirect(url_for("arrivals.page", tenant=tenant))


def _wave(tenant: str) -> dict[str, Any] | None:
    try:
        wave: dict[str, Any] = g.reach.call("GET", f"/tenants/{tenant}/arrivals")
    except Refused as refused:
        if refused.status == _MISSING:
            return None
        raise
    return wave
