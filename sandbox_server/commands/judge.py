"""`judge`: recorded traffic, held against a contract."""

from dataclasses import replace
from pathlib import Path

import click

from sandbox_server.commands.stopping import Stopped
from sandbox_server.commands.verdict import Unfit, conclude, need, progress

_SIDES = {"requests": ("request",), "responses": ("response",), "both": ("request", "response")}


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--contract",
    "contract_file",
    type=click.Path(path_type=Path),
    help="An OpenAPI 3.0 document. [default: the marketplace's]",
)
@click.option(
    "--base-url",
    help="Where the recorded server has what the contract describes, such as https://staging.example/v1. [default: any "
    "host, below the contract's own path]",
)
@click.option(
    "--only", type=click.Choice(sorted(_SIDES)), default="both", show_default=True, help="Whose faults to look for."
)
@click.option(
    "--client",
    "judges_client",
    is_flag=True,
    help="Hold the client that was recorded against the checks of `certify`, too, as far as calls alone can show them.",
)
@click.option("--allow-unknown", is_flag=True, help="Pass over members of answers that the contract does not describe.")
@click.option(
    "--report-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the report into this folder: HTML, JSON, JUnit, JSON lines, and HAR of the calls that show something.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def judge(
    file: Path,
    contract_file: Path | None,
    base_url: str | None,
    only: str,
    judges_client: bool,
    allow_unknown: bool,
    report_dir: Path | None,
    as_json: bool,
) -> None:
    """
    Hold recorded traffic against the contract.

    FILE is HAR (of a browser, of mitmproxy, of Postman by way of a proxy), or a journal as `journal export` writes it.
    Answers that a fault has changed are judged as they were before.

    Exits with 0 when nothing is found, 1 when something is, and 4 when nothing could be judged.
    """
    need("contract", "openapi_core")
    if judges_client and contract_file is not None:
        raise Unfit("--client judges clients of the marketplace: leave --contract out.")
    from sandbox_server.judging.bench import Terms  # noqa: PLC0415 - openapi-core takes a second to load
    from sandbox_server.judging.conduct import conduct  # noqa: PLC0415
    from sandbox_server.judging.contracts import NotAContract, read_contract  # noqa: PLC0415
    from sandbox_server.judging.recorded import Unreadable  # noqa: PLC0415
    from sandbox_server.judging.recordings import read_recording  # noqa: PLC0415
    from sandbox_server.judging.routes import Routes  # noqa: PLC0415
    from sandbox_server.judging.trial import judge as judge_calls  # noqa: PLC0415
    from sandbox_server.reporting.findings import Side  # noqa: PLC0415
    from sandbox_server.resources import contract_path  # noqa: PLC0415

    sides = frozenset(map(Side, _SIDES[only]))
    try:
        contract = read_contract(contract_file or contract_path("marketplace.yaml"))
        terms = Terms(contract=contract, base_url=base_url, allows_unknown=allow_unknown, sides=sides)
        calls = read_recording(file)
        with progress("Judging", len(calls)) as told:
            report = judge_calls(calls, terms, str(file), told)
        if judges_client:
            found = conduct(calls, Routes(contract, base_url))
            report = replace(report, findings=(*report.findings, *found))
    except (NotAContract, Unreadable) as error:
        raise Unfit(str(error)) from error
    except KeyboardInterrupt as error:
        raise Stopped("Stopped before every call was judged.") from error
    conclude(report, report_dir, as_json=as_json)
