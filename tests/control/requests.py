"""A right request to each of the operator's operations, to be made wrong by a test."""

from collections.abc import Callable, Mapping
from typing import Any

from sandbox_server.api.contract import Operation
from sandbox_server.certification.plan import read_plan
from sandbox_server.domain.shipments import ShipmentStatus
from sandbox_server.remote import Query, Sandbox
from tests.api.acorn.requests import Sample
from tests.control.stage import CONTROL, KEY, OPERATOR, TENANT, Stage

OPERATIONS: Mapping[str, Operation] = {one.operation_id: one for one in OPERATOR.contract.operations()}
LINES = [{"sku": "SKU-00001", "quantity": 1}]
RULE = {"match": {"operation": "listOrders"}, "probability": 0.5, "effect": {"error": {"status": 503}}}
Make = Callable[[Stage], Sample]


def operator(path: str, body: Any = None) -> Make:
    """What needs nothing to be there before."""
    return lambda _: Sample(path, body, needs_key=False)


def _snapshot(below: str = "", body: Any = None) -> Make:
    def make(stage: Stage) -> Sample:
        kept = stage.call("POST", f"{TENANT}/snapshots").json["snapshotId"]
        return Sample(f"{TENANT}/snapshots/{kept}{below}", body, needs_key=False)

    return make


def _import(stage: Stage) -> Sample:
    content = stage.call("GET", _snapshot("/export")(stage).path).body
    return Sample(f"{CONTROL}/snapshots/import", content, needs_key=False)


def _rule(body: Any = None) -> Make:
    def make(stage: Stage) -> Sample:
        stage.done("/faults", {**RULE, "id": "some-rule"})
        return Sample(f"{TENANT}/faults/some-rule", body, needs_key=False)

    return make


def _other(stage: Stage) -> Sample:
    return Sample(f"{CONTROL}/tenants/{stage.made()['name']}", needs_key=False)


def _order(below: str) -> Make:
    def make(stage: Stage) -> Sample:
        order_id = stage.done("/buyers/orders", {"lines": LINES})["items"][0]["orderId"]
        return Sample(f"{TENANT}/buyers/{below}", {"orderId": order_id}, needs_key=False)

    return make


def _bring_back(stage: Stage) -> Sample:
    with stage.tenant.read() as tx:
        back = {rma.order_id for rma in tx.returns.select()}
        parcel = next(
            one for one in tx.shipments.select() if one.status is ShipmentStatus.DELIVERED and one.order_id not in back
        )
    body = {"orderId": parcel.order_id, "reason": "DAMAGED"}
    return Sample(f"{TENANT}/buyers/returns", body, needs_key=False)


def _parcel(below: str, **more: Any) -> Make:
    def make(stage: Stage) -> Sample:
        with stage.tenant.read() as tx:
            parcel = next(one for one in tx.shipments.select() if one.status is ShipmentStatus.IN_TRANSIT)
        return Sample(f"{TENANT}/carrier/{below}", {"shipmentId": parcel.shipment_id, **more}, needs_key=False)

    return make


def _arrivals(stage: Stage) -> Sample:
    stage.call("PUT", f"{TENANT}/arrivals", ARRIVALS)
    return Sample(f"{TENANT}/arrivals", needs_key=False)


def _call(stage: Stage) -> Sample:
    stage.call("GET", "/v1/orders", key=KEY)
    return Sample(f"{TENANT}/journal/1", needs_key=False)


class Quiet(Sandbox):
    """A sandbox where no client ever calls."""

    def call(self, method: str, path: str, body: object = None, query: Query | None = None) -> Any:
        """Tell the time, and that there are no calls."""
        return {"now": "2026-11-27T15:00:00.000Z", "items": []}


def _certify(stage: Stage) -> Sample:
    name = stage.made(fixture="proving_ground")["name"]
    return Sample(f"{CONTROL}/tenants/{name}/certifications", {"plan": "chain-core@1", "scale": 60}, needs_key=False)


def trial(stage: Stage, below: str = "") -> Sample:
    """A certification that waits for its client."""
    waiting = stage.trials.add(read_plan("chain-core@1"), 60.0, "default")
    waiting.begin(Quiet())
    return Sample(f"{TENANT}/certifications/{waiting.number}{below}", needs_key=False)


