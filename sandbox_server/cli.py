"""The command line: `acorn-sandbox`, or any words after `python3 run_sandbox.py`."""

import shlex
from pathlib import Path
from typing import Any

import click

from sandbox_server import __version__
from sandbox_server.commands.audit import audit
from sandbox_server.commands.certify import certify
from sandbox_server.commands.clock import clock
from sandbox_server.commands.contract import contract
from sandbox_server.commands.diff import diff
from sandbox_server.commands.faults import faults
from sandbox_server.commands.journal import journal
from sandbox_server.commands.judge import judge
from sandbox_server.commands.load import load
from sandbox_server.commands.orders import place_order
from sandbox_server.commands.snapshots import snapshot
from sandbox_server.commands.stopping import INTERRUPTED
from sandbox_server.commands.surge import surge
from sandbox_server.commands.tenants import tenants
from sandbox_server.commands.verify import verify
from sandbox_server.resources import make_importable
from sandbox_server.services.destinations import Destinations
from sandbox_server.settings import DEFAULT_WORLD, ClockMode, Settings
from sandbox_server.traffic.throttle import Profile

_LEVELS = ("debug", "info", "warning", "error", "critical")


class Hosts(click.ParamType[tuple[str, ...]]):
    """Names of hosts, addresses and networks, with commas between."""

    name = "hosts"

    def convert(
        self, value: str | tuple[str, ...], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """Return each of them, or say which is none."""
        hosts = tuple(host.strip() for host in value.split(",")) if isinstance(value, str) else value
        try:
            Destinations(hosts)
        except ValueError as error:
            self.fail(f"{error}.", param, ctx)
        return hosts


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="acorn-sandbox")
def main() -> None:
    """A marketplace on your laptop: develop and test store-fulfilment integrations against it."""


