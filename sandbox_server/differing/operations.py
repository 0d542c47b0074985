"""What changed between two contracts, operation by operation."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from sandbox_server.api.contract import Contract, Node, Operation, Place
from sandbox_server.differing.changes import Change, Way, gathered
from sandbox_server.differing.schemas import Comparison, Side, shown

_PLACE = re.compile(r"\{[^}]*\}")
_SUCCESS = ("2", "3", "d")  # the first signs of 200, 3XX and default
_NARROW = ("style", "explode")


def differences(old: Contract, new: Contract) -> list[Change]:
    """Return what changed, what breaks clients first."""
    return gathered(_differences(old, new))


def _differences(old: Contract, new: Contract) -> Iterator[Change]:
    if old.base_path != new.base_path:
        yield _change("servers", "The base path is another.", old.base_path, new.base_path, is_breaking=True)
    before, after = _by_route(old), _by_route(new)
    for route, operation in before.items():
        if route not in after:
            gone = _change(" ".join(route), "The operation is gone.", is_breaking=True)
            yield replace(gone, operations=(operation.operation_id,))
    for route, operation in after.items():
        if route in before:
            found = _Pair(old, new, before[route], operation).changes()
        else:
            found = iter([_change(" ".join(route), "There is a new operation.", is_breaking=False)])
        yield from (replace(change, operations=(operation.operation_id,)) for change in found)


def _by_route(contract: Contract) -> dict[tuple[str, str], Operation]:
    """Return the operations by method and path; what the places in a path are called is nobody's business."""
    return {
        (one.method, _PLACE.sub("{}", one.path.removeprefix(contract.base_path))): one for one in contract.operations()
    }


