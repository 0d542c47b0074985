"""`place-order`: a buyer orders something."""

from typing import Any

import click

from sandbox_server.commands.operator import Operator, operated

_LEVELS = ("standard", "expedited", "same_day")


def _goods(_ctx: click.Context, _param: click.Parameter, words: tuple[str, ...]) -> list[dict[str, Any]]:
    return [_line(word) for word in words]


def _line(word: str) -> dict[str, Any]:
    sku, _, units = word.partition("=")
    try:
        return {"sku": sku, "quantity": int(units or 1)}
    except ValueError as error:
        raise click.BadParameter(f"{units!r} is no number of units, as in {sku}=2.") from error


@click.command("place-order")
@click.argument("goods", metavar="[SKU[=UNITS]]...", nargs=-1, callback=_goods)
@click.option("--count", type=click.IntRange(1, 1000), default=1, show_default=True, help="How many orders.")
@click.option("--service-level", type=click.Choice(_LEVELS, case_sensitive=False), help="How fast it is wanted.")
@operated
def place_order(operator: Operator, goods: list[dict[str, Any]], count: int, service_level: str | None) -> None:
    """
    Order as a buyer does: these goods, or whatever sells; buyers are drawn from the tenant's seed.

    Two units of one product and one of another: place-order SKU-00001=2 SKU-00007
    """
    body: dict[str, Any] = {"count": count}
    if goods:
        body["lines"] = goods
    if service_level:
        body["serviceLevel"] = service_level.upper()
    answer = operator.own("POST", "/buyers/orders", body)
    operator.table(answer, ("order", "status", "stores", "goods"), _row, "No order was placed.")


def _row(order: Any) -> tuple[str, str, str, str]:
    goods = ", ".join(f"{line['quantity']} x {line['sku']}" for line in order["lines"])
    return order["orderId"], order["status"], ", ".join(order["storeIds"]) or "none has it", goods
