"""What is sold: found, or named where it is not."""

import pytest

from sandbox_server.domain.errors import NotFound, Unprocessable
from sandbox_server.services import catalogue
from tests.services.world import World


def test_a_product_is_found_by_its_sku() -> None:
    world = World()
    assert world.see(lambda tx: catalogue.get(tx, "SKU-2")).title == "Thing SKU-2"
    with pytest.raises(NotFound):
        world.see(lambda tx: catalogue.get(tx, "SKU-9"))


def test_each_sku_that_the_catalogue_lacks_is_named_where_it_stands() -> None:
    world = World()
    with pytest.raises(Unprocessable) as refusal:
        world.see(lambda tx: catalogue.check_all(tx, "lines", ["SKU-8", "SKU-1", "SKU-9"]))
    assert [(fault.pointer, fault.code) for fault in refusal.value.faults] == [
        ("/lines/0/sku", "UNKNOWN_SKU"),
        ("/lines/2/sku", "UNKNOWN_SKU"),
    ]


def test_skus_that_are_all_known_pass() -> None:
    World().see(lambda tx: catalogue.check_all(tx, "lines", ["SKU-1", "SKU-2", "SKU-1"]))
