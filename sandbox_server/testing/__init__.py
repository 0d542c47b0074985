"""
A marketplace for a test: what the plug-in for pytest hands out, and what any other test runner may use as well.

    with MarketplaceServer.start() as server:
        marketplace = server.new_tenant(seed=7)
"""

from sandbox_server.testing.marketplace import CheckFailed, Marketplace, NotSettled
from sandbox_server.testing.powers import Clock, Faults, Journal
from sandbox_server.testing.records import Audit, Call, Due, Fault, Happened, Invariant, Order, OrderLine, Unmatched
from sandbox_server.testing.server import MarketplaceServer, NotStarted

__all__ = [
    "Audit",
    "Call",
    "CheckFailed",
    "Clock",
    "Due",
    "Fault",
    "Faults",
    "Happened",
    "Invariant",
    "Journal",
    "Marketplace",
    "MarketplaceServer",
    "NotSettled",
    "NotStarted",
    "Order",
    "OrderLine",
    "Unmatched",
]
