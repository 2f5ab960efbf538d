"""The moderation queue: whose first audits it names, and what a long page of it costs the database."""

import uuid
from dataclasses import replace

import pytest
from sqlalchemy import event, select, update
from sqlmodel import col

from api.app import create_app
from api.audits.actions import template_of
from api.foundation.settings import Settings
from api.moderation.rules import RuleChange, causes_of, set_rule
from benchmarks.scores import an_auditor
from benchmarks.store import fill
from checklists.audits.moderation import Cause
from models import Audit, AuditState, Event, Role, Round
from models.storage.database import Database
from tests.client import Client
from tests.factories import MadeOrganisation, MadePerson, a_person, a_token_for, an_actor
from tests.live import Ground, a_ground, an_open_round

WAITING = 40
FIRST = 3


@pytest.fixture
def ground(database: Database) -> Ground:
    return a_ground(database)


@pytest.mark.both_databases
def test_the_first_audits_of_each_auditor_are_moderated_in_whichever_round_and_state(
    database: Database, ground: Ground
) -> None:
    another = replace(ground, auditor=an_actor(an_auditor(database, ground)))
    rounds = [ground.round_id, an_open_round(database, ground.template_id, ground.lead)]
    for number in range(FIRST + 2):  # each is submitted after those before it
        fill(database, ground, [rounds[number % 2]], audits_each=1, tidy=False)
    fill(database, another, rounds[1:], audits_each=FIRST - 1, tidy=False)
    with database.writing() as session:
        rule = RuleChange(share_percent=0, lowest=False, first_audits=FIRST)
        for round_id in rounds:
            set_rule(session, round_id=round_id, change=rule, version=0, by=ground.lead)
        own = select(col(Audit.id)).where(col(Audit.auditor_id) == ground.auditor.person_id)
        in_order = list(session.execute(own.order_by(col(Audit.submitted_at))).scalars())
        moderated = update(Audit).where(col(Audit.id) == in_order[1]).values(state=AuditState.IN_MODERATION)
        session.execute(moderated)
        theirs = set(
            session.execute(select(col(Audit.id)).where(col(Audit.auditor_id) == another.auditor.person_id)).scalars()
        )
    found: set[uuid.UUID] = set()
    with database.reading() as session:
        for audit_round in session.execute(select(Round).where(col(Round.id).in_(rounds))).scalars():
            audits = session.execute(select(Audit).where(col(Audit.round_id) == audit_round.id)).scalars().all()
            causes = causes_of(session, audit_round, template_of(session, audit_round), audits)
            found |= {audit_id for audit_id, why in causes.items() if Cause.FIRST in why}
    assert found == {*in_order[:FIRST], *theirs}


def test_who_first_sees_a_long_page_of_the_queue_asks_the_database_no_more_than_for_one_audit(
    database: Database, ground: Ground
) -> None:
    fill(database, ground, [ground.round_id], audits_each=WAITING, tidy=False)
    assert ground.lead.person_id is not None
    inviting = MadePerson(ground.organisation_id, ground.lead.person_id, "", "", frozenset({Role.ADMINISTRATOR}), "")
    organisation = MadeOrganisation(ground.organisation_id, "", inviting)
    url = database.engine.url.render_as_string(hide_password=False)
    asked: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    with Client(create_app(Settings(database_url=url), database)) as client:
        numbers = []
        for shown in (1, 1, WAITING - 1):
            token = a_token_for(database, a_person(database, organisation, roles={Role.MODERATOR})).secret
            asked.clear()
            queue = client.get(f"/api/v1/moderation-queue?limit={shown}", headers={"Authorization": f"Bearer {token}"})
            assert len(queue.json()["items"]) == shown, queue.text
            numbers.append(len(asked))
    _, short, long = numbers  # the first one imports
    assert long == short
    with database.reading() as session:
        seen = select(col(Event.subject_id)).where(col(Event.kind) == "audit.causes-read")
        assert len(set(session.execute(seen).scalars())) > WAITING / 2  # the views are recorded
