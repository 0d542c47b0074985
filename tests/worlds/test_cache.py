"""A world that was built once is loaded the next time, and nothing that is wrong with the cache keeps a world away."""

import logging
from pathlib import Path

import pytest

from sandbox_server.persistence import snapshot
from sandbox_server.worlds import World, cache, open_world
from tests.worlds.quiet_shop import quiet_shop
from tests.worlds.scaling import fingerprint, quiet


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return quiet_shop(tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def opened(shop: Path, folder: Path | None, seed: int | None = None) -> World:
    return open_world(shop, seed, folder, quiet)


def test_the_second_time_the_same_world_is_loaded(shop: Path, folder: Path) -> None:
    built, loaded = opened(shop, folder), opened(shop, folder)
    assert (built.from_cache, loaded.from_cache) == (False, True)
    assert fingerprint(loaded.persistence) == fingerprint(built.persistence)
    assert loaded._replace(persistence=built.persistence, from_cache=False) == built


def test_each_seed_has_a_file_of_its_own(shop: Path, folder: Path) -> None:
    assert not opened(shop, folder, seed=8).from_cache
    assert not opened(shop, folder, seed=81).from_cache
    assert opened(shop, folder, seed=8).from_cache
    assert len(list(folder.iterdir())) == 2


def test_a_fixture_that_was_changed_is_built_again_in_place_of_the_old_one(shop: Path, folder: Path) -> None:
    before = opened(shop, folder)
    after = opened(quiet_shop(shop.parent, new=3), folder)
    assert before.name == after.name == "quiet_shop"
    assert not after.from_cache
    assert fingerprint(before.persistence) != fingerprint(after.persistence)
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize("part", ["__version__", "cities_text", "_code"])
def test_another_version_geography_or_code_builds_again(
    shop: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    opened(shop, folder)
    others = {"__version__": "0.0.0", "cities_text": lambda: "", "_code": list}
    monkeypatch.setattr(cache, part, others[part])
    assert not opened(shop, folder).from_cache


@pytest.mark.parametrize("damage", [b"", b"nonsense", b"ACORN WORLD\n\x01\x00\x00\x00"])
def test_a_damaged_file_is_built_again_without_a_word_to_worry_about(
    shop: Path, folder: Path, caplog: pytest.LogCaptureFixture, damage: bytes
) -> None:
    built = opened(shop, folder)
    (path,) = folder.iterdir()
    path.write_bytes(damage)
    with caplog.at_level(logging.WARNING):
        again = opened(shop, folder)
    assert not again.from_cache
    assert fingerprint(again.persistence) == fingerprint(built.persistence)
    assert not caplog.records
    assert opened(shop, folder).from_cache


def test_a_folder_that_cannot_be_written_is_warned_of_and_done_without(
    shop: Path, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder.write_text("no folder")
    world = opened(shop, folder / "cache")
    assert not world.from_cache
    assert [record.levelname for record in caplog.records if "is not kept" in record.message] == ["WARNING"]


def test_a_full_disk_is_warned_of_and_done_without(
    shop: Path, folder: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(snapshot, "dump", full)
    assert not opened(shop, folder).from_cache
    assert "No space left on device" in caplog.text
    assert list(folder.iterdir()) == []


def test_without_a_folder_nothing_is_kept(shop: Path) -> None:
    assert not opened(shop, None).from_cache
