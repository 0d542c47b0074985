"""Which operation of a contract a recorded call went to."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from sandbox_server.api.contract import Contract, Operation
from sandbox_server.reporting.exchanges import Exchange

_PLACE = re.compile(r"\{([^}]*)\}")


@dataclass(frozen=True, slots=True)
class Match:
    """
    An operation that a call went to.

    Args:
        operation: It.
        values: What stood in the path's places, decoded.
    """

    operation: Operation
    values: dict[str, str]


class Routes:
    """
    The operations of a contract, by method and path.

    Args:
        contract: The contract.
        base_url: Where the recorded server has it: `https://staging.example/acorn/v1`, or the path alone. None where
            it has it where the contract says, on any host.
    """

    def __init__(self, contract: Contract, base_url: str | None = None) -> None:
        self._base = urlsplit((contract.base_path if base_url is None else base_url).rstrip("/"))
        self._routes = [_Route(operation, contract.base_path) for operation in contract.operations()]
        self._routes.sort(key=lambda route: route.rank)

    def find(self, exchange: Exchange) -> Match | None:
        """Return the operation of a call; None where it went to none."""
        path = self.path_below(exchange.url)
        if path is None:
            return None
        found = (route.match(exchange.method, path) for route in self._routes)
        return next((match for match in found if match is not None), None)

    def path_below(self, url: str) -> str | None:
        """Return what follows the base URL in a URL, without the query; None where it lies elsewhere."""
        sent = urlsplit(url)
        if self._base.netloc and origin_of(url) != origin_of(self._base.geturl()):
            return None
        base = self._base.path
        return sent.path[len(base) :] if sent.path.startswith(f"{base}/") else None


def origin_of(url: str) -> str:
    """Return scheme, host and port of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}".lower()


class _Route:
    def __init__(self, operation: Operation, base_path: str) -> None:
        self._operation = operation
        self._path = operation.path.removeprefix(base_path)
        self._names = _PLACE.findall(self._path)
        self._pattern = re.compile("".join(self._parts()))

    @property
    def rank(self) -> list[bool]:
        """Concrete words go before places: /inventory/movements before /inventory/{sku} (OpenAPI 3.0, Paths)."""
        return ["{" in word for word in self._path.split("/")]

    def match(self, method: str, path: str) -> Match | None:
        """Return the operation with the values of a call, if it went here."""
        if method != self._operation.method:
            return None
        found = self._pattern.fullmatch(path)
        if found is None:
            return None
        return Match(self._operation, dict(zip(self._names, map(unquote, found.groups()), strict=True)))

    def _parts(self) -> Iterator[str]:
        for number, part in enumerate(_PLACE.split(self._path)):
            yield "([^/]+)" if number % 2 else re.escape(part)
