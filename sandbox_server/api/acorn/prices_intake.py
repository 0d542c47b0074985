"""Requests about prices and promotions, in the domain's words."""

from datetime import datetime

from sandbox_server.api.acorn.intake import Body, moment
from sandbox_server.domain.prices import PriceReport, Quote


def price_reports(body: Body) -> list[PriceReport]:
    """Return the items of a price report."""
    return [
        PriceReport(
            item["sku"],
            item.get("storeId"),
            _quote(item["listPrice"]),
            _quote(item["salePrice"]) if "salePrice" in item else None,
            _moment(item, "saleFrom"),
            _moment(item, "saleTo"),
            item["sequence"],
        )
        for item in body["items"]
    ]


def _quote(money: Body) -> Quote:
    return Quote(money["amount"], money["currency"])


def _moment(body: Body, name: str) -> datetime | None:
    return moment(body[name]) if name in body else None
