"""Playing a plan's scenarios against a client, side by side, and keeping what was seen."""

import json
import traceback
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any, Protocol

from sandbox_server.certification.evidence import Evidence, Wire, read_evidence
from sandbox_server.certification.leaks import leaks_in
from sandbox_server.certification.scenario import Scenario
from sandbox_server.certification.stage import ClientRuns, Interrupted, Stage
from sandbox_server.remote import Sandbox, in_path

JOURNAL, SEEN, OUTPUT = "journal.ndjson", "seen.json", "client.txt"
SIDE_BY_SIDE = 8
Tell = Callable[[str, str], None]


class Runs(ClientRuns, Protocol):
    """A client in one scenario."""

    @property
    def runs(self) -> Sequence[Mapping[str, Any]]:
        """How it ran, each time that it was started: `ended`, `exit`, `seconds`."""
        ...

    def stop(self) -> None:
        """End it, gently at first."""
        ...


Drive = Callable[[Scenario, Mapping[str, str], Path], Runs]
"""What makes a client for a scenario, of its environment and the file that keeps what it says."""


class Rehearsal:
    """
    Plays scenarios.

    Args:
        sandbox: Where each scenario gets a tenant of its own.
        drive: Makes the client.
        folder: Where what is seen is kept, a folder for each scenario.
        tell: Told which scenario does what.
        stop: Set when the run is to end before its time.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        drive: Drive,
        folder: Path,
        tell: Tell = lambda *_: None,
        stop: Event | None = None,
    ) -> None:
        self._sandbox = sandbox
        self._drive = drive
        self._folder = folder
        self._tell = tell
        self._stop = stop or Event()

    def play_all(self, scenarios: Sequence[Scenario], side_by_side: int = SIDE_BY_SIDE) -> None:
        """
        Play scenarios, the longest first.

        Raises:
            Interrupted: The run was ended before its time.
            CannotStart: The client's command is none.
        """
        longest_first = sorted(scenarios, key=lambda one: -one.seconds)
        with ThreadPoolExecutor(side_by_side) as players:
            playing = [players.submit(self.play, one) for one in longest_first]
            try:
                for one in playing:
                    one.result()
            except BaseException:
                self._stop.set()
                for one in playing:
                    one.cancel()
                raise

    def play(self, scenario: Scenario) -> None:
        """
        Play a scenario, and keep what was seen.

        Raises:
            Interrupted: The run was ended before its time.
            CannotStart: The client's command is none.
        """
        home = self._folder / scenario.id
        home.mkdir(parents=True)
        clock = {"mode": "SCALED", "scale": scenario.scale}
        tenant = self._sandbox.call(
            "POST", "/tenants", {"fixture": scenario.fixture, "seed": scenario.seed, "clock": clock}
        )
        client = self._drive(scenario, environment(self._sandbox.url, tenant, scenario), home / OUTPUT)
        stage = Stage(
            self._sandbox, tenant, client, scenario.seconds, lambda what: self._tell(scenario.id, what), self._stop
        )
        failure = ""
        try:
            scenario.play(stage)
        except Interrupted:
            raise
        except Exception:  # noqa: BLE001 - a scenario that fails is our failure, and the others go on
            failure = traceback.format_exc()
        finally:
            client.stop()
        self._keep(scenario, stage, client, home, failure)
        self._sandbox.call("DELETE", f"/tenants/{in_path(tenant['name'])}")
        self._tell(scenario.id, "")

    def _keep(self, scenario: Scenario, stage: Stage, client: Runs, home: Path, failure: str) -> None:
        name = in_path(stage.tenant["name"])
        with (home / JOURNAL).open("wb") as into:
            self._sandbox.download(f"/tenants/{name}/journal/export", into, {"format": "ndjson"})
        seen = {
            "scenario": scenario.id,
            "clientId": stage.client_id,
            "scale": scenario.scale,
            "startedAt": stage.tenant["clock"]["now"],
            "endedAt": stage.operate("GET", "/clock")["now"],
            "journal": stage.operate("POST", "/journal/verify"),
            "unmatched": stage.operate("GET", "/journal/unmatched", query={"limit": 20})["items"],
            "acts": stage.acts,
            "faults": stage.faults(),
            "client": list(client.runs),
            "leaks": list(leaks_in((home / JOURNAL).read_bytes().splitlines(), stage.secrets)),
            "failure": failure,
            "world": stage.world(),
        }
        (home / SEEN).write_text(json.dumps(seen, ensure_ascii=False, indent=1), "utf-8")


def environment(url: str, tenant: Wire, scenario: Scenario) -> dict[str, str]:
    """Return what a client is told of its marketplace."""
    own = tenant["credentials"][0]
    return {
        "ACORN_BASE_URL": f"{url}/v1",
        "ACORN_CLIENT_ID": own["clientId"],
        "ACORN_CLIENT_SECRET": own["clientSecret"],
        "ACORN_API_KEY": own["apiKey"],
        "ACORN_TENANT": tenant["name"],
        "ACORN_SCENARIO": scenario.id,
        "ACORN_POS_URL": f"{url}/_sandbox/v1/pos",
        "ACORN_CLOCK_SCALE": f"{scenario.scale:g}",
        "ACORN_DEADLINE_SECONDS": f"{scenario.seconds:g}",
    }


def read_seen(home: Path) -> tuple[Evidence, dict[str, Any]]:
    """Return the evidence that lies in a scenario's folder, and everything that was seen beside the journal."""
    seen: dict[str, Any] = json.loads((home / SEEN).read_bytes())
    return read_evidence((home / JOURNAL).read_bytes().splitlines(), seen), seen
