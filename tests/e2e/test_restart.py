"""A sandbox that is stopped or killed starts again on the same folder, and goes on where it was."""

import signal
from pathlib import Path

import pytest

from tests.e2e.server import Server, running, start

LISTS = ("stores", "products", "inventory", "inventory/movements", "orders", "shipments", "returns")


def everything(server: Server) -> list[bytes]:
    """Return the first page of every list."""
    with server.client() as client:
        return [client.get(f"/{name}", params={"limit": 100}).content for name in LISTS]


def change(server: Server) -> None:
    with server.client() as client:
        client.patch("/stores/S0001", json={"status": "CLOSED"}).raise_for_status()
        for order in client.get("/orders", params={"status": "NEW"}).json()["items"]:
            client.post(f"/orders/{order['orderId']}/cancellations", json={"reason": "OTHER"}).raise_for_status()


def refused(*flags: str) -> str:
    """Return what `serve` says before it ends with an error."""
    said, complained = start("serve", "--port", "0", *flags).communicate(timeout=60)
    assert said == ""
    return complained


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "sandbox"


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGINT], ids=["killed", "stopped"])
def test_it_goes_on_where_it_was(data_dir: Path, by: signal.Signals) -> None:
    with running("--data-dir", str(data_dir)) as server:
        assert f"Its state      {data_dir / 'sandbox.db'}" in server.greeting
        untouched = everything(server)
        change(server)
        changed = everything(server)
        server.stop(by)
    with running("--data-dir", str(data_dir)) as server:
        assert everything(server) == changed
    said = refused("--data-dir", str(data_dir), "--fixture", "peak_day", "--seed", "8")
    assert "--fixture says peak_day and --seed says 8" in said
    with running("--data-dir", str(data_dir), "--fixture", "small_chain", "--fresh") as server:
        assert everything(server) == untouched


def test_a_second_sandbox_on_one_folder_is_told_who_has_it(data_dir: Path) -> None:
    with running("--data-dir", str(data_dir)) as server:
        for flags in ((), ("--fresh",)):
            said = refused("--data-dir", str(data_dir), *flags)
            assert f"Another sandbox has {data_dir / 'sandbox.db'} open (process {server.process.pid}, since 20" in said
        assert len(everything(server)) == len(LISTS)


@pytest.mark.parametrize("told", [1, 300], ids=["at its beginning", "in its midst"])
def test_killed_while_it_makes_its_world_it_makes_it_again(data_dir: Path, told: int) -> None:
    """How far it is can be told from its debug log, whose lines are counted."""
    process = start("serve", "--port", "0", "--data-dir", str(data_dir), "--log-level", "debug")
    assert process.stderr is not None
    for _ in range(told):
        assert process.stderr.readline()
    process.kill()
    process.communicate()
    with running("--data-dir", str(data_dir)) as server, running() as fresh:
        assert everything(server) == everything(fresh)


@pytest.mark.parametrize("damage", [b"", b"\x00" * 100, None], ids=["emptied", "overwritten", "cut in half"])
def test_a_cache_that_was_damaged_is_made_again(data_dir: Path, damage: bytes | None) -> None:
    with running("--cache-dir", str(data_dir)) as server:
        untouched = everything(server)
    (kept,) = data_dir.glob("small_chain-*.world")
    sound = kept.read_bytes()
    kept.write_bytes(sound[: len(sound) // 2] if damage is None else damage)
    with running("--cache-dir", str(data_dir)) as server:
        assert everything(server) == untouched
    (mended,) = data_dir.glob("small_chain-*.world")
    assert mended.read_bytes() == sound
