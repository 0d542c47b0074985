"""Recorded traffic, whoever recorded it."""

from pathlib import Path

from msgspec import DecodeError, ValidationError

from sandbox_server.judging.archive import read_archive
from sandbox_server.judging.lines import is_line, read_lines
from sandbox_server.judging.recorded import Recorded, Unreadable

_MARK = b"\xef\xbb\xbf"  # some programs write it before UTF-8
_COMPRESSED = (b"\x1f\x8b", b"PK\x03\x04")  # gzip and zip


def read_recording(file: Path) -> list[Recorded]:
    """
    Return the calls that a file holds: HAR, or the lines of a journal.

    Raises:
        Unreadable: It is not there, cut off, or neither of the two.
    """
    try:
        content = file.read_bytes().removeprefix(_MARK)
    except OSError as error:
        raise Unreadable(f"{file} cannot be read: {error.strerror}.") from error
    try:
        calls = list(read_lines(content) if _has_lines(content) else read_archive(content))
    except Unreadable as error:
        raise Unreadable(f"{file} cannot be judged: {error}.") from error
    except ValidationError as error:
        raise Unreadable(f"{file} is neither HAR nor a journal of the sandbox: {error}.") from error
    except DecodeError as error:
        raise Unreadable(_broken(file, content, str(error))) from error
    if not calls:
        raise Unreadable(f"{file} holds no call.")
    return calls


def _has_lines(content: bytes) -> bool:
    head, _, _ = content.lstrip().partition(b"\n")
    return b'"log"' not in head[:100] and is_line(head)


def _broken(file: Path, content: bytes, why: str) -> str:
    if not content.strip():
        return f"{file} is empty."
    if content.startswith(_COMPRESSED):
        return f"{file} is compressed; unpack it first."
    if "truncated" in why:
        return f"{file} is cut off after {len(content)} bytes; record or export it again."
    return f"{file} is not JSON: {why}."
