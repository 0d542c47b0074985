"""`load`: a chain's traffic on a server, and the books audited afterwards."""

import re
from pathlib import Path
from typing import Any

import click

from sandbox_server.commands.operator import Styled, show_table
from sandbox_server.commands.runs import run_options
from sandbox_server.commands.stopping import INTERRUPTED, ended_politely
from sandbox_server.resources import make_importable
from sandbox_server.traffic.throttle import Profile

_URL = "http://127.0.0.1:8080"
_BROKEN = 3


def _address(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """Return what is a host, with a port or without."""
    if value is not None and not re.fullmatch(r"[^\s:]+(:[0-9]{1,5})?", value):
        raise click.BadParameter(f"{value!r} is no HOST:PORT.")
    return value


@click.command()
@click.argument("profile", required=False)
@click.option(
    "--base-url", envvar="SANDBOX_URL", default=_URL, show_default=True, show_envvar=True, help="The marketplace."
)
@click.option("--users", type=click.IntRange(1, 20_000), default=20, show_default=True, help="Systems that call.")
@click.option(
    "--duration", type=click.FloatRange(1, 604_800), metavar="SECONDS", help="How long. [default: the profile's own]"
)
@click.option(
    "--pace",
    type=click.FloatRange(0, 10_000, min_open=True),
    default=1.0,
    show_default=True,
    help="Rounds a second of each user where the load is highest.",
)
@click.option(
    "--processes", type=click.IntRange(1, 64), default=1, show_default=True, help="Load generators of this machine."
)
@click.option(
    "--workers-of-other-hosts",
    "others",
    type=click.IntRange(0, 1000),
    default=0,
    show_default=True,
    help="Load generators of other machines to wait for; each is started there with --join.",
)
@click.option(
    "--bind",
    default="0.0.0.0:5557",
    show_default=True,
    metavar="HOST[:PORT]",
    callback=_address,
    help="Where those find this one.",
)
@click.option(
    "--join", metavar="HOST[:PORT]", callback=_address, help="Be a load generator for the run that is led from there."
)
@click.option(
    "--slo",
    type=click.Path(path_type=Path, dir_okay=False),
    help="What is to be kept. [default: slo.yaml of load_tests]",
)
@click.option("--client-id", envvar="ACORN_CLIENT_ID", default="", show_envvar=True, help="Where it is no sandbox.")
@click.option(
    "--client-secret", envvar="ACORN_CLIENT_SECRET", default="", show_envvar=True, help="Where it is no sandbox."
)
@click.option("--api-key", envvar="ACORN_API_KEY", default="", show_envvar=True, help="Instead of those two.")
@click.option("--web-port", type=click.IntRange(1, 65535), help="Show Locust's own page on this port; Ctrl-C ends it.")
@click.option("--web-host", default="127.0.0.1", show_default=True, help="The address of that page.")
@click.option(
    "--compare-with",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="The report.json of an earlier run to be compared with.",
)
@run_options(Profile.OFF)
def load(
    *,
    profile: str | None,
    join: str | None,
    duration: float | None,
    slo: Path | None,
    client_id: str,
    client_secret: str,
    api_key: str,
    report_dir: Path,
    compare_with: Path | None,
    **wishes: Any,
) -> None:
    """
    Put the traffic of a chain on a marketplace, along PROFILE, and judge how it stood that.

    PROFILE is one of steady, ramp, spike, peak_sale, flash, soak, returns_wave, stock_storm, or a YAML file like
    theirs. A sandbox makes a world of its own for the run, with buyers, and its books are audited before,
    during and after it. Exits with 0 where every promise of the SLO was kept and the books are right, else with 3.
    """
    make_importable("load_tests")
    from load_tests import comparison, locusts, reports, running  # noqa: PLC0415 - a help text needs none of it
    from load_tests.errors import CannotRun  # noqa: PLC0415
    from load_tests.slo import DEFAULT  # noqa: PLC0415
    from load_tests.target import Credentials  # noqa: PLC0415
    from sandbox_server.commands.watching import Watch  # noqa: PLC0415

    try:
        if join is not None:
            locusts.check_installed()
            raise click.exceptions.Exit(locusts.join(join))
        if profile is None:
            raise click.UsageError("Name a PROFILE, such as steady or peak_sale.")
        before = reports.read(compare_with) if compare_with else None
        asked = running.Wishes(
            profile,
            duration_seconds=duration,
            slo=slo or DEFAULT,
            credentials=Credentials(client_id, client_secret, api_key),
            **wishes,
        )
        with ended_politely(), Watch() as watch:
            report = running.run(asked, lambda standing: watch.show(_standing(standing)), watch.say)
        if before is not None:
            report["comparison"] = comparison.compare(before, report)
        files = reports.write(report, report_dir)
    except CannotRun as error:
        raise click.ClickException(str(error)) from error
    _show(report, files)
    if report["interrupted"]:
        raise click.exceptions.Exit(INTERRUPTED)
    if report["verdict"] != "PASSED":
        raise click.exceptions.Exit(_BROKEN)


def _standing(standing: Any) -> str:
    return (
        f"{standing['second']:.0f} s: {standing['rate']} calls/s, {standing['calls']} in all, "
        f"p99 {standing['p99Ms']:.0f} ms, {standing['throttled']} throttled, {standing['failed']} failed"
    )


def _show(report: Any, files: list[Path]) -> None:
    rows = [
        (operation, one["calls"], one["failed"], one["throttled"], *_times(one["opened"]), *_times(one["closed"]))
        for operation, one in [*report["operations"].items(), ("all", report["total"])]
    ]
    heads = ("operation", "#calls", "#failed", "#throttled")
    times = ("#p50 ms", "#p99 ms", "#closed p50", "#closed p99")
    show_table((*heads, *times), rows)
    if "comparison" in report:
        _show_comparison(report["comparison"])
    click.echo()
    for reason in report["reasons"]:
        click.echo(f"  {reason}")
    if report["whyNotAudited"]:
        click.echo(f"The books were not audited: {report['whyNotAudited']}.")
    elif report["audited"]:
        click.echo(f"The books were audited {len(report['audits'])} times.")
    passed = report["verdict"] == "PASSED"
    click.secho("Every promise was kept." if passed else "Not every promise was kept.", fg="green" if passed else "red")
    click.echo(f"Reports: {', '.join(map(str, files))}")


def _show_comparison(comparison: Any) -> None:
    click.echo(f"\nBeside the run of {comparison['before']}:")
    for name, (before, after) in comparison["otherwise"].items():
        click.echo(f"  {name} was {before}, and is {after}")
    rows = [
        (row["operation"], *(_changed(row[name]) for name in ("calls", "p50Ms", "p99Ms", "errorRate")))
        for row in comparison["rows"]
    ]
    show_table(("operation", "#calls", "#p50 ms", "#p99 ms", "#errors"), rows)


def _changed(change: Any) -> str:
    return f"{change['before']:g} → {change['after']:g}"


def _times(latencies: Any) -> tuple[Styled | str, str]:
    return f"{latencies['p50Ms']:.1f}", f"{latencies['p99Ms']:.1f}"
