"""Which handler answers which of the operator's operations."""

from collections.abc import Mapping

from sandbox_server.api.contract import Contract
from sandbox_server.api.judge import Judge
from sandbox_server.api.operation import Call, Handler, Reply, Standalone
from sandbox_server.control.actors import Actors
from sandbox_server.control.arrivals import ArrivalsOf
from sandbox_server.control.audits import Audits
from sandbox_server.control.certifications import Certifications
from sandbox_server.control.clock import Clocks
from sandbox_server.control.fault_forms import Forms
from sandbox_server.control.faults import FaultsOf
from sandbox_server.control.journals import Journals
from sandbox_server.control.keeping import changing, kept
from sandbox_server.control.measures import Measures
from sandbox_server.control.once import Answer, Once
from sandbox_server.control.pos import list_pos_changes, list_pos_stock
from sandbox_server.control.registry import Registry
from sandbox_server.control.service import health
from sandbox_server.control.snapshots import Snapshots
from sandbox_server.control.tenants import Tenants
from sandbox_server.control.throttles import Throttles
from sandbox_server.middleware.courier import Courier
from sandbox_server.services.metrics import Metrics

_OF_CALLS = ("listJournal", "getJournalEntry", "exportJournal", "listUnmatched", "verifyJournal", "getAudit")
"""What tells of calls, whoever has answered them."""


def operations(
    contract: Contract,
    registry: Registry,
    judge: Judge,
    metrics: Metrics,
    forms: Forms,
    courier: Courier,
    certifications: Certifications,
) -> Mapping[str, Handler | Standalone]:
    """Return the handlers by operationId; those that take an idempotency key heed it."""
    tenants, clocks, snapshots = Tenants(registry), Clocks(registry, courier), Snapshots(registry)
    actors, arrivals, journals = Actors(registry), ArrivalsOf(registry), Journals(registry, judge)
    faults = FaultsOf(registry, forms)
    throttles = Throttles(registry)
    answers: dict[str, Answer] = {
        "listTenants": tenants.list_tenants,
        "createTenant": tenants.create_tenant,
        "getTenant": tenants.get_tenant,
        "deleteTenant": tenants.delete_tenant,
        "resetTenant": tenants.reset_tenant,
        "listSnapshots": snapshots.list_snapshots,
        "createSnapshot": snapshots.create_snapshot,
        "getSnapshot": snapshots.get_snapshot,
        "deleteSnapshot": snapshots.delete_snapshot,
        "restoreSnapshot": snapshots.restore_snapshot,
        "forkSnapshot": snapshots.fork_snapshot,
        "exportSnapshot": snapshots.export_snapshot,
        "importSnapshot": snapshots.import_snapshot,
        "getClock": clocks.get_clock,
        "setClock": clocks.set_clock,
        "advanceClock": clocks.advance_clock,
        "placeOrders": actors.place_orders,
        "cancelAsBuyer": actors.cancel_as_buyer,
        "returnAsBuyer": actors.return_as_buyer,
        "moveParcel": actors.move_parcel,
        "loseParcel": actors.lose_parcel,
        "damageParcel": actors.damage_parcel,
        "listPhysicalStock": actors.list_physical_stock,
        "sellAtTill": actors.sell_at_till,
        "countAtStore": actors.count_at_store,
        "closeStore": actors.close_store,
        "openStore": actors.open_store,
        "getArrivals": arrivals.get_arrivals,
        "setArrivals": arrivals.set_arrivals,
        "deleteArrivals": arrivals.delete_arrivals,
        "getFaultCatalogue": faults.get_fault_catalogue,
        "listFaults": faults.list_faults,
        "createFault": faults.create_fault,
        "replaceFaults": faults.replace_faults,
        "clearFaults": faults.clear_faults,
        "getFault": faults.get_fault,
        "replaceFault": faults.replace_fault,
        "updateFault": faults.update_fault,
        "deleteFault": faults.delete_fault,
        "getThrottles": throttles.get_throttles,
        "setThrottles": throttles.set_throttles,
        "listJournal": journals.list_calls,
        "getJournalEntry": journals.get_call,
        "exportJournal": journals.export,
        "listUnmatched": journals.list_unmatched,
        "verifyJournal": journals.verify,
        "getAudit": Audits(registry, metrics).get_audit,
        "listPlans": certifications.list_plans,
        "createCertification": certifications.create_certification,
        "getCertification": certifications.get_certification,
        "finishCertification": certifications.finish_certification,
        "getCertificationReport": certifications.get_report,
        "getCertificationPage": certifications.get_page,
        "getCertificationJunit": certifications.get_junit,
        "getMetrics": Measures(registry, metrics).get_metrics,
        "getControlHealth": health(contract, registry),
    }
    once = Once(registry.keeper.answers)
    answers.update({name: once.wrap(answers[name]) for name in sorted(contract.taking("Idempotency-Key"))})
    answers.update({name: kept(registry, answers[name]) for name in sorted(changing(contract))})
    answers.update({name: _told(registry, answers[name]) for name in _OF_CALLS})
    alone = {name: Standalone(answer) for name, answer in answers.items()}
    # The chain's own systems call these, with the marketplace's credentials, which pick the tenant.
    return {**alone, "listPosStock": list_pos_stock, "listPosChanges": list_pos_changes}


def _told(registry: Registry, answer: Answer) -> Answer:
    """Return the handler that knows the calls which other processes have answered."""

    async def answer_told(call: Call) -> Reply:
        await registry.keeper.calls_are_told()
        reply = answer(call)
        return reply if isinstance(reply, Reply) else await reply

    return answer_told
