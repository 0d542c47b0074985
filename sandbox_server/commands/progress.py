"""What a run is doing while it runs: a live table on a terminal, a line for each change elsewhere."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from sandbox_server.certification.scenario import Scenario

Tell = Callable[[str, str], None]


@contextmanager
def watched(scenarios: Sequence[Scenario], console: Console | None = None) -> Iterator[Tell]:
    """Show what scenarios do; give what is told of it: an id, and what is waited for, or nothing at the end."""
    console = console or Console(stderr=True)
    if not console.is_terminal:
        yield _Lines(console, len(scenarios))
        return
    columns = (SpinnerColumn(finished_text="·"), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as table:
        tasks = {one.id: table.add_task(f"{one.id}: waits its turn", start=False, total=1) for one in scenarios}

        def show(scenario: str, what: str) -> None:
            table.start_task(tasks[scenario])
            done = 0 if what else 1
            said = f"waits for {what}" if what else "over"
            table.update(tasks[scenario], description=f"{scenario}: {said}", completed=done)

        yield show


class _Lines:
    """Tells a line at a time."""

    def __init__(self, console: Console, total: int) -> None:
        self._console = console
        self._total = total
        self._over = 0
        self._lock = Lock()

    def __call__(self, scenario: str, what: str) -> None:
        with self._lock:
            self._over += not what
            said = f"waits for {what}" if what else f"over ({self._over} of {self._total})"
            self._console.print(f"{scenario}: {said}", highlight=False, markup=False, soft_wrap=True)
