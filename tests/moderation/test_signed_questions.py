"""Answers to questions are signed with their audit: the signature and the rows show when one was changed."""

import uuid
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from api.foundation.problems import Invalid
from api.moderation import actions as moderation
from api.moderation import sign_off
from api.moderation.actions import AnswerReview, OverallReview
from api.moderation.sign_off import broken_signatures, is_as_signed, signature_of
from checklists.audits.signature import Form
from checklists.reports.tallies import decode_answers
from checklists.templates.scale import NOT_ASKED
from models import Audit
from tests.audits.asking_desk import ask, grade
from tests.checklists.full_template import a_template_of_questions
from tests.desk import Desk, a_desk
from tests.factories import an_actor

THEMES = ("voice", "history", "review")
GOOD = OverallReview("good")


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with a_desk(database_url, template=a_template_of_questions(), fill=signed) as made:
        yield made


def signed(desk: Desk) -> uuid.UUID:
    """An audit of a case that is not asked for a plan, nor where a child was seen who was not, moderated and signed."""
    audit_id, mo = desk.an_audit(harms=()), an_actor(desk.cast.mo)
    grade(desk, audit_id, "good", *THEMES)
    ask(desk, audit_id, seen_alone="yes", where="home", visits="3", chronology="2026-03")
    ask(desk, audit_id, seen_alone="no")
    desk.submit(audit_id)
    reviews = [AnswerReview(theme, "good") for theme in THEMES]
    with desk.database.writing() as session:
        version = desk.find(audit_id).audit.version
        version = moderation.start_moderation(session, audit_id=audit_id, version=version, by=mo).version
        version = moderation.review_answers(
            session, audit_id=audit_id, judgements=reviews, version=version, by=mo
        ).version
        version = moderation.review_overall(session, audit_id=audit_id, review=GOOD, version=version, by=mo).version
        version = moderation.agree_answers(session, audit_id=audit_id, version=version, by=mo).version
    with desk.database.writing() as session:
        sign_off.sign_off(session, audit_id=audit_id, review=GOOD, version=version, by=an_actor(desk.cast.lena))
    return audit_id


def change_unguarded(desk: Desk, *statements: str) -> None:
    with desk.database.writing() as session:
        connection = session.connection()
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        else:
            names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
            for name in names:
                connection.execute(text(f"DROP TRIGGER {name}"))
        for statement in statements:
            connection.execute(text(statement))


@pytest.mark.both_databases
def test_an_audit_is_signed_with_its_questions_and_without_what_is_not_asked(desk: Desk) -> None:
    audit_id = desk.filled
    with desk.database.reading() as session:
        audit = session.get_one(Audit, (desk.cast.organisation.id, audit_id))
        assert audit.question_answers == "no|not-asked|3|2026-03"
        assert audit.answers == "bb-b"
        assert is_as_signed(session, audit)
        assert list(broken_signatures(session)) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE question_answer SET answer = 'yes' WHERE question = 'seen-alone'",
        "DELETE FROM question_answer WHERE question = 'seen-alone'",
        "UPDATE audit SET question_answers = 'yes|not-asked|3|2026-03'",
        "UPDATE audit SET case_facts = 'long|neglect'",
        "UPDATE audit SET answer_sources = 'family'",
    ],
)
@pytest.mark.both_databases
def test_the_database_refuses_to_change_them_and_the_signature_tells_when_it_could_not(
    desk: Desk, statement: str
) -> None:
    audit_id = desk.filled
    with (
        pytest.raises(DBAPIError, match="never change"),
        desk.database.writing() as session,
    ):
        session.connection().execute(text(statement))
    change_unguarded(desk, statement)
    with desk.database.reading() as session:
        assert [audit.id for audit in broken_signatures(session)] == [audit_id]


def test_a_signature_of_an_older_form_is_of_an_audit_without_questions(desk: Desk) -> None:
    audit_id = desk.filled
    with desk.database.reading() as session:
        audit = session.get_one(Audit, (desk.cast.organisation.id, audit_id))
        older = signature_of(session, audit, Form.WITH_OVERALL)
    change_unguarded(desk, f"UPDATE audit SET signature = '{older}'")
    with desk.database.reading() as session:
        assert [audit.id for audit in broken_signatures(session)] == [audit_id]


def test_what_is_not_asked_of_a_case_is_not_reviewed(desk: Desk) -> None:
    audit_id, mo = desk.an_audit(harms=()), an_actor(desk.cast.mo)
    grade(desk, audit_id, "good", *THEMES)
    ask(desk, audit_id, seen_alone="yes", where="home", visits="3", chronology="2026-03")
    desk.submit(audit_id)
    answers = decode_answers(desk.template, desk.find(audit_id).audit.answers)
    (left_out,) = (theme for theme, answer in answers.items() if answer == NOT_ASKED)
    with desk.database.writing() as session:
        version = desk.find(audit_id).audit.version
        version = moderation.start_moderation(session, audit_id=audit_id, version=version, by=mo).version
        with pytest.raises(Invalid, match="does not apply to this case"):
            moderation.review_answers(
                session, audit_id=audit_id, judgements=[AnswerReview(left_out, "good")], version=version, by=mo
            )
