"""`audit`: every invariant of a tenant, held or broken."""

from typing import Any

import click

from sandbox_server.commands.operator import Operator, Styled, operated, show_table

_SHOWN = 5
_STYLES = {"HELD": "green", "BROKEN": "bold red"}


@click.command()
@operated
def audit(operator: Operator) -> None:
    """Hold every invariant against the tenant's world; exit with 1 where one is broken."""
    answer = operator.own("GET", "/audit")
    if operator.as_json:
        operator.tell(answer)
    else:
        _show(answer)
    if not answer["holds"]:
        raise click.exceptions.Exit(1)


def _show(answer: Any) -> None:
    rows = [
        (one["number"], Styled(one["state"].lower(), _STYLES[one["state"]]), one["statement"])
        for one in answer["invariants"]
    ]
    show_table(("#", "state", "what must hold"), rows)
    for one in answer["invariants"]:
        for line in _breaches(one):
            click.echo(line)
    if answer["unusedFaults"]:
        click.echo(f"Faults that never played: {', '.join(answer['unusedFaults'])}.")
    click.echo("Everything holds." if answer["holds"] else "Something is broken.")


def _breaches(invariant: Any) -> list[str]:
    breaches = invariant["breaches"]
    lines = [
        f"  {invariant['number']}. {one['subject']}: {one['detail']}{_calls(one['entries'])}"
        for one in breaches[:_SHOWN]
    ]
    return [*lines, f"  … and {len(breaches) - _SHOWN} more"] if len(breaches) > _SHOWN else lines


def _calls(numbers: list[int]) -> str:
    return f" (calls {', '.join(map(str, numbers))})" if numbers else ""
