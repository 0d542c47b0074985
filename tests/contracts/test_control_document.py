"""The operator's document keeps its own rules, and says what the code does."""

import pytest

from sandbox_server.api.contract import Contract
from sandbox_server.certification.trials import State
from sandbox_server.certification.verdict import Overall
from sandbox_server.control.errors import KINDS
from sandbox_server.domain.arrivals import Profile
from sandbox_server.domain.returns import ReturnReason
from sandbox_server.domain.shipments import ShipmentStatus
from sandbox_server.domain.stores import ServiceLevel, StoreStatus
from sandbox_server.kernel.clock import ClockMode
from sandbox_server.resources import contract_path
from sandbox_server.traffic.journal import Verdict
from tests.contracts.document import CONTROL, Operation

ALL = CONTROL.operations()
EACH = pytest.mark.parametrize("operation", ALL, ids=[operation.operation_id for operation in ALL])
FEED = {"listPosStock", "listPosChanges"}
OPEN_TO_ALL = {"getControlHealth"}
WITHOUT_KEY = {"resetTenant", "restoreSnapshot", "closeStore", "openStore", "verifyJournal", "finishCertification"}
"""POSTs that come to the same however often they are sent."""


def test_it_lies_beside_the_marketplace() -> None:
    assert [server["url"] for server in CONTROL.root["servers"]] == ["/_sandbox/v1"]
    assert Contract(contract_path("control.yaml").read_bytes()).base_path == "/_sandbox/v1"


@EACH
def test_an_operation_is_guarded_as_its_kind_is(operation: Operation) -> None:
    feed = [{"oauth": ["inventory:read"]}, {"apiKey": []}]
    guarded = feed if operation.operation_id in FEED else [{"operator": []}]
    assert operation.node["security"] == ([] if operation.operation_id in OPEN_TO_ALL else guarded)


@EACH
def test_nothing_is_throttled(operation: Operation) -> None:
    assert "x-rate-limit" not in operation.node
    assert "429" not in operation.answers


@EACH
def test_an_operation_documents_every_status_that_it_can_give(operation: Operation) -> None:
    expected = {"400", "403", "406", "413", "500", "503"}
    if operation.operation_id not in OPEN_TO_ALL:
        expected.add("401")
    if "{" in operation.path:
        expected.add("404")
    if operation.bodies:
        expected |= {"415", "422"}
    if "Idempotency-Key" in operation.parameters:
        expected |= {"409", "422"}
    if operation.operation_id in {"deleteTenant", "setClock", "replaceFaults", "finishCertification"}:
        expected.add("409")
    assert {status for status in operation.answers if status >= "300"} == expected


@EACH
def test_what_makes_something_or_moves_time_takes_a_key(operation: Operation) -> None:
    takes = operation.method == "post" and operation.operation_id not in WITHOUT_KEY
    assert ("Idempotency-Key" in operation.parameters) == takes


@EACH
def test_what_makes_a_resource_says_where_it_is(operation: Operation) -> None:
    makes = {"createTenant", "createSnapshot", "forkSnapshot", "importSnapshot", "createFault", "createCertification"}
    assert ("Location" in operation.success["headers"]) == (operation.operation_id in makes)


def test_every_problem_of_the_code_is_documented_with_its_status() -> None:
    documented: dict[str, int] = {}
    for answer in CONTROL.root["components"]["responses"].values():
        narrowed = answer["content"]["application/problem+json"]["schema"]["allOf"][1]["properties"]
        documented |= dict.fromkeys(narrowed["code"]["enum"], narrowed["status"]["enum"][0])
    spoken = {kind.code: kind.status for kind in KINDS.values()}
    assert {code: status for code, status in spoken.items() if documented.get(code, status) != status} == {}
    assert set(documented) - set(spoken) <= {"INTERNAL"}


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ("ClockMode", list(ClockMode)),
        ("ServiceLevel", list(ServiceLevel)),
        ("ReturnReason", list(ReturnReason)),
        ("ArrivalProfile", [profile.value for profile in Profile]),
        ("Verdict", list(Verdict)),
        ("CertificationState", list(State)),
        ("Overall", list(Overall)),
    ],
)
def test_an_enumeration_has_the_words_of_the_code(schema: str, words: list[str]) -> None:
    assert sorted(CONTROL.schemas[schema]["enum"]) == sorted(words)


def test_parcels_and_stores_have_the_words_of_the_domain() -> None:
    assert set(CONTROL.schemas["CarrierEvent"]["properties"]["status"]["enum"]) < set(ShipmentStatus)
    assert CONTROL.schemas["StoreState"]["properties"]["status"]["enum"] == list(StoreStatus)
