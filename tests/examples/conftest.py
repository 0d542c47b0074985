"""Examples for people who test an integration: run as such people run them, by tests/pytest_plugin."""

collect_ignore_glob = ["test_*.py"]
