#!/usr/bin/env python3
"""
Set the sandbox up, and start it.

    python3 run_sandbox.py             serve on http://127.0.0.1:8080
    python3 run_sandbox.py test        everything CI runs; with arguments (test -k orders), pytest alone
    python3 run_sandbox.py --help      the other commands

The first start makes .venv beside this file and installs the sandbox into it; later starts find it ready. Whatever
breaks it (an interrupted set-up, a Python that moved, new dependencies), the next start mends it.
Only the standard library is used here, and only syntax that old Pythons can read, so that they can say they are old.
"""

import shutil
import sys

OLDEST = (3, 11)


def complaint_about_python(version: "tuple[int, ...]", executable: str) -> str:
    """Return what to tell the user of a Python that is too old; nothing when it will do."""
    if tuple(version[:2]) >= OLDEST:
        return ""
    lines = [
        "The sandbox needs Python {}.{} or newer.".format(*OLDEST),
        "This is Python {}: {}".format(".".join(str(part) for part in version[:3]), executable),
    ]
    newer = [name for name in ("python3.14", "python3.13", "python3.12", "python3.11") if shutil.which(name)]
    if newer:
        lines.append(f"There is a newer one on this machine. Run: {newer[0]} run_sandbox.py")
    else:
        lines.append("Install a newer one from your system's packages or from python.org, and run this again with it.")
    return "\n".join(lines)


_complaint = complaint_about_python(sys.version_info[:3], sys.executable)
if _complaint:
    sys.exit(_complaint)

# Below this line Python is new enough to run everything; older ones only had to parse it.
import collections
import contextlib
import hashlib
import importlib.util
import json
import math
import os
import signal
import subprocess
import time
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent

# What a command needs beyond the base dependencies: extras of pyproject.toml.
EXTRAS = {
    "diff": ("contract",),
    "judge": ("contract",),
    "load": ("load",),
    "test": ("client", "contract", "dev", "load", "postgres"),
}

SIGNS_OF_NO_NETWORK = (
    "NewConnectionError",
    "ConnectionError",
    "ConnectTimeout",
    "ReadTimeout",
    "ProxyError",
    "SSLError",
    "name resolution",
    "Network is unreachable",
    "Could not find a version that satisfies",
    "No matching distribution",
)


class SetUpFailed(Exception):
    """The environment could not be made; the message says what to do, in words for the user."""


def say(text: str = "") -> None:
    """Print a line of progress, on stderr, so that a command's own output stays its own."""
    print(text, file=sys.stderr, flush=True)


# ------------------------------------------------------------------------------------------------- the environment


