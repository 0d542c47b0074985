"""`error`: the call is refused, and nothing is done."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any, Literal

import msgspec

from sandbox_server.asgi import RawHeaders
from sandbox_server.middleware.faults.effect import About, Effect, WrongEffect
from sandbox_server.middleware.faults.stage import Answer, Stage
from sandbox_server.middleware.transport import http_date

_PAGE = """\
<html>
<head><title>{status} {phrase}</title></head>
<body>
<center><h1>{status} {phrase}</h1></center>
<hr><center>gateway</center>
</body>
</html>
"""


class Error(msgspec.Struct, frozen=True, rename="camel"):
    """
    What is answered.

    Args:
        code: The problem's; None for the usual one of the status.
        retry_after: Seconds; None where the answer does not say.
        body: The contract's problem, a broken gateway's page, or nothing.
    """

    status: int
    code: str | None = None
    retry_after: int | None = None
    retry_after_form: Literal["seconds", "http-date"] = "seconds"
    body: Literal["problem", "html", "empty"] = "problem"


class ErrorEffect(Effect):
    """Refuses a call."""

    about = About(
        "error",
        "The call is answered with an error as the contract documents it, or as a broken gateway would; nothing is "
        "done. A Retry-After that is a date goes by the answer's own Date.",
        {
            "match": {"operation": "listOrders"},
            "probability": 0.2,
            "effect": {"error": {"status": 503, "retryAfter": 2}},
        },
        member="status",
    )

    def check(self, given: Any) -> None:
        """Refuse members that would say nothing."""
        if given["status"] < HTTPStatus.BAD_REQUEST and given.get("body") != "html":
            raise WrongEffect("/status", "NO_ERROR", "A status below 400 is for a page of HTML in an answer's stead.")
        if "code" in given and given.get("body", "problem") != "problem":
            raise WrongEffect("/code", "NO_PROBLEM", f"A body that is {given['body']} has no code.")
        if "retryAfterForm" in given and "retryAfter" not in given:
            raise WrongEffect("/retryAfterForm", "NO_TIME", "retryAfterForm needs retryAfter.")

    async def play(self, given: Any, stage: Stage) -> None:
        """Answer in the operation's stead."""
        error = msgspec.convert(given, Error)
        headers, body = _said(error, stage)
        if error.retry_after is not None:
            headers.append((b"retry-after", _until(error, error.retry_after, stage)))
        await stage.answer(Answer(error.status, headers, body))


def _said(error: Error, stage: Stage) -> tuple[RawHeaders, bytes]:
    if error.body == "problem":
        return stage.wording.problem(stage.facts.operation, error.status, error.code, stage.request_id)
    if error.body == "html":
        page = _PAGE.format(status=error.status, phrase=_phrase(error.status))
        return [(b"content-type", b"text/html")], page.encode()
    return [], b""


def _until(error: Error, seconds: int, stage: Stage) -> bytes:
    if error.retry_after_form == "http-date":
        return http_date(stage.tenant.now() + timedelta(seconds=seconds))
    return b"%d" % seconds


def _phrase(status: int) -> str:
    return next((known.phrase for known in HTTPStatus if known == status), "Error")