def _report(form: str) -> Make:
    def make(stage: Stage) -> Sample:
        done = stage.trials.add(read_plan("chain-core@1"), 60.0, "default")
        done.conclude()
        return Sample(f"{TENANT}/certifications/{done.number}/report.{form}", needs_key=False)

    return make


ARRIVALS = {"profile": "STEADY", "perMinute": 1, "duration": "PT1H", "seed": 7}
SAMPLES: Mapping[str, Make] = {
    "listTenants": operator(f"{CONTROL}/tenants"),
    "createTenant": operator(
        f"{CONTROL}/tenants", {"name": "new", "fixture": "small_chain", "clock": {"mode": "REAL"}}
    ),
    "getTenant": operator(TENANT),
    "deleteTenant": _other,
    "resetTenant": operator(f"{TENANT}/reset"),
    "listSnapshots": operator(f"{TENANT}/snapshots"),
    "createSnapshot": operator(f"{TENANT}/snapshots", {"label": "now"}),
    "getSnapshot": _snapshot(),
    "deleteSnapshot": _snapshot(),
    "restoreSnapshot": _snapshot("/restore"),
    "forkSnapshot": _snapshot("/fork", {"name": "twin"}),
    "exportSnapshot": _snapshot("/export"),
    "importSnapshot": _import,
    "getClock": operator(f"{TENANT}/clock"),
    "setClock": operator(f"{TENANT}/clock", {"mode": "FROZEN", "now": "2026-11-27T16:00:00Z"}),
    "advanceClock": operator(f"{TENANT}/clock/advance", {"by": "PT1H", "listAtMost": 10}),
    "placeOrders": operator(f"{TENANT}/buyers/orders", {"lines": LINES, "serviceLevel": "STANDARD"}),
    "cancelAsBuyer": _order("cancellations"),
    "returnAsBuyer": _bring_back,
    "moveParcel": _parcel("events", status="OUT_FOR_DELIVERY"),
    "loseParcel": _parcel("losses"),
    "damageParcel": _parcel("damages"),
    "listPhysicalStock": operator(f"{TENANT}/till/stock"),
    "sellAtTill": operator(f"{TENANT}/till/sales", {"storeId": "S0001", "lines": LINES}),
    "countAtStore": operator(
        f"{TENANT}/till/counts", {"storeId": "S0001", "counts": [{"sku": "SKU-00001", "units": 3}]}
    ),
    "closeStore": operator(f"{TENANT}/stores/S0001/close"),
    "openStore": operator(f"{TENANT}/stores/S0001/open"),
    "listPosStock": lambda _: Sample(f"{CONTROL}/pos/stock"),
    "listPosChanges": lambda _: Sample(f"{CONTROL}/pos/changes"),
    "getArrivals": _arrivals,
    "setArrivals": operator(f"{TENANT}/arrivals", ARRIVALS),
    "deleteArrivals": _arrivals,
    "getFaultCatalogue": operator(f"{CONTROL}/faults/catalogue"),
    "listFaults": operator(f"{TENANT}/faults"),
    "createFault": operator(f"{TENANT}/faults", {**RULE, "id": "new"}),
    "replaceFaults": operator(f"{TENANT}/faults", {"items": [RULE]}),
    "clearFaults": operator(f"{TENANT}/faults"),
    "getFault": _rule(),
    "replaceFault": _rule(RULE),
    "updateFault": _rule({"enabled": False}),
    "deleteFault": _rule(),
    "getThrottles": operator(f"{TENANT}/throttles"),
    "setThrottles": operator(
        f"{TENANT}/throttles",
        {"profile": "strict", "operations": [{"operationId": "listOrders", "perMinute": 6, "burst": 2}]},
    ),
    "listJournal": operator(f"{TENANT}/journal"),
    "getJournalEntry": _call,
    "exportJournal": operator(f"{TENANT}/journal/export"),
    "listUnmatched": operator(f"{TENANT}/journal/unmatched"),
    "verifyJournal": operator(f"{TENANT}/journal/verify"),
    "getAudit": operator(f"{TENANT}/audit"),
    "listPlans": operator(f"{CONTROL}/plans"),
    "createCertification": _certify,
    "getCertification": trial,
    "finishCertification": lambda stage: trial(stage, "/finish"),
    "getCertificationReport": _report("json"),
    "getCertificationPage": _report("html"),
    "getCertificationJunit": _report("xml"),
    "getMetrics": operator(f"{CONTROL}/metrics"),
    "getControlHealth": operator(f"{CONTROL}/health"),
}
