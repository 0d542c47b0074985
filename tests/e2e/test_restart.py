"""A sandbox that is killed in the middle starts again on the same folder, as if nothing had been."""

import signal
from pathlib import Path

import pytest

from tests.e2e.server import Server, running, start

LISTS = ("stores", "products", "inventory", "inventory/movements", "orders", "shipments", "returns")


def everything(server: Server) -> list[bytes]:
    """Return the first page of every list."""
    with server.client() as client:
        return [client.get(f"/{name}", params={"limit": 100}).content for name in LISTS]


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "sandbox"


def test_killed_while_it_works_it_starts_again_with_its_world_unharmed(data_dir: Path) -> None:
    with running("--data-dir", str(data_dir)) as server:
        untouched = everything(server)
        with server.client() as client:
            client.patch("/stores/S0001", json={"status": "CLOSED"})
            for order in client.get("/orders", params={"status": "NEW"}).json()["items"]:
                client.post(f"/orders/{order['orderId']}/cancellations", json={"reason": "OTHER"})
            assert everything(server) != untouched
            server.stop(signal.SIGKILL)
    with running("--data-dir", str(data_dir)) as server:
        assert everything(server) == untouched


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
    with running("--data-dir", str(data_dir)) as server:
        untouched = everything(server)
    (kept,) = (data_dir / "cache").glob("small_chain-*.world")
    sound = kept.read_bytes()
    kept.write_bytes(sound[: len(sound) // 2] if damage is None else damage)
    with running("--data-dir", str(data_dir)) as server:
        assert everything(server) == untouched
    (mended,) = (data_dir / "cache").glob("small_chain-*.world")
    assert mended.read_bytes() == sound


def test_two_sandboxes_may_start_on_one_folder_at_the_same_time(data_dir: Path) -> None:
    with running("--data-dir", str(data_dir)) as one, running("--data-dir", str(data_dir)) as other:
        assert everything(one) == everything(other)
