"""The command line, as `python -m sandbox_server`."""

import os

from sandbox_server.cli import main

if __name__ == "__main__":
    # run_sandbox.py says what was typed, so that usage lines and hints show a command that works.
    main(prog_name=os.environ.get("SANDBOX_COMMAND", "acorn-sandbox"))
