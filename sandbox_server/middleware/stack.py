"""The order of the layers, and why."""

from typing import NamedTuple

from sandbox_server.asgi import ASGIApp, Layer
from sandbox_server.middleware.transport import Clocks, Transport


class Edge(NamedTuple):
    """
    The layers that follow from the mounted contracts.

    Args:
        problems: Makes answers of exceptions.
        routing: Finds the operation.
        security: Finds the caller, and whether it may call the operation.
        operations: Validates, calls the handler, validates again.
    """

    problems: Layer
    routing: Layer
    security: Layer
    operations: ASGIApp


def assemble(edge: Edge, directory: Clocks, seed: int) -> ASGIApp:
    """
    Return the layers as one application.

    From the socket inwards:

    1. transport: everything below, problems too, needs a request id and is answered with one;
    2. problems: outside of all that refuses, so that each refusal is answered in one place;
    3. routing: what the path means must be known before who may do it;
    4. security: what follows may depend on who calls;
    5. the operation: reads the body last, so that nobody unknown can make the server read one.
    """
    app = edge.operations
    app = edge.security(app)
    app = edge.routing(app)
    app = edge.problems(app)
    return Transport(app, directory, seed)
