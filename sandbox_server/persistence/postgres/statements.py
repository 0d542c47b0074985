"""How the log is read and written, and what locks a tenant's turn."""

from zlib import crc32

AT_ONCE = 1000
"""Rows that are read at a time."""
LOCKS = 0x5EED0002
TAIL = (
    "SELECT number, tenant, kind, record, cause, at::text FROM sandbox.log WHERE number > {} ORDER BY number LIMIT {}"
)
PREPARED_TAIL = TAIL.format("%s", AT_ONCE)
APPEND = """
    WITH head AS (UPDATE sandbox.head SET number = number + cardinality(%(kinds)s) RETURNING number)
    INSERT INTO sandbox.log (number, tenant, kind, record, cause)
    SELECT head.number - cardinality(%(kinds)s) + place, tenant, kind, record, cause
    FROM head, unnest(%(tenants)s::text[], %(kinds)s::smallint[], %(records)s::bytea[], %(causes)s::text[])
        WITH ORDINALITY AS entry (tenant, kind, record, cause, place)
    RETURNING number, at::text
"""


def key_of(tenant: str) -> int:
    """Return the number of a tenant's lock; two that share one merely wait for each other."""
    return crc32(tenant.encode()) - (1 << 31)
