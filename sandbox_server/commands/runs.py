"""What `load` and `surge` have in common: whose world a run has, and where its reports go."""

from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

import click

from sandbox_server.traffic.throttle import Profile

P = ParamSpec("P")
R = TypeVar("R")


def run_options(throttle: Profile) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """
    Give a command the options of a run.

    Args:
        throttle: How many calls its world grants where nothing else is asked for.
    """
    options = (
        click.option(
            "--operator-token",
            envvar="SANDBOX_OPERATOR_TOKEN",
            show_envvar=True,
            help="The token that the sandbox was started with.",
        ),
        click.option("--fixture", help="The world that the sandbox makes for the run. [default: the server's own]"),
        click.option(
            "--throttle",
            type=click.Choice([profile.value for profile in Profile]),
            default=throttle.value,
            show_default=True,
            help="How many calls that world grants: any number, as many as the contract says, a tenth, ten times as "
            "many, or as many as Amazon grants.",
        ),
        click.option(
            "--seed", type=click.IntRange(0), default=1, show_default=True, help="What all chance follows from."
        ),
        click.option(
            "--report-dir",
            type=click.Path(path_type=Path, file_okay=False),
            default=Path("load-report"),
            show_default=True,
            help="Where the reports go.",
        ),
    )

    def give(command: Callable[P, R]) -> Callable[P, R]:
        for option in reversed(options):
            command = option(command)
        return command

    return give
