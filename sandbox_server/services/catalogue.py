"""What is sold."""

from sandbox_server.domain.catalogue import Product
from sandbox_server.domain.errors import NotFound
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
