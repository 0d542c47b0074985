"""A world that was built once is loaded the next time, and nothing that is wrong with the cache keeps a world away."""

import logging
from pathlib import Path

import pytest

from sandbox_server.persistence import snapshot
from sandbox_server.resources import fixture_path
from sandbox_server.worlds import World, cache, open_world
from tests.worlds.scaling import fingerprint, quiet


def opened(folder: Path | None, seed: int | None = None) -> World:
    return open_world("small_chain", seed, folder, quiet)


def test_the_second_time_the_same_world_is_loaded(tmp_path: Path) -> None:
    built, loaded = opened(tmp_path / "cache"), opened(tmp_path / "cache")
    assert (built.from_cache, loaded.from_cache) == (False, True)
    assert fingerprint(loaded.persistence) == fingerprint(built.persistence)
    assert loaded._replace(persistence=built.persistence, from_cache=False) == built


def test_each_seed_has_a_file_of_its_own(tmp_path: Path) -> None:
    assert not opened(tmp_path, seed=8).from_cache
    assert not opened(tmp_path, seed=81).from_cache
    assert opened(tmp_path, seed=8).from_cache
    assert len(list(tmp_path.iterdir())) == 2


def test_a_fixture_that_was_changed_is_built_again_in_place_of_the_old_one(tmp_path: Path) -> None:
    fixture = tmp_path / "mine.yaml"
    text = fixture_path("small_chain.yaml").read_text(encoding="utf-8")
    fixture.write_text(text, encoding="utf-8")
    before = open_world(fixture, None, tmp_path / "cache", quiet)
    fixture.write_text(text.replace("new: 22", "new: 25"), encoding="utf-8")
    after = open_world(fixture, None, tmp_path / "cache", quiet)
    assert before.name == after.name == "mine"
    assert not after.from_cache
    assert fingerprint(before.persistence) != fingerprint(after.persistence)
    assert len(list((tmp_path / "cache").iterdir())) == 1


@pytest.mark.parametrize("part", ["__version__", "cities_text", "_code"])
def test_another_version_geography_or_code_builds_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    opened(tmp_path)
    others = {"__version__": "0.0.0", "cities_text": lambda: "", "_code": list}
    monkeypatch.setattr(cache, part, others[part])
    assert not opened(tmp_path).from_cache


@pytest.mark.parametrize("damage", [b"", b"nonsense", b"ACORN WORLD\n\x01\x00\x00\x00"])
def test_a_damaged_file_is_built_again_without_a_word_to_worry_about(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: bytes
) -> None:
    built = opened(tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_bytes(damage)
    with caplog.at_level(logging.WARNING):
        again = opened(tmp_path)
    assert not again.from_cache
    assert fingerprint(again.persistence) == fingerprint(built.persistence)
    assert not caplog.records
    assert opened(tmp_path).from_cache


def test_a_folder_that_cannot_be_written_is_warned_of_and_done_without(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("no folder")
    world = opened(tmp_path / "file" / "cache")
    assert not world.from_cache
    assert [record.levelname for record in caplog.records if "is not kept" in record.message] == ["WARNING"]


def test_a_full_disk_is_warned_of_and_done_without(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(snapshot, "dump", full)
    assert not opened(tmp_path).from_cache
    assert "No space left on device" in caplog.text
    assert list(tmp_path.iterdir()) == []


def test_without_a_folder_nothing_is_kept() -> None:
    assert not opened(None).from_cache
