"""`diff`: what it prints and exits with."""

from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from sandbox_server.cli import main

SAMPLE = Path(__file__).parents[1] / "judging" / "sample.yaml"
EDITS = {"maxLength: 10": "maxLength: 5", "madeAt: {": "noted: {type: string}\n        madeAt: {"}


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """Return a sample in which something sent is shorter, and an answer has a new member."""
    text = SAMPLE.read_text()
    for before, after in EDITS.items():
        assert before in text
        text = text.replace(before, after)
    file = tmp_path / "new.yaml"
    file.write_text(text)
    return file


def diff(*words: object) -> Result:
    return CliRunner().invoke(main, ["diff", *map(str, words)])


def test_a_contract_and_itself_exit_with_0() -> None:
    result = diff(SAMPLE, SAMPLE)
    assert (result.exit_code, result.output) == (0, "Nothing has changed.\n")


def test_what_breaks_exits_with_1_and_says_whom(changed: Path) -> None:
    result = diff(SAMPLE, changed)
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "breaking    NewThing/name (sent): maxLength is another.  10 -> 5",
        "            makeThing",
        "compatible  Thing/noted (received): There is a new member.",
        "            listThings, makeThing, getThing",
        "1 breaking, 1 compatible.",
    ]


def test_what_breaks_nobody_can_be_left_out_and_exits_with_0_alone(changed: Path) -> None:
    assert "noted" not in diff(SAMPLE, changed, "--breaking-only").output
    changed.write_text(changed.read_text().replace("maxLength: 5", "maxLength: 10"))
    assert diff(SAMPLE, changed).exit_code == 0


def test_the_changes_are_printed_as_json(changed: Path) -> None:
    first, second = orjson.loads(diff(SAMPLE, changed, "--json").output)
    assert (first["isBreaking"], first["where"], first["operations"]) == (True, "NewThing/name", ["makeThing"])
    assert second["way"] == "received"


def test_many_operations_are_counted(changed: Path) -> None:
    changed.write_text(changed.read_text().replace("security: [{key: []}]", "security: []"))
    assert "listThings, makeThing, latestThing, getThing and 2 more" in diff(SAMPLE, changed).output


@pytest.mark.parametrize("name", ["gone.yaml", "page.html"])
def test_what_cannot_be_compared_exits_with_4_and_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / "page.html").write_text("<html>")
    result = diff(SAMPLE, tmp_path / name)
    assert result.exit_code == 4
    assert result.output.startswith("Error: ")
    assert result.output.count("\n") == 1
