"""Reports in the contract's words."""

from sandbox_server.api.acorn.wire import Wire, history, instant, present
from sandbox_server.domain.reports import Report
from sandbox_server.services.codec import unpacker
from sandbox_server.services.ports import Packed

_unpack = unpacker(Report)


def report(packed: Packed) -> Wire:
    """Return a report."""
    asked = _unpack(packed)
    return present(
        reportId=asked.report_id,
        type=asked.type,
        format=asked.format,
        status=asked.status,
        **{"from": instant(asked.begins)},
        to=instant(asked.ends),
        storeIds=list(asked.store_ids) or None,
        createdAt=instant(asked.created_at),
        updatedAt=instant(asked.updated_at),
        rows=asked.rows,
        bytes=asked.size,
        failure=asked.failure,
        history=history(asked.history),
    )
