"""The defects in two halves, for as many cores: in how a client calls, and in what it does for the trade."""

from fixtures.clients.mutants import DEFECTS, calls, connections, credentials, patience, polls

IN_CALLS = sorted({*calls.DEFECTS, *connections.DEFECTS, *credentials.DEFECTS, *patience.DEFECTS, *polls.DEFECTS})
IN_TRADE = sorted(DEFECTS.keys() - set(IN_CALLS))
