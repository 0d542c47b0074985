"""
Many workers and hosts over one PostgreSQL.

The database keeps one log of everything that happens, numbered without a gap in order of commit. Each worker has a
replica of all tenants in memory, which is the bases with the log applied: before a call it applies what is new, and a
write is made under its tenant's lock, once everything before it is applied. So many workers behave as one would.
"""
