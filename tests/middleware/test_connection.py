"""An answer leaves in one piece; and a fault that holds a connection holds it no longer than it lasts."""

import asyncio
from typing import cast

from sandbox_server.middleware.connection import Gathering, Wire


class Line(asyncio.Transport):
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

    def abort(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


def gathering(wire: Line) -> Gathering:
    """Return a gathering transport over the wire, in the running loop."""
    return Gathering(cast(asyncio.Transport, wire), asyncio.get_running_loop())


def test_what_is_written_in_one_step_leaves_at_once() -> None:
    async def play() -> list[bytes]:
        wire = Line()
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
    async def play() -> Line:
        wire = Line()
        transport = gathering(wire)
        transport.write(b"all of it")
        transport.close()
        await asyncio.sleep(0)
        return wire

    wire = asyncio.run(play())
    assert (wire.written, wire.closed) == ([b"all of it"], True)


def test_everything_else_is_the_transport_s_own() -> None:
    async def play() -> object:
        return gathering(Line()).get_extra_info("peername")

    assert asyncio.run(play()) == ("127.0.0.1", 4711)


def test_breaking_off_loses_what_is_not_written() -> None:
    async def play() -> Line:
        line = Line()
        transport = gathering(line)
        transport.write(b"some of it")
        Wire(transport).reset()
        await asyncio.sleep(0)
        return line

    line = asyncio.run(play())
    assert (line.written, line.closed) == ([], True)


def test_a_fault_waits_its_time() -> None:
    async def play() -> tuple[bool, bool]:
        wire = Wire(gathering(Line()))
        task = asyncio.create_task(wire.hold(0.001))
        await asyncio.sleep(0)
        held = wire.is_held
        await task
        return held, wire.is_held

    assert asyncio.run(play()) == (True, False)


def test_a_fault_waits_no_longer_than_the_connection_lasts() -> None:
    async def play() -> bool:
        wire = Wire(gathering(Line()))
        task = asyncio.create_task(wire.hold())
        await asyncio.sleep(0)
        wire.lose()
        await task
        await wire.hold()  # there is nobody to wait for any more
        return wire.is_held

    assert asyncio.run(play()) is False


def test_a_wait_that_is_cancelled_holds_nothing() -> None:
    async def play() -> bool:
        wire = Wire(gathering(Line()))
        task = asyncio.create_task(wire.hold())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        return wire.is_held

    assert asyncio.run(play()) is False
