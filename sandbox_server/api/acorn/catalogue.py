"""Products."""

from sandbox_server.api.acorn import wire
from sandbox_server.api.acorn.replies import listing, one
from sandbox_server.api.operation import Call, Reply
from sandbox_server.services import catalogue
from sandbox_server.services.ports import Transaction


def list_products(call: Call, tx: Transaction) -> Reply:
    """Answer GET /products."""
    return listing(call, tx, tx.products, wire.product, {"category": "category", "brand": "brand"})


def get_product(call: Call, tx: Transaction) -> Reply:
    """Answer GET /products/{sku}."""
    return one(catalogue.get(tx, call.parameters["sku"]), wire.product)