class Environment:
    """
    The .venv beside the project, and the stamp inside it that says what was installed for whom.

    The stamp reads {"complete": false} while the set-up works, so an interrupted one is known by it.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / ".venv"
        self.lock_file = root / ".venv.lock"
        self.stamp_file = self.folder / "sandbox-set-up.json"
        self.python = self.program("python")

    def program(self, name: str) -> Path:
        """Return where a program of the environment is, whether or not it exists."""
        if os.name == "nt":
            return self.folder / "Scripts" / (name + ".exe")
        return self.folder / "bin" / name

    def exists(self) -> bool:
        """Tell whether something is there, a link that leads nowhere included."""
        return os.path.lexists(self.folder)

    def stamp(self) -> dict[str, object]:
        """Return the stamp, or an empty one when there is none to be read."""
        try:
            stamp = json.loads(self.stamp_file.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return stamp if isinstance(stamp, dict) else {}

    def write_stamp(self, stamp: dict[str, object]) -> None:
        """Replace the stamp in one step; an empty one is none."""
        if not stamp:
            self.stamp_file.unlink(missing_ok=True)
            return
        unfinished = self.stamp_file.with_suffix(".new")
        unfinished.write_text(json.dumps(stamp, indent=1), "utf-8")
        unfinished.replace(self.stamp_file)

    def expected(self) -> dict[str, object]:
        """Return the part of a stamp that follows from the project as it is now."""
        return {
            "complete": True,
            "root": str(self.root),
            "pyproject": digest_of_installation(self.root / "pyproject.toml"),
        }

    def finished_stamp(self, extras: Iterable[str]) -> dict[str, object]:
        """Return the stamp of an environment that was just installed."""
        version = self.python_version()
        return {
            **self.expected(),
            "extras": sorted(extras),
            "python": version,
            "packages": self.count_packages(version),
        }

    def installed_extras(self) -> set[str]:
        """Return the extras that the last finished set-up installed."""
        extras = self.stamp().get("extras")
        return {str(extra) for extra in extras} if isinstance(extras, list) else set()

    def count_packages(self, version: str) -> int:
        """Return how many entries the folder of packages has; fewer than the stamp says means that some were lost."""
        library = "Lib" if os.name == "nt" else f"lib/python{version}"
        try:
            return sum(1 for _ in (self.folder / library / "site-packages").iterdir())
        except OSError:
            return 0

    def python_version(self) -> str:
        """Return the version of its Python as "3.11", asking it; nothing when it does not run, or has no pip."""
        question = "import pip, sys; print('%d.%d' % sys.version_info[:2])"
        try:
            answer = subprocess.run(
                [str(self.python), "-I", "-c", question], capture_output=True, text=True, timeout=60, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return ""
        return answer.stdout.strip() if answer.returncode == 0 else ""

    def is_ready(self, extras: Iterable[str]) -> bool:
        """Tell whether a command that needs these extras can start at once. Takes milliseconds."""
        stamp = self.stamp()
        if any(stamp.get(key) != value for key, value in self.expected().items()):
            return False
        made_with, packages = stamp.get("python"), stamp.get("packages")
        if not isinstance(made_with, str) or not isinstance(packages, int):
            return False
        if not set(extras) <= self.installed_extras() or not os.access(self.python, os.X_OK):
            return False
        if self.count_packages(made_with) < packages:
            return False
        # Started with another Python than last time, the system may have replaced the one behind .venv: ask.
        return made_with == "{}.{}".format(*sys.version_info) or made_with == self.python_version()

    def is_usable(self) -> bool:
        """Tell whether it can be installed into as it stands: it runs, was not moved and was not left half made."""
        version = self.python_version()
        if not version or tuple(int(part) for part in version.split(".")) < OLDEST:
            return False
        stamp = self.stamp()
        if not stamp:
            # Somebody's own environment is completed; an empty or broken one never gets here.
            return not self.stamp_file.exists()
        unmoved = stamp.get("root") == str(self.root) and stamp.get("python") == version
        packages = stamp.get("packages")
        whole = isinstance(packages, int) and self.count_packages(version) >= packages
        return stamp.get("complete") is True and unmoved and whole

    def remove(self) -> None:
        """Remove it; of a link, only the link."""
        if self.folder.is_symlink() or self.folder.is_file():
            self.folder.unlink()
        else:
            shutil.rmtree(self.folder)


def digest_of_installation(pyproject: Path) -> str:
    """Return a digest of what decides an installation; a linter's setting does not, so it costs nobody a set-up."""
    content = pyproject.read_bytes()
    try:
        tables = tomllib.loads(content.decode("utf-8"))
    except ValueError:  # pip will say what is wrong with it
        return hashlib.sha256(content).hexdigest()
    deciding = [tables.get("build-system"), tables.get("project"), tables.get("tool", {}).get("hatch")]
    return hashlib.sha256(json.dumps(deciding, sort_keys=True).encode()).hexdigest()


