"""Calls that are well-formed, and that the rules of the business refuse."""

from sandbox_server.conformance.calls import Answer
from sandbox_server.conformance.probes import joining, journeys, orders
from sandbox_server.conformance.probes.acts import act
from sandbox_server.conformance.stage import Stage
from sandbox_server.conformance.target import Kind

_MANY = 900_000


def conflicts(stage: Stage) -> None:
    """
    Do twice what can be done once, and more than there is.

    Source: contract, "Errors", and the description of each operation.
    """
    _twice(stage)
    _too_much(stage)
    _too_early(stage)
    _unsound(stage)
    _one_key(stage)
    if stage.has_operator:
        with stage.sibling() as own:
            _too_late(own)


def _twice(stage: Stage) -> None:
    store = stage.store()
    example = {**stage.document.operations["createStore"].example, "storeId": store["storeId"]}
    stage.hold_answer(stage.api.call("createStore", body=example), 409, "DUPLICATE", "A store code is taken twice.")
    order = orders.place(stage)
    own = {"orderId": order["orderId"]}
    accepted = stage.api.call("acknowledgeOrder", body=orders.acceptance(order), path=own)
    stage.expect(accepted, 200, "A new order can be acknowledged.")
    number = orders.tracking_number(stage)
    first = stage.api.call("createShipment", body=orders.parcel(stage, accepted.json, number=number))
    stage.expect(first, 201, "What is allocated can be shipped.")
    second = stage.api.call("createShipment", body=orders.parcel(stage, accepted.json, number=number))
    stage.hold_answer(second, 409, "DUPLICATE", "A tracking number ships twice.")
    invoice = orders.invoice(order, first.json)
    stage.expect(stage.api.call("postInvoice", body=invoice), 201, "A parcel can be invoiced.")
    again = stage.api.call("postInvoice", body={**invoice, "number": f"{invoice['number']}-2"})
    stage.hold_answer(again, (409, 422), "", "A parcel is invoiced twice.")


def _too_much(stage: Stage) -> None:
    order = orders.place(stage)
    accepted = stage.api.call("acknowledgeOrder", body=orders.acceptance(order), path={"orderId": order["orderId"]})
    stage.expect(accepted, 200, "A new order can be acknowledged.")
    most = order["lines"][0]["quantity"]
    over = stage.api.call("createShipment", body=orders.parcel(stage, accepted.json, most + 1))
    stage.hold_answer(over, (409, 422), "", "More is shipped than was ordered.")
    shipped = stage.api.call("createShipment", body=orders.parcel(stage, accepted.json, most))
    stage.expect(shipped, 201, "What is allocated can be shipped.")
    line = {"lineId": order["lines"][0]["lineId"], "quantity": most + 1, "reason": "LATE"}
    body = {"orderId": order["orderId"], "storeId": orders.counter(stage), "lines": [line]}
    stage.hold_answer(stage.api.call("openReturn", body=body), (409, 422), "", "More comes back than was shipped.")
    wrong = orders.invoice(order, shipped.json)
    amount = wrong["total"]["amount"]
    wrong["total"] = {**wrong["total"], "amount": f"1{amount}"}
    stage.hold_answer(stage.api.call("postInvoice", body=wrong), 422, "", "An invoice of a wrong sum is taken.")
    opened = stage.api.call("openReturn", body={**body, "lines": [{**line, "quantity": 1}]})
    stage.expect(opened, 201, "What was shipped can come back.")
    _too_much_back(stage, opened, body["storeId"], line["lineId"])


def _too_much_back(stage: Stage, opened: Answer, store: str, line: str) -> None:
    own = {"returnId": opened.json["returnId"]}
    two = {"storeId": store, "lines": [{"lineId": line, "quantity": 2, "condition": "SELLABLE"}]}
    received = stage.api.call("receiveReturn", body=two, path=own)
    stage.hold_answer(received, 422, "", "More is received than was to come back.")
    one = {"storeId": store, "lines": [{"lineId": line, "quantity": 1, "condition": "SELLABLE"}]}
    received = stage.api.call("receiveReturn", body=one, path=own)
    stage.expect(received, 201, "What comes back can be received.")
    due = received.json["lines"][0]["refundable"]
    dear = {"lines": [{"lineId": line, "quantity": 1, "amount": {**due, "amount": f"9{due['amount']}"}}]}
    stage.hold_answer(stage.api.call("refundReturn", body=dear, path=own), 422, "", "More is refunded than was paid.")


