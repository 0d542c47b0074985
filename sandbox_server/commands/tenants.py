"""`tenants`: isolated worlds, each with credentials of its own."""

from typing import Any

import click

from sandbox_server.commands.operator import DefaultGroup, Operator, every_page, named, operated

_MODES = ("frozen", "real")


@click.group(cls=DefaultGroup)
def tenants() -> None:
    """Isolated worlds: list, make, reset and delete them."""


@tenants.command("list")
@operated
def list_tenants(operator: Operator) -> None:
    """List all tenants."""
    answer = every_page(operator, "/tenants")
    operator.table(answer, ("tenant", "fixture", "#seed", "#orders", "now", "clock"), _row, "There are none.")


@tenants.command()
@operated
def show(operator: Operator) -> None:
    """Show the tenant of --tenant, with its credentials."""
    answer = operator.own("GET", "")
    operator.tell(answer, *_described(answer))


@tenants.command()
@click.argument("name", required=False)
@click.option("--fixture", help="The world that it begins as; the server's own when left out.")
@click.option("--seed", type=click.IntRange(0), help="What all chance in it follows from.")
@click.option("--clock", type=click.Choice(_MODES), default="frozen", show_default=True, help="How time passes.")
@operated
def create(operator: Operator, name: str | None, fixture: str | None, seed: int | None, clock: str) -> None:
    """Make a tenant, and tell its credentials."""
    asked = {"name": name, "fixture": fixture, "seed": seed, "clock": {"mode": clock.upper()}}
    body = {member: value for member, value in asked.items() if value is not None}
    answer = operator.call("POST", "/tenants", body)
    operator.tell(answer, *_described(answer))


@tenants.command()
@operated
def reset(operator: Operator) -> None:
    """Let the world of --tenant begin anew."""
    answer = operator.own("POST", "/reset")
    operator.tell(answer, f"{answer['name']} stands at {answer['clock']['now']} again.")


@tenants.command()
@click.argument("name")
@operated
def delete(operator: Operator, name: str) -> None:
    """Take a tenant away, with all that happened in it."""
    operator.call("DELETE", f"/tenants/{named(name)}")
    operator.tell(None, f"{name} is gone.")


def credentials(tenant: Any) -> list[str]:
    """Return what a client needs to call a tenant, one credential a line."""
    return [
        f"  {one['clientId']} / {one['clientSecret']}, API key {one['apiKey']}{_bounds(one)}"
        for one in tenant["credentials"]
    ]


def _described(tenant: Any) -> list[str]:
    counts = ", ".join(f"{number} {name}" for name, number in tenant["counts"].items())
    return [
        f"Tenant {tenant['name']}: {tenant['fixture']}, seed {tenant['seed']}, at {tenant['clock']['now']}.",
        f"  {counts}",
        *credentials(tenant),
    ]


def _bounds(credential: Any) -> str:
    stores = f", for {', '.join(credential['stores'])}" if "stores" in credential else ""
    return f"{stores}, suspended" if credential["suspended"] else stores


def _row(tenant: Any) -> tuple[str, str, int, int, str, str]:
    clock = tenant["clock"]
    return (
        tenant["name"],
        tenant["fixture"],
        tenant["seed"],
        tenant["counts"]["orders"],
        clock["now"],
        clock["mode"].lower(),
    )
