"""Reading a marketplace as somebody else than the client that is judged: with a key of its own."""

import json
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection, HTTPSConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

from sandbox_server.remote import NotASandbox

_PATIENCE_SECONDS = 60
_OK = 200
_PAGE = 100


class Observer:
    """
    Somebody who reads.

    Args:
        url: The marketplace's base URL, or that of the tills.
        api_key: Whose calls these are in the journal.
    """

    def __init__(self, url: str, api_key: str) -> None:
        self._parts = urlsplit(url)
        self._headers = {"X-Api-Key": api_key}

    def all(self, path: str, **filters: str) -> Iterator[Mapping[str, Any]]:
        """Return every item of a list, page by page; a page of none is the last."""
        query: dict[str, Any] = {**filters, "limit": _PAGE}
        while True:
            page = self.page(path, query)
            yield from page["items"]
            if "nextCursor" not in page or not page["items"]:
                return
            query["cursor"] = page["nextCursor"]

    def page(self, path: str, query: Mapping[str, Any]) -> Any:
        """
        Return a page of a list.

        Raises:
            NotASandbox: That is not what answers.
        """
        secure = self._parts.scheme == "https"
        kind = HTTPSConnection if secure else HTTPConnection
        connection = kind(self._parts.hostname or "", self._parts.port, timeout=_PATIENCE_SECONDS)
        try:
            connection.request("GET", f"{self._parts.path}{path}?{urlencode(query)}", headers=self._headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if answer.status != _OK:
            raise NotASandbox(f"{path} was answered with {answer.status}: {content[:200]!r}")
        return json.loads(content)
