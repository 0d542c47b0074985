"""The tables in the database, and how an older version's become this one's."""

from psycopg import sql

from sandbox_server.persistence.postgres.connection import Connection, DatabaseError

_FORMS = (
    """
    CREATE SCHEMA IF NOT EXISTS sandbox;
    CREATE TABLE sandbox.form (number integer NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp());
    INSERT INTO sandbox.form (number) VALUES (0);
    -- The number of the newest row of the log: whoever appends to the log holds it until the end of its transaction.
    CREATE TABLE sandbox.head (number bigint NOT NULL);
    INSERT INTO sandbox.head VALUES (0);
    CREATE TABLE sandbox.log (
        number bigint PRIMARY KEY,
        tenant text NOT NULL,
        kind smallint NOT NULL,
        record bytea NOT NULL,
        -- The call that changes are owed to, to be found in the journal at last; of calls, the number of the last one.
        cause text NOT NULL,
        at timestamptz NOT NULL DEFAULT clock_timestamp()
    );
    CREATE INDEX log_of_tenant ON sandbox.log (tenant, number);
    CREATE TABLE sandbox.server (single boolean PRIMARY KEY DEFAULT true CHECK (single), kept bytea NOT NULL);
    CREATE TABLE sandbox.tenants (
        name text PRIMARY KEY,
        kept bytea,
        -- The world that its log is applied to, and the number in the log after which that begins.
        base bigint NOT NULL,
        since bigint NOT NULL
    );
    CREATE SEQUENCE sandbox.base_numbers;
    CREATE TABLE sandbox.bases (
        number bigint NOT NULL,
        part integer NOT NULL,
        content bytea NOT NULL,
        at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (number, part)
    );
    CREATE SEQUENCE sandbox.workers;
    -- What a tenant's powers have become since it was kept.
    CREATE TABLE sandbox.powers (
        tenant text NOT NULL REFERENCES sandbox.tenants ON DELETE CASCADE,
        name text NOT NULL,
        kept bytea NOT NULL,
        PRIMARY KEY (tenant, name)
    );
    """,
    """
    -- What operators were answered under their idempotency keys, in order.
    CREATE TABLE sandbox.answers (
        number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
        key text PRIMARY KEY,
        kept bytea NOT NULL
    );
    """,
)
"""What makes of each form the next one; the form of an empty database is 0."""
_LOCK = 0x5EED0001


def prepare(connection: Connection) -> None:
    """
    Make the tables, or bring them up to date; where others do so at the same time, the first one does.

    Raises:
        DatabaseError: They are a newer version's.
    """
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        form = _form(connection)
        if form > len(_FORMS):
            raise DatabaseError(
                f"The database was written by a newer version (form {form}; this one reads form {len(_FORMS)}). "
                "Install that version, or name another database."
            )
        for step in _FORMS[form:]:
            connection.execute(sql.SQL(step), prepare=False)
        connection.execute("UPDATE sandbox.form SET number = %s", (len(_FORMS),))


def _form(connection: Connection) -> int:
    row = connection.execute("SELECT to_regclass('sandbox.form') IS NOT NULL").fetchone()
    if row is None or not row[0]:
        return 0
    found = connection.execute("SELECT number FROM sandbox.form").fetchone()
    return int(found[0]) if found is not None else 0
