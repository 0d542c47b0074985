"""Fault rules: which call goes wrong, and how. Decisions only; nothing here plays one."""

from sandbox_server.traffic.faults.ledger import BY_HEADER, FaultRules, Standing
from sandbox_server.traffic.faults.rules import Chosen, Facts, Match, Rule

__all__ = ["BY_HEADER", "Chosen", "Facts", "FaultRules", "Match", "Rule", "Standing"]
