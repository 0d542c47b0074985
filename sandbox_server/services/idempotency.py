"""One effect for each idempotency key: the record commits with the effect."""

from datetime import timedelta

from sandbox_server.domain.errors import IdempotencyKeyReused
from sandbox_server.services.ports import Query, Replay, Transaction

KEPT_FOR = timedelta(hours=24)
_SWEPT_AT_ONCE = 2


def recall(tx: Transaction, client_id: str, key: str, fingerprint: str) -> Replay | None:
    """
    Return the first answer under this key, or None when there is none yet.

    Args:
        fingerprint: What tells one request from another.

    Raises:
        IdempotencyKeyReused: The key was used for another request.
    """
    replay = tx.replays.get(_record_key(client_id, key))
    if replay is None or replay.kept_until <= tx.now:
        return None
    if replay.fingerprint != fingerprint:
        raise IdempotencyKeyReused(key)
    return replay


def remember(
    tx: Transaction, client_id: str, key: str, fingerprint: str, status: int, headers: dict[str, str], body: bytes
) -> None:
    """Keep an answer for 24 hours of virtual time; the oldest records that are over leave at the same time."""
    replay = Replay(_record_key(client_id, key), fingerprint, status, headers, body, tx.now + KEPT_FOR)
    oldest = tx.replays.page(Query(limit=_SWEPT_AT_ONCE))
    for record in map(tx.replays.unpack, oldest.rows):
        if record.kept_until <= tx.now:
            tx.replays.remove(record.key)
    tx.replays.remove(replay.key)  # a key used again after its time is the youngest record, not the oldest
    tx.replays.put(replay)


def _record_key(client_id: str, key: str) -> str:
    return f"{client_id} {key}"
