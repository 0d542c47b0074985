"""
Run everything CI runs, or with arguments pytest alone: what `python3 run_sandbox.py test` becomes.

Only the standard library is used here: each tool is a program of the environment this runs in.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

WHOLE = ("tests/clients", "tests/e2e", "tests/load_tests", "tests/pytest_plugin", "tests/set_up", "tests/workers")
"""Tests of whole sandboxes and programs: coverage is not measured there, for it doubles their time and tells little."""


def steps() -> list[tuple[str, list[list[str]]]]:
    """Return a name, and the commands that make each step, each run if those before it succeeded."""
    python = sys.executable
    coverage = [python, "-m", "coverage"]
    # On every core; the tests of a file stay together, for they share what they have set up.
    pytest = ["-m", "pytest", "-n", "logical", "--dist", "loadfile"]
    pure = ",".join(f"sandbox_server/{part}/*" for part in ("kernel", "domain", "traffic"))
    return [
        ("ruff check", [[python, "-m", "ruff", "check", "."]]),
        ("ruff format", [[python, "-m", "ruff", "format", "--check", "."]]),
        ("mypy", [[python, "-m", "mypy"]]),
        ("import-linter", [[str(Path(python).with_name("lint-imports")), "--no-logo"]]),
        ("deptry", [[python, "-m", "deptry", ".", "--no-ansi"]]),
        (
            "pytest, the parts",
            [[*coverage, "erase"], [*coverage, "run", *pytest, *(f"--ignore={folder}" for folder in WHOLE)]],
        ),
        ("pytest, the whole", [[python, *pytest, *WHOLE]]),
        (
            "coverage of the rules (100 %)",
            [[*coverage, "combine", "--quiet"], [*coverage, "report", "--include", pure, "--fail-under", "100"]],
        ),
        ("coverage of the rest (90 %)", [[*coverage, "report", "--omit", pure, "--fail-under", "90"]]),
    ]


def run_steps(
    steps: Sequence[tuple[str, list[list[str]]]], run: Callable[[Sequence[str]], int]
) -> list[tuple[str, bool, float]]:
    """Run every step, also after one that failed. Returns: name, success and seconds of each."""
    results = []
    for name, commands in steps:
        print(f"\n=== {name}", flush=True)
        started = time.monotonic()
        success = all(run(command) == 0 for command in commands)
        results.append((name, success, time.monotonic() - started))
    return results


def summary(results: Sequence[tuple[str, bool, float]]) -> str:
    """Return the table that ends a test run."""
    width = max(len(name) for name, _, _ in results)
    rows = [f"  {name:{width}}  {'ok' if success else 'FAILED':6}  {took:6.1f} s" for name, success, took in results]
    failed = sum(not success for _, success, _ in results)
    verdict = f"{failed} of {len(results)} steps failed." if failed else "Everything passed."
    return "\n".join(["", *rows, "", verdict])


def run_in_root(command: Sequence[str]) -> int:
    """Run a program on this terminal; on Ctrl-C, which it gets too, let it clean up before stopping."""
    program = subprocess.Popen(list(command), cwd=ROOT)
    try:
        return program.wait()
    except KeyboardInterrupt:
        program.wait()
        raise


def main(arguments: Sequence[str], run: Callable[[Sequence[str]], int] = run_in_root) -> int:
    """Run all steps, or pytest with these arguments. Returns: the exit status."""
    if arguments:
        return run([sys.executable, "-m", "pytest", *arguments])
    results = run_steps(steps(), run)
    print(summary(results), flush=True)
    return 0 if all(success for _, success, _ in results) else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("\nStopped.")
