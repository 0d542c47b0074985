"""Contracts, mounted: the layers that follow from their documents."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import deepcopy
from typing import Any, NamedTuple

from connexion.resolver import Resolver
from connexion.spec import OpenAPISpecification

from sandbox_server.api.compile import CompiledOperations
from sandbox_server.api.contract import Contract
from sandbox_server.api.documents import document_pages
from sandbox_server.api.operation import AnyHandler, Dialect
from sandbox_server.api.problems import Problems, Tongue
from sandbox_server.api.refusals import NoSuchPath
from sandbox_server.api.routing import Routing
from sandbox_server.api.security import Directory, Security, security_map
from sandbox_server.asgi import ASGIApp, Receive, Scope, Send


class Mounted(NamedTuple):
    """
    A contract and what answers for it.

    Args:
        contract: The document; its first server's path is where it is mounted.
        handlers: By operationId.
        dialect: How the contract says no.
        exceptions: Operations that say it otherwise, by operationId.
    """

    contract: Contract
    handlers: Mapping[str, AnyHandler]
    dialect: Dialect
    exceptions: Mapping[str, Dialect] = {}


class Mounts:
    """
    The layers that follow from some contracts.

    Args:
        mounted: The contracts.
        directory: Who knows the callers.
        operator_token: What operations for the operator alone ask for; None lets everybody call them.
        docs: The path of the page that shows the first contract.

    Raises:
        ValueError: An operation has no handler, or a handler no operation.
    """

    def __init__(
        self, mounted: Sequence[Mounted], directory: Directory, operator_token: str | None = None, docs: str = "/docs"
    ) -> None:
        for one in mounted:
            _refuse_strays(one)
        self._mounted = mounted
        self._security_map = security_map(directory, operator_token)
        self._pages = document_pages([one.contract for one in mounted], docs)
        self._specifications = [_Specification(deepcopy(one.contract.document)) for one in mounted]

    @property
    def documents(self) -> Collection[str]:
        """The paths of the documents and their pages."""
        return self._pages.keys()

    def problems(self, app: ASGIApp) -> ASGIApp:
        """Wrap what may raise."""
        return Problems(app, [Tongue(one.contract.base_path, one.dialect, one.exceptions) for one in self._mounted])

    def routing(self, app: ASGIApp) -> ASGIApp:
        """Wrap what needs to know the operation; the documents and their pages are answered here."""
        return self._with_apis(Routing(app, self._pages))

    def security(self, app: ASGIApp) -> ASGIApp:
        """Wrap what needs to know the caller."""
        return self._with_apis(Security(app), security_map=self._security_map)

    def operations(self) -> ASGIApp:
        """Return the compiled operations."""
        return self._with_apis(CompiledOperations(_nowhere), per_contract=True)

    def _with_apis(self, middleware: Any, *, per_contract: bool = False, **options: Any) -> ASGIApp:
        """Register every contract with one of Connexion's middlewares."""
        for one, specification in zip(self._mounted, self._specifications, strict=True):
            own = {"contract": one.contract, "handlers": one.handlers} if per_contract else {}
            middleware.add_api(specification, resolver=Resolver(one.handlers.__getitem__), **own, **options)
        application: ASGIApp = middleware
        return application


class _Specification(OpenAPISpecification):  # type: ignore[misc]  # Connexion ships no types
    """A document as Connexion wants it. The tests hold it against OpenAPI's own schema, so that no start needs to."""

    @classmethod
    def _validate_spec(cls, spec: dict[str, Any]) -> None:
        """Take the document as it is."""


def _refuse_strays(mounted: Mounted) -> None:
    documented = {operation.operation_id for operation in mounted.contract.operations()}
    _refuse("operations without a handler", documented - set(mounted.handlers))
    _refuse("handlers without an operation", set(mounted.handlers) - documented)
    _refuse("dialects without an operation", set(mounted.exceptions) - documented)


def _refuse(what: str, names: Iterable[str]) -> None:
    if listed := sorted(names):
        raise ValueError(f"{what}: {', '.join(listed)}")


async def _nowhere(scope: Scope, _receive: Receive, _send: Send) -> None:
    raise NoSuchPath(scope["path"])
