"""Finding a client's secrets where they have no place, among what the journal could not know to be secret."""

from collections.abc import Iterable, Iterator
from urllib.parse import unquote_plus

import orjson

OWN_PLACE = {"createToken", "revokeToken"}


def leaks_in(journal: Iterable[bytes], secrets: Iterable[str]) -> Iterator[int]:
    """
    Give the numbers of the calls that show a secret in their address, or in a body other than the token request's.

    Args:
        journal: Lines, as the journal is exported.
    """
    sought = tuple(secrets)
    for line in journal:
        call = orjson.loads(line)
        body = "" if call.get("operationId") in OWN_PLACE else call["request"].get("body", "")
        said = f"{unquote_plus(call['path'])}\n{body}\n{unquote_plus(body)}"
        if any(secret in said for secret in sought):
            yield call["number"]
