"""Every check there is, by id. A new module of checks is named here."""

from sandbox_server.certification.check import checks_of
from sandbox_server.certification.checks import (
    auth,
    backoff,
    contract,
    details,
    events,
    manners,
    orders,
    pages,
    parcels,
    peak,
    polls,
    prices,
    retry,
    returns,
    routes,
    shelves,
    stock,
    tolerance,
)

CHECKS = checks_of(
    (
        auth,
        backoff,
        contract,
        details,
        events,
        manners,
        orders,
        pages,
        parcels,
        peak,
        polls,
        prices,
        retry,
        returns,
        routes,
        shelves,
        stock,
        tolerance,
    )
)
