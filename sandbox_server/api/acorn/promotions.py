"""Promotions: set up, listed, withdrawn."""

from sandbox_server.api.acorn import prices_intake as intake
from sandbox_server.api.acorn import prices_wire as wire
from sandbox_server.api.acorn.replies import listing, one, require_store
from sandbox_server.api.operation import Call, Reply
from sandbox_server.services import promotions
from sandbox_server.services.ports import Transaction


def list_promotions(call: Call, tx: Transaction) -> Reply:
    """Answer GET /promotions."""
    return listing(call, tx, tx.promotions, wire.promotion, {"kind": "kind"})


def create_promotion(call: Call, tx: Transaction) -> Reply:
    """Answer POST /promotions."""
    wanted = intake.promotion(call.body)
    require_store(call, *(wanted.store_ids or (None,)))
    made = promotions.create(tx, wanted)
    return one(made, wire.promotion, 201, f"/v1/promotions/{made.promotion_id}")


def get_promotion(call: Call, tx: Transaction) -> Reply:
    """Answer GET /promotions/{promotionId}."""
    return one(promotions.get(tx, call.parameters["promotionId"]), wire.promotion)


def delete_promotion(call: Call, tx: Transaction) -> Reply:
    """Answer DELETE /promotions/{promotionId}."""
    promotion = promotions.get(tx, call.parameters["promotionId"])
    require_store(call, *(promotion.store_ids or (None,)))
    promotions.withdraw(tx, promotion.promotion_id)
    return Reply(204)
