"""Sign-off: signed by another, frozen by the database itself, and told apart when somebody tampers with it."""

import ast
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Enum, String, bindparam, text, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel
from typer.testing import CliRunner

from api.cli import cli
from api.foundation.problems import Conflict, NotAllowed
from api.moderation import actions as moderation
from api.moderation import sign_off
from api.moderation.sign_off import SIGNED_COLUMNS, broken_signatures, is_as_signed, signature_of
from checklists.audit_states import AuditState
from checklists.signature import Form
from models import Audit
from tests.desk import Desk, a_desk
from tests.factories import an_actor
from tests.signing import agreed, race_edits_against_sign_off, race_two_sign_offs

pytestmark = pytest.mark.both_databases


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with a_desk(database_url) as made:
        yield made


def signed(desk: Desk, *, weight: float | None = None) -> uuid.UUID:
    audit_id = agreed(desk)
    if weight is not None:
        change(desk, audit_id, f"sampling_weight = {weight}")
    with desk.database.writing() as session:
        version = stored(desk, audit_id).version
        sign_off.sign_off(session, audit_id=audit_id, version=version, by=an_actor(desk.cast.lena))
    return audit_id


def change(desk: Desk, audit_id: uuid.UUID, values: str) -> None:
    """Change an audit's row as somebody could who may drop the guards of its table."""
    with desk.database.writing() as session:
        connection = session.connection()
        if connection.dialect.name == "postgresql":
            without, where = "ALTER TABLE audit DISABLE TRIGGER USER", str(audit_id)
            again = "ALTER TABLE audit ENABLE TRIGGER USER"
        else:
            without, where = "DROP TRIGGER audit_is_signed_update", audit_id.hex
            stored_as = text("SELECT sql FROM sqlite_master WHERE name = 'audit_is_signed_update'")
            again = connection.execute(stored_as).scalar_one()
        for statement in (without, f"UPDATE audit SET {values} WHERE id = '{where}'", again):
            connection.exec_driver_sql(statement)


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
        "UPDATE audit SET sampling_weight = 2.5",
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


@pytest.mark.parametrize("weight", ["NULL", "1.5"])
def test_a_sampling_weight_that_was_tampered_with_is_found(desk: Desk, weight: str) -> None:
    kept, tampered = signed(desk, weight=2.5), signed(desk, weight=2.5)
    change(desk, tampered, f"sampling_weight = {weight}")
    with desk.database.reading() as session:
        assert stored(desk, kept).sampling_weight == 2.5
        assert [audit.id for audit in broken_signatures(session)] == [tampered]


def test_an_audit_that_was_signed_before_the_weight_was_covered_is_as_it_was_signed(desk: Desk) -> None:
    audit_id = signed(desk, weight=2.5)
    with desk.database.reading() as session:
        audit = session.get_one(Audit, (desk.cast.organisation.id, audit_id))
        earlier, newer = signature_of(session, audit, Form.WITHOUT_WEIGHT), signature_of(session, audit)
    assert audit.signature == newer != earlier
    change(desk, audit_id, f"signature = '{earlier}'")
    with desk.database.reading() as session:
        assert list(broken_signatures(session)) == []
    change(desk, audit_id, "agreed_answers = 'aaaa'")
    with desk.database.reading() as session:
        assert [audit.id for audit in broken_signatures(session)] == [audit_id]


def another(column: Column[Any]) -> object:
    """A value that no signed audit of these tests has in this column."""
    values: dict[type, object] = {
        uuid.UUID: uuid.uuid4(),
        datetime: datetime(2020, 1, 1, tzinfo=UTC),
        int: 7,
        float: 7.5,
    }
    held = getattr(column.type, "impl_instance", column.type)
    return values.get(held.python_type, "another")


def test_the_database_freezes_exactly_what_the_signature_covers(desk: Desk) -> None:
    audit_id, frozen = signed(desk), set()
    audits = SQLModel.metadata.tables["audit"]
    for column in audits.columns:
        if column.name == "state":
            continue  # it says whether an audit is signed: the tests of reopening change it
        given = column.type if not isinstance(column.type, Enum) else String()
        statement = update(audits).where(audits.c.id == audit_id).values({column: bindparam("value", type_=given)})
        try:
            with desk.database.writing() as session:
                session.execute(statement, {"value": another(column)})
        except DBAPIError as refused:
            if "signed-off answers never change" in str(refused):
                frozen.add(column.name)
    assert frozen == {*SIGNED_COLUMNS.values(), "signature"}


def test_every_entry_of_the_signature_counts(desk: Desk) -> None:
    audit_id, audits = signed(desk), SQLModel.metadata.tables["audit"]
    with desk.database.reading() as session:
        audit = session.get_one(Audit, (desk.cast.organisation.id, audit_id))
        told = set()
        for name in SIGNED_COLUMNS.values():
            if name in {"organisation_id", "id", "round_id"}:
                continue  # they say which rows are signed with it
            changed = Audit.model_construct(**{**audit.model_dump(), name: another(audits.columns[name])})
            told.add(signature_of(session, changed))
        assert audit.signature not in told
        assert len(told) == len(SIGNED_COLUMNS) - 3


def test_reports_read_nothing_of_an_audit_that_can_change_after_it_is_signed() -> None:
    """But its state, its version and when it was made, which say nothing of the case."""
    root = Path(__file__).parent.parent.parent / "api"
    files = [file for room in ("reports", "release", "agreement") for file in (root / room).rglob("*.py")]
    read = {
        node.attr
        for file in files
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in {"Audit", "audit"}
    }
    read &= {column.name for column in SQLModel.metadata.tables["audit"].columns}
    assert "sampling_weight" in read
    assert len(read) > 10
    assert read - {*SIGNED_COLUMNS.values()} <= {"state", "version"}


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
