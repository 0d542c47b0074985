"""How commands that judge tell what they found: on the screen, in files, and by how they exit."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from sandbox_server.reporting.findings import Group, Report

FINDINGS = 1
_SHOWN_GROUPS = 20
_SHOWN_NUMBERS = 10


class Unfit(click.ClickException):
    """Nothing could be judged, and why, in one line."""

    exit_code = 4


class Misused(click.UsageError):
    """The command line is not one of this command."""

    exit_code = Unfit.exit_code

    def __init__(self, error: click.UsageError) -> None:
        super().__init__(error.format_message(), error.ctx)


class ConfigurationAware(click.Command):
    """A command whose wrong usage has an exit code of its own, since 2 says something about the client."""

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Read the command line."""
        try:
            return super().make_context(*args, **extra)
        except click.UsageError as error:
            raise Misused(error) from error


def need(extra: str, module: str) -> None:
    """
    Make sure that what a command needs is installed.

    Args:
        extra: Of this project, which brings it.

    Raises:
        Unfit: It is not.
    """
    if find_spec(module) is None:
        raise Unfit(f"{module} is not installed. Install it with: pip install 'acorn-sandbox[{extra}]'")


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """
    Show on the terminal how far something has come; nothing where there is no terminal.

    Args:
        what: What is being done.
        total: How many steps it has.

    Yields:
        What is to be told of each number of steps that are done.
    """
    from rich.console import Console  # noqa: PLC0415 - what draws takes longer to load than a help text
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    screen = Console(stderr=True)
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bar:
        task = bar.add_task(what, total=total)
        yield partial(bar.advance, task)


def conclude(report: "Report", folder: Path | None, *, as_json: bool) -> None:
    """
    Tell what a report says, write its files, and exit with 1 where something was found.

    Args:
        folder: Where the files are wanted; None where they are not.

    Raises:
        Unfit: The files cannot be written.
        click.exceptions.Exit: Something was found.
    """
    from sandbox_server.reporting.documents import json_of, save  # noqa: PLC0415 - not for a help text

    if folder is not None:
        try:
            save(report, folder)
        except OSError as error:
            raise Unfit(f"{folder} cannot be written: {error.strerror}.") from error
    if as_json:
        click.echo(json_of(report), nl=False)
    else:
        _tell(report, folder)
    if not report.is_clean:
        raise click.exceptions.Exit(FINDINGS)


def _tell(report: "Report", folder: Path | None) -> None:
    groups = report.groups
    for group in groups[:_SHOWN_GROUPS]:
        click.echo("\n".join(_lines(group)) + "\n")
    if len(groups) > _SHOWN_GROUPS:
        click.echo(f"… and {len(groups) - _SHOWN_GROUPS} more kinds of finding.\n")
    for name, value in report.facts.items():
        click.echo(f"{name}: {value}")
    reached = sum(bool(one.calls) for one in report.coverage)
    click.echo(f"Operations reached: {reached} of {len(report.coverage)}")
    if folder is not None:
        click.echo(f"Report: {folder / 'report.html'}")
    found = len(report.findings)
    told = f"{found} finding{'' if found == 1 else 's'} of {len(groups)} kind{'' if len(groups) == 1 else 's'}"
    click.echo(f"{report.calls} call{'' if report.calls == 1 else 's'} judged: {told if found else 'nothing found'}.")


def _lines(group: "Group") -> list[str]:
    from sandbox_server.commands.screen import printable  # noqa: PLC0415 - not for a help text

    first = group.first
    count = f" ({len(group.findings)} times)" if len(group.findings) > 1 else ""
    head = "  ".join(filter(None, (first.operation, first.side, group.place, first.check)))
    numbers = group.numbers
    more = f" and {len(numbers) - _SHOWN_NUMBERS} more" if len(numbers) > _SHOWN_NUMBERS else ""
    facts = {
        "expected": "" if first.expected in first.message else first.expected,
        "seen": first.seen,
        "calls": ", ".join(map(str, numbers[:_SHOWN_NUMBERS])) + more,
        "again": first.curl[0] if first.curl else "",
    }
    told = [f"  {name}: {printable(value)}" for name, value in facts.items() if value]
    return [printable(head), f"  {printable(first.message)}{count}", *told]
