"""Which of an operation's media types a client gets."""

import re
from collections.abc import Sequence
from functools import lru_cache

from sandbox_server.api.refusals import NotAcceptable

# Source: RFC 9110, 12.4.2
_WEIGHT = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", re.ASCII | re.IGNORECASE)


@lru_cache(maxsize=1024)
def choose_media_type(accept: str, available: tuple[str, ...]) -> str:
    """
    Return the available media type that the client likes best; among equals, the first.

    Args:
        accept: The `Accept` header; empty takes everything, as a missing one does.
        available: What the operation answers with when it succeeds; never empty.

    Raises:
        NotAcceptable: The client takes none of them.

    Source: RFC 9110, 12.5.1
    """
    ranges = [_parsed(part) for part in accept.split(",") if part.strip()] or [("*/*", 1.0)]
    best = max(available, key=lambda media_type: _weight(media_type, ranges))
    if not _weight(best, ranges):
        raise NotAcceptable(accept, available)
    return best


def _parsed(part: str) -> tuple[str, float]:
    media_range, *parameters = (word.strip() for word in part.split(";"))
    weights = [float(match[1]) for word in parameters if (match := _WEIGHT.fullmatch(word))]
    return media_range.lower(), weights[0] if weights else 1.0


def _weight(media_type: str, ranges: Sequence[tuple[str, float]]) -> float:
    """Return the weight of the most specific range that fits, 0 when none does."""
    kind = media_type.partition("/")[0]
    for wanted in (media_type, f"{kind}/*", "*/*"):
        weights = [weight for media_range, weight in ranges if media_range == wanted]
        if weights:
            return max(weights)
    return 0.0
