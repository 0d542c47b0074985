"""The same fixture and seed give the same world, to the byte."""

import os
import subprocess
import sys

import pytest

from sandbox_server.worlds import World, open_world
from tests.worlds.scaling import fingerprint, quiet

PROGRAM = """
from sandbox_server.worlds import open_world
from tests.worlds.scaling import fingerprint, quiet
print(fingerprint(open_world("small_chain", None, None, quiet).persistence))
"""


@pytest.mark.parametrize("hash_seed", ["1", "2718"])
def test_another_process_with_another_hash_seed_makes_the_same_bytes(small_chain: World, hash_seed: str) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.strip() == fingerprint(small_chain.persistence)


def test_another_seed_makes_another_world(small_chain: World) -> None:
    other = open_world("small_chain", small_chain.seed + 1, None, quiet)
    assert other.seed == small_chain.seed + 1
    assert fingerprint(other.persistence) != fingerprint(small_chain.persistence)


def test_a_world_says_what_it_is(small_chain: World) -> None:
    assert small_chain.name == "small_chain"
    assert small_chain.now.isoformat() == "2026-11-27T15:00:00+00:00"
    assert [login.client_id for login in small_chain.credentials] == [
        "acorn-sandbox",
        "acorn-store",
        "acorn-reader",
        "acorn-suspended",
    ]
    assert not small_chain.from_cache


def test_progress_tells_how_much_of_how_much_is_done() -> None:
    told: list[tuple[str, int, int]] = []
    open_world("small_chain", None, None, lambda *step: told.append(step))
    assert ("stores", 5, 5) in told
    assert ("orders", 120, 120) in told
    assert all(0 <= done <= total for _, done, total in told)
