"""A marketplace that runs: a seeded, stateful sandbox for integrations that fulfil orders from stores."""

__version__ = "0.1.0"
