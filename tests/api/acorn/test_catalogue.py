"""Products: listed and read."""

import pytest

from tests.api.acorn.conformance import problem
from tests.api.acorn.sandbox import Sandbox
from tests.api.acorn.shop import WIRE_NOW

MUG = {
    "sku": "SKU-1",
    "title": "Mug 350 ml",
    "gtin": "4006381333931",
    "brand": "Oakline",
    "category": "Kitchen",
    "weightGrams": 420,
    "dimensions": {"lengthMm": 240, "widthMm": 160, "heightMm": 90},
    "taxClass": "STANDARD",
    "updatedAt": WIRE_NOW,
}


def test_a_product_tells_what_it_is_and_not_what_it_costs(shop: Sandbox) -> None:
    answer = shop.get("/products/SKU-1")
    assert (answer.status_code, answer.headers["etag"]) == (200, '"1"')
    assert answer.json() == MUG


def test_an_unknown_product_is_not_found(shop: Sandbox) -> None:
    assert problem(shop.get("/products/SKU-404"), 404, "NOT_FOUND")["detail"] == "There is no product 'SKU-404'."


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({}, 3),
        ({"category": "Kitchen"}, 3),
        ({"category": "kitchen"}, 0),
        ({"brand": "Oakline"}, 3),
        ({"brand": "Oakline", "category": "Toys"}, 0),
        ({"brand": "Brändi & Söhne 🎄"}, 0),
        ({"updatedAfter": WIRE_NOW}, 3),
        ({"updatedBefore": WIRE_NOW}, 0),
    ],
)
def test_a_list_keeps_to_its_filters(shop: Sandbox, filters: dict[str, str], count: int) -> None:
    items = shop.get("/products", **filters).json()["items"]
    assert [item["sku"] for item in items] == ["SKU-1", "SKU-2", "SKU-3"][:count]


def test_the_chains_products_are_found_by_brand_and_category_however_they_are_spelt(chain: Sandbox) -> None:
    everything = [item for page in chain.walk("/products") for item in page]
    assert len(everything) == 60
    for name in ("brand", "category"):
        for value in {item[name] for item in everything}:
            found = [item for page in chain.walk("/products", **{name: value}) for item in page]
            assert found == [item for item in everything if item[name] == value]
