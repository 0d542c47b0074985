"""The way in and out, and the language."""

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from sandbox_server.console.languages import LANGUAGES, text
from sandbox_server.console.security import let_go, let_in, own_path

pages = Blueprint("entrance", __name__)


@pages.get("/login")
def login() -> ResponseReturnValue:
    """Ask for the operator's token."""
    return render_template("login.html", next=request.args.get("next", ""))


@pages.post("/login", endpoint="enter")
def enter() -> ResponseReturnValue:
    """Let in whoever shows it."""
    if let_in(request.form.get("token", ""), current_app.config["OPERATOR_TOKEN"]):
        return redirect(own_path(request.form.get("next"), url_for("overview.home")))
    flash(text(g.language, "login.wrong"), "refusal")
    return render_template("login.html", next=request.form.get("next", "")), 403


@pages.post("/logout")
def leave() -> ResponseReturnValue:
    """Forget who was let in."""
    let_go()
    return redirect(url_for("overview.home"))


@pages.post("/language")
def speak() -> ResponseReturnValue:
    """Speak another language from now on."""
    chosen = request.form.get("language", "")
    if chosen in LANGUAGES:
        session["language"] = chosen
    return redirect(own_path(request.form.get("next"), url_for("overview.home")))
