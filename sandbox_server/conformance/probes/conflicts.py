"""Calls that are well-formed, and that the rules of the business refuse."""

from sandbox_server.conformance.calls import Answer
from sandbox_server.conformance.probes import journeys, orders
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


def _twice(stage: Stage) -> None:
    store = stage.store()
    example = {**stage.document.operations["createStore"].example, "storeId": store["storeId"]}
    _refused(stage, stage.api.call("createStore", body=example), 409, "DUPLICATE", "A store code is taken twice.")
    order = orders.place(stage)
    own = {"orderId": order["orderId"]}
    accepted = stage.api.call("acknowledgeOrder", body=orders.acceptance(order), path=own)
    stage.expect(accepted, 200, "A new order can be acknowledged.")
    number = orders.tracking_number(stage)
    first = stage.api.call("createShipment", body=orders.parcel(stage, accepted.json, number=number))
    stage.expect(first, 201, "What is allocated can be shipped.")
    second = stage.api.call("createShipment", body=orders.parcel(stage, accepted.json, number=number))
    _refused(stage, second, 409, "DUPLICATE", "A tracking number ships twice.")
    invoice = orders.invoice(order, first.json)
    stage.expect(stage.api.call("postInvoice", body=invoice), 201, "A parcel can be invoiced.")
    again = stage.api.call("postInvoice", body={**invoice, "number": f"{invoice['number']}-2"})
    _refused(stage, again, (409, 422), "", "A parcel is invoiced twice.")


def _too_much(stage: Stage) -> None:
    order = orders.place(stage)
    accepted = stage.api.call("acknowledgeOrder", body=orders.acceptance(order), path={"orderId": order["orderId"]})
    stage.expect(accepted, 200, "A new order can be acknowledged.")
    most = order["lines"][0]["quantity"]
    over = stage.api.call("createShipment", body=orders.parcel(stage, accepted.json, most + 1))
    _refused(stage, over, (409, 422), "", "More is shipped than was ordered.")
    shipped = stage.api.call("createShipment", body=orders.parcel(stage, accepted.json, most))
    stage.expect(shipped, 201, "What is allocated can be shipped.")
    line = {"lineId": order["lines"][0]["lineId"], "quantity": most + 1, "reason": "LATE"}
    body = {"orderId": order["orderId"], "storeId": orders.counter(stage), "lines": [line]}
    _refused(stage, stage.api.call("openReturn", body=body), (409, 422), "", "More comes back than was shipped.")
    wrong = orders.invoice(order, shipped.json)
    amount = wrong["total"]["amount"]
    wrong["total"] = {**wrong["total"], "amount": f"1{amount}"}
    _refused(stage, stage.api.call("postInvoice", body=wrong), 422, "", "An invoice of a wrong sum is taken.")
    opened = stage.api.call("openReturn", body={**body, "lines": [{**line, "quantity": 1}]})
    stage.expect(opened, 201, "What was shipped can come back.")
    _too_much_back(stage, opened, body["storeId"], line["lineId"])


def _too_much_back(stage: Stage, opened: Answer, store: str, line: str) -> None:
    own = {"returnId": opened.json["returnId"]}
    two = {"storeId": store, "lines": [{"lineId": line, "quantity": 2, "condition": "SELLABLE"}]}
    _refused(
        stage, stage.api.call("receiveReturn", body=two, path=own), 422, "", "More is received than was to come back."
    )
    one = {"storeId": store, "lines": [{"lineId": line, "quantity": 1, "condition": "SELLABLE"}]}
    received = stage.api.call("receiveReturn", body=one, path=own)
    stage.expect(received, 201, "What comes back can be received.")
    due = received.json["lines"][0]["refundable"]
    dear = {"lines": [{"lineId": line, "quantity": 1, "amount": {**due, "amount": f"9{due['amount']}"}}]}
    _refused(stage, stage.api.call("refundReturn", body=dear, path=own), 422, "", "More is refunded than was paid.")


def _too_early(stage: Stage) -> None:
    order = orders.place(stage)
    line = {"lineId": order["lines"][0]["lineId"], "quantity": 1, "reason": "LATE"}
    body = {"orderId": order["orderId"], "storeId": orders.counter(stage), "lines": [line]}
    _refused(stage, stage.api.call("openReturn", body=body), (409, 422), "", "What was not shipped comes back.")
    transfer = journeys.new_transfer(stage)
    unknown = {**transfer, "fromStoreId": "NOSUCHSTORE"}
    _refused(stage, stage.api.call("requestTransfer", body=unknown), (404, 422), "", "Nowhere sends goods.")
    much = {**transfer, "lines": [{**transfer["lines"][0], "quantity": _MANY}]}
    asked = stage.api.call("requestTransfer", body=much)
    if asked.succeeded:
        sent = {"dispatchedAt": asked.json["updatedAt"]}
        answer = stage.api.call("dispatchTransfer", body=sent, path={"transferId": asked.json["transferId"]})
    else:
        answer = asked
    _refused(stage, answer, 409, "INSUFFICIENT_STOCK", "More is sent than there is.")
    if stage.has_operator:
        suspended = stage.operator.access(Kind.SUSPENDED)
        body = {**suspended.form(), "token": "acorn.at_nobodys"}
        del body["grant_type"]
        _refused(stage, stage.api.call("revokeToken", body=body), 403, "", "A suspended account gives tokens back.")


def _refused(stage: Stage, answer: Answer, status: int | tuple[int, ...], code: str, message: str) -> None:
    wanted = (status,) if isinstance(status, int) else status
    stage.hold(
        answer.status in wanted and (not code or answer.code == code),
        message,
        answer,
        expected=f"{' or '.join(map(str, wanted))} {code}".strip(),
        seen=f"{answer.status} {answer.code}".strip(),
    )
