"""Opaque identifiers that the seed decides."""

import hashlib

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no letter is taken for a digit
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]


def make_id(seed: int, prefix: str, number: int) -> str:
    """
    Return the identifier of the `number`-th thing of a kind, as in `ord_7zk3m0q2v9c4x8tp`.

    Args:
        seed: The tenant's seed.
        prefix: The kind: `ord`, `shp`, `ret`, …
        number: How many of this kind there were before.
    """
    digest = hashlib.blake2b(f"{seed}/{prefix}/{number}".encode(), digest_size=10).digest()
    bits = int.from_bytes(digest)
    return f"{prefix}_" + "".join([_PAIRS[bits >> shift & 1023] for shift in _SHIFTS])


_SHIFTS = range(70, -1, -10)  # 80 bits are 8 pairs of letters
