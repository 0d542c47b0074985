"""The edge: what stands between the socket and the services, for whatever contract is mounted."""

import warnings

with warnings.catch_warnings():
    # Connexion imports Starlette's test client, which asks for another HTTP client; nobody here can heed that.
    warnings.filterwarnings("ignore", message="Using `httpx` with `starlette.testclient`")
    import connexion  # noqa: F401 - imported here first, for the whole edge
