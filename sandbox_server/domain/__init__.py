"""The marketplace's rules, pure: no I/O, no clock, no chance of their own; every function takes `now`."""
