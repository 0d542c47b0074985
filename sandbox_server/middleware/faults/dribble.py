"""`dribble`: the answer's body comes in pieces, over a time."""

from itertools import pairwise
from typing import Any

import msgspec

from sandbox_server.middleware.faults.effect import About, Effect
from sandbox_server.middleware.faults.stage import Stage


class Dribble(msgspec.Struct, frozen=True, rename="camel"):
    """How many pieces, and the milliseconds that they take together."""

    number_of_chunks: int
    total_duration: float

    def pieces(self, body: bytes) -> list[bytes]:
        """Return the body in pieces that differ by a byte at the most; a short one has fewer."""
        number = max(1, min(self.number_of_chunks, len(body)))
        ends = [len(body) * piece // number for piece in range(number + 1)]
        return [body[start:end] for start, end in pairwise(ends)]


class DribbleEffect(Effect):
    """Lets an answer drip."""

    about = About(
        "dribble",
        "The call is done at once; the head of its answer comes at once, too, and its body in pieces, evenly over a "
        "real time.",
        {
            "match": {"operation": "listOrders"},
            "effect": {"dribble": {"numberOfChunks": 5, "totalDuration": 3000}},
        },
    )

    async def play(self, given: Any, stage: Stage) -> None:
        """Send the answer piece by piece, a wait before each."""
        dribble = msgspec.convert(given, Dribble)
        answer = await stage.collect()
        pieces = dribble.pieces(answer.body)
        headers = list(answer.headers)
        if answer.body:
            headers.append((b"content-length", b"%d" % len(answer.body)))
        await stage.send({"type": "http.response.start", "status": answer.status, "headers": headers})
        for left, piece in zip(range(len(pieces) - 1, -1, -1), pieces, strict=True):
            await stage.wait(dribble.total_duration / len(pieces) / 1000)
            await stage.send({"type": "http.response.body", "body": piece, "more_body": left > 0})
