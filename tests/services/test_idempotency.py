"""One effect for each idempotency key: whose it is, how long it is kept, and when it leaves."""

from datetime import timedelta

import pytest

from sandbox_server.domain.errors import IdempotencyKeyReused
from sandbox_server.services import idempotency
from sandbox_server.services.ports import Replay
from tests.services.world import World

DAY = timedelta(hours=24)


def remember(world: World, key: str, client: str = "acorn", fingerprint: str = "f1", body: bytes = b"{}") -> None:
    world.do(idempotency.remember, client, key, fingerprint, 201, {"Location": "/v1/x"}, body)


def recall(world: World, key: str, client: str = "acorn", fingerprint: str = "f1") -> Replay | None:
    return world.see(lambda tx: idempotency.recall(tx, client, key, fingerprint))


def kept(world: World) -> list[str]:
    return world.see(lambda tx: [replay.key for replay in tx.replays.select()])


def test_the_first_answer_comes_back_as_it_was() -> None:
    world = World()
    assert recall(world, "k1") is None
    remember(world, "k1", body=b'{"a":1}')
    again = recall(world, "k1")
    assert again is not None
    assert (again.status, again.headers, again.body) == (201, {"Location": "/v1/x"}, b'{"a":1}')
    assert again.kept_until == world.clock.now() + DAY


def test_a_key_belongs_to_one_client() -> None:
    world = World()
    remember(world, "k1")
    assert recall(world, "k1", client="other", fingerprint="f2") is None


def test_a_key_under_which_something_else_was_asked_is_refused() -> None:
    world = World()
    remember(world, "k1")
    with pytest.raises(IdempotencyKeyReused):
        recall(world, "k1", fingerprint="f2")


def test_a_key_is_kept_for_24_hours_and_is_then_free_for_anything() -> None:
    world = World()
    remember(world, "k1")
    world.wait(hours=23, minutes=59)
    assert recall(world, "k1") is not None
    world.wait(minutes=1)
    assert recall(world, "k1") is None
    assert recall(world, "k1", fingerprint="f2") is None


def test_records_whose_time_is_over_leave_two_at_a_time() -> None:
    world = World()
    for key in ("k1", "k2", "k3"):
        remember(world, key)
    world.wait(hours=24)
    remember(world, "k4")
    assert kept(world) == ["acorn k3", "acorn k4"]
    remember(world, "k5")
    assert kept(world) == ["acorn k4", "acorn k5"]


def test_no_record_leaves_before_its_time() -> None:
    world = World()
    remember(world, "k1")
    world.wait(hours=23)
    remember(world, "k2")
    assert kept(world) == ["acorn k1", "acorn k2"]


def test_a_key_that_is_used_again_is_the_youngest() -> None:
    world = World()
    for key in ("k1", "k2", "k3"):
        remember(world, key)
    world.wait(hours=1)
    remember(world, "k4")
    world.wait(hours=23)
    remember(world, "k3", fingerprint="f2")
    assert kept(world) == ["acorn k4", "acorn k3"]
    world.wait(hours=1)
    assert recall(world, "k4") is None
    assert recall(world, "k3", fingerprint="f2") is not None
