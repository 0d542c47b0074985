"""One token for all users of a process, as a chain's systems share one."""

from collections.abc import Callable

from gevent.lock import Semaphore

from load_tests.plan import Plan


class Tokens:
    """What the users of a process say who they are with."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._token = ""
        self._fetching = Semaphore()

    def headers(self, fetch: Callable[[dict[str, str]], str]) -> dict[str, str]:
        """
        Return the headers of a call, none where there is no token; who comes first fetches it, and the others wait.

        Args:
            fetch: Gets a token for a form; an empty one where that failed.
        """
        if self._plan.api_key:
            return {"X-Api-Key": self._plan.api_key}
        with self._fetching:
            if not self._token:
                self._token = fetch(
                    {
                        "grant_type": "client_credentials",
                        "client_id": self._plan.client_id,
                        "client_secret": self._plan.client_secret,
                    }
                )
        return {"Authorization": f"Bearer {self._token}"} if self._token else {}

    def drop(self, headers: dict[str, str]) -> None:
        """Use the token of these headers no more."""
        if headers.get("Authorization") == f"Bearer {self._token}":
            self._token = ""
