"""`token`: the caller's access token is good no more."""

from typing import Any

from sandbox_server.domain.errors import TokenExpired, TokenRevoked, Unauthenticated
from sandbox_server.middleware.faults.effect import About, Effect
from sandbox_server.middleware.faults.stage import Stage
from sandbox_server.services import access
from sandbox_server.traffic.faults import Facts


class TokenEffect(Effect):
    """Shuts a client out whose credential is right."""

    about = About(
        "token",
        "The call is refused with 401 and nothing is done. expire and revoke are for good and for access tokens "
        "alone; reject is for this call, and API keys meet it, too.",
        {"skipFirst": 3, "maxCount": 1, "effect": {"token": "expire"}},
    )

    def suits(self, given: Any, call: Facts) -> bool:
        """Whether somebody known is calling; with a token, where it is to end."""
        return call.is_known and (given == "reject" or _token(call) is not None)

    async def play(self, given: Any, stage: Stage) -> None:
        """
        End the token, or say that it is not known.

        Raises:
            TokenExpired: It has been ended.
            TokenRevoked: It has been revoked, with its refresh token.
            Unauthenticated: It is not taken this time.
        """
        token = _token(stage.facts)
        if given == "reject" or token is None or stage.caller is None:
            raise Unauthenticated("The credential is not known.")
        with stage.tenant.begin(stage.request_id) as tx:
            if given == "expire":
                access.expire(tx, stage.caller.credential, token)
            else:
                access.revoke(tx, stage.caller.credential, token)
        raise TokenExpired if given == "expire" else TokenRevoked


def _token(call: Facts) -> str | None:
    """Return the access token that a call came with."""
    kind, _, token = call.headers.get(b"authorization", b"").partition(b" ")
    return token.strip().decode("latin-1") if kind.lower() == b"bearer" else None
