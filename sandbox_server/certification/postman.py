"""Webhooks that come otherwise than they should: once more, late, or from somebody who is not the marketplace."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

import orjson
from standardwebhooks import Webhook

from sandbox_server.certification.evidence import Wire
from sandbox_server.certification.stage import Stage
from sandbox_server.domain.webhooks import webhook_id
from sandbox_server.kernel.clock import monotonic_ns, real_now
from sandbox_server.services.webhooks import secret_of

ACT = "sendWebhook"
PATIENCE_SECONDS = 15
"""As long as the marketplace waits for an answer."""
_SECOND_NS = 1_000_000_000


class Forgery(StrEnum):
    """How a webhook is none of the marketplace's."""

    OTHER_SECRET = "OTHER_SECRET"  # noqa: S105 - what it is called
    OTHER_BODY = "OTHER_BODY"
    UNSIGNED = "UNSIGNED"


class Postman:
    """
    Posts webhooks to whatever the client has subscribed, and notes what came of each.

    Args:
        stage: Where the client plays; to a client that has subscribed nothing, nothing is posted.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def post(self, events: Iterable[Wire]) -> None:
        """Post what has happened as the marketplace does: in this order, and whatever was posted before."""
        for event in events:
            for one in self._stage.subscriptions():
                self._post(one, event, None)

    def forge(self, event: Wire, forgery: Forgery) -> None:
        """Post something that has not happened."""
        for one in self._stage.subscriptions():
            self._post(one, event, forgery)

    def _post(self, subscription: Wire, event: Wire, forgery: Forgery | None) -> None:
        secret = secret_of(self._stage.tenant["seed"], subscription["subscriptionId"])
        name = webhook_id(event["eventId"], subscription["subscriptionId"])
        body, headers = signed(name, event, secret, forgery)
        asked = {"event": event, "webhookId": name, "forgery": forgery}
        self._stage.note(ACT, asked, _posted(subscription["url"], headers, body))


def signed(name: str, event: Wire, secret: str, forgery: Forgery | None) -> tuple[bytes, Mapping[str, str]]:
    """
    Return a webhook's body and headers.

    Args:
        name: What its receiver knows it by.
        secret: The subscription's own.
    """
    at, body = real_now(), orjson.dumps(event)
    headers = {
        "content-type": "application/json",
        "user-agent": "acorn-sandbox",
        "webhook-id": name,
        "webhook-timestamp": str(int(at.timestamp())),
    }
    if forgery is Forgery.UNSIGNED:
        return body, headers
    key = secret_of(0, name) if forgery is Forgery.OTHER_SECRET else secret
    text = "{}" if forgery is Forgery.OTHER_BODY else body.decode()
    return body, {**headers, "webhook-signature": Webhook(key).sign(name, at, text)}


def _posted(url: str, headers: Mapping[str, str], body: bytes) -> Wire:
    """Return what came of a webhook: `status`, None where there was no answer, and real `seconds`."""
    parts, since = urlsplit(url), monotonic_ns()
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=PATIENCE_SECONDS)
    try:
        connection.request("POST", f"{parts.path or '/'}{'?' * bool(parts.query)}{parts.query}", body, dict(headers))
        status: int | None = connection.getresponse().status
    except (OSError, HTTPException):
        status = None
    finally:
        connection.close()
    return {"status": status, "seconds": (monotonic_ns() - since) / _SECOND_NS}
