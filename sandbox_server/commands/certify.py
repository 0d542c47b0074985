"""`certify`: whether a client would stand production, by what it does when a sandbox provokes it."""

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from traceback import format_exception
from typing import TYPE_CHECKING, Any

import click

from sandbox_server.certification.languages import LANGUAGES
from sandbox_server.commands import certifying
from sandbox_server.commands.declarations import read_manifest, read_waivers
from sandbox_server.commands.stopping import INTERRUPTED, ended_politely
from sandbox_server.commands.verdict import ConfigurationAware, Unfit

if TYPE_CHECKING:
    from sandbox_server.certification.plan import Plan

HARNESS, STALE_WAIVER = 5, 3
EXIT = {"CERTIFIED": 0, "CERTIFIED_WITH_WARNINGS": 0, "NOT_CERTIFIED": 1, "INCOMPLETE": 2, "VOID": HARNESS}
_PLAN = "chain-core@1"


class HarnessFailed(click.ClickException):
    """The sandbox failed, of which the client is innocent."""

    exit_code = HARNESS

    def __init__(self, error: Exception) -> None:
        trace = "".join(format_exception(error))
        super().__init__(f"The sandbox itself failed, and nothing is said of the client. Please report this:\n{trace}")


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
3 a waiver is no longer needed; 4 something is wrong with the command line or its files; 5 the sandbox itself failed;
130 stopped by Ctrl-C or SIGTERM: what was played until then is reported on. Another one ends it at once.
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
        raise Unfit("Say how the client is driven: --command 'node client.js', or --attach where it runs already.")
    words = _words(command) if command is not None else []
    plan = _plan(plan_id, only)
    told = {
        "waived": read_waivers(waivers, plan),
        "manifest": read_manifest(manifest, plan),
        "command": command or "--attach",
        "language": lang,
    }
    if attach:
        drive = certifying.attached(plan, port, scale)
    else:
        drive = certifying.started(plan, words, jobs, start_seconds, pace)
    try:
        with ended_politely():
            report = certifying.run(drive, plan, report_dir, told)
    except (click.ClickException, click.Abort):
        raise
    except Exception as error:
        raise HarnessFailed(error) from error
    for line in lines(report):
        click.echo(line)
    click.echo(f"\nThe page to read is {report_dir / PAGE}; {BUNDLE} beside it has the evidence.")
    sys.exit(_status(report, strict=strict))


def _status(report: Mapping[str, Any], *, strict: bool) -> int:
    """Return how to exit; what is not as the verdict has it is told."""
    if left := report["notPlayed"]:
        played = len(report["scenarios"])
        click.echo(f"Stopped when {played} of {played + len(left)} scenarios were played.", err=True)
        return INTERRUPTED
    if stale := _stale(report):
        click.echo(f"No longer needed are the waivers of {', '.join(stale)}: take them out.", err=True)
    code = EXIT[report["overall"]]
    if strict and report["overall"] == "CERTIFIED_WITH_WARNINGS":
        code = EXIT["NOT_CERTIFIED"]
    return code or (STALE_WAIVER if stale else 0)


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


def _words(command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise Unfit(f"--command {command!r} cannot be read: {error}.") from error
    if not words:
        raise Unfit("--command is empty: name what starts the client, as in 'node client.js'.")
    return words


def _plan(plan_id: str, only: tuple[str, ...]) -> "Plan":
    from sandbox_server.certification.plan import PlanError, read_plan  # noqa: PLC0415

    try:
        return read_plan(plan_id).narrowed(only)
    except PlanError as error:
        raise Unfit(str(error)) from error
