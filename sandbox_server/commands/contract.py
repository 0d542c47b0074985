"""`contract`: a running server, held against the contract."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from sandbox_server.commands.verdict import Unfit, conclude, need

_SUITES = ("smoke", "full", "stateful", "security", "control")


@click.command()
@click.option(
    "--base-url",
    envvar="ACORN_BASE_URL",
    show_envvar=True,
    default="http://127.0.0.1:8080/v1",
    show_default=True,
    help="Where the contract's paths begin.",
)
@click.option("--client-id", envvar="ACORN_CLIENT_ID", show_envvar=True, default="", help="Who calls, by token.")
@click.option("--client-secret", envvar="ACORN_CLIENT_SECRET", show_envvar=True, default="", help="The secret for it.")
@click.option(
    "--api-key",
    envvar="ACORN_API_KEY",
    show_envvar=True,
    default="",
    help="Who calls, by key, where no client is named. [default: a sandbox makes a tenant for the run]",
)
@click.option(
    "--operator-token", envvar="SANDBOX_OPERATOR_TOKEN", show_envvar=True, help="Of a sandbox that asks for one."
)
@click.option(
    "--suite",
    type=click.Choice(_SUITES),
    default="smoke",
    show_default=True,
    help="smoke: each operation once, and the main rules. full: everything. stateful: life cycles and links. "
    "security: who may do what. control: a sandbox's operator's interface, by its own contract.",
)
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help="What all that is made up follows from."
)
@click.option(
    "--contract",
    "contract_file",
    type=click.Path(path_type=Path),
    help="An OpenAPI 3 document. [default: the marketplace's]",
)
@click.option(
    "--report-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the report into this folder: HTML, JSON, JUnit, JSON lines, and HAR of all calls.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def contract(
    *,
    base_url: str,
    client_id: str,
    client_secret: str,
    api_key: str,
    operator_token: str | None,
    suite: str,
    seed: int,
    contract_file: Path | None,
    report_dir: Path | None,
    as_json: bool,
) -> None:
    """
    Hold a running server against the contract.

    Calls are made up from the contract, and follow lines of their own: life cycles, cursors, versions, keys, scopes.
    Without credentials, a sandbox makes a tenant for the run and takes it away; elsewhere the account's data are
    changed.

    Exits with 0 when nothing is found, 1 when something is, and 4 when the run could not begin.
    """
    need("contract", "schemathesis")
    from sandbox_server.conformance.errors import Misconfigured  # noqa: PLC0415 - a help text needs none of it
    from sandbox_server.conformance.run import run  # noqa: PLC0415
    from sandbox_server.conformance.session import Assignment  # noqa: PLC0415
    from sandbox_server.conformance.suites import Suite  # noqa: PLC0415
    from sandbox_server.conformance.target import Access  # noqa: PLC0415
    from sandbox_server.reporting.exchanges import without_secrets  # noqa: PLC0415
    from sandbox_server.reporting.har import har  # noqa: PLC0415

    assignment = Assignment(
        base_url=base_url,
        access=Access(client_id, client_secret, api_key),
        operator_token=operator_token,
        seed=seed,
        contract=contract_file,
    )
    try:
        with _watched() as told:
            outcome = run(assignment, Suite(suite), told)
    except Misconfigured as error:
        raise Unfit(str(error)) from error
    if report_dir is not None:
        _write(report_dir / "calls.har", har(map(without_secrets, outcome.exchanges)))
    conclude(outcome.report, report_dir, as_json=as_json)


def _write(file: Path, pieces: Iterator[bytes]) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("wb") as into:
            into.writelines(pieces)
    except OSError as error:
        raise Unfit(f"{file} cannot be written: {error.strerror}.") from error


@contextmanager
def _watched() -> Iterator[Callable[[str, int], None]]:
    """Show on the terminal what is being played, and how many calls there have been; nothing where there is none."""
    from rich.console import Console  # noqa: PLC0415 - what draws takes longer to load than a help text

    screen = Console(stderr=True)
    with screen.status("Looking at the server") as status:
        yield lambda what, calls: status.update(f"{what.replace('_', ' ')}, {calls} calls so far")