# --------------------------------------------------------------------------------------------------------- set-up


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of the set-up; a second start waits here for the first. The system frees it whatever happens."""
    with path.open("a", encoding="utf-8") as file:
        if not try_lock(file.fileno()):
            say("Another start is setting the sandbox up; waiting for it.")
            while not try_lock(file.fileno()):
                time.sleep(0.2)
        yield


def try_lock(descriptor: int) -> bool:
    """Take the lock; tell whether it was to be had."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def missing_module_message(find: Callable[[str], object] = importlib.util.find_spec) -> str:
    """Return what to install when this Python cannot make environments; nothing when it can."""
    if find("venv") and find("ensurepip"):
        return ""
    version = "{}.{}".format(*sys.version_info)
    return "\n".join(
        [
            f"This Python cannot make virtual environments, for want of its venv or ensurepip module: {sys.executable}",
            "Debian and Ubuntu keep them in a package of their own. Install it, then run this again:",
            f"    sudo apt install python3-venv        (or python{version}-venv)",
        ]
    )


# A bit of everything that a server does, for some milliseconds; and whether environments can be made for it.
PROBE = """
import importlib.util, platform, time

class Line:
    def __init__(self, name, count):
        self.name, self.count = name, count

def work():
    began, kept = time.process_time(), {}
    for number in range(4000):
        line = Line("sku-%d" % (number % 50), number)
        kept[line.name] = kept.get(line.name, 0) + line.count
    sorted((count, name) for name, count in kept.items())
    return time.process_time() - began

assert platform.python_implementation() == "CPython" and importlib.util.find_spec("venv")
print(min(work() for _ in range(20)))
"""
WORTH_A_CHANGE = 0.8  # of the time that the running Python takes


def fastest_python(running: str, others: Iterable[str]) -> str:
    """
    Return a Python that takes clearly less time for the same work than the running one; else the running one.

    One that was built without profile-guided optimization, as pyenv does unless it is told, takes half as long again as
    the same version from a distribution's packages.
    """
    times = {python: probed(python) for python in (running, *others)}
    fastest = min(times, key=lambda python: times[python])
    return fastest if times[fastest] < WORTH_A_CHANGE * times[running] else running


