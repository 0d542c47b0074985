"""
Journals in one SQLite database of their own, written by a thread of its own: no call waits for it.

Neither is a commit of a world's, which goes into another file. What the thread has not written when the process dies is
lost: a second's calls, at the most two.
"""

import logging
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any

from sandbox_server.kernel.clock import from_milliseconds, real_now, to_milliseconds
from sandbox_server.persistence.sqlite.opening import CALLS, connect, damaged
from sandbox_server.services.archive import Mark
from sandbox_server.services.segments import Gone, Segment

FILE = "journal.db"
_WAITING = 64
"""Jobs that may wait for the thread; who brings one more waits, too. As many are tried again when the disk is full."""

Job = Callable[[sqlite3.Connection], Callable[[], None] | None]
"""Does something in a transaction, and returns what is to be done when that has committed."""

logger = logging.getLogger("sandbox.journal")


class JournalFile:
    """
    The archives of all tenants.

    Args:
        folder: Where the database lies, or is made.

    Raises:
        VaultError: It cannot be had, or is no database of this version's.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._reading = connect(self.path, CALLS, alone=False)
        self._jobs: Queue[Job | None] = Queue(_WAITING)
        self._fails = False
        self._thread = Thread(target=self._work, name="journal", daemon=True)
        self._thread.start()

    def of(self, tenant: str) -> "SqliteArchive":
        """Return the archive of a tenant."""
        return SqliteArchive(self, tenant)

    def read(self, query: str, *values: object) -> list[Any]:
        """
        Return rows.

        Raises:
            VaultError: They cannot be read.
        """
        try:
            return self._reading.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise damaged(self.path, str(error)) from error

    def do(self, job: Job) -> None:
        """Have something done soon, after what was asked for before."""
        self._jobs.put(job)

    def close(self) -> None:
        """Do what is still to be done, and let go of it."""
        self._jobs.put(None)
        self._thread.join()
        self._reading.close()

    def _work(self) -> None:
        connection = sqlite3.connect(self.path, isolation_level=None)
        connection.execute("PRAGMA synchronous = NORMAL")
        jobs: list[Job] = []
        while self._gather(jobs):
            self._do_all(connection, jobs)
        self._do_all(connection, jobs)
        connection.close()

    def _gather(self, jobs: list[Job]) -> bool:
        """Wait for a job, and take all there are; return whether there will be more."""
        try:
            job = self._jobs.get()
            while job is not None:
                jobs.append(job)
                job = self._jobs.get_nowait()
        except Empty:
            return True
        return False

    def _do_all(self, connection: sqlite3.Connection, jobs: list[Job]) -> None:
        """Do all in one transaction; what cannot be done is tried again with the next, some of it."""
        try:
            connection.execute("BEGIN IMMEDIATE")
            afterwards = [job(connection) for job in jobs]
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            if not self._fails:
                logger.warning("calls cannot be kept in %s for now: %s", self.path, error)
            del jobs[:-_WAITING]
        except Exception:
            logger.exception("calls were not kept in %s", self.path)
            jobs.clear()
        else:
            jobs.clear()
            for done in filter(None, afterwards):
                done()
        self._fails = bool(jobs)
        if connection.in_transaction:
            connection.execute("ROLLBACK")


class SqliteArchive:
    """One tenant's journal in the database."""

    def __init__(self, file: JournalFile, tenant: str) -> None:
        self._file = file
        self._tenant = tenant

    def segments(self) -> Sequence[Segment]:
        """Return the segments that were kept, from the oldest to the newest, none of them in memory."""
        rows = self._file.read(_INDEX, self._tenant)
        return [self._segment(*row) for row in rows]

    def tip(self) -> str | None:
        """Return the hash of the newest entry that was kept."""
        newest = "SELECT tip FROM segments WHERE tenant = ? ORDER BY first DESC LIMIT 1"
        return next((tip for (tip,) in self._file.read(newest, self._tenant)), None)

    def mark(self) -> Mark | None:
        """Return the mark that was put last."""
        rows = self._file.read("SELECT movements, events FROM marks WHERE tenant = ?", self._tenant)
        return Mark(*rows[0]) if rows else None

    def content(self, first: int) -> bytes:
        """
        Return what a segment was packed to, by the number of its first entry.

        Raises:
            Gone: It was let go.
        """
        for (content,) in self._file.read(f"SELECT content {_ONE}", self._tenant, first):
            return bytes(content)
        raise Gone(first)

    def words(self, first: int) -> str:
        """Return the words of a segment."""
        ((words,),) = self._file.read(f"SELECT words {_ONE}", self._tenant, first)
        return str(words)

    def put(self, segment: Segment, tip: str) -> None:
        """Keep a closed segment, in place of one that begins with the same entry; the tip is its last hash."""
        content = segment.packed()  # here, not in the thread, which would have calls wait for the interpreter

        def write(connection: sqlite3.Connection) -> Callable[[], None]:
            at = real_now()
            since, until = segment.since or at, segment.until or at
            times = to_milliseconds(since), to_milliseconds(until), to_milliseconds(at)
            about = (self._tenant, segment.first, segment.count, segment.anchor, tip, *times)
            connection.execute(_PUT, (*about, segment.all_words, content))
            return lambda: segment.be_on(self, at, len(content))

        self._file.do(write)

    def put_mark(self, mark: Mark) -> None:
        """Keep a mark."""
        self._do("INSERT OR REPLACE INTO marks VALUES (?, ?, ?)", self._tenant, *mark)

    def drop(self, segment: Segment) -> None:
        """Forget a segment."""
        self._do(f"DELETE {_ONE}", self._tenant, segment.first)

    def clear(self) -> None:
        """Forget everything."""
        self._do("DELETE FROM segments WHERE tenant = ?", self._tenant)
        self._do("DELETE FROM marks WHERE tenant = ?", self._tenant)

    def _do(self, statement: str, *values: object) -> None:
        def do(connection: sqlite3.Connection) -> None:
            connection.execute(statement, values)

        self._file.do(do)

    def _segment(
        self, first: int, count: int, anchor: str, since: int, until: int, shelved_at: int, size: int
    ) -> Segment:
        segment = Segment(first, anchor)
        segment.count = count
        segment.since, segment.until = from_milliseconds(since), from_milliseconds(until)
        segment.be_on(self, from_milliseconds(shelved_at), size)
        segment.leave()
        return segment


_ONE = "FROM segments WHERE tenant = ? AND first = ?"
_PUT = "INSERT OR REPLACE INTO segments VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_INDEX = """
    SELECT first, count, anchor, since, until, shelved_at, length(content) FROM segments WHERE tenant = ? ORDER BY first
"""
