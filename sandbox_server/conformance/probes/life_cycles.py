"""The life cycles of the contract, and what can be tried on each thing that has one."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from sandbox_server.conformance.calls import Answer
from sandbox_server.conformance.probes import joining, journeys, orders
from sandbox_server.conformance.probes.exploring import Cycle, Explorer, Move, Subject
from sandbox_server.conformance.stage import Stage

_CARRIERS_WAY = ("PICKED_UP", "IN_TRANSIT", "OUT_FOR_DELIVERY", "DELIVERED")
_PARCELS = "parcels"
_MOST_STORES = 50


def _explore(cycle: Cycle, stage: Stage) -> None:
    """
    Walk a cycle.

    Source: contract, `x-lifecycle`.
    """
    Explorer(stage, cycle).explore()


def _order(stage: Stage) -> Subject:
    order = orders.place(stage)
    return Subject({"orderId": order["orderId"]}, order, {_PARCELS: []})


def _post(operation_id: str, body: Callable[[Subject], Any], stage: Stage, subject: Subject) -> Answer:
    return stage.api.call(operation_id, body=body(subject), path=subject.path)


def _ship(stage: Stage, subject: Subject) -> Answer:
    order = stage.api.call("getOrder", path=subject.path).json
    did = stage.api.call("createShipment", body=orders.parcel(stage, order))
    if did.succeeded:
        subject.kept[_PARCELS].append(did.json["shipmentId"])
    return did


def _reject_everywhere(stage: Stage, subject: Subject) -> Answer:
    for _ in range(_MOST_STORES):
        did = _post("acknowledgeOrder", lambda one: orders.rejection(one.made), stage, subject)
        if not did.succeeded or did.json.get("status") != "NEW":
            break
    return did


def _deliver(stage: Stage, subject: Subject) -> Answer:
    for parcel in subject.kept[_PARCELS]:
        for status in _CARRIERS_WAY:
            did = _track(status, stage, Subject({"shipmentId": parcel}, {}))
    return did


_ORDERS = Cycle(
    "OrderStatus",
    "getOrder",
    (_order,),
    (
        Move(
            "an acknowledgement",
            frozenset({"ACKNOWLEDGED"}),
            partial(_post, "acknowledgeOrder", lambda one: orders.acceptance(one.made)),
        ),
        Move("a shipment", frozenset({"PARTIALLY_SHIPPED", "SHIPPED"}), _ship),
        Move("a cancellation", frozenset({"CANCELLED"}), partial(_post, "cancelOrder", lambda _: {"reason": "OTHER"})),
        Move("a rejection by every store", frozenset({"UNFULFILLABLE"}), _reject_everywhere),
        Move("a delivery", frozenset({"DELIVERED"}), _deliver, is_call=False),
    ),
)


def _shipment(stage: Stage) -> Subject:
    order = orders.place(stage, units=1)
    accepted = stage.api.call("acknowledgeOrder", body=orders.acceptance(order), path={"orderId": order["orderId"]})
    stage.expect(accepted, 200, "A new order can be acknowledged.")
    made = stage.api.call("createShipment", body=orders.parcel(stage, accepted.json))
    stage.expect(made, 201, "What is allocated can be shipped.")
    return Subject({"shipmentId": made.json["shipmentId"]}, made.json)


def _track(status: str, stage: Stage, subject: Subject) -> Answer:
    since = stage.api.call("getShipment", path=subject.path).json["updatedAt"]
    return stage.api.call("addTrackingEvent", body={"status": status, "occurredAt": since}, path=subject.path)


_SHIPMENTS = Cycle(
    "ShipmentStatus",
    "getShipment",
    (_shipment,),
    tuple(
        Move(f"the event {status}", frozenset({status}), partial(_track, status))
        for status in ("LABELLED", *_CARRIERS_WAY, "DELIVERY_FAILED", "RETURN_TO_SENDER")
    ),
)


def _transfer(stage: Stage) -> Subject:
    body = journeys.new_transfer(stage, units=2)
    made = stage.api.call("requestTransfer", body=body)
    stage.expect(made, 201, "A transfer can be asked for.")
    return Subject({"transferId": made.json["transferId"]}, body)


def _dispatch(stage: Stage, subject: Subject) -> Answer:
    since = stage.api.call("getTransfer", path=subject.path).json["updatedAt"]
    return stage.api.call("dispatchTransfer", body={"dispatchedAt": since}, path=subject.path)


def _one_unit(subject: Subject) -> Mapping[str, Any]:
    return {"lines": [{"sku": subject.made["lines"][0]["sku"], "quantity": 1}]}


_TRANSFERS = Cycle(
    "TransferStatus",
    "getTransfer",
    (_transfer,),
    (
        Move("a dispatch", frozenset({"IN_TRANSIT"}), _dispatch),
        Move("a receipt", frozenset({"PARTIALLY_RECEIVED", "RECEIVED"}), partial(_post, "receiveTransfer", _one_unit)),
        Move(
            "a cancellation", frozenset({"CANCELLED"}), partial(_post, "cancelTransfer", lambda _: {"reason": "OTHER"})
        ),
    ),
)


def _return(stage: Stage) -> Subject:
    order = orders.place(stage)
    accepted = stage.api.call("acknowledgeOrder", body=orders.acceptance(order), path={"orderId": order["orderId"]})
    stage.expect(accepted, 200, "A new order can be acknowledged.")
    shipped = stage.api.call("createShipment", body=orders.parcel(stage, accepted.json, 2))
    stage.expect(shipped, 201, "What is allocated can be shipped.")
    line = {"lineId": order["lines"][0]["lineId"], "quantity": 2, "reason": "LATE"}
    store = orders.counter(stage)
    made = stage.api.call("openReturn", body={"orderId": order["orderId"], "storeId": store, "lines": [line]})
    stage.expect(made, 201, "What was shipped can come back.")
    return Subject({"returnId": made.json["returnId"]}, {"line": line["lineId"], "store": store})


def _receive(condition: str, quantity: int, stage: Stage, subject: Subject) -> Answer:
    line = {"lineId": subject.made["line"], "quantity": quantity, "condition": condition}
    body = {"storeId": subject.made["store"], "lines": [line]}
    return stage.api.call("receiveReturn", body=body, path=subject.path)


def _receive_wrong(stage: Stage, subject: Subject) -> Answer:
    line = stage.api.call("getReturn", path=subject.path).json["lines"][0]
    return _receive("WRONG_ITEM", line["quantity"] - line["receivedQuantity"], stage, subject)


def _refund(stage: Stage, subject: Subject) -> Answer:
    line = stage.api.call("getReturn", path=subject.path).json["lines"][0]
    units = max(1, line["receivedQuantity"] - line["refundedQuantity"])
    body = {"lines": [{"lineId": line["lineId"], "quantity": units, "amount": line["refundable"]}]}
    return stage.api.call("refundReturn", body=body, path=subject.path)


def _wait(stage: Stage, subject: Subject) -> Answer:
    if stage.has_operator:
        stage.operator.advance("P31D")
        stage.renew()
    return stage.api.call("getReturn", path=subject.path)


_RETURNS = Cycle(
    "ReturnStatus",
    "getReturn",
    (_return,),
    (
        Move(
            "a receipt of one unit",
            frozenset({"RECEIVED_IN_PART", "RECEIVED"}),
            partial(_receive, "SELLABLE", 1),
        ),
        Move("a receipt of wrong items", frozenset({"REJECTED"}), _receive_wrong, is_call=False),
        Move("a refund", frozenset({"REFUNDED"}), _refund, may_stay=True),
        Move("a month", frozenset({"EXPIRED", "CLOSED"}), _wait, is_call=False, may_stay=True),
    ),
)


def _application(stage: Stage, **changes: Any) -> Subject:
    body = {**stage.document.operations["createApplication"].example, **changes}
    made = stage.api.call("createApplication", body=body)
    stage.expect(made, 201, "A company can apply.")
    return Subject({"applicationId": made.json["applicationId"]}, made.json)


def _by_example(operation_id: str, stage: Stage, subject: Subject) -> Answer:
    return stage.api.call(operation_id, body=stage.document.operations[operation_id].example, path=subject.path)


def _pass(stage: Stage, subject: Subject) -> Answer:
    if not stage.has_operator:
        return _by_example("submitTestReport", stage, subject)
    return stage.api.call("submitTestReport", body=joining.certificate(stage), path=subject.path)


_APPLICATIONS = Cycle(
    "ApplicationStatus",
    "getApplication",
    (_application, partial(_application, stores=1)),
    (
        Move("a signature", frozenset({"NDA_SIGNED"}), partial(_by_example, "signAgreement")),
        Move("a report that was made up", frozenset({"REFUSED"}), partial(_by_example, "submitTestReport")),
        Move("a report of a client that passed", frozenset({"VERIFIED"}), _pass),
        Move("going live", frozenset({"LIVE"}), partial(_by_example, "goLive")),
    ),
)

LIFE_CYCLES: Mapping[str, Callable[[Stage], None]] = {
    "orders": partial(_explore, _ORDERS),
    "shipments": partial(_explore, _SHIPMENTS),
    "transfers": partial(_explore, _TRANSFERS),
    "returns": partial(_explore, _RETURNS),
    "applications": partial(_explore, _APPLICATIONS),
}