def probed(python: str) -> float:
    """Return how long a Python takes for some work, in seconds of the processor; without end where it will not do."""
    try:
        answer = subprocess.run(
            [python, "-I", "-S", "-c", PROBE], capture_output=True, text=True, timeout=10, check=False
        )
        return float(answer.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return math.inf


def others_of_this_version() -> list[str]:
    """Return the Pythons on the path that have the running one's version, where environments are links to one."""
    if os.name == "nt":
        return []
    name = "python{}.{}".format(*sys.version_info)
    found = (Path(folder, name) for folder in os.get_exec_path())
    return sorted({str(python.resolve()) for python in found if os.access(python, os.X_OK)})


def make_venv(environment: Environment) -> None:
    """Make an environment with nothing but pip in it, marked as unfinished."""
    message = missing_module_message()
    if message:
        raise SetUpFailed(message)
    environment.folder.mkdir()
    environment.write_stamp({"complete": False})
    run_venv(sys.executable, str(environment.folder))
    fastest = fastest_python(sys.executable, others_of_this_version())
    if fastest != sys.executable:
        say(f"Taking {fastest}: the same version of Python as {sys.executable}, and a faster build.")
        for link in environment.python.parent.glob("python*"):
            link.unlink()
        # It need not have a pip to give: that of the running one, which is of the same version, stays.
        run_venv(fastest, "--without-pip", str(environment.folder))


def run_venv(python: str, *arguments: str) -> None:
    """
    Have a Python make an environment, or link it to itself where there is one.

    Raises:
        SetUpFailed: It does not.
    """
    status, tail = run_quietly([python, "-I", "-m", "venv", *arguments], lambda _line: None)
    if status:
        raise SetUpFailed("\n".join(["Making .venv failed. It said:", *indented(tail)]))


def install_project(environment: Environment, extras: Sequence[str]) -> None:
    """Install the project and what it needs with pip."""
    target = ".[{}]".format(",".join(extras)) if extras else "."
    command = [str(environment.python), "-I", "-m", "pip", "install", "--no-input", "--progress-bar", "off"]
    # Only what gets imported is worth compiling, and that happens by itself.
    command += ["--disable-pip-version-check", "--no-compile", "--editable", target]
    with contextlib.closing(Progress()) as progress:
        status, tail = run_quietly(command, progress.hear, environment.root)
    if status:
        raise SetUpFailed(install_failure(tail))


def install_failure(tail: Sequence[str]) -> str:
    """Return what to tell about an installation that pip gave up."""
    said = "\n".join(tail)
    lines = ["Installing the packages failed. pip's last words:", *indented(tail), ""]
    if "No space left on device" in said:
        lines.append("The disk is full: make room (about 500 MB), then run the same command again.")
    elif any(sign in said for sign in SIGNS_OF_NO_NETWORK):
        lines += [
            "It seems that pip could not reach a package index. What helps:",
            "    behind a proxy            set HTTPS_PROXY=http://proxy.example:3128",
            "    with an index of your own set PIP_INDEX_URL=https://index.example/simple",
            "    with a folder of wheels   set PIP_NO_INDEX=1 PIP_FIND_LINKS=/path/to/folder",
            "Then run the same command again: it goes on from here.",
        ]
    else:
        lines.append("Nothing is half done: put right what it says, then run the same command again.")
    return "\n".join(lines)


def indented(lines: Iterable[str]) -> list[str]:
    """Set lines apart from what is said around them."""
    return ["    " + line for line in lines]


class Progress:
    """Retells pip's chatter: one line that changes on a terminal, the two milestones elsewhere."""

    def __init__(self) -> None:
        self.live = sys.stderr.isatty()
        self.found = 0

    def hear(self, line: str) -> None:
        """Take in one line of pip's."""
        word, _, rest = line.strip().partition(" ")
        if word == "Collecting":
            self.found += 1
            self.show(f"  found {self.found} packages so far: {rest.split(' ')[0]}")
        elif word == "Installing" and rest.startswith("collected"):
            self.show(f"  unpacking {rest.count(',') + 1} packages", milestone=True)

    def show(self, text: str, milestone: bool = False) -> None:
        """Show where things stand."""
        if self.live:
            sys.stderr.write("\r\033[K" + text[:100])
            sys.stderr.flush()
        elif milestone:
            say(text)

    def close(self) -> None:
        """Clear the line that changes."""
        if self.live:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()


def run_quietly(command: Sequence[str], hear: Callable[[str], None], folder: Path = ROOT) -> tuple[int, list[str]]:
    """
    Run a program of the set-up and follow its output.

    Returns: its exit status and its last 15 lines.
    """
    # Settings that would send the packages elsewhere than into .venv.
    unwanted = ("PIP_PREFIX", "PIP_REQUIRE_VIRTUALENV", "PIP_ROOT", "PIP_TARGET", "PIP_USER", "PYTHONHOME")
    environ = {name: value for name, value in os.environ.items() if name not in unwanted}
    environ["PIP_USER"] = "0"
    tail: collections.deque[str] = collections.deque(maxlen=15)
    with subprocess.Popen(
        list(command),
        cwd=folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as program:
        try:
            for line in program.stdout or ():
                tail.append(line.rstrip())
                hear(line)
        except BaseException:
            program.terminate()
            raise
    return program.returncode, [line for line in tail if line]


def stop_on_sigterm(signum: int, _frame: object) -> None:
    """Turn a polite kill into an exit, so that the programs of the set-up are stopped with it."""
    sys.exit(128 + signum)


def set_up(
    environment: Environment,
    extras: Iterable[str],
    make: Callable[[Environment], None] = make_venv,
    install: Callable[[Environment, Sequence[str]], None] = install_project,
) -> None:
    """
    Make the environment ready for a command that needs these extras, whatever state it is in.

    Raises:
        SetUpFailed: Something outside stands in the way; the next run goes on from here.
    """
    if environment.is_ready(extras):
        return
    with locked(environment.lock_file):
        # The start that held the lock may have done it.
        if environment.is_ready(extras):
            return
        started = time.monotonic()
        before = signal.signal(signal.SIGTERM, stop_on_sigterm)
        try:
            mend(environment, sorted(environment.installed_extras() | set(extras)), make, install)
        finally:
            signal.signal(signal.SIGTERM, before)
        say(f"Set up in {time.monotonic() - started:.0f} s.")


def mend(
    environment: Environment,
    extras: Sequence[str],
    make: Callable[[Environment], None],
    install: Callable[[Environment, Sequence[str]], None],
) -> None:
    """Make or complete the environment, leaving a stamp that is true at every moment."""
    before = prepare(environment, make, bool(extras))
    environment.write_stamp({"complete": False})
    try:
        install(environment, extras)
    except SetUpFailed:
        # pip gives up in an orderly way, before or after a package, so what was there is still whole.
        environment.write_stamp(before)
        raise
    environment.write_stamp(environment.finished_stamp(extras))


def prepare(environment: Environment, make: Callable[[Environment], None], with_tools: bool) -> dict[str, object]:
    """
    Leave an environment that can be installed into: the one that is there, or a new one.

    Returns: the stamp to go back to if the installation fails.
    """
    if environment.folder.is_file():
        raise SetUpFailed(f"{environment.folder} is a file, and the sandbox keeps a folder there. Move it away first.")
    if environment.is_usable():
        say("Bringing .venv up to date. It takes some seconds, longer if much is new.")
        return environment.stamp()
    if environment.exists():
        say("The .venv is broken or half made, so it goes.")
        environment.remove()
    what = (
        "the sandbox and its development tools: a minute or two" if with_tools else "the sandbox: about half a minute"
    )
    say(f"Making .venv and installing {what}, this once.")
    make(environment)
    return {"complete": False}


# ----------------------------------------------------------------------------------------------------------- start


def hand_over(
    environment: Environment,
    arguments: Sequence[str],
    become: Callable[[str, list[str]], int] = os.execv,
) -> int:
    """Become the sandbox's command line, which serves when nothing was asked for; or the run of its tests."""
    # -P: a file of the user's that is called like one of our modules must not be taken for it.
    python = [str(environment.python), "-P"]
    if arguments[:1] == ["test"]:
        command = [*python, str(ROOT / "tests" / "suite.py"), *arguments[1:]]
    else:
        os.environ["SANDBOX_COMMAND"] = "python3 run_sandbox.py"  # for usage lines and hints
        command = [*python, "-m", "sandbox_server", *(arguments or ["serve"])]
    if os.name == "nt":  # exec there returns to the prompt at once, with the server still running
        return run_in_foreground(command)
    return become(command[0], command)


def run_in_foreground(command: Sequence[str]) -> int:
    """Run a program on this terminal; on Ctrl-C, which it gets too, let it clean up before stopping."""
    program = subprocess.Popen(list(command))
    try:
        return program.wait()
    except KeyboardInterrupt:
        program.wait()
        raise


def main(arguments: Sequence[str]) -> int:
    """Set up what the command needs and run it. Returns: the exit status."""
    environment = Environment(ROOT)
    command = arguments[0] if arguments else "serve"
    try:
        set_up(environment, EXTRAS.get(command, ()))
        return hand_over(environment, arguments)
    except SetUpFailed as failure:
        say(str(failure))
    except OSError as error:
        say(f"The set-up cannot use this folder: {error}")
        say("It needs to write .venv and .venv.lock beside run_sandbox.py. Put that right, then run this again.")
    except KeyboardInterrupt:
        say("\nStopped. The next run goes on from here.")
        return 130
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
