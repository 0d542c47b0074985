"""A recorded call, and how much of it was kept."""

from base64 import b64decode
from binascii import Error as NotBase64
from dataclasses import dataclass

from sandbox_server.reporting.exchanges import Exchange, without_secrets
from sandbox_server.traffic.journal import makes_up
from sandbox_server.traffic.redaction import WITHHELD

_LONGEST = 100  # characters of a URL that are told


class Unreadable(Exception):
    """A file that holds no recorded traffic; its text says why, in one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """
    A recorded call.

    Args:
        exchange: As it was recorded.
        request_known: Whether the request's body was kept, or it had none.
        answer: The body of the answer that the marketplace gave: before a fault changed it. None where it was not kept.
        is_answered: Whether there is an answer that the marketplace is to blame for.
        was_changed: Whether the answer that was sent is another, for a fault's sake.
        began: Seconds of real time since some moment that is the same for all calls; None where nobody looked.
    """

    exchange: Exchange
    request_known: bool = True
    answer: bytes | None
    is_answered: bool = True
    was_changed: bool = False
    began: float | None = None


def recorded(
    exchange: Exchange,
    *,
    request_known: bool = True,
    response_known: bool = True,
    before_fault: str | None = None,
    effect: str | None = None,
    began: float | None = None,
) -> Recorded:
    """
    Return a recorded call, without secrets.

    Args:
        before_fault: The answer's body before a fault rule changed it.
        effect: What a fault rule did.
        began: Seconds of real time since some moment.

    Raises:
        Unreadable: Its URL is none.
    """
    try:
        exchange = without_secrets(exchange)
    except ValueError as error:  # of urllib, and of nothing else
        raise Unreadable(f"call {exchange.number} has no URL that can be read: {exchange.url[:_LONGEST]}") from error
    whole = response_known and not exchange.error and exchange.response_body != WITHHELD
    answer = exchange.response_body if whole else None
    return Recorded(
        exchange=exchange,
        request_known=request_known and exchange.request_body != WITHHELD,
        answer=before_fault.encode() if before_fault else answer,
        was_changed=bool(before_fault),
        is_answered=exchange.status > 0 and not makes_up(effect),
        began=began,
    )


def body_of(text: str | None, encoding: str | None) -> bytes:
    """
    Return a body's bytes.

    Raises:
        Unreadable: It is said to be in base64, and is not.
    """
    if not text:
        return b""
    if encoding != "base64":
        return text.encode("utf-8", "surrogatepass")
    try:
        return b64decode(text, validate=True)
    except (NotBase64, ValueError) as error:
        raise Unreadable("a body that should be in base64 is not") from error
