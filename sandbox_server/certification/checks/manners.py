"""Whether a client behaves as a guest who wants to be asked again."""

from collections.abc import Iterator

from sandbox_server.certification.check import EVERY, Level, Occasion, check, judged
from sandbox_server.certification.evidence import Call, Evidence

ENOUGH_CALLS = 50
CALLS_PER_CONNECTION = 5
LIBRARIES = (
    "aiohttp", "apache-httpclient", "axios", "curl", "go-http-client", "guzzlehttp", "java", "node", "okhttp", "python",
    "rest-client", "restsharp", "ruby", "undici",
)  # fmt: skip
"""How the names begin that HTTP libraries give themselves."""


@check(
    "client.names-itself",
    Level.SHOULD,
    clause="Conventions: RFC 9110, User-Agent",
    scenarios=EVERY,
    mutant="has-no-name",
    why="When something goes wrong, nobody can tell whose calls these are, and the wrong ones are blocked.",
    mend="Send `User-Agent: <your integration>/<version>` with every call, instead of the library's own name.",
)
def names_itself(evidence: Evidence) -> Iterator[Occasion]:
    """Every call says whose it is."""
    nameless = [call for call in evidence.calls if not _name(call)]
    if evidence.calls:
        shown = nameless[:1] or evidence.calls[:1]
        said = shown[0].headers.get("user-agent", "")
        breach = (
            f"{len(nameless)} of {len(evidence.calls)} calls do not say whose they are ({said or 'no User-Agent'})."
        )
        yield judged(breach if nameless else None, *shown)


def _name(call: Call) -> str:
    """Return what a call goes by; nothing where it is a library's name."""
    name = call.headers.get("user-agent", "").strip()
    return "" if name.lower().startswith(LIBRARIES) else name


@check(
    "client.keeps-alive",
    Level.SHOULD,
    clause="Conventions: RFC 9112, persistent connections",
    scenarios="working-day",
    mutant="connects-for-every-call",
    why="Every new connection costs a handshake: at a peak, orders wait for it, and callers are turned away.",
    mend="Use one HTTP client with a pool of connections for the whole process, and read answers to their end.",
)
def keeps_alive(evidence: Evidence) -> Iterator[Occasion]:
    """Many calls share a connection."""
    calls = evidence.calls
    peers = {call.peer for call in calls}
    if len(calls) >= ENOUGH_CALLS:
        breach = f"{len(peers)} connections were opened for {len(calls)} calls."
        yield judged(breach if len(peers) * CALLS_PER_CONNECTION > len(calls) else None, calls[0], calls[-1])
