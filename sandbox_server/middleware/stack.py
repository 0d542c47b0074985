"""The order of the layers, and why."""

from collections.abc import Awaitable, Mapping
from typing import NamedTuple

from sandbox_server.asgi import ASGIApp, Layer, Receive, Scope, Send
from sandbox_server.middleware.transport import Clocks, Transport


def absent(app: ASGIApp) -> ASGIApp:
    """Return the application without another layer."""
    return app


class Edge(NamedTuple):
    """
    The layers that follow from the mounted contracts.

    Args:
        problems: Makes answers of exceptions.
        routing: Finds the operation.
        security: Finds the caller, and whether it may call the operation.
        operations: Validates, calls the handler, validates again.
        certain: Refuses calls while it is not known how the tenants stand.
    """

    problems: Layer
    routing: Layer
    security: Layer
    operations: ASGIApp
    certain: Layer = absent


class Powers(NamedTuple):
    """
    The layers that make the marketplace a sandbox; one that is left out is not there.

    Args:
        journal: Writes down every call, 404s and injected faults included.
        throttle: Refuses calls that are too many.
        faults: Lets calls go wrong.
    """

    journal: Layer = absent
    throttle: Layer = absent
    faults: Layer = absent


NO_POWERS = Powers()


def assemble(
    edge: Edge,
    directory: Clocks,
    seed: int,
    powers: Powers = NO_POWERS,
    beside: Mapping[str, ASGIApp] | None = None,
    first: int = 0,
) -> ASGIApp:
    """
    Return the layers as one application.

    From the socket inwards:

    1. transport: everything below, problems too, needs a request id and is answered with one;
    2. what lies beside, the operator's interface: no journal, throttle or fault stands in its way;
    3. journal: sees what a client sees, whatever has made it;
    4. problems: outside of all that refuses, so that each refusal is answered in one place; just inside, where others
       have the same tenants, what refuses while it is not known how they stand;
    5. routing: what the path means must be known before who may do it; what has no operation spends nothing;
    6. security: what follows depends on who calls;
    7. throttle: whoever security refuses spends nothing, and a call that is refused for its number is none that a fault
       may play in;
    8. faults: around the operation, so that one may still play when the effect has committed;
    9. the operation: reads the body last, so that nobody unknown can make the server read one.

    Args:
        edge: The marketplace.
        directory: Knows the default tenant.
        seed: What made-up request ids follow from.
        powers: What makes it a sandbox.
        beside: Applications by the path that they lie below.
        first: The number of the first made-up request id.
    """
    app = powers.journal(within(edge, powers))
    return Transport(Beside(app, beside) if beside else app, directory, seed, first)


def within(edge: Edge, powers: Powers = NO_POWERS) -> ASGIApp:
    """Return a contract's layers from the one that answers problems to the operation."""
    app = powers.throttle(powers.faults(edge.operations))
    return edge.problems(edge.certain(edge.routing(edge.security(app))))


class Beside:
    """Sends a request to the application that its path lies below."""

    def __init__(self, app: ASGIApp, beside: Mapping[str, ASGIApp]) -> None:
        self._app = app
        self._beside = beside
        self._roots = tuple(beside)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass the request on."""
        path = scope["path"]
        app = self._lying_at(path) if path.startswith(self._roots) else self._app
        return app(scope, receive, send)

    def _lying_at(self, path: str) -> ASGIApp:
        below = (app for root, app in self._beside.items() if f"{path}/".startswith(f"{root}/"))
        return next(below, self._app)
