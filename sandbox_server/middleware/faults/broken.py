"""`fault`: the connection breaks, in one of WireMock's ways or in two more."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from sandbox_server.kernel.randomness import stream
from sandbox_server.middleware.faults.effect import About, Effect
from sandbox_server.middleware.faults.stage import Answer, Stage

_RUBBISH = 256  # bytes


async def _reset(stage: Stage) -> None:
    """Nothing is done, and the connection is reset."""
    await stage.reset()


async def _say_nothing(stage: Stage) -> None:
    """Nothing is done, and the connection is closed."""
    await stage.close()


async def _hang(stage: Stage) -> None:
    """Nothing is done, and nothing is said while the client waits."""
    await stage.hang()


async def _talk_rubbish(stage: Stage) -> None:
    """Nothing is done; bytes that are no HTTP come, and the connection is closed."""
    await stage.close(_rubbish(stage))


async def _break_chunk(stage: Stage) -> None:
    """The operation is done; its answer's head announces chunks, and what comes is none."""
    answer = await stage.collect()
    stage.note_before(answer)
    await _begin(stage, answer)
    await stage.close(_rubbish(stage) + b"\r\n")


async def _cut(stage: Stage) -> None:
    """The operation is done; half of its answer's body comes. One without a body does not come at all."""
    answer = await stage.collect()
    stage.note_before(answer)
    if answer.body:
        length = (b"content-length", b"%d" % len(answer.body))
        whole = Answer(answer.status, [*answer.headers, length], answer.body)
        await _begin(stage, whole, answer.body[: len(answer.body) // 2])
    await stage.close()


WAYS: Mapping[str, Callable[[Stage], Awaitable[None]]] = {
    "CONNECTION_RESET_BY_PEER": _reset,
    "EMPTY_RESPONSE": _say_nothing,
    "MALFORMED_RESPONSE_CHUNK": _break_chunk,
    "RANDOM_DATA_THEN_CLOSE": _talk_rubbish,
    "TRUNCATED_BODY": _cut,
    "HANG": _hang,
}
"""What each word does to a call."""


class BrokenConnectionEffect(Effect):
    """Breaks the connection."""

    about = About(
        "fault",
        "The connection breaks. TRUNCATED_BODY and MALFORMED_RESPONSE_CHUNK come after the call is done; before the "
        "others nothing is.",
        {
            "match": {"operation": "createShipment"},
            "skipFirst": 2,
            "maxCount": 1,
            "effect": {"fault": "CONNECTION_RESET_BY_PEER"},
        },
    )

    async def play(self, given: Any, stage: Stage) -> None:
        """Break it as the rule says."""
        await WAYS[given](stage)


async def _begin(stage: Stage, answer: Answer, part: bytes = b"") -> None:
    await stage.send({"type": "http.response.start", "status": answer.status, "headers": list(answer.headers)})
    await stage.send({"type": "http.response.body", "body": part, "more_body": True})


def _rubbish(stage: Stage) -> bytes:
    """Return bytes that are neither HTTP nor the length of a chunk, the same for the same draw."""
    return b"\x00" + stream(int(stage.draw("rubbish") * 2**53), "rubbish").randbytes(_RUBBISH)
