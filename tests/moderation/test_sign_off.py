"""Sign-off: signed by another, frozen by the database itself, and told apart when somebody tampers with it."""

import uuid
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner

from api.cli import cli
from api.foundation.problems import Conflict, NotAllowed
from api.moderation import actions as moderation
from api.moderation import sign_off
from api.moderation.sign_off import broken_signatures, is_as_signed
from checklists.audit_states import AuditState
from models import Audit
from tests.desk import Desk, a_desk
from tests.factories import an_actor
from tests.signing import agreed, race_edits_against_sign_off, race_two_sign_offs

pytestmark = pytest.mark.both_databases


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with a_desk(database_url) as made:
        yield made


def signed(desk: Desk) -> uuid.UUID:
    audit_id = agreed(desk)
    with desk.database.writing() as session:
        version = stored(desk, audit_id).version
        sign_off.sign_off(session, audit_id=audit_id, version=version, by=an_actor(desk.cast.lena))
    return audit_id


def stored(desk: Desk, audit_id: uuid.UUID) -> Audit:
    with desk.database.reading() as session:
        return session.get_one(Audit, (desk.cast.organisation.id, audit_id))


@pytest.mark.fast
def test_whoever_moderated_an_audit_does_not_sign_it(desk: Desk) -> None:
    audit_id = agreed(desk)
    version = stored(desk, audit_id).version
    with pytest.raises(NotAllowed, match="You moderated this audit"), desk.database.writing() as session:
        sign_off.sign_off(session, audit_id=audit_id, version=version, by=an_actor(desk.cast.mo))


@pytest.mark.fast
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE score SET answer = 'inadequate' WHERE theme = 'voice'",
        "UPDATE score SET theme = 'another' WHERE theme = 'voice'",
        "DELETE FROM score WHERE theme = 'voice'",
        (
            "INSERT INTO score SELECT organisation_id, audit_id, 'another', answer, rationale, impact, evidence,"
            " version FROM score WHERE theme = 'voice'"
        ),
        "UPDATE moderated_score SET answer = 'inadequate', reason = 'why' WHERE theme = 'voice'",
        "DELETE FROM moderated_score WHERE theme = 'voice'",
        "UPDATE audit_harm SET form_of_harm = 'another'",
        "DELETE FROM audit_harm",
        "UPDATE audit SET answers = 'dddd'",
        "UPDATE audit SET agreed_answers = 'dddd'",
        "UPDATE audit SET signature = 'another'",
        "UPDATE audit SET overall_calculated = 'outstanding'",
        (
            "UPDATE audit SET team_id = NULL, state = 'returned', return_reason = 'why', signature = '',"
            " signed_at = NULL, signed_by_id = NULL"
        ),
        "UPDATE audit SET state = 'in-moderation', signature = '', signed_at = NULL, signed_by_id = NULL",
        "DELETE FROM audit",
    ],
)
def test_the_database_itself_refuses_to_change_what_is_signed(desk: Desk, statement: str) -> None:
    audit_id = signed(desk)
    with (
        pytest.raises(DBAPIError, match="signed-off answers never change"),
        desk.database.writing() as session,
    ):
        session.connection().execute(text(statement))
    with desk.database.reading() as session:
        assert is_as_signed(session, session.get_one(Audit, (desk.cast.organisation.id, audit_id)))


def test_what_is_not_signed_can_still_be_changed(desk: Desk) -> None:
    signed(desk)
    other = agreed(desk)
    where = {"audit": other if desk.database.engine.dialect.name == "postgresql" else other.hex}
    with desk.database.writing() as session:
        for name in ("score", "moderated_score", "audit_harm"):
            session.connection().execute(text(f"DELETE FROM {name} WHERE audit_id = :audit"), where)


def test_words_can_be_taken_out_of_a_signed_audit(desk: Desk) -> None:
    audit_id = signed(desk)
    with desk.database.writing() as session:
        session.connection().execute(text("UPDATE score SET rationale = '[redacted]'"))
    with desk.database.reading() as session:
        assert is_as_signed(session, session.get_one(Audit, (desk.cast.organisation.id, audit_id)))


def test_reopening_takes_two_and_voids_the_signature_where_everybody_sees_it(desk: Desk) -> None:
    audit_id = signed(desk)
    was = stored(desk, audit_id)
    mo, lena = an_actor(desk.cast.mo), an_actor(desk.cast.lena)
    with desk.database.writing() as session:
        asked = sign_off.ask_to_reopen(
            session, audit_id=audit_id, reason="A page was missing.", version=was.version, by=lena
        )
    version = stored(desk, audit_id).version
    with pytest.raises(NotAllowed, match="somebody else"), desk.database.writing() as session:
        sign_off.decide_on_reopening(
            session, audit_id=audit_id, reopening_id=asked.id, confirmed=True, version=version, by=lena
        )
    with desk.database.writing() as session:
        sign_off.decide_on_reopening(
            session, audit_id=audit_id, reopening_id=asked.id, confirmed=True, version=version, by=mo
        )
    stands = stored(desk, audit_id)
    assert (stands.state, stands.signature) == (AuditState.IN_MODERATION, "")
    page = desk.browser(desk.cast.asha).get(f"/audits/{audit_id}/moderation").text
    assert "Signature voided" in page
    assert was.signature in page
    assert "A page was missing." in page


def test_a_tampered_signature_is_found(desk: Desk) -> None:
    kept, tampered = signed(desk), signed(desk)
    with desk.database.writing() as session:
        connection = session.connection()
        where = {"audit": tampered if connection.dialect.name == "postgresql" else tampered.hex}
        if connection.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE score DISABLE TRIGGER USER"))
        else:
            connection.execute(text("DROP TRIGGER score_is_signed_update"))
        connection.execute(text("UPDATE score SET answer = 'outstanding' WHERE audit_id = :audit"), where)
    with desk.database.reading() as session:
        assert [audit.id for audit in broken_signatures(session)] == [tampered]
    assert "Unchanged since it was signed" in desk.browser(desk.cast.lena).get(f"/audits/{kept}/moderation").text
    assert "Changed since it was signed" in desk.browser(desk.cast.lena).get(f"/audits/{tampered}/moderation").text


def test_nothing_is_accepted_unmoderated_where_a_rule_chose_it(desk: Desk) -> None:
    audit_id = desk.an_audit()
    desk.answer(audit_id, "good")
    desk.submit(audit_id)
    version = stored(desk, audit_id).version
    with pytest.raises(Conflict, match="A rule of this round chose the audit"), desk.database.writing() as session:
        moderation.accept_answers(session, audit_id=audit_id, version=version, by=an_actor(desk.cast.mo))


def test_after_a_race_what_is_signed_is_what_stands(desk: Desk) -> None:
    outcomes = race_edits_against_sign_off(desk, 12)
    assert outcomes.wrong == 0
    assert outcomes.signed > 0
    assert race_two_sign_offs(desk, 5) == 5


def test_the_command_names_every_audit_that_is_not_as_it_was_signed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed(desk)
    monkeypatch.setenv("CASEAUDIT_DATABASE_URL", desk.database.engine.url.render_as_string(hide_password=False))
    whole = CliRunner().invoke(cli, ["verify-signatures"])
    assert (whole.exit_code, whole.output) == (0, "Every signed audit is as it was signed.\n")
