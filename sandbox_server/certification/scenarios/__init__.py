"""Every scenario there is, by id. A new module of scenarios is named here."""

from sandbox_server.certification.scenario import scenarios_of
from sandbox_server.certification.scenarios import days, lists, setbacks, tills

SCENARIOS = scenarios_of((days, lists, setbacks, tills))
