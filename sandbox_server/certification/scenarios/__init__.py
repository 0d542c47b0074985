"""Every scenario there is, by id. A new module of scenarios is named here."""

from sandbox_server.certification.scenario import scenarios_of
from sandbox_server.certification.scenarios import buyers, days, lists, setbacks, tills, trouble

SCENARIOS = scenarios_of((buyers, days, lists, setbacks, tills, trouble))
