"""
What the journal leaves out of a call: its secrets, wherever they stand.

A secret is told by the name it goes by (a header, a member, a field, a parameter), and the secrets that a call shows
are then looked for everywhere else in it. What names a secret and cannot be taken apart is withheld as a whole.
"""

import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import orjson

MARK = "[redacted]"
WITHHELD = b"[withheld: it may hold a secret]"

RawHeaders = Iterable[tuple[bytes, bytes]]

_MARK = MARK.encode()
_SHORTEST = 6  # characters of a secret that is looked for elsewhere; a shorter one would be found in any text
_SCHEMES = {"basic", "bearer", "digest"}
_WORDS = ("secret", "passw", "pwd", "apikey", "accesskey", "assertion", "authorization", "credential", "cookie", "jwt")
_HINTS = (b"secret", b"token", b"key", b"passw", b"pwd", b"assertion", b"auth", b"credential", b"cookie", b"jwt")
# Tokens and keys that open no door.
_HARMLESS_TOKENS = ("tokentype", "tokenurl", "nexttoken", "pagetoken", "continuationtoken")
_HARMLESS_KEYS = {"idempotencykey", "secwebsocketkey"}
_ADDRESSES = {b"referer", b"location", b"content-location", b"link", b"x-original-url", b"x-rewrite-url"}
_NAMES_A_VALUE = re.compile(
    r"(?:secret|token|key|passw\w*|pwd|assertion|authorization|credential|jwt)\W{0,4}[:=]", re.IGNORECASE
)
_FIELD_NAME = re.compile(r"[\w.\-\[\]]+", re.ASCII)
_ENCODED = re.compile(rb"%([0-9a-fA-F]{2})")


@lru_cache(maxsize=4096)
def is_secret(name: str) -> bool:
    """Whether what goes by this name is a secret, however the name is written: `client_secret`, `X-Api-Key`."""
    letters = re.sub(r"[^a-z]", "", name.lower())
    if any(word in letters for word in _WORDS) or letters.endswith("auth"):
        return True
    if letters.endswith("key"):
        return letters not in _HARMLESS_KEYS
    return "token" in letters and not any(word in letters for word in _HARMLESS_TOKENS)


class Redactor:
    """
    Redacts one call.

    Args:
        headers: The request's; the secrets they hold are looked for in all that is redacted later.
    """

    __slots__ = ("_shown", "request_headers")

    def __init__(self, headers: RawHeaders) -> None:
        self._shown: list[bytes] = []
        lines = []
        for line in headers:
            if line[0] in _plain_names:
                lines.append(b": ".join(line))
            else:
                text, secrets = _redacted(*line)
                self._shown += secrets
                lines.append(text)
        self.request_headers = self.scrub(b"\n".join(lines)).decode("latin-1")

    def headers(self, lines: RawHeaders) -> str:
        """Return header lines without their secrets, each as `name: value`."""
        plain = _plain_names
        text = [b": ".join(line) if line[0] in plain else _redacted(*line)[0] for line in lines]
        return self.scrub(b"\n".join(text)).decode("latin-1")

    def path(self, raw: bytes) -> str:
        """Return a path as it was sent, without its secrets."""
        if b"%" in raw and self._shows(_decoded(raw)):
            raw = _decoded(raw)
        if b"=" in raw or b":" in raw:
            raw = b"/".join(_MARK if _NAMES_A_VALUE.search(_text(word)) else word for word in raw.split(b"/"))
        return self.scrub(raw).decode("latin-1")

    def query(self, raw: bytes) -> str:
        """Return a query as it was sent, but for its secrets."""
        if not raw:
            return ""
        return b"&".join(map(self._parameter, raw.split(b"&"))).decode("latin-1")

    def body(self, raw: bytes, *, is_coded: bool = False) -> bytes:
        """
        Return a body without its secrets; itself when it has none.

        Args:
            is_coded: Whether it has a Content-Encoding; what is coded is withheld.
        """
        if is_coded:
            return WITHHELD
        if _is_suspicious(raw):
            raw = self._taken_apart(raw)
        return self.scrub(raw)

    def scrub(self, text: bytes) -> bytes:
        """Return text without the secrets that the call has shown so far."""
        for secret in self._shown:
            if secret in text:
                text = text.replace(secret, _MARK)
        return text

    def _taken_apart(self, raw: bytes) -> bytes:
        try:
            value = orjson.loads(raw)
        except orjson.JSONDecodeError:
            return self._form(raw)
        clean = self._clean(value)
        return raw if clean == value else orjson.dumps(clean)

    def _clean(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._member(name, child) for name, child in value.items()}
        if isinstance(value, list):
            return [self._clean(child) for child in value]
        return MARK if isinstance(value, str) and _NAMES_A_VALUE.search(value) else value

    def _member(self, name: str, value: Any) -> Any:
        if not is_secret(name) or value in ("", None):
            return self._clean(value)
        if isinstance(value, str):
            self._shown += _long_enough(value.encode("utf-8", "surrogatepass"))
        return MARK

    def _form(self, raw: bytes) -> bytes:
        """Return a form without its secrets; what is no form is withheld when it names one."""
        pieces = raw.split(b"&")
        if all(_FIELD_NAME.fullmatch(_text(piece.partition(b"=")[0])) and b"=" in piece for piece in pieces):
            return b"&".join(map(self._parameter, pieces))
        unclear = b"\0" in raw or b"\\u" in raw
        return WITHHELD if unclear or _has_hint(raw) or _has_hint(_decoded(raw)) else raw

    def _parameter(self, piece: bytes) -> bytes:
        name, equals, value = piece.partition(b"=")
        if value and is_secret(_text(name)):
            self._shown += _long_enough(value, _decoded(value))
            return name + equals + _MARK
        names_one = (b"=" in value or b"%" in value) and _NAMES_A_VALUE.search(_text(value))
        if names_one or (b"%" in piece and self._shows(_decoded(piece))):
            return name + equals + _MARK
        return self.scrub(piece)

    def _shows(self, text: bytes) -> bool:
        return any(secret in text for secret in self._shown)


