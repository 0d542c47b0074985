"""Certifications of clients that run already: begun, watched, finished, and their reports."""

from asyncio import to_thread
from collections.abc import Awaitable, Mapping
from contextvars import ContextVar
from typing import Any

from sandbox_server.api.operation import Call, Reply
from sandbox_server.asgi import ASGIApp, Receive, Scope, Send
from sandbox_server.certification.bundle import JUNIT, PAGE, REPORT
from sandbox_server.certification.plan import Plan, PlanError, plan_ids, read_plan
from sandbox_server.certification.trials import OVER, Trial, Trials
from sandbox_server.control.record import Record
from sandbox_server.control.registry import Registry
from sandbox_server.control.wire import BASE
from sandbox_server.domain.errors import Duplicate, Fault, IllegalTransition, NotFound, Unprocessable
from sandbox_server.remote import Sandbox

_FINISH_SECONDS = 30.0
_server: ContextVar[tuple[str, int]] = ContextVar("server")


class Here:
    """Remembers at which address of the server a call has come in, since certifications call it there, too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass a call on."""
        if scope.get("server"):
            _server.set(scope["server"])
        return self._app(scope, receive, send)


class Certifications:
    """What answers at /plans and below /tenants/{tenant}/certifications."""

    def __init__(self, registry: Registry, trials: Trials, operator_token: str | None) -> None:
        self._registry = registry
        self._trials = trials
        self._token = operator_token

    def list_plans(self, _call: Call) -> Reply:
        """Answer GET /plans."""
        return Reply(content={"items": [_plan(read_plan(name)) for name in plan_ids()]})

    def create_certification(self, call: Call) -> Reply:
        """Answer POST …/certifications."""
        record = self._registry.get(call.parameters["tenant"])
        plan, name = _playable(call.body, record), record.tenant.name
        if not self._trials.alone:
            fault = Fault("/plan", "SEVERAL_PROCESSES", "Ask a sandbox of one process, without --database.")
            raise Unprocessable("Several processes serve this sandbox, and a certification is known to one.", [fault])
        if running := self._trials.running(name):
            raise Duplicate(f"Certification {running.number} of {name} is running already; finish it first.")
        trial = self._trials.add(plan, float(call.body.get("scale", 1)), name)
        trial.begin(Sandbox(_address(), self._token))
        return Reply(201, _certification(trial), {"Location": f"{BASE}/tenants/{name}/certifications/{trial.number}"})

    def get_certification(self, call: Call) -> Reply:
        """Answer GET …/certifications/{certification}."""
        return Reply(content=_certification(self._trial(call)))

    async def finish_certification(self, call: Call) -> Reply:
        """Answer POST …/certifications/{certification}/finish."""
        trial = self._trial(call)
        if trial.state in OVER:
            raise IllegalTransition("certification", str(trial.number), trial.state, "finished")
        trial.finish()
        await to_thread(trial.wait, _FINISH_SECONDS)
        return Reply(content=_certification(trial))

    def get_report(self, call: Call) -> Reply:
        """Answer GET …/certifications/{certification}/report.json."""
        return self._file(call, REPORT, "application/json")

    def get_page(self, call: Call) -> Reply:
        """Answer GET …/certifications/{certification}/report.html."""
        return self._file(call, PAGE, "text/html")

    def get_junit(self, call: Call) -> Reply:
        """Answer GET …/certifications/{certification}/report.xml."""
        return self._file(call, JUNIT, "application/xml")

    def _trial(self, call: Call) -> Trial:
        tenant = self._registry.get(call.parameters["tenant"]).tenant.name
        number = call.parameters["certification"]
        trial = self._trials.get(number)
        if trial is None or trial.tenant != tenant:
            raise NotFound(f"certification of {tenant}", str(number))
        return trial

    def _file(self, call: Call, name: str, media_type: str) -> Reply:
        trial = self._trial(call)
        if trial.report is None:
            raise NotFound(f"report of a certification that is {trial.state}", str(trial.number))
        return Reply(raw=(trial.folder / name).read_bytes(), media_type=media_type)


def _playable(asked: Mapping[str, Any], record: Record) -> Plan:
    """
    Return the plan that is asked for.

    Raises:
        Unprocessable: There is none, or it cannot be played in the tenant's world.
    """
    at, code = "/plan", "UNKNOWN_PLAN"
    try:
        plan = read_plan(asked["plan"])
        at, code = "/scenarios", "UNKNOWN_SCENARIO"
        plan = plan.narrowed(asked.get("scenarios", ()))
    except PlanError as error:
        raise Unprocessable("Nothing was begun.", [Fault(at, code, str(error))]) from None
    fixture = plan.scenarios[0].fixture
    if record.fixture != fixture:
        said = f"{plan.id} is played in {fixture}, and this is {record.fixture}. Make a tenant of {fixture}."
        raise Unprocessable("Nothing was begun.", [Fault("/plan", "OTHER_WORLD", said)])
    return plan


def _address() -> str:
    host, port = _server.get()
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _plan(plan: Plan) -> dict[str, Any]:
    return {
        "plan": plan.id,
        "title": plan.title,
        "hash": plan.hash,
        "fixture": plan.scenarios[0].fixture,
        "checks": [{"id": one.id, "level": one.level, "title": one.title} for one in plan.checks],
        "scenarios": [{"id": one.id, "title": one.title, "seconds": one.seconds} for one in plan.scenarios],
    }


def _certification(trial: Trial) -> dict[str, Any]:
    doing = dict(trial.doing)
    content: dict[str, Any] = {
        "number": trial.number,
        "tenant": trial.tenant,
        "plan": trial.plan.id,
        "scale": trial.scale,
        "state": trial.state,
        "scenarios": [_scenario(one.id, doing.get(one.id)) for one in trial.plan.scenarios],
    }
    if trial.report is not None:
        content["overall"] = trial.report["overall"]
    if trial.failure:
        content["failure"] = trial.failure
    return content


def _scenario(name: str, doing: str | None) -> dict[str, str]:
    state = "WAITING" if doing is None else "PLAYING" if doing else "PLAYED"
    return {"id": name, "state": state, "doing": doing} if doing else {"id": name, "state": state}
