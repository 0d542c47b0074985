"""Applications as steps in a transaction; credentials that follow from them; health with more than can be looked at."""

from datetime import datetime, timedelta

import msgspec
import pytest

from sandbox_server.domain.certificates import CertificationReport
from sandbox_server.domain.errors import GrantRefused, NotFound, Unauthenticated
from sandbox_server.domain.health import Score
from sandbox_server.domain.onboarding import (
    AccountKind,
    Applicant,
    Application,
    ApplicationStatus,
    ChainFunction,
    Contact,
    System,
)
from sandbox_server.kernel.clock import FrozenClock
from sandbox_server.kernel.money import Money
from sandbox_server.persistence.memory import MemoryPersistence
from sandbox_server.services import access, health, issued, onboarding
from sandbox_server.services.access import Directory
from sandbox_server.services.issued import Login, Stage
from sandbox_server.services.journal import Journal
from sandbox_server.services.plans import Plans
from sandbox_server.services.tenants import Tenant
from sandbox_server.traffic.credentials import ALL_SCOPES
from tests.auditing import audit
from tests.certified import PLANS, certified
from tests.domain.builders import NOW

COMPANY = Applicant(
    "Hudson",
    AccountKind.VENDOR,
    Money(100_000_000, "USD"),
    3,
    (System.POS,),
    (ChainFunction.PRICES,),
    Contact("Zoë", "zoe@example.com"),
)


@pytest.fixture
def tenant() -> Tenant:
    return Tenant("left.right", MemoryPersistence(7, "USD"), FrozenClock(NOW))


def bring(tenant: Tenant, *, live: bool = True) -> Application:
    """Return an application that has come as far as it can, or as far as its report."""
    report = msgspec.convert(certified(), CertificationReport)
    validity = datetime.fromisoformat(report.issued_at), datetime.fromisoformat(report.expires_at)
    with tenant.begin("req_1") as tx:
        application = onboarding.apply(tx, COMPANY)
        onboarding.sign(tx, application.application_id, "Zoë", "Counsel")
        application = onboarding.submit(tx, application.application_id, report, validity, Plans(PLANS))
        return onboarding.go_live(tx, application.application_id) if live else application


def login(tenant: Tenant, application: Application, stage: Stage = Stage.LIVE) -> Login:
    with tenant.read() as tx:
        return issued.issue(tx, tenant.name, stage, application.application_id)


def test_an_application_that_nobody_made_is_not_found(tenant: Tenant) -> None:
    with tenant.read() as tx, pytest.raises(NotFound):
        onboarding.get(tx, "app_nowhere")


def test_a_key_that_was_given_out_names_its_client_and_all_but_onboarding(tenant: Tenant) -> None:
    given = login(tenant, bring(tenant))
    caller = Directory([tenant]).identify_key(given.api_key).caller
    assert caller.credential.client_id == given.client_id
    assert caller.scopes == set(ALL_SCOPES) - {"onboarding"}


def test_sandbox_and_live_credentials_are_others(tenant: Tenant) -> None:
    application = bring(tenant)
    texts = {*login(tenant, application), *login(tenant, application, Stage.SANDBOX)}
    assert len(texts) == 6


def test_live_credentials_open_nothing_before_the_chain_is_live(tenant: Tenant) -> None:
    given = login(tenant, bring(tenant, live=False))
    directory = Directory([tenant])
    with pytest.raises(Unauthenticated):
        directory.identify_key(given.api_key)
    with tenant.begin("req_2") as tx, pytest.raises(GrantRefused):
        access.authenticate(tx, given.client_id, given.secret)


def test_a_token_of_live_credentials_ends_with_them(tenant: Tenant) -> None:
    given = login(tenant, bring(tenant))
    directory = Directory([tenant])
    assert directory.tenant_of(given.client_id) is tenant
    with tenant.begin("req_2") as tx:
        token = access.grant(tx, tenant.name, access.authenticate(tx, given.client_id, given.secret), None).access_token
    assert directory.identify_token(token).caller.credential.client_id == given.client_id
    tenant.replace_world(MemoryPersistence(7, "USD"), NOW)
    with pytest.raises(Unauthenticated):
        directory.identify_token(token)


def test_a_copy_of_a_world_lets_in_its_own_clients_and_not_those_of_the_first(tenant: Tenant) -> None:
    application = bring(tenant)
    assert isinstance(tenant.persistence, MemoryPersistence)
    copy = Tenant("copy", tenant.persistence.fork(), FrozenClock(NOW))
    directory = Directory([tenant, copy])
    first, second = login(tenant, application), login(copy, application)
    assert directory.identify_key(first.api_key).tenant is tenant
    assert directory.identify_key(second.api_key).tenant is copy
    directory.remove(tenant)
    with pytest.raises(Unauthenticated):
        directory.identify_key(first.api_key)


def test_the_audit_names_an_application_that_is_live_and_never_was_verified(tenant: Tenant) -> None:
    application = bring(tenant, live=False)
    with tenant.begin("req_2") as tx:
        assert audit(tx) == []
        tx.applications.put(msgspec.structs.replace(application, status=ApplicationStatus.LIVE))
    with tenant.read() as tx:
        assert [breach[:2] for breach in audit(tx)] == [(4, application.application_id)]


def test_a_chain_that_lives_long_is_told_of_two_years(tenant: Tenant) -> None:
    application = bring(tenant)
    tenant.clock.move_to(NOW + timedelta(days=1000))
    with tenant.read() as tx:
        checks = health.checks(tx, application, Journal("left.right"))
    assert [check.quarter.name for check in checks] == [f"{2027 + n // 4}-Q{n % 4 + 1}" for n in range(3, 11)]
    assert all(check.calls == Score() and check.complete for check in checks)
