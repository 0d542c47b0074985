"""Snapshots: taken, listed, gone back to, forked, carried away and brought in."""

from sandbox_server.api.operation import Call, Reply
from sandbox_server.control import files, wire
from sandbox_server.control.record import Record
from sandbox_server.control.registry import Registry
from sandbox_server.control.standing import Snapshot
from sandbox_server.control.tenants import created


class Snapshots:
    """What answers below /tenants/{tenant}/snapshots and at /snapshots/import."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def list_snapshots(self, call: Call) -> Reply:
        """Answer GET …/snapshots."""
        items = [(snapshot.number, snapshot) for snapshot in self._tenant(call).snapshots.values()]
        return Reply(content=wire.page(call, items, wire.snapshot, self._registry.seed))

    def create_snapshot(self, call: Call) -> Reply:
        """Answer POST …/snapshots."""
        record = self._tenant(call)
        snapshot = self._registry.take_snapshot(record, (call.body or {}).get("label", ""))
        where = f"{wire.BASE}/tenants/{record.tenant.name}/snapshots/{snapshot.snapshot_id}"
        return Reply(201, wire.snapshot(snapshot), {"Location": where})

    def get_snapshot(self, call: Call) -> Reply:
        """Answer GET …/snapshots/{snapshot}."""
        return Reply(content=wire.snapshot(self._snapshot(call)))

    def delete_snapshot(self, call: Call) -> Reply:
        """Answer DELETE …/snapshots/{snapshot}."""
        self._registry.delete_snapshot(self._tenant(call), self._snapshot(call))
        return Reply(204)

    async def restore_snapshot(self, call: Call) -> Reply:
        """Answer POST …/snapshots/{snapshot}/restore."""
        record = self._tenant(call)
        async with record.moving:
            self._registry.restore(record, self._snapshot(call))
        return Reply(content=wire.tenant(record, with_credentials=True))

    def fork_snapshot(self, call: Call) -> Reply:
        """Answer POST …/snapshots/{snapshot}/fork."""
        return created(self._registry.create((call.body or {}).get("name"), self._snapshot(call)))

    def export_snapshot(self, call: Call) -> Reply:
        """Answer GET …/snapshots/{snapshot}/export."""
        snapshot = self._snapshot(call)
        name = f"{snapshot.tenant}-{snapshot.snapshot_id}.snapshot"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Reply(headers=headers, raw=files.written(snapshot), media_type="application/octet-stream")

    def import_snapshot(self, call: Call) -> Reply:
        """Answer POST /snapshots/import."""
        return created(self._registry.create(call.parameters.get("name"), files.read(call.body)))

    def _tenant(self, call: Call) -> Record:
        return self._registry.get(call.parameters["tenant"])

    def _snapshot(self, call: Call) -> Snapshot:
        return self._tenant(call).snapshot(call.parameters["snapshot"])
