"""A world goes into a file and comes back as it was, or the file is named and why it is of no use."""

import io
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox_server.persistence import snapshot
from sandbox_server.persistence.memory import MemoryPersistence
from sandbox_server.persistence.snapshot import SnapshotError, dump, load, save
from sandbox_server.services import orders
from sandbox_server.services.ports import Query
from sandbox_server.worlds import World, open_world
from tests.auditing import audit
from tests.worlds.scaling import quiet


@pytest.fixture(scope="module")
def world() -> World:
    return open_world("small_chain", None, None, quiet)


@pytest.fixture
def file(world: World, tmp_path: Path) -> Path:
    path = tmp_path / "small.world"
    save(world.persistence, path)
    return path


def test_what_is_loaded_is_what_was_saved(world: World, file: Path) -> None:
    assert laid_open(load(file)) == laid_open(world.persistence)


def test_what_is_loaded_is_saved_as_the_same_bytes(file: Path) -> None:
    stream = io.BytesIO()
    dump(load(file), stream)
    assert stream.getvalue() == file.read_bytes()


def test_what_a_transaction_has_just_written_is_saved(world: World, tmp_path: Path) -> None:
    twin = world.persistence.fork()
    with twin.begin("req_1", world.now) as tx:
        buyer = next(iter(tx.orders.select())).buyer
        level = next(level for level in tx.levels.select() if level.on_hand > 10)
        placed = orders.place(tx, buyer, [(level.sku, 1)], next(iter(tx.orders.select())).service_level)
    save(twin, tmp_path / "twin.world")
    with load(tmp_path / "twin.world").read(world.now) as tx:
        assert orders.get(tx, placed.order_id) == placed
        assert audit(tx) == []


def test_a_loaded_world_goes_on_living(world: World, file: Path) -> None:
    loaded = load(file)
    with loaded.begin("req_1", world.now) as tx:
        first = next(iter(tx.stores.select()))
        tx.stores.remove(first.store_id)
    with loaded.read(world.now) as tx:
        assert tx.stores.get(first.store_id) is None
        assert len(tx.stores.page(Query()).rows) == 4


def test_an_empty_world_goes_round_too(tmp_path: Path) -> None:
    save(MemoryPersistence(7, "JPY"), tmp_path / "empty.world")
    loaded = load(tmp_path / "empty.world")
    assert (loaded.seed, loaded.currency) == (7, "JPY")
    assert laid_open(loaded) == laid_open(MemoryPersistence(7, "JPY"))


def test_a_machine_of_the_other_byte_order_writes_and_reads_its_own(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "_FOREIGN", not snapshot._FOREIGN)
    save(world.persistence, tmp_path / "foreign.world")
    assert laid_open(load(tmp_path / "foreign.world")) == laid_open(world.persistence)


def test_a_file_cut_off_anywhere_is_refused(file: Path) -> None:
    whole = file.read_bytes()
    for size in [*range(0, 200, 7), *range(200, len(whole), len(whole) // 40), len(whole) - 1]:
        file.write_bytes(whole[:size])
        with pytest.raises(SnapshotError, match=r"small\.world is cut off"):
            load(file)


def test_a_file_with_one_byte_changed_is_refused(file: Path) -> None:
    whole = file.read_bytes()
    for place in [*range(0, 120, 3), *range(120, len(whole), len(whole) // 40), len(whole) - 1]:
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 0x41]) + whole[place + 1 :])
        with pytest.raises(SnapshotError, match=r"small\.world is"):
            load(file)


def test_a_file_whose_parts_were_put_in_another_order_is_refused(file: Path) -> None:
    whole = file.read_bytes()
    start, first, second = snapshot._HEAD.size, frame_size(whole, snapshot._HEAD.size), 0
    second = frame_size(whole, start + first)
    swapped = whole[start + first : start + first + second] + whole[start : start + first]
    file.write_bytes(whole[:start] + swapped + whole[start + first + second :])
    with pytest.raises(SnapshotError, match="a digest does not fit"):
        load(file)


def test_another_form_is_refused_by_its_number(file: Path) -> None:
    whole = file.read_bytes()
    file.write_bytes(snapshot._HEAD.pack(snapshot._MAGIC, snapshot.FORM + 1) + whole[snapshot._HEAD.size :])
    with pytest.raises(SnapshotError, match=f"form {snapshot.FORM + 1}; this version reads form {snapshot.FORM}"):
        load(file)


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(b"\x89PNG" * 100)
    with pytest.raises(SnapshotError, match=r"picture\.png is no snapshot of a world"):
        load(path)


@pytest.mark.parametrize(
    "contents",
    [
        lambda world: [b"\xc0"],
        lambda world: [*snapshot._contents(world)][:1],
        lambda world: [*snapshot._contents(world), b"\x90"],
        lambda world: [*snapshot._contents(world)][:1] * 3,
    ],
)
def test_whole_frames_that_make_no_world_are_refused(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, contents: Callable[[MemoryPersistence], list[bytes]]
) -> None:
    made = contents(world.persistence)
    monkeypatch.setattr(snapshot, "_contents", lambda _: iter(made))
    save(world.persistence, tmp_path / "odd.world")
    with pytest.raises(SnapshotError, match=r"odd\.world is damaged"):
        load(tmp_path / "odd.world")


def test_tables_of_another_version_are_refused(world: World, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox_server.persistence.memory.SPECS", ())
    with pytest.raises(SnapshotError, match="has other tables than this version"):
        load(file)


def test_a_failed_save_leaves_the_old_file_and_nothing_else(
    world: World, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = file.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(snapshot, "dump", full)
    with pytest.raises(OSError, match="No space left"):
        save(world.persistence, file)
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def frame_size(whole: bytes, start: int) -> int:
    size: int = snapshot._FRAME.unpack_from(whole, start)[0]
    return snapshot._FRAME.size + size


def laid_open(thing: Any) -> Any:
    """Everything that an object holds, or ever will, but for what is derived or inexact."""
    if isinstance(thing, array):
        return thing.typecode, thing.tobytes()
    if isinstance(thing, dict):
        entries = [(str(key), laid_open(value)) for key, value in thing.items()]
        return entries, laid_open(getattr(thing, "__dict__", None))
    if isinstance(thing, list | tuple):
        return [laid_open(item) for item in thing]
    if type(thing).__module__.startswith("sandbox_server.persistence"):
        return {
            name: laid_open(value)
            for name, value in vars(thing).items()
            if name not in {"_derived", "_recent", "spec", "_indexed", "oldest"}
        }
    return thing
