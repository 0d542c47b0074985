"""An answer leaves in one piece."""

import asyncio
from typing import cast

from sandbox_server.middleware.connection import Gathering


class Wire(asyncio.Transport):
    """A transport that keeps what was written."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 4711)})
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.closed
        self.written.append(bytes(data))

    def close(self) -> None:
        self.closed = True


def gathering(wire: Wire) -> Gathering:
    """Return a gathering transport over the wire, in the running loop."""
    return Gathering(cast(asyncio.Transport, wire), asyncio.get_running_loop())


def test_what_is_written_in_one_step_leaves_at_once() -> None:
    async def play() -> list[bytes]:
        wire = Wire()
        transport = gathering(wire)
        transport.write(b"head")
        transport.write(b"body")
        assert wire.written == []
        await asyncio.sleep(0)
        transport.write(b"next")
        await asyncio.sleep(0)
        return wire.written

    assert asyncio.run(play()) == [b"headbody", b"next"]


def test_closing_loses_nothing() -> None:
    async def play() -> Wire:
        wire = Wire()
        transport = gathering(wire)
        transport.write(b"all of it")
        transport.close()
        await asyncio.sleep(0)
        return wire

    wire = asyncio.run(play())
    assert (wire.written, wire.closed) == ([b"all of it"], True)


def test_everything_else_is_the_transport_s_own() -> None:
    async def play() -> object:
        return gathering(Wire()).get_extra_info("peername")

    assert asyncio.run(play()) == ("127.0.0.1", 4711)
