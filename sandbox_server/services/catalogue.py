"""What is sold."""

from collections.abc import Iterable

from sandbox_server.domain.catalogue import Product
from sandbox_server.domain.errors import Fault, NotFound, Unprocessable
from sandbox_server.services.ports import Transaction


def get(tx: Transaction, sku: str) -> Product:
    """
    Return a product.

    Raises:
        NotFound: The catalogue has no such SKU.
    """
    product = tx.products.get(sku)
    if product is None:
        raise NotFound("product", sku)
    return product


def check_all(tx: Transaction, member: str, skus: Iterable[str]) -> None:
    """
    Raise where the catalogue lacks a SKU.

    Args:
        member: The member of the request's body that lists them.

    Raises:
        Unprocessable: Naming each.
    """
    faults = [
        Fault(f"/{member}/{place}/sku", "UNKNOWN_SKU", f"The catalogue has no SKU {sku}.")
        for place, sku in enumerate(skus)
        if not tx.products.has(sku)
    ]
    if faults:
        raise Unprocessable("The catalogue does not have all of these.", faults)
