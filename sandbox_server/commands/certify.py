"""`certify`: whether a client would stand production, by what it does when a sandbox provokes it."""

import shlex
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from traceback import format_exception
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from sandbox_server.certification.languages import LANGUAGES

if TYPE_CHECKING:
    from sandbox_server.certification.plan import Plan

CONFIGURATION, HARNESS, STALE_WAIVER = 4, 5, 3
EXIT = {"CERTIFIED": 0, "CERTIFIED_WITH_WARNINGS": 0, "NOT_CERTIFIED": 1, "INCOMPLETE": 2, "VOID": HARNESS}
_PLAN = "chain-core@1"
_ATTACHED = "certification"
Tell = Callable[[str, str], None]


class Misconfigured(click.ClickException):
    """Something about the command line or its files is wrong; the message says what to do."""

    exit_code = CONFIGURATION


class HarnessFailed(click.ClickException):
    """The sandbox failed, of which the client is innocent."""

    exit_code = HARNESS

    def __init__(self, error: Exception) -> None:
        trace = "".join(format_exception(error))
        super().__init__(f"The sandbox itself failed, and nothing is said of the client. Please report this:\n{trace}")


class Misused(click.UsageError):
    """The command line is not one of this command."""

    exit_code = CONFIGURATION

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


_HELP = """
Judge a client by what it does in the scenarios of a plan.

With --command, the client is started once for each scenario, with ACORN_BASE_URL, ACORN_CLIENT_ID,
ACORN_CLIENT_SECRET, ACORN_API_KEY, ACORN_TENANT, ACORN_SCENARIO, ACORN_POS_URL, ACORN_PRICES_FILE, ACORN_CLOCK_SCALE
and ACORN_DEADLINE_SECONDS in its environment, and ended when the scenario is over.

With --attach, a client that runs already is judged: it is told once where it plays, and the scenarios follow each other
while it goes on. Its timers know nothing of virtual time, so that runs at --scale, in real time unless told otherwise.

\b
Exit status: 0 certified; 1 not certified; 2 incomplete, since the client crashed, something that has to be judged
never happened, or it was too slow to be judged;
3 a waiver is no longer needed; 4 something is wrong with the command line or its files; 5 the sandbox itself failed.
"""


