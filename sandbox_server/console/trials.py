"""Certifications that were begun from the console: clients that run already, judged in threads beside the pages."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from threading import Event, Thread
from typing import Any
from weakref import finalize

from sandbox_server.certification.attending import attend
from sandbox_server.certification.bundle import BUNDLE, EVIDENCE, conclude
from sandbox_server.certification.plan import Plan
from sandbox_server.certification.rehearsal import Attached
from sandbox_server.certification.stage import Interrupted
from sandbox_server.kernel.clock import real_now
from sandbox_server.remote import Sandbox


class State(StrEnum):
    """How far a certification is."""

    WAITING = "WAITING"
    PLAYING = "PLAYING"
    DONE = "DONE"
    STOPPED = "STOPPED"
    FAILED = "FAILED"


OVER = frozenset({State.DONE, State.STOPPED, State.FAILED})


class Trial:
    """
    One certification.

    Args:
        number: Its place among those of this server, from 1.
        plan: What is judged.
        scale: Virtual seconds for each real one, for the client's timers.
        tenant: Where the client plays; it stays when all is over, to be looked at.
    """

    def __init__(self, number: int, plan: Plan, scale: float, tenant: str) -> None:
        self.number = number
        self.plan = plan
        self.scale = scale
        self.tenant = tenant
        self.state = State.WAITING
        self.environment: Mapping[str, str] = {}
        self.doing: dict[str, str] = {}
        self.report: Mapping[str, Any] | None = None
        self.failure = ""
        self._ready, self._stop = Event(), Event()
        self._folder = Path(mkdtemp(prefix="acorn-certification-"))
        finalize(self, rmtree, self._folder, ignore_errors=True)

    def begin(self, sandbox: Sandbox) -> None:
        """Begin; come back when the client can be told how it is to be set."""
        Thread(target=self._run, args=[sandbox], daemon=True, name=f"certification-{self.number}").start()
        self._ready.wait()

    def stop(self) -> None:
        """Have it end before its time."""
        self._stop.set()

    @property
    def bundle(self) -> Path:
        """Where the report lies with its evidence, once it is done."""
        return self._folder / BUNDLE

    def _run(self, sandbox: Sandbox) -> None:
        try:
            attached = Attached(self.tenant, self.scale)
            attend(sandbox, self.plan, attached, self._folder / EVIDENCE, self._tell, self._show, self._stop)
            told: dict[str, Any] = {"manifest": {}, "waived": {}, "command": "--attach"}
            self.report = conclude(self._folder, self.plan, made_at=real_now(), **told)
            self.state = State.DONE
        except Interrupted:
            self.state = State.STOPPED
        except Exception as error:  # noqa: BLE001 - whatever it is, the page that shows the trial says so
            self.failure, self.state = str(error) or type(error).__name__, State.FAILED
        finally:
            self._ready.set()

    def _show(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self._ready.set()

    def _tell(self, scenario: str, what: str) -> None:
        self.state = State.PLAYING
        self.doing[scenario] = what


class Trials:
    """The certifications that were begun since the server's start."""

    def __init__(self) -> None:
        self._trials: list[Trial] = []

    def __iter__(self) -> Iterator[Trial]:
        return reversed(self._trials)

    def get(self, number: int) -> Trial | None:
        """Return one by its number; None where there is none."""
        return self._trials[number - 1] if 0 < number <= len(self._trials) else None

    def begin(self, sandbox: Sandbox, plan: Plan, scale: float) -> Trial:
        """Begin another one, in a tenant of its own."""
        number = len(self._trials) + 1
        trial = Trial(number, plan, scale, f"certification-{number}")
        self._trials.append(trial)
        trial.begin(sandbox)
        return trial
