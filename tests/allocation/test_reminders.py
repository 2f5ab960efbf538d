"""Reminders say how many audits are due, once each, and nothing of any case; without a mail server none leaves."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from sqlmodel import select, update

from api.allocation.actions import Allocation, allocate
from api.allocation.reminders import actions as reminders
from api.audit_templates import actions as templates
from api.case_files import actions as case_files
from api.case_files.actions import NewCaseFile
from api.foundation.outbox import queue as outbox
from api.foundation.outbox.sending import send_due
from api.foundation.settings import Settings
from api.rounds import actions as rounds
from api.rounds.actions import RoundPlan
from checklists.templates.template_file import check_template
from models import AgeBand, Audit, AuditState, CaseFile, CaseStatus, now
from models.storage.database import Database
from tests.desk import SMALL
from tests.factories import Cast, a_cast, a_team, an_actor
from tests.guards_aside import guards_aside
from tests.mail_server import MailServer, a_mail_server

TODAY = now().date()


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with a_mail_server() as mail:
        yield mail


@pytest.fixture
def settings(mail_server: MailServer) -> Settings:
    return mail_server.settings


def remind(database: Database, settings: Settings, *, today: date, later: timedelta = timedelta()) -> int:
    """What the service does by itself, so much later: put what is due today into the outbox, and send it."""
    reminders.queue_due_reminders(database, today=today, days_before=settings.reminder_days)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outbox, "now", lambda: now() + later)
        return send_due(database, settings, today=today)


@pytest.fixture
def cast(database: Database) -> Cast:
    """Asha has two audits of an open round due in two days; Ben one of a round due in a month."""
    cast = a_cast(database)
    lena, north = an_actor(cast.lena), a_team(database, cast.organisation)
    with database.writing() as session:
        made = templates.create_template(session, content=check_template(SMALL), by=lena)
        templates.publish_version(
            session, template_id=made.template.id, number=1, version=made.version.version, by=lena
        )
        for title, days, reader, number in (("Zebra", 2, cast.asha, 2), ("Later", 30, cast.ben, 1)):
            plan = RoundPlan(title, made.template.id, 1, TODAY, TODAY, TODAY + timedelta(days=days))
            audit_round = rounds.create_round(session, plan=plan, by=lena)
            for _ in range(number):
                new = NewCaseFile(north.id, CaseStatus.CHILD_IN_NEED, AgeBand.FROM_5_TO_9)
                case = case_files.create_case_file(session, case_file=new, by=lena).case_file
                allocation = Allocation(case.id, reader.id)
                allocate(session, round_id=audit_round.id, allocation=allocation, by=lena)
            rounds.open_round(session, round_id=audit_round.id, version=audit_round.version, by=lena)
    return cast


@pytest.mark.fast
@pytest.mark.both_databases
def test_whoever_has_audits_due_soon_is_told_how_many_and_no_more(
    database: Database, cast: Cast, mail_server: MailServer, settings: Settings
) -> None:
    assert remind(database, settings, today=TODAY) == 1
    (message,) = mail_server.messages
    assert f"To: {cast.asha.email}" in message
    assert "You have 2 audits that are due on" in message
    assert "https://audit.example.org/audits" in message
    with database.reading() as session:
        words = {case.reference for case in session.exec(select(CaseFile)).all()} | {"Zebra"}
    assert [word for word in words if word in message] == []


@pytest.mark.both_databases
def test_each_reminder_is_sent_once_and_one_more_when_it_is_overdue(
    database: Database, cast: Cast, mail_server: MailServer, settings: Settings
) -> None:
    assert [remind(database, settings, today=TODAY) for _ in range(3)] == [1, 0, 0]
    assert [remind(database, settings, today=TODAY + timedelta(days=3)) for _ in range(2)] == [1, 0]
    assert "You have 2 audits that were due on" in mail_server.messages[1]
    assert len(mail_server.messages) == 2


def test_what_the_mail_server_does_not_take_is_tried_again(
    database: Database, cast: Cast, mail_server: MailServer, settings: Settings
) -> None:
    mail_server.refuses = True
    assert remind(database, settings, today=TODAY) == 0
    mail_server.refuses = False
    assert remind(database, settings, today=TODAY) == 0
    assert remind(database, settings, today=TODAY, later=timedelta(minutes=1)) == 1


def test_a_mail_server_that_is_away_breaks_nothing(database: Database, cast: Cast, settings: Settings) -> None:
    with a_mail_server() as gone:
        away = settings.model_copy(update={"smtp_port": gone.port})
    assert remind(database, away, today=TODAY) == 0
    assert remind(database, settings, today=TODAY) == 1


def test_without_a_mail_server_nothing_is_sent_and_nothing_counts_as_sent(
    database: Database, cast: Cast, settings: Settings
) -> None:
    assert send_due(database, Settings(), today=TODAY) == 0
    assert remind(database, settings, today=TODAY) == 1


def test_a_mail_server_without_a_sender_or_an_address_is_refused_at_the_start() -> None:
    with pytest.raises(ValidationError, match="CASEAUDIT_MAIL_FROM"):
        Settings(smtp_host="mail.example.org")


def test_what_was_handed_in_before_the_reminder_went_out_is_not_told_of_and_what_comes_later_is(
    database: Database, cast: Cast, mail_server: MailServer, settings: Settings
) -> None:
    reminders.queue_due_reminders(database, today=TODAY, days_before=3)
    with database.writing() as session:
        session.execute(update(Audit).values(state=AuditState.WITHDRAWN, withdrawn_at=now(), withdrawal_reason="Moved"))
    assert send_due(database, settings, today=TODAY) == 0
    with database.writing() as session, guards_aside(session.connection()):
        session.execute(update(Audit).values(state=AuditState.DRAFT, withdrawn_at=None, withdrawal_reason=""))
    assert remind(database, settings, today=TODAY) == 1


@pytest.mark.both_databases
def test_a_round_that_cannot_be_read_delays_no_other(
    database: Database, cast: Cast, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, broken = reminders._put_of_round, []

    def breaks_once(*given: Any) -> int:
        broken.append(given)
        if len(broken) == 1:
            raise ValueError("a row that nobody can read")
        return whole(*given)

    monkeypatch.setattr(reminders, "_put_of_round", breaks_once)
    assert reminders.queue_due_reminders(database, today=TODAY + timedelta(days=40), days_before=3) == 1