@main.command()
@click.option(
    "--host",
    envvar="SANDBOX_HOST",
    default="127.0.0.1",
    show_default=True,
    show_envvar=True,
    help="Address to listen on.",
)
@click.option(
    "--port",
    envvar="SANDBOX_PORT",
    default=8080,
    show_default=True,
    show_envvar=True,
    type=click.IntRange(0, 65535),
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "--fixture",
    envvar="SANDBOX_FIXTURE",
    show_envvar=True,
    help="The world: small_chain, regional_chain, peak_day, or the path of a YAML file like those. "
    f"[default: the one that is kept, or {DEFAULT_WORLD}]",
)
@click.option(
    "--seed",
    envvar="SANDBOX_SEED",
    type=click.IntRange(0),
    show_envvar=True,
    help="What all chance follows from. [default: the world's own]",
)
@click.option(
    "--clock",
    envvar="SANDBOX_CLOCK",
    type=click.Choice([mode.value for mode in ClockMode]),
    show_envvar=True,
    help="frozen: virtual time stands still, and the same calls give the same bytes. real: it runs. "
    "[default: as it was kept, or frozen]",
)
@click.option(
    "--throttle",
    envvar="SANDBOX_THROTTLE",
    type=click.Choice([profile.value for profile in Profile]),
    show_envvar=True,
    help="How many calls a credential may make: any number, as many as the contract says, a tenth, ten times as many, "
    "or as many as Amazon grants. [default: off with a frozen clock, default with one that runs]",
)
@click.option(
    "--data-dir",
    envvar="SANDBOX_DATA_DIR",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".sandbox"),
    show_default=True,
    show_envvar=True,
    help="Where the sandbox keeps its state, in sandbox.db: started again, it goes on where it was.",
)
@click.option(
    "--fresh",
    envvar="SANDBOX_FRESH",
    is_flag=True,
    show_envvar=True,
    help="Begin anew: delete what --data-dir keeps of an earlier start, but for made worlds.",
)
@click.option(
    "--ephemeral",
    envvar="SANDBOX_EPHEMERAL",
    is_flag=True,
    show_envvar=True,
    help="Write nothing to disk: the state is gone when the sandbox stops.",
)
@click.option(
    "--cache-dir",
    envvar="SANDBOX_CACHE_DIR",
    type=click.Path(file_okay=False, path_type=Path),
    show_envvar=True,
    help="Where made worlds are kept, to start faster next time. "
    "[default: cache in --data-dir; nowhere with --ephemeral]",
)
@click.option(
    "--journal-limit",
    envvar="SANDBOX_JOURNAL_LIMIT",
    type=click.IntRange(1),
    default=100_000,
    show_default=True,
    show_envvar=True,
    help="How many calls of each tenant are held in memory; older ones are on disk, and with --ephemeral gone.",
)
@click.option(
    "--journal-days",
    envvar="SANDBOX_JOURNAL_DAYS",
    type=click.FloatRange(0, min_open=True),
    default=30,
    show_default=True,
    show_envvar=True,
    help="How long calls are kept on disk, in real time.",
)
@click.option(
    "--journal-megabytes",
    envvar="SANDBOX_JOURNAL_MEGABYTES",
    type=click.IntRange(1),
    default=1000,
    show_default=True,
    show_envvar=True,
    help="How much of the disk calls may take; the oldest leave.",
)
@click.option(
    "--header-faults/--no-header-faults",
    envvar="SANDBOX_HEADER_FAULTS",
    default=True,
    show_default=True,
    show_envvar=True,
    help="Whether a call may ask for a fault itself, as in X-Sandbox-Fault: error=503.",
)
@click.option(
    "--allow-webhook-hosts",
    envvar="SANDBOX_ALLOW_WEBHOOK_HOSTS",
    type=Hosts(),
    default=(),
    show_envvar=True,
    help="Hosts, addresses and networks, with commas between, that webhooks may be sent to beside public addresses: "
    "`localhost` for a receiver on this machine, `10.0.0.0/8,hooks.test` for others. [default: none]",
)
@click.option(
    "--webhook-timeout",
    envvar="SANDBOX_WEBHOOK_TIMEOUT",
    type=click.FloatRange(0, 300, min_open=True),
    default=15.0,
    show_default=True,
    show_envvar=True,
    metavar="SECONDS",
    help="How long a receiver of webhooks has to answer, in real time.",
)
@click.option(
    "--operator-token",
    envvar="SANDBOX_OPERATOR_TOKEN",
    show_envvar=True,
    help="What /_sandbox asks for, as a bearer token. Needed where others than this machine can reach the address.",
)
@click.option(
    "--database",
    envvar="SANDBOX_DATABASE",
    show_envvar=True,
    metavar="URL",
    help="A PostgreSQL that keeps the tenants instead of the data directory, for workers on any number of hosts: "
    "postgresql://user:password@host:5432/name. Needs the extra `postgres`.",
)
@click.option(
    "--workers",
    envvar="SANDBOX_WORKERS",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    show_envvar=True,
    help="How many processes serve. More than one need --database: they share its tenants.",
)
@click.option(
    "--log-level",
    envvar="SANDBOX_LOG_LEVEL",
    type=click.Choice(_LEVELS),
    default="warning",
    show_default=True,
    show_envvar=True,
    help="What to tell of, on standard error.",
)
def serve(*, clock: str | None, throttle: str | None, **settings: Any) -> None:
    """Start a seeded sandbox, and print its address, its credentials and three things to try."""
    from sandbox_server.serving import serve as run  # noqa: PLC0415 - `--help` need not load a server

    run(
        Settings(
            clock=ClockMode(clock) if clock else None, throttle=Profile(throttle) if throttle else None, **settings
        )
    )


@main.command()
@click.option(
    "--json", "json_path", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures to this file, too."
)
@click.option(
    "--markdown",
    "markdown_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the tables to this file as Markdown, too.",
)
@click.option("--peers", "with_peers", is_flag=True, help="Measure mock servers from npm, too: it fetches 300 MB.")
@click.option("--only", multiple=True, metavar="PART", help="Measure this part alone, such as 'answers a second'.")
def bench(json_path: Path | None, markdown_path: Path | None, only: tuple[str, ...], *, with_peers: bool) -> None:
    """
    Measure this machine: the sandbox beside a bare server and beside stock Connexion, as ratios.

    With --peers also beside Prism, Mockoon, Steady and WireMock, which are given the same answers.
    """
    make_importable("load_tests")
    from load_tests.benchmarks import bench as benchmark  # noqa: PLC0415 - a help text needs none of it

    parts = benchmark.parts(with_peers=with_peers)
    if unknown := [part for part in only if part not in parts]:
        raise click.BadParameter(f"There is no {unknown[0]!r}; there are {', '.join(parts)}.", param_hint="'--only'")
    words = [*(["--peers"] if with_peers else []), *(word for part in only for word in ("--only", part))]
    command = shlex.join(["acorn-sandbox", "bench", *words])
    if not benchmark.run({part: parts[part] for part in only or parts}, json_path, markdown_path, command):
        raise click.exceptions.Exit(INTERRUPTED)


_COMMANDS = (
    *(tenants, snapshot, clock, place_order, faults, journal, audit),
    *(load, surge, judge, contract, diff, certify, verify),
)
for _command in _COMMANDS:
    main.add_command(_command)
