"""What is forgotten when something is added shows here."""

import inspect
from collections.abc import Iterator
from types import ModuleType

import msgspec
import pytest

from sandbox_server import cli
from sandbox_server.api import refusals
from sandbox_server.api.acorn.errors import INTERNAL, KINDS
from sandbox_server.api.acorn.operations import operations
from sandbox_server.api.contract import Contract
from sandbox_server.api.refusals import Refusal
from sandbox_server.domain import errors
from sandbox_server.domain.errors import DomainError, Forbidden, GrantRefused
from sandbox_server.domain.events import DueKind
from sandbox_server.resources import contract_path
from sandbox_server.services.access import Directory
from sandbox_server.services.timeline import ACTIONS
from sandbox_server.settings import Settings

ABSTRACT: tuple[type[Exception], ...] = (DomainError, Forbidden, Refusal)
ANSWERED_BY_OAUTH: tuple[type[Exception], ...] = (GrantRefused,)


@pytest.fixture(scope="module")
def contract() -> Contract:
    """Return the marketplace's contract."""
    return Contract(contract_path("marketplace.yaml").read_bytes())


def refusals_in(module: ModuleType, root: type[Exception]) -> Iterator[type[Exception]]:
    """Return the kinds of refusal that a module defines."""
    for _, member in inspect.getmembers(module, inspect.isclass):
        if issubclass(member, root) and member.__module__ == module.__name__:
            yield member


def test_every_operation_of_the_contract_has_a_handler_and_every_handler_an_operation(contract: Contract) -> None:
    documented = {operation.operation_id for operation in contract.operations()}
    assert set(operations(contract, Directory([]), "a world")) == documented


@pytest.mark.parametrize(
    "refusal", [*refusals_in(errors, DomainError), *refusals_in(refusals, Refusal)], ids=lambda kind: kind.__name__
)
def test_every_refusal_has_a_status_of_its_own(refusal: type[Exception]) -> None:
    assert (refusal in KINDS) != (refusal in ABSTRACT or refusal in ANSWERED_BY_OAUTH)


@pytest.mark.parametrize("kind", [*KINDS.values(), INTERNAL], ids=lambda kind: kind.code)
def test_every_code_of_a_problem_stands_in_the_contract(kind: object, contract: Contract) -> None:
    codes = contract.place("#/components/schemas/ProblemCode").node["enum"]
    assert getattr(kind, "code", None) in codes


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.code)
def test_every_status_of_a_refusal_is_documented_somewhere(kind: object, contract: Contract) -> None:
    documented = {status for operation in contract.operations() for status in operation.responses}
    # 405 is no operation's answer: it is what a path says to a method that it does not have.
    assert str(getattr(kind, "status", None)) in documented | {"405"}


def test_everything_that_can_be_due_has_something_that_is_done() -> None:
    assert set(ACTIONS) == set(DueKind)


def test_every_setting_is_a_flag_of_serve_with_its_documentation() -> None:
    documented = {option.name: option.help for option in cli.serve.params if hasattr(option, "help")}
    settings = {field.name for field in msgspec.structs.fields(Settings)}
    assert set(documented) == settings
    assert all(documented.values())


def test_flags_that_are_left_out_mean_the_settings_defaults() -> None:
    left_out = cli.serve.make_context("serve", []).params
    assert Settings(**left_out) == Settings()
