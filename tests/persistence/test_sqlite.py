"""What a vault keeps is there again, or the database is named and left as it is."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from sandbox_server.domain.errors import Unavailable
from sandbox_server.kernel.clock import ClockMode
from sandbox_server.persistence.log import KeptClock, KeptServer, KeptSnapshot, KeptTenant, VaultError
from sandbox_server.persistence.memory import MemoryPersistence
from sandbox_server.persistence.sqlite import opening, parts, vault
from sandbox_server.persistence.sqlite.opening import forget
from sandbox_server.persistence.sqlite.vault import FILE, SqliteVault
from tests.domain.builders import LATER, NOW, a_store, an_order
from tests.persistence.adapters import keep
from tests.persistence.test_memory import a_world, change, contents

TENANT = "default"


def about(name: str = TENANT, number: int = 1, *snapshots: KeptSnapshot) -> KeptTenant:
    clock = KeptClock(ClockMode.FROZEN, 0.0, NOW)
    return KeptTenant(name, number, "small", 7, [], (1, 2, 3), clock, {"faults": b"\x01"}, None, snapshots)


def a_snapshot(base: int) -> KeptSnapshot:
    return KeptSnapshot("snp_1", 1, TENANT, "", "small", 7, NOW, base, {})


def rows(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        counted = connection.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 - a test's own word
        (count,) = counted.fetchone()
    return int(count)


def spoil(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sandbox" / FILE


@pytest.fixture
def open_vault(path: Path) -> Iterator[Callable[[], SqliteVault]]:
    """Opens the vault, closing the one that was opened before."""
    opened: list[SqliteVault] = []

    def open_again() -> SqliteVault:
        for before in opened:
            before.close()
        opened[:] = []
        opened.append(SqliteVault(path.parent))
        return opened[0]

    yield open_again
    for one in opened:
        one.close()


def a_kept_world(kept: SqliteVault, name: str = TENANT) -> MemoryPersistence:
    world = a_world()
    world.log = kept.begin(name, kept.keep(world, frozen=False))
    kept.put(about(name))
    return world


def test_a_world_is_there_again_with_all_that_it_became(open_vault: Callable[[], SqliteVault]) -> None:
    world = a_kept_world(open_vault())
    loaded, changed_at = open_vault().world(TENANT)
    assert contents(loaded) == contents(world)
    assert changed_at is None
    change(loaded)
    keep(loaded, an_order(order_id="ord_7"))
    again, changed_at = open_vault().world(TENANT)
    assert contents(again) == contents(loaded) != contents(world)
    assert changed_at == LATER


def test_what_tenants_and_the_server_are_is_there_again_in_their_order(open_vault: Callable[[], SqliteVault]) -> None:
    kept = open_vault()
    assert (kept.server(), list(kept.tenants())) == (None, [])
    a_kept_world(kept, "b")
    a_kept_world(kept, "a")
    tenants = [about("b", 1), about("a", 2)]
    for tenant in reversed(tenants):
        kept.put(tenant)
    kept.put_server(KeptServer("small", "small", 7, 2, 1))
    kept = open_vault()
    assert [tenant.name for tenant in kept.tenants()] == ["b", "a"]
    assert kept.tenants()[0].powers == {"faults": b"\x01"}
    assert kept.server() == KeptServer("small", "small", 7, 2, 1)


def test_a_tenant_that_begins_anew_has_nothing_of_its_past(open_vault: Callable[[], SqliteVault], path: Path) -> None:
    kept = open_vault()
    world = a_kept_world(kept)
    change(world)
    frozen = a_world()
    kept.begin(TENANT, kept.keep(frozen))
    loaded, changed_at = open_vault().world(TENANT)
    assert (contents(loaded), changed_at) == (contents(frozen), None)
    open_vault()
    assert rows_when_closed(open_vault, path, "records") == 0


def rows_when_closed(open_vault: Callable[[], SqliteVault], path: Path, table: str) -> int:
    open_vault().close()
    return rows(path, table)


def test_worlds_that_are_equal_are_kept_once_and_those_that_nobody_needs_not_at_all(
    open_vault: Callable[[], SqliteVault], path: Path
) -> None:
    kept = open_vault()
    frozen, other = a_world(), a_world()
    keep(other, an_order(order_id="ord_5"))
    first = kept.keep(frozen)
    assert kept.keep(frozen) == kept.keep(a_world()) == first != kept.keep(other)
    kept.begin("a", first)
    kept.begin("b", first)
    kept.put(about("a", 1, a_snapshot(kept.keep(other))))
    assert kept.base(first) is frozen
    assert rows_when_closed(open_vault, path, "bases") == 2
    kept = open_vault()
    kept.put(about("a", 1))
    kept.remove("b")
    assert [tenant.name for tenant in kept.tenants()] == ["a"]
    assert rows_when_closed(open_vault, path, "bases") == 1


def test_a_log_that_has_grown_long_becomes_a_new_base(
    open_vault: Callable[[], SqliteVault], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = open_vault()
    world = a_kept_world(kept)
    change(world)
    kept.tidy(TENANT, world)
    kept.tidy(TENANT, world, at_stop=True)
    assert rows_when_closed(open_vault, path, "records") == 1
    monkeypatch.setattr(vault, "_LONG", 10)
    kept = open_vault()
    world, _ = kept.world(TENANT)
    while not kept_less(kept, world):
        keep(world, an_order(order_id=f"ord_{len(world.columns['orders'].rows) + 10}"))
    store_after(world)
    kept = open_vault()
    loaded, changed_at = kept.world(TENANT)
    assert contents(loaded) == contents(world)
    assert changed_at == LATER + timedelta(hours=1)
    assert rows_when_closed(open_vault, path, "records") == 1
    assert rows(path, "bases") == 1


def kept_less(kept: SqliteVault, world: MemoryPersistence) -> bool:
    """Tidy up; return whether that began a new log."""
    before = world.log
    kept.tidy(TENANT, world)
    return world.log is not before


def store_after(world: MemoryPersistence) -> None:
    with world.begin("req_9", LATER + timedelta(hours=1)) as tx:
        tx.stores.put(a_store("S0009"))


def test_all_of_what_is_kept_together_is_kept_or_none_of_it(open_vault: Callable[[], SqliteVault]) -> None:
    kept = open_vault()
    world = a_kept_world(kept)
    with pytest.raises(KeyboardInterrupt):
        begin_two(kept)
    change(world)
    kept = open_vault()
    assert [tenant.name for tenant in kept.tenants()] == [TENANT]
    assert contents(kept.world(TENANT)[0]) == contents(world)


def test_a_world_that_was_kept_in_vain_is_kept_the_next_time(open_vault: Callable[[], SqliteVault]) -> None:
    kept = open_vault()
    frozen = a_world()
    with pytest.raises(KeyboardInterrupt):
        keep_in_vain(kept, frozen)
    kept.begin(TENANT, kept.keep(frozen))
    assert contents(open_vault().world(TENANT)[0]) == contents(frozen)


def keep_in_vain(kept: SqliteVault, world: MemoryPersistence) -> None:
    with kept.together():
        kept.keep(world)
        raise KeyboardInterrupt


def test_equal_worlds_are_each_written_once(
    open_vault: Callable[[], SqliteVault], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = open_vault()
    write, written = parts.write, []

    def count(connection: sqlite3.Connection, world: MemoryPersistence) -> int:
        written.append(world)
        return write(connection, world)

    monkeypatch.setattr(parts, "write", count)
    worlds = (a_world(), a_world())
    assert len({kept.keep(world) for world in worlds * 3}) == 1
    assert written == list(worlds)


def begin_two(kept: SqliteVault) -> None:
    with kept.together():
        kept.begin("other", kept.keep(MemoryPersistence(1, "USD")))
        kept.put(about("other", 2))
        kept.begin(TENANT, kept.keep(MemoryPersistence(2, "USD")))
        raise KeyboardInterrupt


def test_a_full_disk_refuses_what_would_change_something_and_nothing_else(
    open_vault: Callable[[], SqliteVault], path: Path
) -> None:
    kept = open_vault()
    world = a_kept_world(kept)
    (pages,) = kept._connection.execute("PRAGMA page_count").fetchone()
    kept._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(Unavailable, match=f"{path}: database or disk is full. Make room"):
        fill(world)
    written = contents(world)
    with pytest.raises(Unavailable):
        kept.keep(a_larger_world())
    kept._connection.execute("PRAGMA max_page_count = 100000")
    change(world)
    assert contents(open_vault().world(TENANT)[0]) == contents(world) != written


def fill(world: MemoryPersistence) -> None:
    for number in range(10_000):
        keep(world, an_order(order_id=f"ord_{number + 100}"))


def a_larger_world() -> MemoryPersistence:
    world = a_world()
    with world.begin("req_1", NOW) as tx:
        for number in range(1000):
            tx.orders.put(an_order(order_id=f"ord_{number + 100}"))
    return world


DAMAGES = {
    "a record that is gone": "DELETE FROM records WHERE number = (SELECT min(number) FROM records)",
    "a record that was changed": (
        "UPDATE records SET content = (SELECT content FROM records ORDER BY number LIMIT 1)"
        " WHERE number = (SELECT max(number) FROM records)"
    ),
    "a record that is none": "UPDATE records SET content = x'93'",
    "a part that was changed": "UPDATE parts SET content = zeroblob(length(content))",
    "a part that is gone": "DELETE FROM parts",
    "a base that is gone": "DELETE FROM bases",
    "a table that is gone": "DROP TABLE records",
}


@pytest.mark.parametrize("statement", DAMAGES.values(), ids=DAMAGES)
def test_damage_is_named_and_left_as_it_is(open_vault: Callable[[], SqliteVault], path: Path, statement: str) -> None:
    world = a_kept_world(open_vault())
    change(world)
    keep(world, an_order(order_id="ord_7"))
    open_vault().close()
    spoil(path, statement)
    with (
        closing(SqliteVault(path.parent)) as kept,
        pytest.raises(VaultError, match=f"{path} is damaged: .*; --fresh"),
    ):
        kept.world(TENANT)


def test_what_tenants_are_can_be_damaged_too(open_vault: Callable[[], SqliteVault], path: Path) -> None:
    a_kept_world(open_vault())
    open_vault().close()
    spoil(path, "UPDATE tenants SET about = x'c1'")
    kept = SqliteVault(path.parent)
    with pytest.raises(VaultError, match="is damaged"):
        kept.tenants()
    kept._connection.close()


@pytest.mark.parametrize(
    "content", [b"no database at all, though of some length" * 200, b"SQLite format 3\x00" + b"\xff" * 5000]
)
def test_a_file_that_is_no_database_is_named_and_left_as_it_is(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(VaultError, match=f"{path} is damaged: file is not a database. It was left as it is"):
        SqliteVault(path.parent)
    assert path.read_bytes() == content
    forget(path)
    SqliteVault(path.parent).close()


def test_another_program_s_database_is_left_as_it_is(path: Path) -> None:
    path.parent.mkdir()
    spoil(path, "CREATE TABLE tickets (number INTEGER)")
    for use in (lambda: SqliteVault(path.parent), lambda: forget(path)):
        with pytest.raises(VaultError, match="another program's database"):
            use()
    assert rows(path, "tickets") == 0


@pytest.mark.parametrize(
    "statement", ["PRAGMA user_version = 99", "UPDATE facts SET content = '99.99' WHERE name = 'forms'"]
)
def test_a_later_version_s_database_is_left_as_it_is(
    open_vault: Callable[[], SqliteVault], path: Path, statement: str
) -> None:
    open_vault().close()
    spoil(path, statement)
    spoil(path, "UPDATE facts SET content = '77.0' WHERE name = 'version'")
    before = path.read_bytes()
    with pytest.raises(VaultError, match=r"was written by version 77\.0 of the sandbox.*--fresh"):
        SqliteVault(path.parent)
    assert path.read_bytes() == before


def test_an_older_version_s_database_is_moved_on(tmp_path: Path) -> None:
    first = opening.Schema((1,), ("CREATE TABLE facts (name TEXT PRIMARY KEY, content); CREATE TABLE one (a)",))
    second = opening.Schema((1,), (*first.versions, "ALTER TABLE one ADD COLUMN b; INSERT INTO one VALUES (1, 2)"))
    path = tmp_path / "moved.db"
    opening.connect(path, first).close()
    for _ in range(2):
        with closing(opening.connect(path, second)) as connection:
            assert connection.execute("SELECT a, b FROM one").fetchall() == [(1, 2)]


def test_a_second_one_is_told_who_has_it_and_may_have_it_after(path: Path) -> None:
    with closing(SqliteVault(path.parent)):
        with pytest.raises(VaultError, match=r"Another sandbox has .*sandbox.db open \(process \d+, since 20"):
            SqliteVault(path.parent)
        with pytest.raises(VaultError, match="Another sandbox has"):
            forget(path)
        opening.holder_of(path).unlink()
        with pytest.raises(VaultError, match=r"sandbox\.db open\. Stop it"):
            SqliteVault(path.parent)
    SqliteVault(path.parent).close()


def test_a_place_where_nothing_can_be_kept_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(VaultError, match=r"Nothing can be kept in .*Choose another --data-dir"):
        SqliteVault(tmp_path / "file")
    (tmp_path / "folder" / FILE).mkdir(parents=True)
    with pytest.raises(VaultError, match="Nothing can be kept in"):
        SqliteVault(tmp_path / "folder")


def test_forgetting_leaves_nothing_of_it(path: Path) -> None:
    SqliteVault(path.parent)._connection.close()
    assert list(path.parent.iterdir()) != []
    forget(path)
    assert list(path.parent.iterdir()) == []
    forget(path)
