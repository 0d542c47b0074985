"""Input that is wrong gets the refusal that the contract has for it, and never an error of the server's."""

from collections.abc import Callable, Mapping
from typing import Any

from sandbox_server.conformance.calls import Answer, Headers
from sandbox_server.conformance.document import Operation
from sandbox_server.conformance.stage import Stage
from sandbox_server.conformance.target import Kind

_NO_SUCH = {"nosuchparameter": "1"}
_NOTHING_KNOWN: Headers = {"Accept": "application/x-nothing-known"}
_TEXT: Headers = {"Content-Type": "text/plain"}
_TOO_LONG = b'{"note":"' + b"x" * (1024 * 1024) + b'"}'
_BROKEN = {
    "not UTF-8": b'{"note":"\xff\xfe"}',
    "not JSON": b"{note: 1",
    "with a NUL": b'{"note":"a\\u0000b"}',
    "nested too deeply": b"[" * 64 + b"]" * 64,
    "with a member twice": b'{"note":"a","note":"b"}',
    "with a number that is none": b'{"note":NaN}',
}


def refusals(stage: Stage) -> None:
    """
    Call every operation in every wrong way that the contract has a status for.

    Source: contract, "Errors" and "Limits".
    """
    for operation in stage.document.operations.values():
        for status, attempt in _WRONGS.items():
            if status in operation.statuses:
                answer = attempt(stage, operation)
                if answer is not None:
                    _hold(stage, answer, int(status), _WHAT[status])
        if operation.example is not None:
            _broken(stage, operation)
    _outside(stage)
    _clients(stage)


def _broken(stage: Stage, operation: Operation) -> None:
    for what, content in _BROKEN.items():
        answer = by_example(stage, operation, content=content)
        if operation.operation_id in {"createToken", "revokeToken"} and what == "with a member twice":
            continue
        _hold(stage, answer, 400, f"A body {what}")
    if operation.operation_id not in {"createToken", "revokeToken"}:  # RFC 6749: what is unknown is ignored
        more = by_example(stage, operation, body={**operation.example, "noSuchMember": 1})
        _hold(stage, more, 400, "A body with a member that is not in the contract")


def _outside(stage: Stage) -> None:
    """Paths that are not there, and methods that a path does not have."""
    lost = stage.api.send("GET", "/no-such-path")
    _hold(stage, lost, 404, "A path that is not there")
    methods: dict[str, set[str]] = {}
    for one in stage.document.operations.values():
        methods.setdefault(one.path, set()).add(one.method)
    for path, known in methods.items():
        filled = path.format_map(_Ids())
        missing = next((method for method in ("DELETE", "PUT", "PATCH") if method not in known), None)
        if missing is None:
            continue
        answer = stage.api.send(missing, filled)
        _hold(stage, answer, 405, f"{missing}, which the path has not,")
        allowed = {method.strip() for method in answer.header("Allow").split(",")}
        if answer.status == 405:
            stage.hold(
                allowed - {"HEAD", "OPTIONS"} == known,
                "Allow names other methods than the path has.",
                answer,
                where="header Allow",
                expected=", ".join(sorted(known)),
                seen=answer.header("Allow"),
            )


def _clients(stage: Stage) -> None:
    """What a client is told that asks for tokens in the wrong way."""
    access = stage.target.access
    if not access.client_id:
        return
    form = access.form()
    for change, code in (
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"scope": "everything:write"}, "invalid_scope"),
        ({"grant_type": "refresh_token", "refresh_token": "acorn.rt_nobodys"}, "invalid_grant"),
    ):
        answer = stage.api.call("createToken", body=form | change, fit=False)
        seen = answer.json.get("error")
        right = answer.status == 400 and seen == code
        stage.hold(
            right, "A token is asked for wrongly.", answer, expected=f"400 {code}", seen=f"{answer.status} {seen}"
        )
    wrong = {"token": "x", "client_id": access.client_id, "client_secret": "wrong"}
    _hold(stage, stage.api.call("revokeToken", body=wrong, fit=False), 401, "A client with a wrong secret")
    if stage.has_operator:
        suspended = stage.operator.access(Kind.SUSPENDED)
        _hold(stage, stage.api.call("createToken", body=suspended.form()), 403, "A suspended account")


class _Ids(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return _an_id(name)


def by_example(stage: Stage, operation: Operation, **more: Any) -> Answer:
    """Call an operation by its example, on things that are not there."""
    path = {name: _an_id(name) for name in operation.parameters["path"]}
    if "content" not in more:
        more.setdefault("body", stage.example(operation))
    return stage.api.call(operation.operation_id, fit=False, path=path, **more)


def _an_id(name: str) -> str:
    """Return an id of the right form that names nothing."""
    return f"{_PREFIXES[name]}_nosuchthing0000" if name in _PREFIXES else "NOSUCHTHING"


_PREFIXES = {
    "applicationId": "app",
    "invoiceId": "inv",
    "orderId": "ord",
    "promotionId": "prm",
    "reportId": "rpt",
    "returnId": "ret",
    "settlementId": "stl",
    "shipmentId": "shp",
    "subscriptionId": "sub",
    "transferId": "trf",
}


def _unknown(stage: Stage, operation: Operation) -> Answer | None:
    return by_example(stage, operation) if operation.parameters["path"] else None


def _wrong_type(stage: Stage, operation: Operation) -> Answer | None:
    if operation.example is None:
        return None
    return by_example(stage, operation, content=b"text", headers=_TEXT)


_WRONGS: Mapping[str, Callable[[Stage, Operation], Answer | None]] = {
    "400": lambda stage, one: by_example(stage, one, query=_NO_SUCH),
    "404": _unknown,
    "406": lambda stage, one: by_example(stage, one, headers=_NOTHING_KNOWN),
    "413": lambda stage, one: by_example(stage, one, content=_TOO_LONG),
    "415": _wrong_type,
}
_WHAT = {
    "400": "A parameter that is not in the contract",
    "404": "A thing that is not there",
    "406": "A media type that nobody makes",
    "413": "A body of more than 1 MiB",
    "415": "A body of another media type",
}


def _hold(stage: Stage, answer: Answer, status: int, what: str) -> None:
    stage.hold(
        answer.status == status,
        f"{what} is not refused as the contract has it.",
        answer,
        expected=status,
        seen=f"{answer.status} {answer.code}".strip(),
    )
