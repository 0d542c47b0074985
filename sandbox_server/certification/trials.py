"""Certifications that a server was asked for: clients that run already, judged in threads beside what it serves."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from threading import Event, Thread
from typing import Any
from weakref import finalize

from sandbox_server.certification.attending import attend, invite
from sandbox_server.certification.bundle import BUNDLE, EVIDENCE, conclude, cut_short
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
        self._ready, self._stop, self._over = Event(), Event(), Event()
        self.folder = Path(mkdtemp(prefix="acorn-certification-"))
        """Where what is seen is kept, and the report."""
        finalize(self, rmtree, self.folder, ignore_errors=True)

    def begin(self, sandbox: Sandbox, *, invited: bool = False) -> None:
        """
        Begin.

        Args:
            invited: The client is yet to be set, and its tenant to be made; come back when it can be told how.
        """
        Thread(target=self._run, args=[sandbox, invited], daemon=True, name=f"certification-{self.number}").start()
        if invited:
            self._ready.wait()

    def finish(self) -> None:
        """Have it end before its time: what was played to its end is judged."""
        self._stop.set()

    def wait(self, seconds: float) -> None:
        """Wait until it is over, but not longer."""
        self._over.wait(seconds)

    @property
    def bundle(self) -> Path:
        """Where the report lies with its evidence, once it is done."""
        return self.folder / BUNDLE

    def conclude(self) -> None:
        """Judge what was seen."""
        told: dict[str, Any] = {"manifest": {}, "waived": {}, "command": "--attach"}
        self.report = conclude(self.folder, self.plan, made_at=real_now(), **told)
        self.state = State.DONE

    def _run(self, sandbox: Sandbox, invited: bool) -> None:
        attached = Attached(self.tenant, self.scale)
        try:
            if invited:
                self.environment = invite(sandbox, self.plan, attached)
                self._ready.set()
            attend(sandbox, self.plan, attached, self.folder / EVIDENCE, self._tell, self._stop)
            self.conclude()
        except Interrupted:
            self._conclude_in_part()
        except Exception as error:  # noqa: BLE001 - whatever it is, who looks at the trial is told so
            self._fail(error)
        finally:
            self._ready.set()
            self._over.set()

    def _conclude_in_part(self) -> None:
        played = cut_short(self.folder, self.plan)
        if played is None:
            self.state = State.STOPPED
            return
        self.plan = played
        try:
            self.conclude()
        except Exception as error:  # noqa: BLE001
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        self.failure, self.state = str(error) or type(error).__name__, State.FAILED

    def _tell(self, scenario: str, what: str) -> None:
        self.state = State.PLAYING
        self.doing[scenario] = what


class Trials:
    """
    The certifications that were begun since the server's start.

    Args:
        alone: Whether this process alone serves the tenants: among several nobody would find a run again.
    """

    def __init__(self, *, alone: bool = True) -> None:
        self.alone = alone
        self._trials: list[Trial] = []

    def __iter__(self) -> Iterator[Trial]:
        return reversed(self._trials)

    def get(self, number: int) -> Trial | None:
        """Return one by its number; None where there is none."""
        return self._trials[number - 1] if 0 < number <= len(self._trials) else None

    def running(self, tenant: str) -> Trial | None:
        """Return the one that goes on in a tenant; None where there is none."""
        return next((one for one in self if one.tenant == tenant and one.state not in OVER), None)

    def add(self, plan: Plan, scale: float, tenant: str | None = None) -> Trial:
        """Return another one, yet to be begun; without a tenant it has the name for one of its own."""
        number = len(self._trials) + 1
        trial = Trial(number, plan, scale, tenant or f"certification-{number}")
        self._trials.append(trial)
        return trial
