"""Many processes, here and on other hosts, that have the same tenants."""
