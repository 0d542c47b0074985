"""A log applied to the world that it was written for."""

from heapq import heappush

from sandbox_server.persistence.log import Changes, TableChanges
from sandbox_server.persistence.memory import MemoryPersistence
from sandbox_server.persistence.tables import DUE


def apply(world: MemoryPersistence, changes: Changes) -> None:
    """
    Change a world as a transaction changed the one that its record is of.

    Raises:
        KeyError: It has a table that is not known.
        msgspec.MsgspecError: A row is none of its table.
    """
    for table in changes.tables:
        _apply(world, table)
    world.movements.extend(changes.movements)


def _apply(world: MemoryPersistence, table: TableChanges) -> None:
    columns = world.columns[table.name]
    entities = {key: columns.spec.unpack(row) for key, row in table.rows.items()}
    for key in table.removed:
        columns.remove(key)
    columns.put(table.rows, entities)
    columns.pass_over(table.count + 1 - len(columns.rows))
    if table.name == DUE.name:
        for event in entities.values():
            heappush(world.deadlines, (event.due, event.sequence, event.key))
