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
    bits, of = int.from_bytes(digest), _PAIRS  # 80 bits are 8 pairs of letters; one by one, for calls wait for it
    first = f"{of[bits >> 70]}{of[bits >> 60 & 1023]}{of[bits >> 50 & 1023]}{of[bits >> 40 & 1023]}"
    return f"{prefix}_{first}{of[bits >> 30 & 1023]}{of[bits >> 20 & 1023]}{of[bits >> 10 & 1023]}{of[bits & 1023]}"
