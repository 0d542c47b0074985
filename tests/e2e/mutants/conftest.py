"""A sandbox for each half of the defects, in which all of them are under way at once."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from fixtures.clients.mutants import webhooks
from sandbox_server.hosting import hosted
from sandbox_server.settings import Settings
from tests.certification.gate import Gate, client, scenarios_of

SETTINGS = Settings(port=0, ephemeral=True, fixture="proving_ground", allow_webhook_hosts=("localhost",))
SIDE_BY_SIDE = 6
TOLD = webhooks.DEFECTS
"""Defects of clients that listen; the others do not, or they would be told of what they fail to see."""

BrokenBy = Callable[[str], dict[str, str]]
"""Waits until a defect has played, and returns the checks that it has failed, with the reasons."""


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    with hosted(SETTINGS) as url:
        yield Gate(url, tmp_path_factory.mktemp("gate"))


@pytest.fixture(scope="module")
def broken_by(gate: Gate, request: pytest.FixtureRequest) -> Iterator[BrokenBy]:
    """The defects that are asked for, all under way at once; those that take the longest begin."""
    here = (item for item in request.session.items if getattr(item, "module", None) is request.module)
    wanted = [item.callspec.params["defect"] for item in here if hasattr(item, "callspec")]
    plays = [(name, one) for name in wanted for one in scenarios_of(name)]
    with ThreadPoolExecutor(SIDE_BY_SIDE) as players:
        playing = [
            (name, players.submit(partial(gate.play, name, client("mutants", name, listens=name in TOLD), one)))
            for name, one in sorted(plays, key=lambda play: -play[1].seconds)
        ]

        def waited_for(defect: str) -> dict[str, str]:
            for name, play in playing:
                if name == defect:
                    play.result()
            return gate.broken_by(defect)

        yield waited_for
