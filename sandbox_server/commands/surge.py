"""`surge`: a sale's buyers on a client, and how many orders a minute it sustains."""

import shlex
from pathlib import Path
from typing import Any

import click

from sandbox_server.commands.runs import run_options
from sandbox_server.commands.stopping import INTERRUPTED, ended_politely
from sandbox_server.resources import make_importable
from sandbox_server.traffic.throttle import Profile

_FAILED = 3


@click.command()
@click.option(
    "--profile", default="peak_sale", show_default=True, help="How buyers come: as in `load`, or a YAML file."
)
@click.option("--command", metavar="COMMAND", help="Starts the client, for each trial anew.")
@click.option("--attach", is_flag=True, help="The client runs already, or is started by you.")
@click.option("--base-url", envvar="SANDBOX_URL", show_envvar=True, help="The sandbox. [default: one of its own]")
@click.option(
    "--start", type=click.FloatRange(1), default=30.0, show_default=True, help="The first rate, in orders a minute."
)
@click.option(
    "--highest", type=click.FloatRange(1), default=6000.0, show_default=True, help="No rate above this one is tried."
)
@click.option(
    "--lowest", type=click.FloatRange(0.1), default=1.0, show_default=True, help="No rate below this one is tried."
)
@click.option(
    "--trial",
    "trial_seconds",
    type=click.FloatRange(1),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="How long orders come in a trial.",
)
@click.option(
    "--within",
    type=click.FloatRange(0, min_open=True),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="How long an order may take until it has left the stores.",
)
@click.option(
    "--clock-scale",
    "scale",
    type=click.FloatRange(0, min_open=True),
    default=1.0,
    show_default=True,
    help="Seconds of the marketplace in one of ours; a client is told with ACORN_CLOCK_SCALE.",
)
@run_options(Profile.DEFAULT)
def surge(*, command: str | None, attach: bool, report_dir: Path, **wishes: Any) -> None:
    """
    Let a sale's buyers order, have a client keep up, and find how many orders a minute it sustains.

    Exits with 0 where it sustains any rate, else with 3.
    """
    if (command is None) != attach:
        raise click.UsageError("Name the client's --command, or --attach one that runs; not both.")
    if not wishes["lowest"] <= wishes["start"] <= wishes["highest"]:
        raise click.UsageError("--start lies between --lowest and --highest.")
    words = _words(command)
    make_importable("load_tests")
    from load_tests.errors import CannotRun  # noqa: PLC0415 - a help text needs none of it
    from load_tests.surge import page, running  # noqa: PLC0415
    from sandbox_server.commands.watching import Watch  # noqa: PLC0415

    try:
        with ended_politely(), Watch() as watch:
            report = running.run(running.Wishes(command=words, **wishes), watch.show, watch.say)
        files = page.write(report, report_dir)
    except CannotRun as error:
        raise click.ClickException(str(error)) from error
    _show(report, files)
    if report["interrupted"]:
        raise click.exceptions.Exit(INTERRUPTED)
    if not report["sustainedPerMinute"]:
        raise click.exceptions.Exit(_FAILED)


def _words(command: str | None) -> list[str]:
    try:
        words = shlex.split(command or "")
    except ValueError as error:
        raise click.BadParameter(f"{error}.", param_hint="'--command'") from error
    if command is not None and not words:
        raise click.BadParameter("It is empty.", param_hint="'--command'")
    return words


def _show(report: Any, files: list[Path]) -> None:
    sustained, behind = report["sustainedPerMinute"], report["fellBehindPerMinute"]
    so_far = ", as far as it was tried" if report["interrupted"] else ""
    click.secho(f"This client sustains {sustained:g} orders a minute{so_far}.", bold=True)
    if behind is not None:
        click.echo(f"At {behind:g} it fell behind.")
    for reason in report["why"]:
        click.echo(f"  {reason}")
    click.echo(f"Reports: {', '.join(map(str, files))}")
