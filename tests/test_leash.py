"""Programs on a leash end with the one that has started them, though it was killed."""

import subprocess
import sys
from pathlib import Path

import pytest

from sandbox_server.leash import Leashed

STARTS_ONE = """
import sys
from sandbox_server.leash import Leashed
program = Leashed(sys.argv[1:])
print("held", flush=True)
program.wait()
"""


@pytest.mark.parametrize("shell", ["sleep 60 & echo begun; wait", "trap '' TERM; echo begun; sleep 60"])
def test_a_shell_ends_with_its_children_when_its_parent_was_killed(pipe: Path, shell: str) -> None:
    program = ["/bin/sh", "-c", f"exec > {pipe}; {shell}; echo outlived it"]
    command = [sys.executable, "-c", STARTS_ONE, *program]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent, pipe.open() as told:
        assert parent.stdout is not None
        assert (parent.stdout.readline(), told.readline()) == ("held\n", "begun\n")
        parent.kill()
        assert told.read() == ""


def test_what_was_let_go_stays(pipe: Path) -> None:
    program = Leashed(["/bin/sh", "-c", f"read -r word < {pipe}; exit 7"])
    program.let_go()
    pipe.write_text("go on\n", "utf-8")
    assert program.wait() == 7
