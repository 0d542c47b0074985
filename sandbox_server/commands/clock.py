"""`clock`: a tenant's virtual time, shown, set and moved forward."""

from typing import Any

import click

from sandbox_server.commands.operator import DefaultGroup, Operator, operated

_MODES = ("frozen", "real", "scaled")


class _ClockGroup(DefaultGroup):
    default = "show"


@click.group(cls=_ClockGroup)
def clock() -> None:
    """Virtual time: show it, set it, let it pass."""


@clock.command()
@operated
def show(operator: Operator) -> None:
    """Tell the time, and what is due next."""
    _tell(operator, operator.own("GET", "/clock"))


@clock.command()
@click.argument("length")
@operated
def advance(operator: Operator, length: str) -> None:
    """
    Let time pass, and do everything that is due on the way.

    LENGTH is a duration such as PT15M, PT36H or P30D, or an instant such as 2026-11-28T09:00:00Z.
    """
    if not length[:1].isdecimal() and length[:1].upper() != "P":
        raise click.BadParameter(f"{length!r} is neither a duration such as PT15M nor an instant.", param_hint="LENGTH")
    how = "to" if length[0].isdecimal() else "by"
    answer = operator.own("POST", "/clock/advance", {how: length, "listAtMost": 100})
    done = answer["done"]
    lines = [f"From {answer['from']} to {answer['to']}: {done} {'thing' if done == 1 else 'things'} done."]
    lines += [f"  {one['done']:>6}  {one['kind']}" for one in answer["byKind"]]
    operator.tell(answer, *lines)


@clock.command("set")
@click.option("--mode", type=click.Choice(_MODES, case_sensitive=False), help="How time passes.")
@click.option("--scale", type=float, help="Virtual seconds for each real one, with --mode scaled.")
@click.option("--now", metavar="INSTANT", help="Where it stands; not before the present, and what is due is done.")
@operated
def set_clock(operator: Operator, mode: str | None, scale: float | None, now: str | None) -> None:
    """Say how time passes, and from where; what is left out stays."""
    asked = {"mode": mode and mode.upper(), "scale": scale, "now": now}
    given = {name: value for name, value in asked.items() if value is not None}
    if not given:
        raise click.UsageError("One of --mode, --scale and --now is needed.")
    _tell(operator, operator.own("PUT", "/clock", given))


@clock.command()
@operated
def freeze(operator: Operator) -> None:
    """Let time stand still."""
    _tell(operator, operator.own("PUT", "/clock", {"mode": "FROZEN"}))


def _tell(operator: Operator, answer: Any) -> None:
    pace = f", {answer['scale']:g} virtual seconds for each real one" if answer["mode"] == "SCALED" else ""
    lines = [f"{answer['now']}  {answer['mode'].lower()}{pace}"]
    if "nextDue" in answer:
        due = answer["nextDue"]
        lines.append(f"Next: {due['due']}  {due['kind']}  {due['subject']}")
    else:
        lines.append("Nothing is due.")
    operator.tell(answer, *lines)
