"""Playing a plan's scenarios against a client, side by side, and keeping what was seen."""

import json
import traceback
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import inf
from pathlib import Path
from threading import Event
from typing import Any, Protocol

from sandbox_server.certification.client import CannotStart
from sandbox_server.certification.evidence import Evidence, Wire, read_evidence
from sandbox_server.certification.leaks import leaks_in
from sandbox_server.certification.scenario import Scenario
from sandbox_server.certification.stage import LOOK_SECONDS, ClientRuns, Interrupted, Stage
from sandbox_server.remote import Sandbox, in_path

JOURNAL, SEEN, OUTPUT, PRICES = "journal.ndjson", "seen.json", "client.txt", "prices.json"
SIDE_BY_SIDE = 8
START_SECONDS = 20.0
"""In which a client that was started is to call, unless it is still at work."""
PATIENCE_AFTER_SILENCE_SECONDS = 2.0
"""The same, where the client has called in no scenario before."""
SPARE_SECONDS = 10.0
"""What a client has beyond the scenario's time, so that it is never the client that ends it."""
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
        attached: Where a client plays that runs already: scenarios follow each other there, in a world that goes on,
            for the client remembers what it has seen. Without it each has a tenant of its own.
        start_seconds: Real time in which a client that was started is to call, unless it is still at work.
        pace: What each scenario's virtual time is slowed down by, for a client or a machine that needs longer.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        drive: Drive,
        folder: Path,
        tell: Tell = lambda *_: None,
        stop: Event | None = None,
        attached: "Attached | None" = None,
        start_seconds: float = START_SECONDS,
        pace: float = 1.0,
    ) -> None:
        self._sandbox = sandbox
        self._attached = attached
        self._drive = drive
        self._folder = folder
        self._tell = tell
        self._stop = stop or Event()
        self._heard = Event()
        self._patience = inf if attached else start_seconds
        self._pace = pace

    def play_all(self, scenarios: Sequence[Scenario], side_by_side: int = SIDE_BY_SIDE) -> None:
        """
        Play scenarios, the longest first; the others begin when the client has called in that one, or it is over.

        Raises:
            Interrupted: The run was ended before its time.
            CannotStart: The client's command is none.
        """
        longest, *others = sorted(scenarios, key=lambda one: -one.seconds)
        with ThreadPoolExecutor(side_by_side) as players:
            try:
                first = players.submit(self.play, longest)
                while not self._heard.wait(LOOK_SECONDS) and not first.done():
                    pass
                if self._attached is None and not self._heard.is_set():
                    self._patience = PATIENCE_AFTER_SILENCE_SECONDS
                for one in [first, *(players.submit(self.play, each) for each in others)]:
                    one.result()
            except BaseException:
                self._stop.set()
                players.shutdown(wait=False, cancel_futures=True)
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
        paced = scenario.paced(scenario.scale * self._pace)
        scenario = self._attached.paced(scenario) if self._attached is not None else paced
        tenant = self._tenant(scenario)
        before = self._newest_call(tenant) if self._attached is not None else 0
        prices = None if self._attached is not None else home.resolve() / PRICES
        told = environment(self._sandbox.url, tenant, scenario)
        if prices is not None:
            prices.write_text("[]", "utf-8")
            told["ACORN_PRICES_FILE"] = str(prices)
        client = self._drive(scenario, told, home / OUTPUT)
        stage = Stage(
            self._sandbox,
            tenant,
            client,
            scenario.seconds,
            lambda what: self._tell(scenario.id, what),
            self._stop,
            self._heard,
            self._patience,
        )
        stage.prices_file = prices
        failure = ""
        try:
            scenario.play(stage)
        except (Interrupted, CannotStart):
            raise
        except Exception:  # noqa: BLE001 - a scenario that fails is our failure, and the others go on
            failure = traceback.format_exc()
        finally:
            client.stop()
        self._keep(scenario, stage, client, home, {"failure": failure, "after": before})
        if self._attached is None:
            self._sandbox.call("DELETE", f"/tenants/{in_path(tenant['name'])}")
        self._tell(scenario.id, "")

    def _tenant(self, scenario: Scenario) -> Wire:
        """Return a tenant that begins as the scenario does; an attached client's goes on, as that client does."""
        if self._attached is None:
            tenant: Wire = self._sandbox.call("POST", "/tenants", beginning(scenario))
        else:
            place = f"/tenants/{in_path(self._attached.tenant)}"
            self._sandbox.call("DELETE", f"{place}/faults")
            tenant = self._sandbox.call("GET", place)
        return tenant

    def _newest_call(self, tenant: Wire) -> int:
        chain = self._sandbox.call("POST", f"/tenants/{in_path(tenant['name'])}/journal/verify")
        return int(chain.get("first", 1)) + int(chain["entries"]) - 1

    def _keep(self, scenario: Scenario, stage: Stage, client: Runs, home: Path, told: Wire) -> None:
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
            "elsewhere": self._elsewhere(),
            "unmatched": stage.operate("GET", "/journal/unmatched", query={"limit": 20})["items"],
            "acts": stage.acts,
            "faults": stage.faults(),
            "client": [_of_run(run, scenario) for run in client.runs],
            "leaks": list(leaks_in((home / JOURNAL).read_bytes().splitlines(), stage.secrets)),
            "world": stage.world(),
            **told,
        }
        (home / SEEN).write_text(json.dumps(seen, ensure_ascii=False, indent=1), "utf-8")

    def _elsewhere(self) -> list[Wire]:
        """Return calls that were for no tenant of the run: the default one gets what comes from nobody known, too."""
        if self._attached is not None:
            return []
        calls: list[Wire] = self._sandbox.call("GET", "/tenants/default/journal", query={"limit": 1})["items"]
        return [{name: one.get(name) for name in ("method", "path", "clientId")} for one in calls]


@dataclass(frozen=True)
class Attached:
    """
    Where a client plays that runs already, and knows nothing of scenarios.

    Args:
        tenant: The tenant's name; it is there.
        scale: Virtual seconds for each real one: as many as the client's own timers take for one.
    """

    tenant: str
    scale: float

    def paced(self, scenario: Scenario) -> Scenario:
        """Return a scenario at the client's pace."""
        return scenario.paced(self.scale)


def beginning(scenario: Scenario) -> dict[str, Any]:
    """Return what a tenant is made of, to begin as a scenario does."""
    begins = {"now": scenario.begins} if scenario.begins else {}
    clock = {"mode": "SCALED", "scale": scenario.scale, **begins}
    return {"fixture": scenario.fixture, "seed": scenario.seed, "clock": clock}


def _of_run(run: Mapping[str, Any], scenario: Scenario) -> Mapping[str, Any]:
    """Return how the client ran; where it may end by itself, that is no crash."""
    return {**run, "ended": "ENDED"} if scenario.may_end and run["ended"] == "CRASHED" else run


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
        "ACORN_DEADLINE_SECONDS": f"{scenario.seconds + SPARE_SECONDS:g}",
    }


def read_seen(home: Path) -> tuple[Evidence, dict[str, Any]]:
    """Return the evidence that lies in a scenario's folder, and everything that was seen beside the journal."""
    seen: dict[str, Any] = json.loads((home / SEEN).read_bytes())
    return read_evidence((home / JOURNAL).read_bytes().splitlines(), seen), seen