@click.command(cls=ConfigurationAware, help=_HELP, short_help="Judge a client by what it does.")
@click.option("--command", "command", help="What starts the client, as in 'node client.js'.")
@click.option("--attach", is_flag=True, help="Judge a client that runs already, at --port.")
@click.option("--port", type=click.IntRange(0, 65535), default=8090, show_default=True, help="Where, with --attach.")
@click.option(
    "--scale",
    type=click.FloatRange(0.001, 3600),
    default=1.0,
    show_default=True,
    help="Virtual seconds for each real one, with --attach.",
)
@click.option("--plan", "plan_id", default=_PLAN, show_default=True, help="The plan it is judged by.")
@click.option(
    "--report-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("certification"),
    show_default=True,
    help="Where the report, the evidence and the bundle are written; what a run left there before is replaced.",
)
@click.option("--scenario", "only", multiple=True, help="Play this scenario alone; more than one may be named.")
@click.option("--lang", type=click.Choice(LANGUAGES), default="en", show_default=True, help="The page's language.")
@click.option("--strict", is_flag=True, help="Exit with 1 for warnings, too.")
@click.option(
    "--waivers",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="YAML or JSON: a reason for each check whose failure is put up with for now, by its id. No certificate then.",
)
@click.option(
    "--manifest",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="YAML or JSON that the client declares of itself: name, version, and notApplicable, a reason for each check.",
)
@click.option(
    "--start-seconds",
    type=click.FloatRange(0.1, 600),
    default=20.0,
    show_default=True,
    help="How long a client may take to its first call; four times that while it uses a processor. With --command.",
)
@click.option(
    "--pace",
    type=click.FloatRange(0.01, 1),
    default=1.0,
    show_default=True,
    help="Slow virtual time down, for a client or machine that is too slow to be judged. 0.25 takes up to four times "
    "as long. With --command.",
)
@click.option("--jobs", type=click.IntRange(1, 64), default=8, show_default=True, help="Scenarios side by side.")
def certify(
    command: str | None,
    port: int,
    scale: float,
    plan_id: str,
    report_dir: Path,
    only: tuple[str, ...],
    waivers: Path | None,
    manifest: Path | None,
    jobs: int,
    lang: str,
    start_seconds: float,
    pace: float,
    *,
    attach: bool,
    strict: bool,
) -> None:
    """Judge a client by what it does."""
    from sandbox_server.certification.bundle import BUNDLE, PAGE  # noqa: PLC0415 - a help text judges nobody

    if attach == (command is not None):
        raise Misconfigured(
            "Say how the client is driven: --command 'node client.js', or --attach where it runs already."
        )
    words = _words(command) if command is not None else []
    plan = _plan(plan_id, only)
    waived, declared = _reasons(waivers, plan), _declared(manifest, plan)
    report_dir.mkdir(parents=True, exist_ok=True)
    told = {"waived": waived, "manifest": declared, "command": command or "--attach", "language": lang}
    drive = _attached(plan, port, scale) if attach else _started(plan, words, jobs, start_seconds, pace)
    try:
        report = _run(drive, plan, report_dir, told)
    except (click.ClickException, click.Abort):
        raise
    except Exception as error:
        raise HarnessFailed(error) from error
    for line in lines(report):
        click.echo(line)
    click.echo(f"\nThe page to read is {report_dir / PAGE}; {BUNDLE} beside it has the evidence.")
    code = EXIT[report["overall"]]
    if stale := _stale(report):
        click.echo(f"No longer needed are the waivers of {', '.join(stale)}: take them out.", err=True)
        code = code or STALE_WAIVER
    if strict and report["overall"] == "CERTIFIED_WITH_WARNINGS":
        code = code or EXIT["NOT_CERTIFIED"]
    sys.exit(code)


def lines(report: Mapping[str, Any]) -> list[str]:
    """Return a report for a terminal."""
    told = [f"{report['title']}, {report['plan']}: {report['overall']}"]
    told += [*(f"  {reason}" for reason in report["reasons"]), ""]
    for step in report["preflight"]:
        told.append(f"  {'ok' if step['works'] else '!!'}  {step['name']}: {step['said']}")
        if step["remedy"]:
            told.append(f"      {step['remedy']}")
    told.append("")
    for check in report["checks"]:
        told.append(f"  {check['verdict']:<14} {check['level']:<6} {check['id']:<28} {check['title']}.")
        if check["verdict"] in {"FAIL", "WARN", "HARNESS_ERROR"}:
            told += [f"      {check['reason']}", f"      {check['mend']}"]
        elif check["verdict"] == "NOT_APPLICABLE":
            told.append(f"      {check['reason']}")
    for scenario in report["scenarios"]:
        told += [f"  {scenario['id']} failed:\n{scenario['failure']}"] if scenario["failure"] else []
    return told


def _stale(report: Mapping[str, Any]) -> list[str]:
    """Return the checks that are waived and would not stand in the way."""
    verdicts = {check["id"]: check["verdict"] for check in report["checks"]}
    return sorted(name for name in report["waivers"] if verdicts[name] not in {"FAIL", "NOT_EXERCISED"})


Play = Callable[[str, Path, Tell], None]
"""What plays all scenarios in the sandbox at an address, keeps what is seen in a folder, and tells what it does."""


class Drive(NamedTuple):
    """How a client comes to the sandbox: at which port, and what plays the scenarios with it."""

    port: int
    play: Play


