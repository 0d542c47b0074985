"""Lines of calls that show a rule of the contract, or that it is broken."""