_plain_names: set[bytes] = set()
"""Names of headers that were found to be those of no secret."""
_MOST_PLAIN_NAMES = 1024


@lru_cache(maxsize=1024)
def _redacted(name: bytes, value: bytes) -> tuple[bytes, list[bytes]]:
    """Return a header line without its secrets, and the secrets; how it authenticates may be told."""
    if is_secret(name.decode("latin-1")):
        scheme, blank, _ = value.partition(b" ")
        kept = scheme + b" " if blank and scheme.decode("latin-1").lower() in _SCHEMES else b""
        return name + b": " + kept + _MARK, _secrets_in(value)
    if name in _ADDRESSES:
        return name + b": " + (_MARK if _NAMES_A_VALUE.search(_text(value)) else value), []
    if len(_plain_names) < _MOST_PLAIN_NAMES:
        _plain_names.add(name)
    return name + b": " + value, []


def _secrets_in(value: bytes) -> list[bytes]:
    """Return what of a header's value is secret: all of it, what follows the scheme, the password in HTTP Basic."""
    word = value.partition(b" ")[2].strip() or value
    try:
        password = b64decode(word, validate=True).partition(b":")[2] if value[:6].lower() == b"basic " else b""
    except NotBase64:
        password = b""
    return _long_enough(word, password, _decoded(password))


def _long_enough(*secrets: bytes) -> list[bytes]:
    """Return the secrets that are too long to be found by chance, the longest first."""
    return sorted({secret for secret in secrets if len(secret) >= _SHORTEST}, key=len, reverse=True)


def _is_suspicious(raw: bytes) -> bool:
    """Whether a body has to be taken apart: it may name a secret, or be written so that one cannot tell."""
    if b"\\" in raw or b"%" in raw or b"\0" in raw:
        return True
    return _has_hint(raw)


def _has_hint(raw: bytes) -> bool:
    small = raw.lower()
    return any(hint in small for hint in _HINTS)


def _decoded(raw: bytes) -> bytes:
    """Return percent-encoded text decoded."""
    if b"%" not in raw and b"+" not in raw:
        return raw
    return _ENCODED.sub(lambda found: bytes.fromhex(found[1].decode()), raw.replace(b"+", b" "))


def _text(raw: bytes) -> str:
    return _decoded(raw).decode("utf-8", "replace")
