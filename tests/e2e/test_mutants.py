"""A check counts when the good client passes it, and a client with that one defect fails it and no other."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import pytest

from fixtures.clients.mutants import DEFECTS
from sandbox_server.certification.checks import CHECKS
from sandbox_server.hosting import hosted
from sandbox_server.settings import Settings
from tests.certification.gate import Gate, client, named_by, scenarios_of

SIDE_BY_SIDE = 8
SETTINGS = Settings(port=0, ephemeral=True, fixture="proving_ground", allow_webhook_hosts=("localhost",))
Playing = dict[str, list[Future[None]]]


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    with hosted(SETTINGS) as url:
        yield Gate(url, tmp_path_factory.mktemp("gate"))


@pytest.fixture(scope="module")
def playing(gate: Gate, request: pytest.FixtureRequest) -> Iterator[Playing]:
    """The defects that are asked for, all under way at once."""
    here = (item for item in request.session.items if getattr(item, "module", None) is request.module)
    wanted = [item.callspec.params["defect"] for item in here if hasattr(item, "callspec")]
    with ThreadPoolExecutor(SIDE_BY_SIDE) as players:
        yield {
            name: [players.submit(partial(gate.play, name, client("mutants", name), one)) for one in scenarios_of(name)]
            for name in wanted
        }


@pytest.mark.parametrize("defect", sorted(DEFECTS))
def test_a_defect_fails_exactly_the_checks_that_name_it(defect: str, gate: Gate, playing: Playing) -> None:
    for one in playing[defect]:
        one.result()

    assert sorted(gate.broken_by(defect)) == [check.id for check in named_by(defect)], gate.broken_by(defect)


def test_every_check_has_a_defect_and_every_defect_a_check() -> None:
    assert {check.mutant for check in CHECKS.values()} == set(DEFECTS)
