"""Who is let in, and who is not."""

from collections.abc import Iterator
from typing import Any

from sandbox_server.conformance.calls import NOBODY, Answer, Headers
from sandbox_server.conformance.document import Operation
from sandbox_server.conformance.errors import Unavailable
from sandbox_server.conformance.probes import orders
from sandbox_server.conformance.probes.refusals import by_example
from sandbox_server.conformance.stage import Stage
from sandbox_server.conformance.target import Access, Kind

_STRANGERS: tuple[Headers, ...] = (
    NOBODY,
    {"Authorization": "Bearer acorn.at_nobodys"},
    {"X-Api-Key": "nobodys-key"},
)


def authentication(stage: Stage) -> None:
    """
    No operation answers a caller without a credential, with a token that was made up, or with such a key.

    Source: contract, "Authentication".
    """
    for operation in protected(stage):
        for headers in _STRANGERS:
            answer = call(stage, operation, headers)
            shown = next(iter(headers), "nothing")
            stage.hold_answer(answer, 401, "", f"A caller who shows {shown} is not turned away.")
            stage.hold(
                answer.status != 401 or bool(answer.header("WWW-Authenticate")),
                "A 401 does not say how to authenticate.",
                answer,
                where="header WWW-Authenticate",
            )
    wrong = stage.api.call("createToken", body=_wrong_secret(stage), headers=NOBODY)
    stage.hold_answer(wrong, (400, 401), "", "A token is given for a wrong secret.")


def tokens(stage: Stage) -> None:
    """A token opens nothing once it has been given back, or its hour is over."""
    access = stage.target.access
    if not access.client_id:
        raise Unavailable("only an API key is known")
    bearer = stage.bearer(stage.api, access)
    token = bearer["Authorization"].partition(" ")[2]
    stage.expect(stage.api.call("listStores", headers=bearer), 200, "A token opens what its scopes open.")
    body = {"token": token, "client_id": access.client_id, "client_secret": access.client_secret}
    stage.expect(stage.api.call("revokeToken", body=body), 200, "A token can be given back.")
    stage.hold_answer(
        stage.api.call("listStores", headers=bearer), 401, "TOKEN_REVOKED", "A revoked token opens doors."
    )
    if stage.has_operator:
        with stage.sibling() as other:
            old = other.api.credential
            other.operator.advance("PT61M")
            late = other.api.call("listStores", headers=old)
            other.hold_answer(late, 401, "TOKEN_EXPIRED", "A token outlives its hour.")


def stores_of_others(stage: Stage) -> None:
    """
    An account that is bound to stores acts for no other, and a suspended one does nothing.

    Source: contract, 403 `STORE_NOT_YOURS` and `ACCOUNT_SUSPENDED`.
    """
    bound = stage.operator.access(Kind.STORE)
    mine = next(one["stores"] for one in stage.operator.tenant["credentials"] if one["apiKey"] == bound.api_key)
    stores = stage.api.call("listStores", query={"limit": 100}).json["items"]
    other = next(store["storeId"] for store in stores if store["storeId"] not in mine)
    sku = stage.stocked()["sku"]
    item = {"storeId": other, "sku": sku, "onHand": 1, "sequence": 2**31 - 1, "asOf": orders.now(stage)}
    reported = _as(stage, bound).api.call("reportInventory", body={"items": [item]})
    stage.hold_answer(reported, 403, "STORE_NOT_YOURS", "An account acts for a store that is not its own.")
    paused = _as(stage, bound).api.call("updateStore", body={"status": "PAUSED"}, path={"storeId": other})
    stage.hold_answer(paused, 403, "STORE_NOT_YOURS", "An account changes a store that is not its own.")
    suspended = _as(stage, stage.operator.access(Kind.SUSPENDED))
    for operation_id in ("listStores", "listOrders", "getRateLimits"):
        answer = suspended.api.call(operation_id)
        stage.hold_answer(answer, 403, "ACCOUNT_SUSPENDED", "A suspended account is let in.")


def protected(stage: Stage) -> Iterator[Operation]:
    """Return the operations that ask for a credential."""
    return (one for one in stage.document.operations.values() if one.is_protected)


def call(stage: Stage, operation: Operation, credential: Headers, **more: Any) -> Answer:
    """Call an operation by its example, on nothing that there is, with a credential."""
    return by_example(stage.seen_by(credential), operation, **more)


def _as(stage: Stage, access: Access) -> Stage:
    """Return the stage as somebody else sees it, who shows a key."""
    return stage.seen_by({"X-Api-Key": access.api_key})


def _wrong_secret(stage: Stage) -> dict[str, str]:
    client = stage.target.access.client_id or "nobody"
    return Access(client, "a wrong secret").form()
