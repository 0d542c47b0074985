"""What Prometheus is told of calls and tenants."""

import re
from datetime import timedelta

import msgspec

from sandbox_server.control.measures import Stock
from sandbox_server.domain.inventory import STALE_AFTER
from tests.control.stage import CONTROL, KEY, TENANT, Stage

_SAMPLE = re.compile(r"(?P<name>\w+)\{(?P<labels>.*)\} (?P<value>[0-9.e+-]+)")


def scraped(stage: Stage) -> dict[tuple[str, str], float]:
    """The samples by name and labels."""
    got = stage.call("GET", f"{CONTROL}/metrics")
    assert (got.status, got.headers["content-type"].partition(";")[0]) == (200, "text/plain")
    found = filter(None, map(_SAMPLE.fullmatch, got.body.decode().splitlines()))
    return {(match["name"], match["labels"]): float(match["value"]) for match in found}


def grown(stage: Stage, before: dict[tuple[str, str], float], name: str, labels: str) -> float:
    return scraped(stage)[name, labels] - before.get((name, labels), 0)


def test_calls_are_counted_by_operation_and_status_over_all_tenants(stage: Stage) -> None:
    key = stage.made()["credentials"][0]["apiKey"]
    before = scraped(stage)
    for one in (KEY, KEY, key):
        stage.call("GET", "/v1/orders", key=one)
    stage.call("GET", "/v1/orders")
    stage.call("GET", "/v1/nowhere", key=KEY)
    counts = {
        'operation="listOrders",status="200"': 3,
        'operation="listOrders",status="401"': 1,
        'operation="none",status="404"': 1,
    }
    for labels, count in counts.items():
        assert grown(stage, before, "sandbox_calls_total", labels) == count
    assert grown(stage, before, "sandbox_call_seconds_count", 'operation="listOrders"') == 4
    assert grown(stage, before, "sandbox_call_seconds_sum", 'operation="listOrders"') > 0


def test_looking_at_metrics_counts_nothing(stage: Stage) -> None:
    assert scraped(stage) == scraped(stage)


def test_tenants_are_told_with_their_orders(stage: Stage) -> None:
    stage.made(name="shop")
    orders = stage.look(TENANT, None)["counts"]["orders"]
    stage.call("POST", f"{CONTROL}/tenants/shop/buyers/orders", {"count": 3})
    found = scraped(stage)
    assert found["sandbox_orders", 'tenant="default"'] == orders
    assert found["sandbox_orders", 'tenant="shop"'] == orders + 3
    stage.call("DELETE", f"{CONTROL}/tenants/shop")
    assert ("sandbox_orders", 'tenant="shop"') not in scraped(stage)


def test_units_that_were_promised_and_are_not_there_are_told(stage: Stage) -> None:
    assert scraped(stage)["sandbox_oversold_units", 'tenant="default"'] == 0
    stage.done("/buyers/orders", {"lines": [{"sku": "SKU-00001", "quantity": 1}]})
    with stage.tenant.read() as tx:
        level = next(level for level in tx.levels.select() if level.reserved)
    with stage.tenant.begin("operator:test") as tx:
        tx.levels.put(msgspec.structs.replace(level, on_hand=level.reserved + level.allocated - 2))
    assert scraped(stage)["sandbox_oversold_units", 'tenant="default"'] == 2
    stage.reset()


def test_stock_levels_and_those_whose_report_is_old_are_told(stage: Stage) -> None:
    with stage.tenant.read() as tx:
        levels = list(tx.levels.select())
        stale = sum(tx.now - level.as_of > timedelta(minutes=15) for level in levels)
    found = scraped(stage)
    assert found["sandbox_stock_levels", 'tenant="default"'] == len(levels)
    assert found["sandbox_stale_levels", 'tenant="default"'] == stale < len(levels)
    stage.done("/clock/advance", {"by": "PT16M"})
    assert scraped(stage)["sandbox_stale_levels", 'tenant="default"'] == len(levels)
    stage.reset()


def test_what_levels_come_to_is_counted_on_from_one_look_to_the_next(stage: Stage) -> None:
    """By what changed alone, and yet as if everything had been counted anew: of levels new, changed and put back."""
    steps = (
        lambda: stage.done("/buyers/orders", {"count": 5}),
        lambda: stage.call("PUT", "/v1/inventory", {"items": [_report(stage)]}, key=KEY, idempotency_key="counted-on"),
        lambda: stage.done("/clock/advance", {"by": "PT1H"}),
        stage.reset,
    )
    for step in steps:
        step()
        kept, anew = scraped(stage), Stock()
        with stage.tenant.read() as tx:
            anew.look_at(tx.levels)
            stale = anew.reported_before(tx.now - STALE_AFTER)
        told = [kept[f"sandbox_{name}", 'tenant="default"'] for name in _TOLD]
        assert told == [anew.levels, anew.oversold, stale]


_TOLD = ("stock_levels", "oversold_units", "stale_levels")


def _report(stage: Stage) -> dict[str, object]:
    with stage.tenant.read() as tx:
        level = next(level for level in tx.levels.select() if level.reserved)
        as_of = tx.now.isoformat().replace("+00:00", "Z")
    told = {"storeId": level.store_id, "sku": level.sku, "onHand": 0, "asOf": as_of}
    return {**told, "sequence": level.sequence + 1}


def test_nothing_is_under_way_when_nobody_calls(stage: Stage) -> None:
    assert scraped(stage)["sandbox_calls_under_way", ""] == 0
