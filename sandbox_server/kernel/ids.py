"""Opaque identifiers that the seed decides."""

import hashlib

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no letter is taken for a digit
_LENGTH = 16


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
    return f"{prefix}_" + "".join(_ALPHABET[bits >> shift & 31] for shift in _SHIFTS)


_SHIFTS = tuple(5 * place for place in reversed(range(_LENGTH)))
