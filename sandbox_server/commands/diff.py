"""`diff`: what changed between two contracts, and whom it breaks."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sandbox_server.commands.verdict import FINDINGS, Unfit, need

if TYPE_CHECKING:
    from sandbox_server.differing.changes import Change

_SHOWN_OPERATIONS = 4


@click.command()
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option("--breaking-only", is_flag=True, help="Say nothing of changes that break nobody.")
@click.option("--json", "as_json", is_flag=True, help="Print the changes as JSON.")
def diff(old: Path, new: Path, breaking_only: bool, as_json: bool) -> None:
    """
    Tell what changed from one contract to another, and what of it breaks clients.

    OLD and NEW are OpenAPI 3.0 documents. Taking less breaks who sends, promising less breaks who receives; new
    members and new values in answers break nobody, for clients must tolerate them.

    Exits with 0 when nothing breaks, 1 when something does, and 4 when the two cannot be compared.
    """
    need("contract", "openapi_spec_validator")
    from sandbox_server.differing.operations import differences  # noqa: PLC0415 - not for a help text
    from sandbox_server.judging.contracts import NotAContract, read_contract  # noqa: PLC0415

    try:
        changes = differences(read_contract(old), read_contract(new))
    except NotAContract as error:
        raise Unfit(str(error)) from error
    shown = [one for one in changes if one.is_breaking or not breaking_only]
    if as_json:
        click.echo(json.dumps(list(map(_wire, shown)), indent=2, ensure_ascii=False))
    else:
        _tell(changes, shown)
    if any(one.is_breaking for one in changes):
        raise click.exceptions.Exit(FINDINGS)


def _wire(change: "Change") -> dict[str, object]:
    return {
        "isBreaking": change.is_breaking,
        "where": change.where,
        "way": change.way,
        "message": change.message,
        "before": change.before,
        "after": change.after,
        "operations": change.operations,
    }


def _tell(changes: "list[Change]", shown: "list[Change]") -> None:
    for change in shown:
        names = change.operations
        more = f" and {len(names) - _SHOWN_OPERATIONS} more" if len(names) > _SHOWN_OPERATIONS else ""
        values = f"  {change.before or 'none'} -> {change.after or 'none'}" if change.before or change.after else ""
        kind = "breaking  " if change.is_breaking else "compatible"
        way = f" ({change.way})" if change.way else ""
        click.echo(f"{kind}  {change.where}{way}: {change.message}{values}")
        if names:
            click.echo(f"            {', '.join(names[:_SHOWN_OPERATIONS])}{more}")
    breaking = sum(one.is_breaking for one in changes)
    click.echo(f"{breaking} breaking, {len(changes) - breaking} compatible." if changes else "Nothing has changed.")
