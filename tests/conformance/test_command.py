"""`contract`: what it says, what it writes, and how it exits."""

import json
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result

from sandbox_server.cli import main
from sandbox_server.conformance.session import Assignment, session


def contract(*words: str) -> Result:
    """Run the command; credentials of the environment are not meant for it."""
    nothing = dict.fromkeys(("ACORN_CLIENT_ID", "ACORN_CLIENT_SECRET", "ACORN_API_KEY", "ACORN_BASE_URL"))
    return CliRunner(env=nothing).invoke(main, ["contract", *words])


def test_smoke_finds_nothing_wrong_with_the_sandbox_and_writes_every_report(origin: str, tmp_path: Path) -> None:
    result = contract("--base-url", f"{origin}/v1", "--report-dir", str(tmp_path))
    assert result.exit_code == 0, result.output
    assert result.output.rstrip().endswith("calls judged: nothing found.")
    assert "Operations reached: 65 of 65" in result.output
    written = {file.name for file in tmp_path.iterdir()}
    assert written == {"calls.har", "findings.har", "findings.ndjson", "junit.xml", "report.html", "report.json"}
    calls = json.loads((tmp_path / "calls.har").read_bytes())["log"]["entries"]
    report = json.loads((tmp_path / "report.json").read_bytes())
    assert len(calls) == report["calls"] > 300
    assert "sec_" not in (tmp_path / "calls.har").read_text(encoding="utf-8")


def test_a_run_leaves_no_tenant_behind(origin: str) -> None:
    before = httpx.get(f"{origin}/_sandbox/v1/tenants").json()
    assert contract("--base-url", f"{origin}/v1", "--suite", "security").exit_code == 0
    assert httpx.get(f"{origin}/_sandbox/v1/tenants").json() == before


def test_the_account_that_is_named_is_the_one_that_is_used(origin: str) -> None:
    words = ("--client-id", "acorn-sandbox", "--client-secret", "acorn-secret", "--suite", "security")
    result = contract("--base-url", f"{origin}/v1", *words)
    assert result.exit_code == 0, result.output


def test_the_operator_s_interface_keeps_its_own_contract(origin: str) -> None:
    with session(Assignment(base_url=f"{origin}/v1")) as opened:
        found = opened.of_the_operator().make_up(("examples",), examples=1)
    assert [f"{one.check}: {one.message}" for one in found] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--base-url", "http://127.0.0.1:9/v1"), "Nobody answers at http://127.0.0.1:9/v1"),
        (("--base-url", "127.0.0.1:8080"), "is no base URL: give one such as"),
        (("--base-url", "http://127.0.0.1:http/v1"), "is no base URL: Invalid port: 'http'."),
        (("--base-url", "{origin}"), "say {origin}/v1."),
        (("--base-url", "{origin}/v2"), "There is no marketplace at {origin}/v2"),
        (
            ("--base-url", "{origin}/v1", "--client-id", "acorn-sandbox", "--client-secret", "wrong"),
            "The server does not let in the client acorn-sandbox: it answers 401.",
        ),
        (("--base-url", "{origin}/v1", "--api-key", "wrong-key"), "does not let in the API key wro…: it answers 401."),
        (("--base-url", "{origin}/v1", "--api-key", "acorn-key", "--suite", "control"), "name no credentials"),
        (("--contract", "{tmp_path}/none.yaml"), "none.yaml cannot be read"),
        (("--contract", "{tmp_path}/list.yaml"), "is no OpenAPI 3 document"),
        (("--contract", "{tmp_path}/broken.yaml"), "is neither YAML nor JSON"),
    ],
)
def test_what_cannot_begin_says_why_in_one_line(origin: str, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    (tmp_path / "list.yaml").write_text("[1, 2]", encoding="utf-8")
    (tmp_path / "broken.yaml").write_text("a: [", encoding="utf-8")
    result = contract(*(word.format(origin=origin, tmp_path=tmp_path) for word in words))
    assert result.exit_code == 4, result.output
    assert said.format(origin=origin) in result.output
    assert len(result.output.splitlines()) == 1
