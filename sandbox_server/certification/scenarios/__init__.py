"""Every scenario there is, by id. A new module of scenarios is named here."""

from sandbox_server.certification.scenario import scenarios_of
from sandbox_server.certification.scenarios import (
    buyers,
    changes,
    days,
    details,
    events,
    lists,
    parcels,
    peak,
    prices,
    setbacks,
    tills,
    trouble,
)

SCENARIOS = scenarios_of(
    (buyers, changes, days, details, events, lists, parcels, peak, prices, setbacks, tills, trouble)
)
