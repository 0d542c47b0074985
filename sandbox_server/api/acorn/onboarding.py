"""How a chain joins, from its application to its health when it is live."""

from sandbox_server.api.acorn import onboarding_intake as intake
from sandbox_server.api.acorn import onboarding_wire as wire
from sandbox_server.api.acorn.replies import listing, one, require_store
from sandbox_server.api.acorn.wire import etag
from sandbox_server.api.operation import Call, Reply
from sandbox_server.services import health, issued, onboarding
from sandbox_server.services.codec import pack
from sandbox_server.services.issued import Stage
from sandbox_server.services.journal import Journal
from sandbox_server.services.plans import Plans
from sandbox_server.services.ports import Transaction

_UNSTORED = {"Cache-Control": "no-store"}


def list_applications(call: Call, tx: Transaction) -> Reply:
    """Answer GET /applications."""
    return listing(call, tx, tx.applications, wire.application, {"status": "status"})


def create_application(call: Call, tx: Transaction) -> Reply:
    """Answer POST /applications."""
    require_store(call, None)
    application = onboarding.apply(tx, intake.applicant(call.body))
    return one(application, wire.application, 201, f"/v1/applications/{application.application_id}")


def get_application(call: Call, tx: Transaction) -> Reply:
    """Answer GET /applications/{applicationId}."""
    return one(onboarding.get(tx, call.parameters["applicationId"]), wire.application)


def sign_agreement(call: Call, tx: Transaction) -> Reply:
    """Answer POST /applications/{applicationId}/nda."""
    require_store(call, None)
    name, title = call.body["name"], call.body["title"]
    return one(onboarding.sign(tx, call.parameters["applicationId"], name, title), wire.application)


def get_application_contract(call: Call, tx: Transaction) -> Reply:
    """Answer GET /applications/{applicationId}/contract."""
    require_store(call, None)
    application = onboarding.signed(tx, call.parameters["applicationId"])
    login = issued.issue(tx, call.tenant.name, Stage.SANDBOX, application.application_id)
    return Reply(content={"documents": wire.DOCUMENTS, "credentials": wire.credentials(login)}, headers=_UNSTORED)


def submit_test_report(call: Call, tx: Transaction) -> Reply:
    """Answer POST /applications/{applicationId}/test-reports."""
    require_store(call, None)
    report, validity = intake.certification_report(call.body)
    plans = call.tenant.power(Plans)
    return one(onboarding.submit(tx, call.parameters["applicationId"], report, validity, plans), wire.application)


def go_live(call: Call, tx: Transaction) -> Reply:
    """Answer POST /applications/{applicationId}/go-live; this answer alone shows the credentials."""
    require_store(call, None)
    live = onboarding.go_live(tx, call.parameters["applicationId"])
    login = issued.issue(tx, call.tenant.name, Stage.LIVE, live.application_id)
    content = {**wire.application(pack(live)), "credentials": wire.credentials(login)}
    return Reply(200, content, {**etag(live.version), **_UNSTORED})


def get_health_checks(call: Call, tx: Transaction) -> Reply:
    """Answer GET /applications/{applicationId}/health-checks."""
    application = onboarding.get(tx, call.parameters["applicationId"])
    quarters = health.checks(tx, application, call.tenant.power(Journal))
    return Reply(content={"quarters": [wire.health_check(quarter) for quarter in quarters]})
