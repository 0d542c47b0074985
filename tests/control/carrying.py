"""Carrying a world from one sandbox to another."""

from typing import Any

from tests.control.stage import CONTROL, KEY, TENANT, Stage


def carried(origin: Stage, target: Stage) -> tuple[Any, str]:
    """Carry the default tenant to another sandbox; return what its clients saw, and the key of those it has there."""
    origin.call("PATCH", "/v1/stores/S0001", {"status": "PAUSED"}, KEY)
    snapshot = origin.done("/snapshots", {})["snapshotId"]
    exported = origin.call("GET", f"{TENANT}/snapshots/{snapshot}/export").body
    made = target.call("POST", f"{CONTROL}/snapshots/import", exported)
    assert made.status == 201, made.body
    key = made.json["credentials"][0]["apiKey"]
    seen = seen_by(origin, KEY)
    assert seen_by(target, key) == seen
    return seen, key


def seen_by(stage: Stage, key: str) -> list[Any]:
    return [stage.look(f"/v1/{path}?limit=50", key=key) for path in ("stores", "orders", "inventory", "events")]
