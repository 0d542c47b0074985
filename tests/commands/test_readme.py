"""The README's section about the shell, typed as it stands."""

import re
import shlex
from pathlib import Path

import pytest

from tests.commands.shell import Shell

README = Path(__file__).parents[2] / "README.md"
MARK = "$ acorn "


def typed() -> list[str]:
    section = README.read_text("utf-8").partition("## From the shell\n")[2].partition("\n## ")[0]
    lines = re.findall(r"```console\n(.*?)```", section, re.DOTALL)[0].splitlines()
    return [line.removeprefix(MARK) for line in lines if line.startswith(MARK)]


def test_every_command_of_the_readme_works(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    commands = [shlex.split(line, comments=True) for line in typed()]
    assert len(commands) > 6
    for words in commands:
        shell.says(*words, *(["--no-follow"] if words == ["journal", "tail"] else []))
    assert [path.name for path in tmp_path.iterdir()] == ["before-the-peak.snapshot"]
