"""What a call costs as a sandbox grows: rules of faults that never play, orders, tenants."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from tempfile import TemporaryDirectory

from load_tests.benchmarks.processes import Server, Tell, running
from load_tests.benchmarks.report import Section
from load_tests.benchmarks.throughput import Sample, Work, both_works, median_of, run
from sandbox_server.remote import Sandbox

_TENANT = "/tenants/default"
_BATCH = 100
_Found = tuple[str, int, dict[str, Sample]]
"""What there was, how much of it, and what each operation came to."""
# No report of stock may have a sequence that was used before.
_SEQUENCES_A_STEP = 100_000_000


@dataclass(frozen=True)
class Growth:
    """
    Something that there is more and more of.

    Args:
        grow: Makes it so many.
        sizes: How many, in growing order.
        undo: Takes all of it away again.
    """

    what: str
    sizes: Sequence[int]
    grow: Callable[[Sandbox, int], None]
    undo: Callable[[Sandbox], object] = field(default=lambda _: None)


def have_rules(sandbox: Sandbox, number: int) -> None:
    """Have so many rules, each of which is looked at in every call and fits none."""
    rules = [
        {"id": f"never-{one}", "match": {"headers": {"X-Never": str(one)}}, "effect": {"error": {"status": 503}}}
        for one in range(number)
    ]
    sandbox.call("PUT", f"{_TENANT}/faults", {"items": rules})


def have_orders(sandbox: Sandbox, number: int) -> None:
    """Let buyers order until there are so many orders."""
    while (missing := number - sandbox.call("GET", _TENANT)["counts"]["orders"]) > 0:
        sandbox.call("POST", f"{_TENANT}/buyers/orders", {"count": min(_BATCH, missing)})


def have_tenants(sandbox: Sandbox, number: int) -> None:
    """Make tenants until there are so many."""
    for _ in range(number - len(_tenants(sandbox))):
        sandbox.call("POST", "/tenants", {})


def delete_tenants(sandbox: Sandbox) -> None:
    """Delete all tenants but the first."""
    for name in _tenants(sandbox)[1:]:
        sandbox.call("DELETE", f"/tenants/{name}")


def _tenants(sandbox: Sandbox) -> list[str]:
    names: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = sandbox.call("GET", "/tenants", query={"limit": 100, "cursor": cursor or None})
        names += [tenant["name"] for tenant in page["items"]]
        cursor = page.get("nextCursor")
    return names


GROWTHS = (
    Growth("fault rules", (0, 10, 100), have_rules, lambda sandbox: sandbox.call("DELETE", f"{_TENANT}/faults")),
    Growth("tenants", (1, 50, 500), have_tenants, delete_tenants),
    Growth("orders", (120, 1_000, 10_000, 100_000), have_orders),
)


def measure(tell: Tell, rounds: int = 3, seconds: float = 0.8, growths: Sequence[Growth] = GROWTHS) -> Section:
    """
    Return what the same two operations cost one worker, with everything on, as it has more and more of something.

    Args:
        rounds: Runs of each operation at each size.
        seconds: Length of a run.
    """
    with ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory())
        server = stack.enter_context(running("sandbox", "small_chain"))
        works = both_works(server.port, folder)
        found: list[_Found] = []
        try:
            found.extend(_sizes(server, works, rounds, seconds, growths, tell))
        except KeyboardInterrupt:
            if not found:
                raise
    columns = ("", "", *(f"{work.name.split()[0]} {unit}" for work in works for unit in ("answers/s", "CPU µs")))
    rows, facts = [], {}
    for what, size, medians in found:
        figures = [(f"{one.pace:,.0f}", f"{one.cpu * 1e6:.0f}") for one in medians.values()]
        rows.append((what, f"{size:,}", *(figure for pair in figures for figure in pair)))
        facts[f"{size} {what}"] = {
            name: {"perSecond": round(one.pace, 1), "cpuMicroseconds": round(one.cpu * 1e6, 1)}
            for name, one in medians.items()
        }
    interrupted = len(found) < sum(len(growth.sizes) for growth in growths)
    title = "One worker, everything on, as it grows"
    return Section("growth", title, columns, rows, facts, interrupted=interrupted)


def _sizes(
    server: Server, works: Sequence[Work], rounds: int, seconds: float, growths: Sequence[Growth], tell: Tell
) -> Iterator[_Found]:
    sandbox = Sandbox(f"http://127.0.0.1:{server.port}")
    firsts = count(_SEQUENCES_A_STEP, _SEQUENCES_A_STEP)
    for growth in growths:
        for size in growth.sizes:
            tell(f"{size} {growth.what}")
            growth.grow(sandbox, size)
            samples = run(works, {"sandbox": server}, rounds, seconds, next(firsts))
            yield growth.what, size, {work.name: median_of(samples[work.name, "sandbox"]) for work in works}
        growth.undo(sandbox)
