"""One intent, said as clients say it: with a key, and more than once."""

from collections.abc import Mapping
from typing import Any

from sandbox_server.conformance.calls import NOWHERE, Answer, Path
from sandbox_server.conformance.stage import Stage

_DONE = (200, 201, 202)
_TEXTS = ("note", "name", "company", "description", "title")


def act(stage: Stage, operation_id: str, body: Any = None, path: Path = NOWHERE) -> Answer:
    """
    Do something once, say it again under its key, and something else under that key; return the first answer.

    The second answer has the bytes of the first and says so, the third is refused.

    Raises:
        Stopped: It was refused.
        Unavailable: Something else is done in the meantime.

    Source: contract, "Idempotency".
    """
    key = stage.api.key()
    first = stage.api.call(operation_id, body=body, headers=key, path=path)
    stage.expect(first, _DONE, "What the contract allows is done.")
    told = stage.named("idempotency")
    again = stage.api.call(operation_id, body=body, headers=key, path=path)
    same = (again.status, again.body) == (first.status, first.body)
    told.hold(same, "The same call under its key is not answered as the first was.", first, again)
    told.hold(
        again.header("Idempotent-Replayed") == "true",
        "A repeated answer does not say that it is one.",
        first,
        again,
        where="header Idempotent-Replayed",
        expected="true",
        seen=again.header("Idempotent-Replayed") or "nothing",
    )
    told.hold(not first.header("Idempotent-Replayed"), "A first answer says that it is a repeated one.", first)
    other = _other(body)
    if other is not None:
        refused = stage.api.call(operation_id, body=other, headers=key, path=path)
        told.hold(
            (refused.status, refused.code) == (422, "IDEMPOTENCY_KEY_REUSED"),
            "Another body under a key that is taken is not refused.",
            first,
            refused,
            expected="422 IDEMPOTENCY_KEY_REUSED",
            seen=f"{refused.status} {refused.code}".strip(),
        )
    return first


def read(stage: Stage, operation_id: str, query: Mapping[str, Any] | None = None, path: Path = NOWHERE) -> Answer:
    """
    Read something that is there.

    Raises:
        Stopped: It cannot be read.
    """
    answer = stage.api.call(operation_id, query=query, path=path)
    return stage.expect(answer, 200, "What is there can be read.")


def moved(stage: Stage, answer: Answer, status: str) -> None:
    """Tell of what does not stand where an answer ought to show it."""
    seen = answer.json.get("status")
    stage.hold(
        seen == status, "Things do not stand where they should.", answer, where="/status", expected=status, seen=seen
    )


def _other(body: Any) -> Any:
    """Return another body of the same form; None where that is not plain."""
    if not isinstance(body, dict):
        return None
    for name in _TEXTS:
        if isinstance(body.get(name), str):
            return {**body, name: f"{body[name]} (changed)"}
    lines = body.get("lines")
    if isinstance(lines, list) and lines and isinstance(lines[0].get("quantity"), int):
        return {**body, "lines": [{**lines[0], "quantity": lines[0]["quantity"] + 1}, *lines[1:]]}
    return None
