"""What Schemathesis is told of the contract that an OpenAPI document cannot say. Loading this module tells it."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import schemathesis
from schemathesis import Case, CheckContext, HookContext, Response

from sandbox_server.conformance import checks
from sandbox_server.conformance.checks.view import View
from sandbox_server.conformance.document import Document
from sandbox_server.conformance.failures import Breach
from sandbox_server.conformance.record import exchange_of
from sandbox_server.reporting.findings import Finding
from sandbox_server.resources import contract_path

_CURSOR = "cursor"
_cursors: set[str] = set()
_documents: list[Document] = []


def use(document: Document) -> None:
    """Let the checks know this contract; the marketplace's own when nothing is said."""
    _documents[:] = [document]


def _document() -> Document:
    if not _documents:
        use(Document(contract_path("marketplace.yaml")))
    return _documents[0]


@schemathesis.hook
def before_call(_context: HookContext, case: Case[Any], **_kwargs: Any) -> None:
    """Take out a cursor and a version that no server gave: they are opaque, so no schema can tell good ones."""
    if case.meta and case.meta.generation.mode.is_positive:
        case.headers.pop("If-Match", None)
        if case.query and case.query.get(_CURSOR) not in _cursors:
            case.query.pop(_CURSOR, None)


@schemathesis.hook
def after_call(_context: HookContext, _case: Case[Any], response: Response) -> None:
    """Remember the cursors that were given."""
    if response.status_code == 200 and b'"nextCursor"' in response.content:
        _cursors.add(response.json()["nextCursor"])


@lru_cache(maxsize=1)
def _view(label: str, response: Response) -> View:
    """Return a call as one check after the other looks at it."""
    return View(_document(), _document().labelled(label), exchange_of(response))


def _as_theirs(name: str, check: checks.Check) -> Callable[[CheckContext, Response, Case[Any]], bool | None]:
    def asked(_ctx: CheckContext, response: Response, case: Case[Any]) -> bool | None:
        found: Iterator[Finding] = check(_view(case.operation.label, response))
        for one in found:
            raise Breach(one)
        return None

    asked.__name__ = name
    return asked


for _name, _check in checks.REGISTRY.items():
    schemathesis.check(_as_theirs(_name, _check))
