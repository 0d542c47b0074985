"""`judge`: what it prints, writes and exits with."""

from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from sandbox_server.cli import main
from sandbox_server.commands import verdict
from sandbox_server.reporting.documents import WRITERS
from tests.judging.traffic import THING, entry, har

CONTRACT = str(Path(__file__).parents[1] / "judging" / "sample.yaml")
CLEAN = har(entry(got=THING))
WRONG = har(entry(got=THING), *([entry(got={**THING, "kind": "\x1b[31mFLAT"})] * 12))


def judge(tmp_path: Path, recording: bytes, *options: str) -> Result:
    file = tmp_path / "traffic.har"
    file.write_bytes(recording)
    return CliRunner().invoke(main, ["judge", str(file), "--contract", CONTRACT, *options])


def test_clean_traffic_exits_with_0_and_says_so(tmp_path: Path) -> None:
    result = judge(tmp_path, CLEAN)
    assert (result.exit_code, result.output) == (
        0,
        "Contract: Sample 1.2.3\nOperations reached: 1 of 6\n1 call judged: nothing found.\n",
    )


def test_findings_exit_with_1_and_say_where_what_and_how_often(tmp_path: Path) -> None:
    result = judge(tmp_path, WRONG)
    assert result.exit_code == 1
    for told in (
        "getThing  response  /kind  schema.enum",
        "It must be one of ROUND, SQUARE. (12 times)",
        "calls: 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 2 more",
        "again: curl -sS",
        "13 calls judged: 12 findings of 1 kind.",
    ):
        assert told in result.output, told
    assert "\x1b" not in result.output


def test_no_more_kinds_than_a_screen_holds_are_shown(tmp_path: Path) -> None:
    crowd = {**THING, **{f"x{number}": 1 for number in range(20)}}
    both = judge(tmp_path, har(entry(got=crowd), entry("GET /things/1?y=1", got=THING)))
    assert "… and 2 more kinds of finding." in both.output


def test_the_report_is_written_in_all_its_forms(tmp_path: Path) -> None:
    folder = tmp_path / "report"
    result = judge(tmp_path, WRONG, "--report-dir", str(folder))
    assert sorted(file.name for file in folder.iterdir()) == sorted(WRITERS)
    assert str(folder / "report.html") in result.output


def test_the_report_is_printed_as_json(tmp_path: Path) -> None:
    result = judge(tmp_path, WRONG, "--json")
    assert (result.exit_code, orjson.loads(result.output)["findings"]) == (1, 12)


def test_sides_and_unknown_members_are_the_users_choice(tmp_path: Path) -> None:
    odd = har(entry("GET /things/1", got={**THING, "new": 1}))
    assert judge(tmp_path, odd, "--only", "responses", "--allow-unknown").exit_code == 0
    assert judge(tmp_path, odd, "--only", "requests").exit_code == 1
    assert judge(tmp_path, odd, "--only", "responses").exit_code == 1


def refusal(result: Result) -> str:
    assert result.exit_code == 4
    assert result.output.startswith("Error: ")
    assert result.output.count("\n") == 1
    return result.output


def test_what_cannot_be_judged_exits_with_4_and_one_line(tmp_path: Path) -> None:
    assert "is cut off" in refusal(judge(tmp_path, CLEAN[:-9]))
    assert "with --base-url" in refusal(judge(tmp_path, har(entry(base="http://other"))))
    assert "is not an OpenAPI document" in refusal(judge(tmp_path, CLEAN, "--contract", str(tmp_path / "traffic.har")))
    assert "cannot be read" in refusal(CliRunner().invoke(main, ["judge", str(tmp_path / "gone.har")]))


def test_a_folder_that_cannot_be_written_exits_with_4(tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    assert "cannot be written" in refusal(judge(tmp_path, CLEAN, "--report-dir", str(tmp_path / "taken" / "in")))


def test_what_is_not_installed_is_named_with_its_cure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(verdict, "find_spec", lambda _: None)
    assert "pip install 'acorn-sandbox[contract]'" in refusal(judge(tmp_path, CLEAN))


def test_ctrl_c_is_neither_clean_nor_a_finding(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sandbox_server.judging.trial.judge", interrupted)
    result = judge(tmp_path, CLEAN)
    assert (result.exit_code, result.output) == (130, "Error: Stopped before every call was judged.\n")


def test_a_recorded_client_is_held_against_the_checks_of_the_certification(tmp_path: Path) -> None:
    file = tmp_path / "traffic.har"
    file.write_bytes(har(entry("GET /orders", status=404)))
    result = CliRunner().invoke(main, ["judge", str(file), "--client", "--only", "requests"])
    assert result.exit_code == 1
    assert "client.names-itself" in result.output


def test_the_checks_are_for_clients_of_the_marketplace(tmp_path: Path) -> None:
    result = judge(tmp_path, CLEAN, "--client")
    assert (result.exit_code, result.output) == (
        4,
        "Error: --client judges clients of the marketplace: leave --contract out.\n",
    )
