"""
Routing: Connexion's routes, found by an index.

Connexion decides what is routed where. Left alone it tries one route after the other on each request, names only one
method in `Allow`, redirects where a slash is too many, and answers HEAD. So its routes are sorted once, at start.
"""

import re
from collections.abc import Awaitable, Mapping
from typing import Any

from connexion.middleware.abstract import ROUTING_CONTEXT, RoutedMiddleware
from connexion.middleware.routing import RoutingMiddleware

from sandbox_server.api.refusals import MethodNotAllowed, NoSuchPath
from sandbox_server.asgi import ASGIApp, Receive, Scope, Send

# An encoded slash or backslash could move a request to another route than the client named.
_ENCODED_SEPARATOR = re.compile(rb"%(?:2f|5c)", re.IGNORECASE)
_PLACE = re.compile(r"\{[^}]*\}")


class _Route:
    """A path, and where each of its methods leads."""

    def __init__(self, template: str, pattern: re.Pattern[str]) -> None:
        self.template = template
        self.pattern = pattern
        self.contexts: dict[str, dict[str, str]] = {}

    @property
    def rank(self) -> list[bool]:
        """Concrete words go before places: /inventory/movements before /inventory/{sku} (OpenAPI 3.0, Paths)."""
        return ["{" in word for word in self.template.split("/")]


class Routing(RoutingMiddleware):  # type: ignore[misc]  # Connexion ships no types
    """
    Finds a request's operation and leaves its name where Connexion's other middlewares look for it.

    Args:
        app: Takes the requests that have an operation.
        pages: Answer GET at paths of their own, beside the contracts.
    """

    def __init__(self, app: ASGIApp, pages: Mapping[str, ASGIApp]) -> None:
        super().__init__(app)
        self._pages = pages
        self._concrete: dict[str, _Route] = {}
        self._templates: dict[int, list[_Route]] = {}

    def add_api(self, specification: Any, **options: Any) -> None:
        """Let Connexion make the routes of a contract, and index them."""
        super().add_api(specification, **options)
        mount = self.router.routes[-1]
        for made in mount.app.routes:
            route = self._route(mount.path + made.path, mount.path + made.path_regex.pattern.lstrip("^"))
            for method in made.methods - {"HEAD"}:
                context = {"api_base_path": mount.path, "operation_id": made.endpoint.operation_id}
                route.contexts[method] = context

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """
        Pass the request on, its operation and path parameters in the scope.

        Raises:
            NoSuchPath: No contract and no page has the path.
            MethodNotAllowed: The path is there, the method is not.
        """
        path, method = scope["path"], scope["method"]
        if b"%" in scope.get("raw_path", b""):
            _refuse_tricks(path, scope["raw_path"])
        if path in self._pages:
            if method != "GET":
                raise MethodNotAllowed(method, path, ["GET"])
            return self._pages[path](scope, receive, send)
        route, parameters = self._find(path)
        if method not in route.contexts:
            raise MethodNotAllowed(method, path, route.contexts)
        scope["path_params"] = parameters
        scope.setdefault("extensions", {})[ROUTING_CONTEXT] = route.contexts[method]
        passed_on: Awaitable[None] = self.app(scope, receive, send)
        return passed_on

    def _find(self, path: str) -> tuple[_Route, dict[str, str]]:
        if path in self._concrete:
            return self._concrete[path], {}
        for route in self._templates.get(path.count("/"), ()):
            if match := route.pattern.fullmatch(path):
                return route, match.groupdict()
        raise NoSuchPath(path)

    def _route(self, template: str, pattern: str) -> _Route:
        """Return the route of a path, made when this is its first method."""
        same = self._templates.setdefault(template.count("/"), [])
        if "{" not in template:
            return self._concrete.setdefault(template, _Route(template, re.compile(pattern)))
        for route in same:
            if route.template == template:
                return route
        route = _Route(template, re.compile(pattern))
        same.append(route)
        same.sort(key=lambda one: one.rank)
        return route


class Routed(RoutedMiddleware):  # type: ignore[misc]  # Connexion ships no types
    """Hands each routed request to what was made of its operation; Connexion's own looks through the APIs each time."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        self._made: dict[str, Mapping[str, ASGIApp]] = {}

    def add_api(self, specification: Any, **options: Any) -> None:
        """Let Connexion make something of each of a contract's operations."""
        api = super().add_api(specification, **options)
        self._made[api.base_path] = api.operations

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass the request on."""
        context = scope["extensions"][ROUTING_CONTEXT]
        return self._made[context["api_base_path"]][context["operation_id"]](scope, receive, send)


def _refuse_tricks(path: str, raw_path: bytes) -> None:
    """Refuse a path that is not plainly one: encoded separators, control characters, what is not UTF-8."""
    if _ENCODED_SEPARATOR.search(raw_path) or "\ufffd" in path or not path.isprintable():
        raise NoSuchPath(path)
