"""What holds of all faults: each is in the contract, played, shown and tested; nobody else knows of any."""

import ast
from pathlib import Path

import pytest

import sandbox_server
from sandbox_server.api.contract import Contract
from sandbox_server.middleware.faults.effect import Effect
from sandbox_server.middleware.faults.registry import EFFECTS
from sandbox_server.resources import contract_path

HOUSE = Path(sandbox_server.__file__).parent
TESTS = Path(__file__).parents[1] / "middleware" / "faults"
CONTRACT = Contract(contract_path("control.yaml").read_bytes())
DOCUMENTED = CONTRACT.place("#/components/schemas/FaultEffect").node["properties"]
OPERATIONS = {one.operation_id for one in Contract(contract_path("marketplace.yaml").read_bytes()).operations()}


def test_every_effect_of_the_contract_is_played_in_its_order() -> None:
    assert list(EFFECTS) == list(DOCUMENTED)


def test_every_effect_that_there_is_can_be_found() -> None:
    assert {type(effect) for effect in EFFECTS.values()} == set(Effect.__subclasses__())


@pytest.mark.parametrize("name", EFFECTS)
def test_an_effect_has_a_module_a_test_and_a_place_in_the_catalogue(name: str) -> None:
    effect = EFFECTS[name]
    modules = [known for known, other in EFFECTS.items() if type(other).__module__ == type(effect).__module__]
    assert modules == [name]
    assert any(f'"{name}"' in test.read_text() for test in TESTS.glob("test_*.py"))
    assert effect.about.summary.endswith(".")
    assert list(effect.about.example["effect"]) == [name]
    assert effect.about.operations <= OPERATIONS
    assert effect.about.member is None or effect.about.member in _members(name)


def _members(name: str) -> dict[str, object]:
    members: dict[str, object] = CONTRACT.place(f"#/components/schemas/FaultEffect/properties/{name}").node[
        "properties"
    ]
    return members


def imports(module: Path) -> set[str]:
    """Return the names of the modules that a module imports."""
    found = set[str]()
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
        elif isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
    return found


@pytest.mark.parametrize("layer", ["api", "domain", "kernel", "persistence", "services", "worlds"])
def test_what_serves_a_call_knows_of_no_fault(layer: str) -> None:
    for module in (HOUSE / layer).rglob("*.py"):
        known = {name for name in imports(module) if ".faults" in name}
        assert known == set(), module
