"""`snapshot`: whole worlds kept, gone back to, forked, carried away and brought in."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import click

from sandbox_server.commands.operator import DefaultGroup, Operator, every_page, named, operated
from sandbox_server.commands.tenants import credentials


@click.group(cls=DefaultGroup)
def snapshot() -> None:
    """Worlds as they stood: take, restore, fork, and carry them in files."""


@snapshot.command()
@click.option("--label", help="A word or two for people.")
@operated
def take(operator: Operator, label: str | None) -> None:
    """Keep the tenant's world as it stands."""
    answer = _take(operator, label)
    operator.tell(answer, f"{answer['snapshotId']}  {answer['at']}")


@snapshot.command("list")
@operated
def list_snapshots(operator: Operator) -> None:
    """List the tenant's snapshots."""
    answer = every_page(operator, operator.path("/snapshots"))
    operator.table(
        answer, ("snapshot", "at", "#orders", "label"), _row, "There are no snapshots. Take one with 'snapshot take'."
    )


@snapshot.command()
@click.argument("snapshot_id", metavar="SNAPSHOT")
@operated
def restore(operator: Operator, snapshot_id: str) -> None:
    """Put the tenant back to what a snapshot kept."""
    answer = operator.own("POST", f"/snapshots/{named(snapshot_id)}/restore")
    operator.tell(answer, f"{answer['name']} stands at {answer['clock']['now']} again.")


@snapshot.command()
@click.argument("snapshot_id", metavar="SNAPSHOT")
@click.option("--name", help="The new tenant's name; made up when left out.")
@operated
def fork(operator: Operator, snapshot_id: str, name: str | None) -> None:
    """Make a new tenant that begins as a snapshot stands."""
    body = {"name": name} if name else {}
    answer = operator.own("POST", f"/snapshots/{named(snapshot_id)}/fork", body)
    operator.tell(answer, f"Tenant {answer['name']}, at {answer['clock']['now']}.", *credentials(answer))


@snapshot.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--snapshot", "snapshot_id", help="Which one; the world as it stands now when left out.")
@operated
def export(operator: Operator, file: Path, snapshot_id: str | None) -> None:
    """Carry a world away in FILE."""
    with _kept(operator, snapshot_id) as wanted:
        operator.save(f"/snapshots/{named(wanted)}/export", file)


@snapshot.command("import")
@click.argument("file", type=click.File("rb"))
@click.option("--name", help="The new tenant's name; made up when left out.")
@operated
def import_snapshot(operator: Operator, file: IO[bytes], name: str | None) -> None:
    """Make a new tenant of the world in FILE."""
    answer = operator.upload("/snapshots/import", file, {"name": name})
    operator.tell(answer, f"Tenant {answer['name']}, at {answer['clock']['now']}.", *credentials(answer))


@contextmanager
def _kept(operator: Operator, snapshot_id: str | None) -> Iterator[str]:
    """Name a snapshot; one that is taken for this alone does not stay."""
    if snapshot_id is not None:
        yield snapshot_id
        return
    taken = _take(operator, None)["snapshotId"]
    try:
        yield taken
    finally:
        operator.own("DELETE", f"/snapshots/{named(taken)}")


def _take(operator: Operator, label: str | None) -> Any:
    return operator.own("POST", "/snapshots", {"label": label} if label else {})


def _row(one: Any) -> tuple[str, str, int, str]:
    return one["snapshotId"], one["at"], one["counts"]["orders"], one.get("label", "")