def _too_early(stage: Stage) -> None:
    order = orders.place(stage)
    line = {"lineId": order["lines"][0]["lineId"], "quantity": 1, "reason": "LATE"}
    body = {"orderId": order["orderId"], "storeId": orders.counter(stage), "lines": [line]}
    stage.hold_answer(stage.api.call("openReturn", body=body), (409, 422), "", "What was not shipped comes back.")
    transfer = journeys.new_transfer(stage)
    unknown = {**transfer, "fromStoreId": "NOSUCHSTORE"}
    stage.hold_answer(stage.api.call("requestTransfer", body=unknown), (404, 422), "", "Nowhere sends goods.")
    much = {**transfer, "lines": [{**transfer["lines"][0], "quantity": _MANY}]}
    asked = stage.api.call("requestTransfer", body=much)
    if asked.succeeded:
        sent = {"dispatchedAt": asked.json["updatedAt"]}
        answer = stage.api.call("dispatchTransfer", body=sent, path={"transferId": asked.json["transferId"]})
    else:
        answer = asked
    stage.hold_answer(answer, 409, "INSUFFICIENT_STOCK", "More is sent than there is.")
    if stage.has_operator:
        suspended = stage.operator.access(Kind.SUSPENDED)
        body = {**suspended.form(), "token": "acorn.at_nobodys"}
        del body["grant_type"]
        stage.hold_answer(stage.api.call("revokeToken", body=body), 403, "", "A suspended account gives tokens back.")


def _unsound(stage: Stage) -> None:
    """What has the right form, and makes no sense."""
    hours = {"openingHours": {"monday": [{"opens": "18:00", "closes": "09:00"}]}}
    closed = stage.api.call("updateStore", body=hours, path={"storeId": stage.store()["storeId"]})
    stage.hold_answer(closed, 422, "UNPROCESSABLE", "A store closes before it opens.")
    order = orders.place(stage)
    lines = {"lines": [{"lineId": "999", "decision": "ACCEPT"}]}
    unknown = stage.api.call("acknowledgeOrder", body=lines, path={"orderId": order["orderId"]})
    stage.hold_answer(unknown, 422, "UNPROCESSABLE", "A line that the order has not is acknowledged.")
    asked = act(stage, "requestTransfer", journeys.new_transfer(stage))
    own = {"transferId": asked.json["transferId"]}
    before = stage.api.call("dispatchTransfer", body={"dispatchedAt": "2000-01-01T00:00:00Z"}, path=own)
    stage.hold_answer(before, 422, "UNPROCESSABLE", "Goods leave before they were asked for.")
    report = stage.document.operations["requestReport"].example
    empty = stage.api.call("requestReport", body={**report, "to": report["from"]})
    stage.hold_answer(empty, 422, "UNPROCESSABLE", "A report covers no time at all.")


def _one_key(stage: Stage) -> None:
    """A key that names a call is refused for the same call of something else."""
    subscriptions = [{"subscriptionId": journeys.subscribe(stage)} for _ in range(2)]
    applications = [joining.signed(stage) for _ in range(2)]
    report = stage.document.operations["submitTestReport"].example
    for operation_id, body, (one, other) in (
        ("testSubscription", None, subscriptions),
        ("submitTestReport", report, applications),
    ):
        key = stage.api.key()
        first = stage.api.call(operation_id, body=body, headers=key, path=one)
        stage.hold(first.succeeded, "What the contract allows is not done.", first)
        again = stage.api.call(operation_id, body=body, headers=key, path=other)
        stage.hold_answer(again, 422, "IDEMPOTENCY_KEY_REUSED", "A key serves two calls.")


def _too_late(stage: Stage) -> None:
    """A report is good for as long as it says."""
    own = joining.signed(stage)
    unseen = stage.api.call("getHealthChecks", path=own)
    stage.hold_answer(unseen, 409, "ILLEGAL_TRANSITION", "A chain has kept promises before it is live.")
    act(stage, "submitTestReport", joining.certificate(stage, valid_days=1), path=own)
    stage.operator.advance("P2D")
    stage.renew()
    expired = stage.api.call("goLive", path=own)
    stage.hold_answer(expired, 422, "UNPROCESSABLE", "A chain goes live by a report that has expired.")