def _run(drive: Drive, plan: "Plan", report_dir: Path, told: Mapping[str, Any]) -> dict[str, Any]:
    from sandbox_server.certification import bundle  # noqa: PLC0415
    from sandbox_server.certification.client import CannotStart  # noqa: PLC0415
    from sandbox_server.commands.progress import watched  # noqa: PLC0415
    from sandbox_server.hosting import hosted  # noqa: PLC0415
    from sandbox_server.kernel.clock import real_now  # noqa: PLC0415
    from sandbox_server.settings import Settings  # noqa: PLC0415

    fixture = plan.scenarios[0].fixture
    settings = Settings(port=drive.port, ephemeral=True, fixture=fixture, allow_webhook_hosts=("localhost",))
    # Beside what an earlier run left, so that it stays whole where this one does not come to its end.
    with tempfile.TemporaryDirectory(dir=report_dir, prefix=".run-") as place:
        folder = Path(place)
        with ExitStack() as stack:
            try:
                url = stack.enter_context(hosted(settings))
            except OSError as error:
                said = f"Cannot listen on port {drive.port}: {error.strerror}. Choose another --port."
                raise Misconfigured(said) from error
            tell = stack.enter_context(watched(plan.scenarios))
            try:
                drive.play(url, folder / bundle.EVIDENCE, tell)
            except CannotStart as error:
                raise Misconfigured(str(error)) from error
        report = bundle.conclude(folder, plan, made_at=real_now(), **told)
        bundle.put_in_place(folder, report_dir)
    return report


def _started(plan: "Plan", words: list[str], jobs: int, start_seconds: float, pace: float) -> Drive:
    """Return a drive that starts the client for each scenario."""
    from sandbox_server.certification.client import ClientProgram  # noqa: PLC0415
    from sandbox_server.certification.rehearsal import Rehearsal  # noqa: PLC0415
    from sandbox_server.remote import Sandbox  # noqa: PLC0415

    def play(url: str, folder: Path, tell: Tell) -> None:
        def drive(_: object, told: Mapping[str, str], said: Path) -> ClientProgram:
            return ClientProgram(words, told, said)

        rehearsal = Rehearsal(Sandbox(url), drive, folder, tell, start_seconds=start_seconds, pace=pace)
        rehearsal.play_all(plan.scenarios, jobs)

    return Drive(0, play)


def _attached(plan: "Plan", port: int, scale: float) -> Drive:
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

    def play(url: str, folder: Path, tell: Tell) -> None:
        sandbox, attached = Sandbox(url), Attached(_ATTACHED, scale)
        show(invite(sandbox, plan, attached))
        attend(sandbox, plan, attached, folder, tell)

    return Drive(port, play)


def _words(command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise Misconfigured(f"--command {command!r} cannot be read: {error}.") from error
    if not words:
        raise Misconfigured("--command is empty: name what starts the client, as in 'node client.js'.")
    return words


def _plan(plan_id: str, only: tuple[str, ...]) -> "Plan":
    from sandbox_server.certification.plan import PlanError, read_plan  # noqa: PLC0415

    try:
        return read_plan(plan_id).narrowed(only)
    except PlanError as error:
        raise Misconfigured(str(error)) from error


def _declared(path: Path | None, plan: "Plan") -> dict[str, Any]:
    told = _mapping(path)
    _known(path, told.get("notApplicable", {}), plan)
    return told


def _reasons(path: Path | None, plan: "Plan") -> dict[str, str]:
    told = _mapping(path)
    _known(path, told, plan)
    return told


def _known(path: Path | None, reasons: object, plan: "Plan") -> None:
    """Hold reasons by check against the plan."""
    if not isinstance(reasons, dict) or not all(isinstance(each, str) and each for each in reasons.values()):
        raise Misconfigured(f"{path} is to have a reason for each check, as in 'poll.not-busy: we are called'.")
    if unknown := sorted(set(reasons) - {one.id for one in plan.checks}):
        raise Misconfigured(f"{path} names checks that {plan.id} does not have: {', '.join(unknown)}.")


def _mapping(path: Path | None) -> dict[str, Any]:
    import yaml  # noqa: PLC0415

    if path is None:
        return {}
    try:
        told = yaml.safe_load(path.read_bytes())
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path} cannot be read: {error}.") from error
    if not isinstance(told, dict):
        raise Misconfigured(f"{path} is no mapping of names to values.")
    return told
