"""A line for a shell that makes a call again. Secrets are variables of the shell."""

from base64 import b64encode
from shlex import quote

from sandbox_server.reporting.exchanges import Exchange
from sandbox_server.traffic.redaction import MARK

_OWN = {  # headers that curl makes itself, or that say how a connection was used
    "accept-encoding",
    "connection",
    "content-length",
    "host",
    "keep-alive",
    "postman-token",
    "te",
    "transfer-encoding",
    "upgrade",
    "user-agent",
}
_VARIABLES = {"authorization": "ACORN_TOKEN", "x-api-key": "ACORN_API_KEY", "cookie": "ACORN_COOKIE"}
_SECRET = "ACORN_CLIENT_SECRET"  # noqa: S105 - the name of a variable
_LONGEST = 64 * 1024  # bytes of a body; systems do not take much more in a word


def curl_line(exchange: Exchange) -> str:
    """
    Return the command that makes this call again.

    What was redacted stands as `$ACORN_TOKEN`, `$ACORN_API_KEY` or `$ACORN_CLIENT_SECRET`; a long body as the name of
    a file.
    """
    words = ["curl", "-sS", "-i", "-X", quote(exchange.method), _word(exchange.url, _SECRET)]
    for name, value in exchange.request_headers:
        if name.lower() not in _OWN:
            words += ["-H", _word(f"{name}: {value}", _VARIABLES.get(name.lower(), _SECRET))]
    before, data = _body(exchange)
    if data and not exchange.request_header("content-type"):
        words += ["-H", quote("content-type:")]
    return " ".join([*before, *words, *data])


def _body(exchange: Exchange) -> tuple[list[str], list[str]]:
    """Return what stands before the command, and what says which body it sends."""
    body = exchange.request_body
    if not body:
        return [], []
    if len(body) > _LONGEST:
        return [], ["--data-binary", f"@call-{exchange.number}.body"]
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        return ["printf", "%s", b64encode(body).decode(), "|", "base64", "-d", "|"], ["--data-binary", "@-"]
    return [], ["--data-raw", _word(text, _SECRET)]


def _word(text: str, variable: str) -> str:
    """Return a text as one word of a shell; MARK is never left unquoted, so quotes can be closed around it."""
    return quote(text).replace(MARK, f"'\"${variable}\"'")
