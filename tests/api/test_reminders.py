"""Reminders say how many audits are due, once each, and nothing of any case; without a mail server none leaves."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from pydantic import ValidationError
from sqlmodel import select

from api.actions import audits, case_files, rounds, templates
from api.actions.audits import Allocation
from api.actions.case_files import NewCaseFile
from api.actions.rounds import RoundPlan
from api.reminding import remind
from api.settings import Settings
from checklists.template import check_template
from models import AgeBand, CaseFile, CaseStatus, now
from models.database import Database, open_database
from tests.desk import SMALL
from tests.factories import Cast, a_cast, a_team, an_actor

TODAY = now().date()


@dataclass
class MailServer:
    """What a mail server was told: enough of SMTP for one client, on this machine."""

    port: int = 0
    messages: list[str] = field(default_factory=list)
    refuses: bool = False


@contextmanager
def a_mail_server() -> Iterator[MailServer]:
    mail = MailServer()

    class Conversation(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say("220 ready")
            while line := self.rfile.readline().decode().strip():
                if line.upper().startswith("DATA"):
                    self._say("354 go on")
                    lines = []
                    while (part := self.rfile.readline().decode()) not in {".\r\n", ""}:
                        lines.append(part)
                    mail.messages.append("".join(lines))
                    self._say("250 taken")
                elif line.upper().startswith("QUIT"):
                    self._say("221 bye")
                    return
                else:
                    self._say("451 not now" if mail.refuses and line.upper().startswith("MAIL") else "250 ok")

        def _say(self, words: str) -> None:
            self.wfile.write(f"{words}\r\n".encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Conversation) as server:
        server.daemon_threads = True
        mail.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield mail
        server.shutdown()
        thread.join()


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with a_mail_server() as mail:
        yield mail


@pytest.fixture
def settings(mail_server: MailServer) -> Settings:
    return Settings(
        smtp_host="127.0.0.1",
        smtp_port=mail_server.port,
        smtp_security="none",
        mail_from="audit@example.org",
        public_address="https://audit.example.org",
    )


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = open_database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def cast(database: Database) -> Cast:
    """Asha has two audits of an open round due in two days; Ben one of a round due in a month."""
    cast = a_cast(database)
    lena, north = an_actor(cast.lena), a_team(database, cast.organisation)
    with database.writing() as session:
        made = templates.make(session, content=check_template(SMALL), by=lena)
        templates.publish(session, template_id=made.template.id, number=1, version=made.version.version, by=lena)
        for title, days, reader, number in (("Zebra", 2, cast.asha, 2), ("Later", 30, cast.ben, 1)):
            plan = RoundPlan(title, made.template.id, 1, TODAY, TODAY, TODAY + timedelta(days=days))
            standing = rounds.make(session, plan=plan, by=lena)
            for _ in range(number):
                new = NewCaseFile(north.id, CaseStatus.CHILD_IN_NEED, AgeBand.FROM_5_TO_9)
                case = case_files.make(session, case_file=new, by=lena).case_file
                allocation = Allocation(case.id, reader.id)
                audits.allocate(session, round_id=standing.id, allocation=allocation, by=lena)
            rounds.open_round(session, round_id=standing.id, version=standing.version, by=lena)
    return cast


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
    assert remind(database, settings, today=TODAY) == 1


def test_a_mail_server_that_is_away_breaks_nothing(database: Database, cast: Cast, settings: Settings) -> None:
    with a_mail_server() as gone:
        away = settings.model_copy(update={"smtp_port": gone.port})
    assert remind(database, away, today=TODAY) == 0
    assert remind(database, settings, today=TODAY) == 1


def test_without_a_mail_server_nothing_is_sent_and_nothing_counts_as_sent(
    database: Database, cast: Cast, settings: Settings
) -> None:
    assert remind(database, Settings(), today=TODAY) == 0
    assert remind(database, settings, today=TODAY) == 1


def test_a_mail_server_without_a_sender_or_an_address_is_refused_at_the_start() -> None:
    with pytest.raises(ValidationError, match="CASEAUDIT_MAIL_FROM"):
        Settings(smtp_host="mail.example.org")
