"""Chance from a seed: a stream for each purpose, so that one feature never shifts another's draws."""

import hashlib
import random


def stream(seed: int, purpose: str) -> random.Random:
    """Return a generator whose draws depend on the seed and the purpose alone."""
    digest = hashlib.blake2b(f"{seed}/{purpose}".encode(), digest_size=16).digest()
    return random.Random(int.from_bytes(digest))


def fraction(seed: int, purpose: str) -> float:
    """Return one draw from [0, 1) that depends on the seed and the purpose alone; cheaper than a stream."""
    digest = hashlib.blake2b(f"{seed}/{purpose}".encode(), digest_size=8).digest()
    return (int.from_bytes(digest) >> 11) / (1 << 53)


def secret() -> bytes:
    """Return 32 bytes that nobody can guess and that never come again: the only chance that no seed decides."""
    return random.SystemRandom().randbytes(32)
