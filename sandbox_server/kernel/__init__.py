"""Clock, chance, identifiers, money and distance: no I/O and nothing of the domain."""
