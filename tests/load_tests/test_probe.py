"""What is found out about a sandbox in itself: the facts that the benchmarks count on."""

import gc
from pathlib import Path

import pytest

from load_tests.benchmarks.probe import Pauses, pages, reopen, resident_megabytes, tenants
from load_tests.benchmarks.processes import probe
from tests.load_tests.test_durability_benchmark import GREAT
from tests.load_tests.test_footprint import PAGES, START
from tests.load_tests.test_tenants_benchmark import FOUND

WORLD = "small_chain"


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


def test_a_fresh_process_finds_what_a_start_takes(data_dir: Path) -> None:
    facts = probe("start", WORLD, str(data_dir))
    assert set(facts) == set(START)
    assert 0 < facts["importSeconds"] + facts["loadSeconds"] < facts["readySeconds"]
    assert [path.name.startswith(WORLD) for path in (data_dir / "cache").iterdir()] == [True]


def test_a_walk_over_pages_tells_what_they_take(data_dir: Path) -> None:
    facts = pages(WORLD, str(data_dir), "on", "20")
    assert set(facts) == set(PAGES)
    assert 0 < facts["p50Ms"] <= facts["p99Ms"]


def test_a_tenant_takes_less_than_its_world(data_dir: Path) -> None:
    facts = tenants(WORLD, str(data_dir), "3", "1")
    assert set(facts) == set(FOUND)
    assert facts["tenantMs"] > 0
    assert facts["forkMs"] > 0


def test_a_kept_world_is_gone_on_with(data_dir: Path, tmp_path: Path) -> None:
    first, again = (reopen(WORLD, str(data_dir), str(tmp_path / "kept")) for _ in range(2))
    assert set(first) == set(GREAT)
    assert first["orders"] == again["orders"] > 0


def test_a_probe_that_fails_is_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RuntimeError, match="the pages probe fails"):
        probe("pages")
    assert "TypeError" in capfd.readouterr().err


def test_collections_are_counted_with_their_longest_pause() -> None:
    with Pauses() as pauses:
        gc.collect()
    assert pauses.count == 1
    assert pauses.longest > 0


def test_a_process_weighs_more_than_an_interpreter_alone() -> None:
    assert 10 < resident_megabytes() < 100_000
