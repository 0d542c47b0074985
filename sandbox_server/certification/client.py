"""The client that is judged, run as a program: started for each scenario, listened to, and ended with it."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from sandbox_server.kernel.clock import monotonic_ns
from sandbox_server.leash import Leashed

GRACE_SECONDS = 10.0
CRASHED, HUNG = "CRASHED", "HUNG"
"""How a client ends that does so by itself, and not well; and one that has to be ended by force."""
KEPT_BYTES = 256 * 1024
_PROCESSES = Path("/proc")
_SESSION, _TIMES = 3, slice(11, 15)
"""Among what the system says of a process after its name: proc(5)."""
_SECOND_NS = 1_000_000_000
_MILLISECOND_NS = 1_000_000


class CannotStart(Exception):
    """The command is none; the message says why."""


class ClientProgram:
    """
    A client's program; it does not outlive this one.

    Args:
        command: The words of its command.
        environment: What it is told; everything of ours that has the same name is hidden.
        output: The file that keeps what it says.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], output: Path) -> None:
        self._command = list(command)
        self._environment = {**os.environ, **environment}
        self._output = output
        self._process: Leashed[bytes] | None = None
        self._started = 0
        self.runs: list[dict[str, Any]] = []

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    @property
    def worked_seconds(self) -> float | None:
        """How long it, and all that it has started, has used a processor; None where the system does not say."""
        return None if self._process is None else worked_seconds(self._process.pid)

    def start(self) -> None:
        """
        Start it.

        Raises:
            CannotStart: There is no such program.
        """
        self._note("ENDED")
        self._started = monotonic_ns()
        try:
            with self._output.open("ab") as output:
                self._process = Leashed(
                    self._command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=self._environment,
                )
        except OSError as error:
            raise CannotStart(f"{self._command[0]!r} cannot be started: {error.strerror}.") from error

    def kill(self) -> None:
        """End it as a failure of the power would."""
        self._signal(signal.SIGKILL)
        self._note("KILLED_BY_SCENARIO")

    def stop(self) -> None:
        """Ask it to end, and end it by force where it does not."""
        if self._process is None:
            return
        ended = "ENDED"
        if self.is_running:
            ended = "STOPPED"
            self._signal(signal.SIGTERM)
            # One that is suspended could not hear of it.
            self._signal(signal.SIGCONT)
            try:
                self._process.wait(GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                ended = HUNG
        self._signal(signal.SIGKILL)
        self._note(ended)

    def _signal(self, number: signal.Signals) -> None:
        """Send a signal to the client and all that it has started."""
        if self._process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)

    def _note(self, ended: str) -> None:
        """Write down how it ended; one that ended by itself, and not well, has crashed."""
        if self._process is None:
            return
        code = self._process.wait()
        self._process.let_go()
        seconds = (monotonic_ns() - self._started) // _MILLISECOND_NS / 1000
        if ended == "ENDED" and code:
            ended = CRASHED
        self.runs.append({"ended": ended, "exit": code, "seconds": seconds})
        self._process = None


class AttachedClient:
    """A client that somebody else has started, and that goes on when a scenario is over."""

    is_running = True
    worked_seconds = None

    def __init__(self) -> None:
        self._started = monotonic_ns()
        self.runs: list[dict[str, Any]] = []

    def start(self) -> None:
        """Believe that it runs."""
        self._started = monotonic_ns()

    def kill(self) -> None:
        """Leave it alone: what is judged of a client that was killed is not exercised."""

    def stop(self) -> None:
        """Leave it alone."""
        seconds = (monotonic_ns() - self._started) // _MILLISECOND_NS / 1000
        self.runs.append({"ended": "ATTACHED", "exit": None, "seconds": seconds})


def worked_seconds(session: int) -> float | None:
    """Return how long the processes of a session have used a processor; None where the system does not say."""
    if not _PROCESSES.is_dir():
        return None
    ticks = 0
    for one in _PROCESSES.glob("[0-9]*/stat"):
        with suppress(OSError):
            # The name stands in parentheses, and may have any in it.
            told = one.read_text("utf-8", "replace").rpartition(")")[2].split()
            if int(told[_SESSION]) == session:
                ticks += sum(map(int, told[_TIMES]))
    return ticks / os.sysconf("SC_CLK_TCK")


def said(output: Path) -> str:
    """Return what a client has said: the end of it, where it was a lot."""
    if not output.exists():
        return ""
    content = output.read_bytes()
    return content[-KEPT_BYTES:].decode("utf-8", "replace")
