"""What the values in an answer must be, wherever they stand."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox_server.conformance.checks.view import View
from sandbox_server.reporting.findings import Finding

_AMOUNT = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?")
_DECIMALS = {
    "BHD": 3,
    "CLP": 0,
    "IQD": 3,
    "ISK": 0,
    "JOD": 3,
    "JPY": 0,
    "KRW": 0,
    "KWD": 3,
    "OMR": 3,
    "TND": 3,
    "VND": 0,
}
"""ISO 4217, where it is not two."""
_LIKE_A_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_TIMED = re.compile(r"(At|By|On|From|To|After|Before|^at|^time|^from|^to|^now)$")
_STOCK = ("onHand", "reserved", "allocated", "safetyStock", "available")
_LIFE_CYCLE_OF = {
    "returnId": "ReturnStatus",
    "transferId": "TransferStatus",
    "reportId": "ReportStatus",
    "applicationId": "ApplicationStatus",
    "orderId": "OrderStatus",  # last, for others name their order
}
_OWN_SECRETS = {"createToken", "getApplicationContract", "goLive", "createSubscription", "submitTestReport"}
_SHORTEST_SECRET = 6


def no_secrets(view: View) -> Iterator[Finding]:
    """What a caller shows to be let in is never said back."""
    if view.named in _OWN_SECRETS:
        return
    shown = [view.exchange.request_header("x-api-key")]
    shown.append(view.exchange.request_header("authorization").partition(" ")[2])
    text = view.exchange.response_body
    if any(len(one) >= _SHORTEST_SECRET and one.encode() in text for one in shown):
        yield view.finding("no_secrets", "The answer repeats the caller's credential.", seen="the credential")


def money_format(view: View) -> Iterator[Finding]:
    """
    Amounts are decimal strings with their currency's own number of decimals.

    Source: contract, "Money".
    """
    for pointer, one in view.objects:
        if one.keys() == {"amount", "currency"}:
            decimals = _DECIMALS.get(str(one["currency"]), 2)
            amount = one["amount"]
            well = isinstance(amount, str) and _AMOUNT.fullmatch(amount)
            if not well or len(amount.partition(".")[2]) != decimals:
                yield view.finding(
                    "money_format",
                    f"The amount has not the decimals of {one['currency']}.",
                    where=f"{pointer}/amount",
                    expected=f"a string with {decimals} decimals",
                    seen=repr(amount),
                )


def money_adds_up(view: View) -> Iterator[Finding]:
    """What is taxed and summed up adds up, to the cent."""
    for pointer, one in view.objects:
        subtotal, tax, total = (_amount(one.get(name)) for name in ("subtotal", "tax", "total"))
        if subtotal is not None and tax is not None and total is not None and subtotal + tax != total:
            yield view.finding(
                "money_adds_up",
                "Subtotal and tax are not the total.",
                where=f"{pointer}/total",
                expected=str(subtotal + tax),
                seen=str(total),
            )


def time_format(view: View) -> Iterator[Finding]:
    """
    Every moment is RFC 3339 in UTC, with milliseconds.

    Source: contract, "Time".
    """
    if not view.succeeded or view.named == "getApplicationContract":
        return
    for pointer, one in view.objects:
        for name, value in one.items():
            timed = isinstance(value, str) and _TIMED.search(name) and _LIKE_A_TIME.match(value)
            if timed and not _TIME.fullmatch(value):
                yield view.finding(
                    "time_format",
                    "The moment is not RFC 3339 in UTC with milliseconds.",
                    where=f"{pointer}/{name}",
                    expected="2026-11-27T15:00:00.000Z",
                    seen=value,
                )


def available_stock(view: View) -> Iterator[Finding]:
    """
    What is available is what is on hand, less what is promised and kept back, and never negative.

    Source: contract, `StockLevel`.
    """
    for pointer, one in view.objects:
        figures = [figure for name in _STOCK if isinstance(figure := one.get(name), int)]
        if len(figures) < len(_STOCK):
            continue
        on_hand, reserved, allocated, safety_stock, available = figures
        right = max(0, on_hand - reserved - allocated - safety_stock)
        if available != right:
            yield view.finding(
                "available_stock",
                "The available stock does not follow from its parts.",
                where=f"{pointer}/available",
                expected=str(right),
                seen=available,
            )


def legal_history(view: View) -> Iterator[Finding]:
    """
    Every step in a history is one that its life cycle has, and the last one leads to where things stand.

    Source: contract, `x-lifecycle`.
    """
    for pointer, one in view.objects:
        history, status = one.get("history"), one.get("status")
        name = next((of for key, of in _LIFE_CYCLE_OF.items() if key in one), None)
        table = view.document.life_cycles.get(name or "")
        if table is None or not isinstance(history, list) or not history or status not in table:
            continue
        yield from _steps(view, f"{pointer}/history", history, str(status), table)


def _steps(
    view: View, where: str, history: list[Any], status: str, table: Mapping[str, frozenset[str]]
) -> Iterator[Finding]:
    for index, step in enumerate(history):
        before = step.get("from")
        if before is not None and before != step["to"] and step["to"] not in table.get(before, ()):
            yield view.finding(
                "legal_history",
                "The life cycle has no such step.",
                where=f"{where}/{index}",
                expected=f"{before} to {', '.join(sorted(table.get(before, ()))) or 'nothing'}",
                seen=f"{before} to {step['to']}",
            )
    if history[-1]["to"] != status:
        yield view.finding(
            "legal_history", "The history ends elsewhere.", where=where, expected=status, seen=history[-1]["to"]
        )


def _amount(money: Any) -> Decimal | None:
    try:
        return Decimal(money["amount"])
    except (TypeError, KeyError, InvalidOperation):
        return None
