"""Requests about prices and promotions, in the domain's words."""

from datetime import datetime

from sandbox_server.api.acorn.intake import Body, moment
from sandbox_server.domain.prices import PriceReport, Quote
from sandbox_server.domain.promotions import PromotionKind, Wanted


def price_reports(body: Body) -> list[PriceReport]:
    """Return the items of a price report."""
    return [
        PriceReport(
            item["sku"],
            item.get("storeId"),
            _quote(item["listPrice"]),
            _optional_quote(item, "salePrice"),
            _moment(item, "saleFrom"),
            _moment(item, "saleTo"),
            item["sequence"],
        )
        for item in body["items"]
    ]


def promotion(body: Body) -> Wanted:
    """Return a promotion that is asked for."""
    return Wanted(
        body["name"],
        PromotionKind(body["kind"]),
        moment(body["startsAt"]),
        moment(body["endsAt"]),
        body.get("percent"),
        _optional_quote(body, "amount"),
        body.get("buy"),
        body.get("get"),
        tuple(body.get("storeIds", ())),
        tuple(body.get("skus", ())),
    )


def _optional_quote(body: Body, name: str) -> Quote | None:
    return _quote(body[name]) if name in body else None


def _quote(money: Body) -> Quote:
    return Quote(money["amount"], money["currency"])


def _moment(body: Body, name: str) -> datetime | None:
    return moment(body[name]) if name in body else None
