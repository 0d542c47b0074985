"""A call, as the checks look at it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson

from sandbox_server.conformance.document import Document, Operation
from sandbox_server.reporting.exchanges import Exchange
from sandbox_server.reporting.findings import Finding

NOTHING: Any = object()
"""What is said where no JSON is."""


@dataclass(frozen=True)
class View:
    """
    One call and what it was meant to be.

    Args:
        operation: None where the call is for none.
    """

    document: Document
    operation: Operation | None
    exchange: Exchange

    @property
    def succeeded(self) -> bool:
        """Whether it was answered with a 2xx."""
        return 200 <= self.exchange.status < 300

    @property
    def named(self) -> str:
        """The operation's id; empty where there is none."""
        return self.operation.operation_id if self.operation else ""

    @cached_property
    def said(self) -> Any:
        """What the answer says; `NOTHING` where it is no JSON."""
        media_type = self.exchange.response_header("content-type").partition(";")[0].strip().lower()
        if not media_type.endswith("json"):
            return NOTHING
        try:
            return orjson.loads(self.exchange.response_body)
        except orjson.JSONDecodeError:
            return NOTHING

    @cached_property
    def query(self) -> dict[str, str]:
        """The query, by name."""
        return dict(parse_qsl(urlsplit(self.exchange.url).query, keep_blank_values=True))

    @cached_property
    def objects(self) -> list[tuple[str, dict[str, Any]]]:
        """Every object in the answer, with the pointer to it."""
        return [] if self.said is NOTHING else list(_objects(self.said, ""))

    def finding(self, check: str, message: str, *, where: str = "", expected: str = "", seen: Any = "") -> Finding:
        """Return what a check finds wrong in this call."""
        return Finding(
            check=check,
            message=message,
            operation=self.named,
            where=where,
            expected=expected,
            seen=str(seen),
            exchanges=(self.exchange,),
            number=self.exchange.number,
        )


def _objects(value: Any, pointer: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict):
        yield pointer, value
        for name, member in value.items():
            yield from _objects(member, f"{pointer}/{name}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _objects(item, f"{pointer}/{index}")
