"""The tours in the README, pasted into a shell as they stand."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.e2e.server import running

README = Path(__file__).parents[2] / "README.md"
TOURS = ("A tour", "Break something on purpose")
MARK = "-- the next command --"


class Step(NamedTuple):
    """A command, and lines that its output has in this order; `…` stands for anything."""

    command: str
    shown: list[str]


def steps(title: str) -> list[Step]:
    """Return what a section tells people to paste, and what it says that they will see."""
    section = re.split(r"^## ", README.read_text("utf-8"), flags=re.MULTILINE)
    body = next(part for part in section if part.startswith(title))
    found: list[Step] = []
    for block in re.findall(r"```console\n(.*?)```", body, re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append(Step(line.removeprefix("$ "), []))
            elif line.startswith("    "):
                found[-1] = found[-1]._replace(command=f"{found[-1].command}\n{line}")
            else:
                found[-1].shown.append(line)
    return found


def pattern(lines: list[str]) -> str:
    """Return the regular expression of what is shown."""
    return ".*".join(".*".join(map(re.escape, line.split("…"))) for line in lines)


def test_the_tours_are_there() -> None:
    assert all(len(steps(title)) > 5 for title in TOURS)


def test_the_tours_show_what_they_say(tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.fail("the README's commands are for curl")
    with running() as server:
        told = [step for title in TOURS for step in steps(title)]
        script = f"\necho; echo '{MARK}'\n".join(step.command for step in told)
        script = script.replace("http://127.0.0.1:8080", server.origin)
        done = subprocess.run(
            ["/bin/sh", "-c", script], capture_output=True, text=True, cwd=tmp_path, timeout=60, check=True
        )
    assert done.stderr == ""
    for step, output in zip(told, done.stdout.split(MARK), strict=True):
        assert re.search(pattern(step.shown), output, re.DOTALL), f"{step.command}\n{output}"
    assert (tmp_path / "label.png").read_bytes().startswith(b"\x89PNG")
