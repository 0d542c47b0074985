"""Programs that do not outlive this one, however it ends."""

import subprocess
from collections.abc import Sequence
from typing import Any, AnyStr

_WATCH = """
group=
while read -r line; do group=$line; done
[ -n "$group" ] && kill -TERM "-$group" && sleep 2 && kill -KILL "-$group"
"""
"""Told whom to end, or nobody, until what tells it is gone: of one that is killed, the system closes the pipes, too."""


class Leashed(subprocess.Popen[AnyStr]):
    """
    A program in a session of its own.

    When this process is gone and has not let go of it, it and all of its group are asked to end, and after two seconds
    forced to.

    Raises:
        OSError: There is no such program.
    """

    def __init__(self, command: Sequence[str], **options: Any) -> None:
        self._watch = subprocess.Popen(  # noqa: S603 - it is ours
            ["/bin/sh", "-c", _WATCH],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,  # whatever ends this process and all of its group is not to end the watch
        )
        try:
            super().__init__(command, start_new_session=True, **options)
        except OSError:
            self.let_go()
            raise
        assert self._watch.stdin is not None
        self._watch.stdin.write(f"{self.pid}\n")
        self._watch.stdin.flush()

    def let_go(self) -> None:
        """Leave what is left of it alone from now on."""
        self._watch.communicate("\n")
