"""One shop that few have ever been to: the least that is a world."""

from pathlib import Path

import yaml

SHOP = Path(__file__).parents[1] / "e2e" / "one_shop.yaml"


def quiet_shop(folder: Path, **orders: int) -> Path:
    """
    Return the path of its fixture.

    Args:
        orders: Other numbers of orders, by status.
    """
    shop = yaml.safe_load(SHOP.read_text(encoding="utf-8"))
    shop["history"] |= {"orders": {"new": 2, "delivered": 2} | orders, "returns": {"RECEIVED": 1}}
    path = folder / "quiet_shop.yaml"
    path.write_text(yaml.safe_dump(shop), encoding="utf-8")
    return path
