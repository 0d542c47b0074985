"""A client's connection: what is written in one step of the event loop goes out at once, and faults may break it."""

import asyncio
import socket
import struct
from contextlib import suppress
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

WIRE = "sandbox.transport"
"""Where a request's scope has, among its extensions, the connection that it came by."""
_AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER: on, and no seconds


class Connection(HttpToolsProtocol):
    """
    uvicorn's own HTTP, but for two things: an answer's head and body leave together, and a fault may have the wire.

    Two writes are two calls of the system, and wake the client twice.
    """

    wire: "Wire"

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn narrows it, too
        """Take a new connection."""
        gathering = Gathering(transport, self.loop)
        self.wire = Wire(gathering)
        super().connection_made(cast(asyncio.Transport, gathering))

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits on the wire that it leads nowhere."""
        super().connection_lost(exc)
        self.wire.lose()

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self.scope["extensions"] = {WIRE: self.wire}  # type: ignore[dict-item]  # uvicorn knows its own extensions

    def shutdown(self) -> None:
        """End a call that a fault holds; wait for any other."""
        if self.wire.is_held:
            self.wire.reset()
        else:
            super().shutdown()


class Gathering:
    """A transport that writes what it is given when the event loop comes round."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._parts: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, part: bytes) -> None:
        """Write a part of an answer, with those that come in the same step."""
        if not self._parts:
            self._loop.call_soon(self._flush)
        self._parts.append(part)

    def close(self) -> None:
        """Close the connection when everything is written."""
        self._flush()
        self._transport.close()

    def abort(self) -> None:
        """Close the connection at once, whatever waits to be written."""
        self._parts.clear()
        self._transport.abort()

    def _flush(self) -> None:
        if self._parts:
            whole = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
            self._parts.clear()
            self._transport.write(whole)


class Wire:
    """A connection in the hands of a fault."""

    def __init__(self, transport: Gathering) -> None:
        self._transport = transport
        self._lost = False
        self._holder: asyncio.Event | None = None

    @property
    def is_held(self) -> bool:
        """Whether a fault lets its client wait."""
        return self._holder is not None

    def write(self, raw: bytes) -> None:
        """Write bytes that need not be HTTP."""
        self._transport.write(raw)

    def close(self) -> None:
        """Close it in order (FIN) when everything is written."""
        self._transport.close()

    def reset(self) -> None:
        """Break it (RST): what is still to be written is lost."""
        known = self._transport.get_extra_info("socket")
        if known is not None and not self._transport.is_closing():
            with suppress(OSError), socket.fromfd(known.fileno(), known.family, known.type) as same:
                same.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        self._transport.abort()

    def lose(self) -> None:
        """Know that the other end is gone."""
        self._lost = True
        if self._holder is not None:
            self._holder.set()

    async def hold(self, seconds: float | None = None) -> None:
        """Wait some time, or without end, but no longer than the connection lasts."""
        if self._lost:
            return
        self._holder = asyncio.Event()
        try:
            async with asyncio.timeout(seconds):
                await self._holder.wait()
        except TimeoutError:
            pass
        finally:
            self._holder = None
