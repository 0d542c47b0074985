"""The server's process: the command line, until whoever started it goes."""

import _thread
import sys
from threading import Thread

from sandbox_server import cli


def main() -> None:
    """Do what the words say until standard input ends."""
    Thread(target=_watch, daemon=True).start()
    cli.main(prog_name="acorn-sandbox")


def _watch() -> None:
    while sys.stdin.buffer.read(1024):
        pass
    _thread.interrupt_main()
