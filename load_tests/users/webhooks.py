"""The system that is told of orders, and reads what it is told of."""

import json
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from gevent.pywsgi import WSGIServer
from locust.env import Environment
from standardwebhooks import Webhook, WebhookVerificationError

from load_tests.users.system import System

_PAGE = 50


class WebhookReceiver(System):
    """Takes webhooks of new orders and reads each order; reads the feed of events where no webhook comes."""

    kind = "webhook_receiver"

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._told: deque[str] = deque()
        self._cursor: str | None = None
        self._subscription = ""
        self._webhook: Webhook | None = None
        self._server = WSGIServer((self.run_of.plan.receiver, 0), self._receive, log=None, error_log=None)

    def on_start(self) -> None:
        """Listen, and have the marketplace know where."""
        self._server.start()
        url = f"http://{self.run_of.plan.receiver}:{self._server.server_port}/"
        self.may_refuse = True  # a sandbox sends webhooks to this machine where it is told that it may
        answer = self.post("createSubscription", "/subscriptions", {"url": url, "eventTypes": ["order.created"]})
        self.may_refuse = False
        if answer.good:
            self._subscription = answer.body["subscriptionId"]
            self._webhook = Webhook(answer.body["secret"])

    def work(self) -> None:
        """Read an order of which it was told, or the feed."""
        if self._told:
            self.read("getOrder", f"/orders/{self._told.popleft()}")
            return
        answer = self.read("listEvents", "/events", {"limit": _PAGE, "cursor": self._cursor})
        if answer.good:
            self._cursor = answer.body.get("nextCursor", self._cursor)

    def on_stop(self) -> None:
        """Let the marketplace send no more."""
        super().on_stop()
        if self._subscription:
            self.call("deleteSubscription", "DELETE", f"/subscriptions/{self._subscription}")
        self._server.stop()

    def _receive(self, environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
        """Answer a webhook at once; what it says is done later."""
        content = environ["wsgi.input"].read()
        names = ("webhook-id", "webhook-timestamp", "webhook-signature")
        headers = {name: environ.get(f"HTTP_{name.upper().replace('-', '_')}", "") for name in names}
        try:
            if self._webhook is not None:
                self._webhook.verify(content, headers)
        except WebhookVerificationError:
            self.run_of.record.sample("a webhook whose signature is wrong")
            start_response("401 Unauthorized", [])
            return []
        self.run_of.webhooks_taken += 1
        event = json.loads(content)
        self._told.append(str(event["data"]["orderId"]))
        start_response("204 No Content", [])
        return []
