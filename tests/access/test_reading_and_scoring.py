"""Which audits a person may read, score or review, by who they are and what state the audit is in."""

import uuid
from dataclasses import replace
from typing import Any

import pytest

from api.access import audits, blindness, concerns
from api.foundation.permissions import Actor
from api.foundation.problems import Conflict, NotAllowed, NotFound
from checklists.audits.audit_states import EDITABLE_STATES, SUBMITTED_STATES
from models import Audit, AuditState, ConcernState, Role, UrgentConcern

ME = uuid.uuid4()
ALL_STATES = frozenset(AuditState)
# Of which only what a rule looks at is there.
an_audit: Any = Audit
a_concern: Any = UrgentConcern


def actor(*roles: Role, organisation_id: int = 1) -> Actor:
    return Actor(organisation_id, person_id=ME, name="Asha", roles=frozenset(roles))


def audit(state: AuditState, *, mine: bool = True) -> Any:
    return an_audit(organisation_id=1, auditor_id=ME if mine else uuid.uuid4(), state=state, reading=2)


def readable(who: Actor, *, mine: bool) -> set[AuditState]:
    return {state for state in AuditState if audits.may_read_audit(who, audit(state, mine=mine))}


def test_an_auditor_reads_their_own_audits_and_no_others() -> None:
    assert readable(actor(Role.AUDITOR), mine=True) == ALL_STATES
    assert readable(actor(Role.AUDITOR), mine=False) == set()


def test_a_moderator_reads_what_others_have_submitted_and_not_their_own() -> None:
    assert readable(actor(Role.MODERATOR), mine=False) == SUBMITTED_STATES
    assert readable(actor(Role.MODERATOR), mine=True) == set()


def test_a_quality_lead_reads_every_audit() -> None:
    assert readable(actor(Role.QUALITY_LEAD), mine=False) == ALL_STATES


def test_nobody_reads_an_audit_of_another_organisation_or_without_a_role_for_it() -> None:
    assert readable(actor(Role.QUALITY_LEAD, organisation_id=2), mine=True) == set()
    assert readable(actor(Role.ADMINISTRATOR), mine=True) == set()
    for missing in (None, audit(AuditState.DRAFT, mine=False)):
        with pytest.raises(NotFound):
            audits.check_can_read_audit(actor(Role.AUDITOR), missing)


def test_only_its_own_auditor_scores_an_audit_and_only_until_it_is_submitted() -> None:
    who = actor(Role.AUDITOR)
    assert {state for state in AuditState if audits.may_score(who, audit(state))} == EDITABLE_STATES
    for state in AuditState:
        with pytest.raises(NotAllowed):
            audits.check_can_score(who, audit(state, mine=False))
        with pytest.raises(NotAllowed):
            audits.check_can_score(actor(Role.MODERATOR), audit(state))
        if state in EDITABLE_STATES:
            audits.check_can_score(who, audit(state))
        else:
            with pytest.raises(Conflict):
                audits.check_can_score(who, audit(state))


def test_readers_moderators_and_leads_resolve_a_double_reading() -> None:
    resolves = audits.may_resolve_double_reading
    assert resolves(actor(Role.AUDITOR), [ME])
    assert not resolves(actor(Role.AUDITOR), [uuid.uuid4()])
    assert not resolves(actor(Role.MODERATOR), [ME])  # who no longer audits reads nothing
    assert resolves(actor(Role.MODERATOR), [uuid.uuid4()])
    assert resolves(actor(Role.QUALITY_LEAD), [uuid.uuid4()])


def test_nobody_learns_from_their_own_audit_that_there_is_another_reading() -> None:
    who = actor(Role.AUDITOR)
    assert blindness.reading_shown(who, audit(AuditState.DRAFT)) is None
    assert blindness.reading_shown(who, audit(AuditState.DRAFT, mine=False)) == 2
    blindness.check_is_not_reader(who, [uuid.uuid4()])
    with pytest.raises(NotAllowed):
        blindness.check_is_not_reader(who, [str(ME)])


def test_the_person_asked_about_a_concern_reads_its_basis_until_it_is_closed() -> None:
    who = actor(Role.AUDITOR)
    asked = a_concern(organisation_id=1, person_id=ME, state=ConcernState.RAISED)
    acknowledged = a_concern(organisation_id=1, acknowledged_by_id=ME, state=ConcernState.ACKNOWLEDGED)
    for concern in (asked, acknowledged):
        assert concerns.may_read_basis(who, concern, reads_case=False)
        assert not concerns.may_read_basis(who, concern, reads_case=True)
        assert not concerns.may_read_basis(replace(who, organisation_id=2), concern, reads_case=False)
        assert not concerns.may_read_basis(replace(who, person_id=None), concern, reads_case=False)
        assert not concerns.may_read_basis(replace(who, person_id=uuid.uuid4()), concern, reads_case=False)
        assert not concerns.may_read_basis(actor(Role.ADMINISTRATOR), concern, reads_case=False)
    closed = a_concern(organisation_id=1, person_id=ME, state=ConcernState.CLOSED)
    assert not concerns.may_read_basis(who, closed, reads_case=False)