class _Pair:
    """One operation in both contracts."""

    def __init__(self, old: Contract, new: Contract, was: Operation, is_: Operation) -> None:
        self._old, self._new = old, new
        self._was, self._is = was, is_

    def changes(self) -> Iterator[Change]:
        was, is_ = self._was, self._is
        if was.operation_id != is_.operation_id:
            told = was.operation_id, is_.operation_id
            yield _change("operationId", "The operation is called otherwise.", *told, is_breaking=True)
        yield from self._security()
        yield from self._rate_limit()
        yield from self._parameters()
        yield from self._body()
        yield from self._responses()

    def _security(self) -> Iterator[Change]:
        before, after = (set(map(_ways, one.security)) or {""} for one in (self._was, self._is))
        for gone in sorted(before - after):
            yield _change("security", "A way to be let in is gone.", gone or "nobody", is_breaking=True)
        for new in sorted(after - before):
            yield _change("security", "There is a new way to be let in.", "", new or "nobody", is_breaking=False)

    def _rate_limit(self) -> Iterator[Change]:
        for name, before in self._was.rate_limit.items():
            after = self._is.rate_limit.get(name)
            if after is not None and after != before:
                told = f"x-rate-limit {name}", "The limit is another.", shown(before), shown(after)
                yield _change(*told, is_breaking=after < before)

    def _parameters(self) -> Iterator[Change]:
        before, after = _parameters_of(self._was), _parameters_of(self._is)
        for key in sorted(before.keys() - after.keys()):
            # Unknown parameters of a query are refused; a header that nobody reads is not.
            is_breaking = key[0] == "query"
            yield _change(_named(before[key]), "The parameter is gone.", way=Way.SENT, is_breaking=is_breaking)
        for key, place in after.items():
            where, is_required = _named(place), bool(place.node.get("required"))
            if key not in before:
                message = (
                    "There is a new parameter, and it is required." if is_required else "There is a new parameter."
                )
                yield _change(where, message, way=Way.SENT, is_breaking=is_required)
            else:
                yield from self._of_parameter(before[key].node, place.node, where)

    def _of_parameter(self, was: Node, is_: Node, where: str) -> Iterator[Change]:
        yield from _demanded(was, is_, where)
        for name in _NARROW:
            if was.get(name) != is_.get(name):
                told = where, f"{name} is another.", shown(was.get(name)), shown(is_.get(name))
                yield _change(*told, way=Way.SENT, is_breaking=True)
        yield from self._schemas(was, is_, where, Way.SENT)

    def _body(self) -> Iterator[Change]:
        was, is_ = self._was.body, self._is.body
        where = "request body"
        if was is None and is_ is not None:
            is_breaking = bool(is_.node.get("required"))
            yield _change(where, "There is a body now.", way=Way.SENT, is_breaking=is_breaking)
        elif was is not None and is_ is None:
            yield _change(where, "The body is gone.", way=Way.SENT, is_breaking=True)
        elif was is not None and is_ is not None:
            yield from _demanded(was.node, is_.node, where)
            yield from self._contents(was.node, is_.node, where, Way.SENT)

    def _responses(self) -> Iterator[Change]:
        before, after = self._was.responses, self._is.responses
        for status in sorted(before.keys() - after.keys()):
            told = f"response {status}", "The status is gone."
            yield _change(*told, way=Way.RECEIVED, is_breaking=status.startswith(_SUCCESS))
        for status, place in after.items():
            where = f"response {status}"
            if status not in before:
                yield _change(where, "There is a new status.", way=Way.RECEIVED, is_breaking=False)
                continue
            yield from self._headers(before[status], place, where)
            yield from self._contents(before[status].node, place.node, where, Way.RECEIVED)

    def _headers(self, was: Place, is_: Place, where: str) -> Iterator[Change]:
        before, after = _headers_of(self._old, was), _headers_of(self._new, is_)
        for name in sorted(before.keys() - after.keys()):
            yield _change(f"{where} header {name}", "The header is gone.", way=Way.RECEIVED, is_breaking=True)
        for name, node in after.items():
            place = f"{where} header {name}"
            if name not in before:
                yield _change(place, "There is a new header.", way=Way.RECEIVED, is_breaking=False)
                continue
            if before[name].get("required") and not node.get("required"):
                yield _change(place, "The header may be left out now.", way=Way.RECEIVED, is_breaking=True)
            yield from self._schemas(before[name], node, place, Way.RECEIVED)

    def _contents(self, was: Node, is_: Node, where: str, way: Way) -> Iterator[Change]:
        before, after = was.get("content", {}), is_.get("content", {})
        for name in sorted(before.keys() - after.keys()):
            yield _change(where, "The media type is gone.", name, way=way, is_breaking=True)
        for name, node in after.items():
            if name in before:
                yield from self._schemas(before[name], node, where, way)
            else:
                yield _change(where, "There is a new media type.", "", name, way=way, is_breaking=False)

    def _schemas(self, was: Node, is_: Node, where: str, way: Way) -> Iterator[Change]:
        old, new = Side(self._old, was.get("schema", {})), Side(self._new, is_.get("schema", {}))
        yield from Comparison(way).changes(old, new, where)


def _change(
    where: str, message: str, before: str = "", after: str = "", *, way: Way | None = None, is_breaking: bool
) -> Change:
    return Change(is_breaking=is_breaking, where=where, message=message, way=way, before=before, after=after)


def _demanded(was: Node, is_: Node, where: str) -> Iterator[Change]:
    """Return whether something that is sent has become required, or needs no longer be there."""
    before, after = bool(was.get("required")), bool(is_.get("required"))
    if before != after:
        message = "It is required now." if after else "It may be left out now."
        yield _change(where, message, way=Way.SENT, is_breaking=after)


def _parameters_of(operation: Operation) -> dict[tuple[str, str], Place]:
    """Return the parameters by where they are and how they are told apart there: in a path, by their order."""
    order = _PLACE.findall(operation.path)
    found = {}
    for place in operation.parameters:
        where, name = place.node["in"], str(place.node["name"])
        found[where, str(order.index(f"{{{name}}}")) if where == "path" else name.lower()] = place
    return found


def _named(parameter: Place) -> str:
    return f"{parameter.node['in']} {parameter.node['name']}"


def _headers_of(contract: Contract, place: Place) -> Mapping[str, Node]:
    names = place.node.get("headers", {})
    return {name.lower(): contract.below(place, "headers", name).node for name in names}


def _ways(requirement: Mapping[str, list[str]]) -> str:
    """Return one way to be let in: schemes with their scopes."""
    return " and ".join(" ".join((name, *sorted(scopes))) for name, scopes in sorted(requirement.items()))
