"""The operator's interface: what the marketplace would never let anybody do."""
