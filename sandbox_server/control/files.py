"""
Snapshots as files.

A head of fixed length says what the file is, of which version, and how long; then comes what is known of the snapshot,
as MessagePack, with its digest; then the world, as persistence writes it, which has digests of its own.
"""

import struct
from hashlib import blake2b
from io import BytesIO

import msgspec

from sandbox_server import __version__
from sandbox_server.control.errors import BadSnapshot
from sandbox_server.control.standing import Snapshot, Standing
from sandbox_server.kernel.clock import from_milliseconds, to_milliseconds
from sandbox_server.persistence import snapshot as worlds
from sandbox_server.persistence.snapshot import SnapshotError

FORM = 1
"""The number of this form; another one is another file."""
_MAGIC = b"ACORN TENANT\n"
_HEAD = struct.Struct("<13sHQI16s")  # what it is, form, bytes of the whole file, bytes of the facts and their digest


class _Facts(msgspec.Struct):
    """What is known of a snapshot beside its world."""

    version: str
    snapshot_id: str
    tenant: str
    label: str
    fixture: str
    seed: int
    now: int
    powers: dict[str, bytes]


def written(snapshot: Snapshot) -> bytes:
    """Return a snapshot as a file."""
    world = BytesIO()
    worlds.dump(snapshot.standing.persistence, world)
    standing = snapshot.standing
    facts = msgspec.msgpack.encode(
        _Facts(
            __version__,
            snapshot.snapshot_id,
            snapshot.tenant,
            snapshot.label,
            standing.fixture,
            standing.seed,
            to_milliseconds(standing.now),
            dict(snapshot.powers),
        )
    )
    size = _HEAD.size + len(facts) + world.tell()
    return _HEAD.pack(_MAGIC, FORM, size, len(facts), _digest(facts)) + facts + world.getvalue()


def read(content: bytes) -> Snapshot:
    """
    Return the snapshot in a file.

    Raises:
        BadSnapshot: It is none, of another version, cut off, or damaged.
    """
    facts, world = _parts(content)
    try:
        persistence = worlds.restore(BytesIO(world), "The world in the file")
        now = from_milliseconds(facts.now)
    except SnapshotError as error:
        raise BadSnapshot(f"{error}.") from None
    except OverflowError:
        raise BadSnapshot("The file is damaged: its time is none.") from None
    standing = Standing(facts.fixture, facts.seed, now, persistence)
    return Snapshot(facts.snapshot_id, 0, facts.tenant, facts.label, standing, facts.powers)


def _parts(content: bytes) -> tuple[_Facts, bytes]:
    if not content.startswith(_MAGIC[: len(content)]) or not content:
        raise BadSnapshot("The file is no snapshot of a sandbox.")
    if len(content) < _HEAD.size:
        raise BadSnapshot(f"The file is cut off: it has {len(content)} bytes.")
    _, form, size, length, digest = _HEAD.unpack_from(content)
    if form != FORM:
        raise BadSnapshot(
            f"The file is of form {form}; this version takes form {FORM}. Export it with the same version."
        )
    if len(content) != size:
        raise BadSnapshot(f"The file is cut off, or something follows it: it has {len(content)} bytes, not {size}.")
    facts = content[_HEAD.size : _HEAD.size + length]
    if _digest(facts) != digest:
        raise BadSnapshot("The file is damaged: a digest does not fit.")
    try:
        return msgspec.msgpack.decode(facts, type=_Facts), content[_HEAD.size + length :]
    except msgspec.MsgspecError as error:
        raise BadSnapshot(f"The file is damaged: {error}.") from None


def _digest(facts: bytes) -> bytes:
    return blake2b(facts, digest_size=16).digest()
