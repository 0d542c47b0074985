"""A shell in which commands are typed."""

import json
from typing import Any

import httpx
from click.testing import CliRunner, Result

from sandbox_server.cli import main


class Shell:
    """
    Types commands that mean one tenant.

    Args:
        url: Where the sandbox is.
        tenant: The tenant.
        key: What its client calls the marketplace with.
    """

    def __init__(self, url: str, tenant: str = "default", key: str = "acorn-key") -> None:
        self.url = url
        self.tenant = tenant
        self.key = key

    def run(self, *words: str, typed: str | None = None, **environment: str) -> Result:
        """Type a command; `typed` is what standard input has."""
        own = () if "--tenant" in words else ("--tenant", self.tenant)
        command = [*words, "--url", self.url, *own]
        return type_in(*command, typed=typed, **environment)

    def says(self, *words: str, typed: str | None = None) -> str:
        """Type a command that does what it is asked for; return what it prints."""
        result = self.run(*words, typed=typed)
        assert result.exit_code == 0, result.output
        return result.stdout

    def json(self, *words: str, typed: str | None = None) -> Any:
        """Return what a command prints with --json."""
        return json.loads(self.says(*words, "--json", typed=typed))

    def complains(self, *words: str, typed: str | None = None) -> str:
        """Type a command that the sandbox refuses; return what is said on standard error."""
        result = self.run(*words, typed=typed)
        assert (result.exit_code, result.stdout) == (1, ""), result.output
        assert "Traceback" not in result.stderr
        return result.stderr

    def misuses(self, *words: str, typed: str | None = None) -> str:
        """Type a command wrongly; return what is said on standard error."""
        result = self.run(*words, typed=typed)
        assert (result.exit_code, result.stdout) == (2, ""), result.output
        return result.stderr

    def call(self, path: str) -> httpx.Response:
        """Call the marketplace as the tenant's client."""
        return httpx.get(f"{self.url}/v1{path}", headers={"x-api-key": self.key}, trust_env=False)


def type_in(*words: str, typed: str | None = None, **environment: str) -> Result:
    """Type any words."""
    nothing = dict.fromkeys(("SANDBOX_URL", "SANDBOX_OPERATOR_TOKEN"))
    given: dict[str, str | None] = {**nothing, "NO_COLOR": "1", **environment}
    return CliRunner().invoke(main, words, typed, prog_name="acorn-sandbox", env=given)
