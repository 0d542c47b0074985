"""A run of `certify`: a sandbox of its own, a client that comes to it, and the report of what was seen."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from sandbox_server.commands.stopping import undisturbed
from sandbox_server.commands.verdict import Unfit

if TYPE_CHECKING:
    from sandbox_server.certification.plan import Plan
    from sandbox_server.certification.rehearsal import Tell

_ATTACHED = "certification"
Play = Callable[[str, Path, "Tell"], None]
"""What plays all scenarios in the sandbox at an address, keeps what is seen in a folder, and tells what it does."""


class Drive(NamedTuple):
    """How a client comes to the sandbox: at which port, and what plays the scenarios with it."""

    port: int
    play: Play


def started(plan: "Plan", words: Sequence[str], jobs: int, start_seconds: float, pace: float) -> Drive:
    """Return a drive that starts the client for each scenario."""
    from sandbox_server.certification.client import ClientProgram  # noqa: PLC0415 - a help text judges nobody
    from sandbox_server.certification.rehearsal import Rehearsal  # noqa: PLC0415
    from sandbox_server.remote import Sandbox  # noqa: PLC0415

    def play(url: str, folder: Path, tell: "Tell") -> None:
        def drive(_: object, told: Mapping[str, str], said: Path) -> ClientProgram:
            return ClientProgram(words, told, said)

        rehearsal = Rehearsal(Sandbox(url), drive, folder, tell, start_seconds=start_seconds, pace=pace)
        rehearsal.play_all(plan.scenarios, jobs)

    return Drive(0, play)


def attached(plan: "Plan", port: int, scale: float) -> Drive:
    """Return a drive that tells how the client is to be set, and begins when it calls."""
    from sandbox_server.certification.attending import attend, invite  # noqa: PLC0415
    from sandbox_server.certification.rehearsal import Attached  # noqa: PLC0415
    from sandbox_server.remote import Sandbox  # noqa: PLC0415

    def show(environment: Mapping[str, str]) -> None:
        click.echo(
            "Set the client to this sandbox; the scenarios begin with its first call. Ctrl-C gives up.\n", err=True
        )
        for name, value in environment.items():
            click.echo(f"  {name}={value}", err=True)

    def play(url: str, folder: Path, tell: "Tell") -> None:
        sandbox, client = Sandbox(url), Attached(_ATTACHED, scale)
        show(invite(sandbox, plan, client))
        attend(sandbox, plan, client, folder, tell)

    return Drive(port, play)


def run(drive: Drive, plan: "Plan", report_dir: Path, told: Mapping[str, Any]) -> dict[str, Any]:
    """
    Play a plan, put what came of it in place, and return the report.

    Args:
        report_dir: Where what an earlier run has left stays whole until this one comes to its end.
        told: What the report also says, as `conclude` takes it.

    Raises:
        Unfit: The client's command is none, or the port or the report's place is not to be had.
        KeyboardInterrupt: Ctrl-C came before a scenario was played to its end.
    """
    from sandbox_server.certification import bundle  # noqa: PLC0415
    from sandbox_server.certification.workplace import workplace  # noqa: PLC0415
    from sandbox_server.kernel.clock import real_now  # noqa: PLC0415

    with ExitStack() as stack:
        try:
            folder = stack.enter_context(workplace(report_dir))
        except OSError as error:
            raise Unfit(f"{report_dir} cannot be written: {error.strerror}.") from error
        try:
            _play(drive, plan, folder / bundle.EVIDENCE)
        except KeyboardInterrupt:
            played = bundle.cut_short(folder, plan)
            if played is None:
                raise
            plan = played
        with undisturbed():
            report = bundle.conclude(folder, plan, made_at=real_now(), **told)
            bundle.put_in_place(folder, report_dir)
    return report


def _play(drive: Drive, plan: "Plan", folder: Path) -> None:
    from sandbox_server.certification.client import CannotStart  # noqa: PLC0415
    from sandbox_server.commands.progress import watched  # noqa: PLC0415
    from sandbox_server.hosting import hosted  # noqa: PLC0415
    from sandbox_server.settings import Settings  # noqa: PLC0415

    fixture = plan.scenarios[0].fixture
    settings = Settings(port=drive.port, ephemeral=True, fixture=fixture, allow_webhook_hosts=("localhost",))
    with ExitStack() as stack:
        try:
            url = stack.enter_context(hosted(settings))
        except OSError as error:
            said = f"Cannot listen on port {drive.port}: {error.strerror}. Choose another --port."
            raise Unfit(said) from error
        tell = stack.enter_context(watched(plan.scenarios))
        try:
            drive.play(url, folder, tell)
        except CannotStart as error:
            raise Unfit(str(error)) from error
