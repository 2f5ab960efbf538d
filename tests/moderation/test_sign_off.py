"""Sign-off: signed by another, frozen by the database itself, and told apart when somebody tampers with it."""

import ast
import hashlib
import json
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Enum, String, bindparam, text, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, SQLModel
from typer.testing import CliRunner

from api.cli import cli
from api.concerns import actions as concerns
from api.foundation.permissions import Actor, Permission
from api.foundation.problems import AlreadyExists, Conflict, Invalid, NotAllowed, NotFound, Stale
from api.moderation import actions as moderation
from api.moderation import sign_off
from api.moderation.sign_off import SIGNED_COLUMNS, broken_signatures, is_as_signed, signature_of
from checklists.audits.audit_states import AuditState
from checklists.audits.signature import Form
from models import Audit, ConcernOutcome, Role, Round, Score
from models.storage.bulk import table_of
from tests.desk import Desk, a_desk
from tests.factories import an_actor
from tests.guards_aside import guards_aside
from tests.signing import (
    GOOD,
    agreed,
    begin_with_one_agreed,
    in_moderation,
    race_edits_against_sign_off,
    race_two_sign_offs,
)


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with a_desk(database_url, fill=begin_with_one_agreed) as made:
        yield made


def signed(desk: Desk, *, weight: float | None = None) -> uuid.UUID:
    audit_id = agreed(desk)
    if weight is not None:
        change(desk, audit_id, f"sampling_weight = {weight}")
    with desk.database.writing() as session:
        version = stored(desk, audit_id).version
        sign_off.sign_off(session, audit_id=audit_id, review=GOOD, version=version, by=an_actor(desk.cast.lena))
    return audit_id


def change(desk: Desk, audit_id: uuid.UUID, values: str) -> None:
    """Change an audit's row as somebody could who may put the guards aside."""
    with desk.database.writing() as session:
        connection = session.connection()
        where = str(audit_id) if connection.dialect.name == "postgresql" else audit_id.hex
        with guards_aside(connection, of=["audit"]):
            connection.exec_driver_sql(f"UPDATE audit SET {values} WHERE id = '{where}'")


def stored(desk: Desk, audit_id: uuid.UUID) -> Audit:
    with desk.database.reading() as session:
        return session.get_one(Audit, (desk.cast.organisation.id, audit_id))


@pytest.mark.both_databases
@pytest.mark.fast
def test_whoever_moderated_an_audit_does_not_sign_it(desk: Desk) -> None:
    audit_id = agreed(desk)
    version = stored(desk, audit_id).version
    with pytest.raises(NotAllowed, match="You moderated this audit"), desk.database.writing() as session:
        sign_off.sign_off(session, audit_id=audit_id, review=GOOD, version=version, by=an_actor(desk.cast.mo))


def sign(desk: Desk, audit_id: uuid.UUID, by: Actor, *, older: int = 0) -> None:
    """Sign the audit as it is, or as it was so many versions before."""
    version = stored(desk, audit_id).version - older
    with desk.database.writing() as session:
        sign_off.sign_off(session, audit_id=audit_id, review=GOOD, version=version, by=by)


def ask(
    desk: Desk, audit_id: uuid.UUID, by: Actor, *, reason: str = "A page was missing.", older: int = 0
) -> uuid.UUID:
    version = stored(desk, audit_id).version - older
    with desk.database.writing() as session:
        return sign_off.ask_to_reopen(session, audit_id=audit_id, reason=reason, version=version, by=by).id


def decide(
    desk: Desk, audit_id: uuid.UUID, asked: uuid.UUID, by: Actor, *, confirmed: bool = True, older: int = 0
) -> None:
    version = stored(desk, audit_id).version - older
    with desk.database.writing() as session:
        sign_off.decide_on_reopening(
            session, audit_id=audit_id, reopening_id=asked, confirmed=confirmed, version=version, by=by
        )


@pytest.mark.both_in_trials
def test_an_open_urgent_concern_stops_signing_until_it_is_closed(desk: Desk) -> None:
    audit_id, mo = agreed(desk), an_actor(desk.cast.mo)
    with desk.database.writing() as session:
        concern = concerns.raise_concern(
            session,
            audit_id=audit_id,
            person_id=desk.cast.mo.id,
            words="The child was left alone overnight on page 3.",
            hours=4,
            by=an_actor(desk.cast.asha),
        )
    with pytest.raises(Conflict, match="urgent concern"):
        sign(desk, audit_id, an_actor(desk.cast.lena))
    with desk.database.writing() as session:
        concerns.acknowledge(session, concern_id=concern.id, by=mo)
    with pytest.raises(Conflict, match="urgent concern"):
        sign(desk, audit_id, an_actor(desk.cast.lena))
    with desk.database.writing() as session:
        concerns.close_concern(
            session,
            concern_id=concern.id,
            outcome=ConcernOutcome.REFERRED,
            done="The duty team visited and the child is with an aunt.",
            version=2,
            by=mo,
        )
    sign(desk, audit_id, an_actor(desk.cast.lena))
    assert stored(desk, audit_id).state is AuditState.SIGNED_OFF


@pytest.mark.both_in_trials
def test_only_an_agreed_audit_of_an_open_round_is_signed_by_somebody_else_who_may(desk: Desk) -> None:
    begun, audit_id, lena = in_moderation(desk), agreed(desk), an_actor(desk.cast.lena)
    with pytest.raises(Conflict, match="You can only sign off an agreed audit"):
        sign(desk, begun, lena)
    with pytest.raises(NotAllowed, match="your own audit"):
        sign(desk, audit_id, replace(an_actor(desk.cast.asha), roles=frozenset(Role)))
    with pytest.raises(NotAllowed, match="audits:sign"):
        sign(desk, audit_id, replace(lena, scopes=lena.permissions - {Permission.SIGN_AUDITS}))
    desk.close_round()
    with pytest.raises(Conflict, match="closed"):
        sign(desk, audit_id, lena)
    assert stored(desk, audit_id).signature == ""


@pytest.mark.both_in_trials
def test_what_rests_on_an_older_version_of_an_audit_is_refused(desk: Desk) -> None:
    audit_id, mo, lena = agreed(desk), an_actor(desk.cast.mo), an_actor(desk.cast.lena)
    with pytest.raises(Stale):
        sign(desk, audit_id, lena, older=1)
    with pytest.raises(Stale):
        ask(desk, audit_id, mo, older=1)
    asked = ask(desk, audit_id, mo)
    with pytest.raises(Stale):
        decide(desk, audit_id, asked, lena, older=1)
    decide(desk, audit_id, asked, lena, confirmed=False)
    sign(desk, audit_id, lena)


@pytest.mark.both_in_trials
def test_a_reopening_is_asked_for_once_with_a_reason_and_decided_once(desk: Desk) -> None:
    audit_id, other, mo, lena = agreed(desk), agreed(desk), an_actor(desk.cast.mo), an_actor(desk.cast.lena)
    with pytest.raises(Invalid):
        ask(desk, audit_id, mo, reason=" ")
    asked = ask(desk, audit_id, mo)
    with pytest.raises(AlreadyExists):
        ask(desk, audit_id, lena)
    with pytest.raises(Conflict, match="There is a request to reopen this audit"):
        sign(desk, audit_id, lena)
    with pytest.raises(NotFound):
        decide(desk, other, asked, lena)
    decide(desk, audit_id, asked, lena, confirmed=False)
    with pytest.raises(Conflict, match="This request has already been confirmed or refused"):
        decide(desk, audit_id, asked, lena)
    assert stored(desk, audit_id).state is AuditState.AGREED


@pytest.mark.both_databases
@pytest.mark.parametrize("weight", [None, 2.5])
def test_the_signature_is_the_hash_of_everything_that_a_report_reads(desk: Desk, weight: float | None) -> None:
    """Worked out here from the rows themselves, so that an entry that is left out or added is seen."""
    audit = stored(desk, signed(desk, weight=weight))
    with desk.database.reading() as session:
        its_round = session.get_one(Round, (audit.organisation_id, audit.round_id))
        late = signature_of(session, audit, Form.WITH_OVERALL)
        earlier = signature_of(session, audit, Form.WITH_WEIGHT)
        earliest = signature_of(session, audit, Form.WITHOUT_WEIGHT)
    assert audit.submitted_at
    assert audit.agreed_at
    assert audit.signed_at
    times = (audit.submitted_at, audit.agreed_at, audit.signed_at)
    submitted_at, agreed_at, signed_at = (time.astimezone(UTC).isoformat(timespec="microseconds") for time in times)
    entries: dict[str, object] = {
        "organisation": desk.cast.organisation.id,
        "audit": str(audit.id),
        "round": str(desk.round_id),
        "template": str(desk.template_id),
        "template_version": its_round.template_version,
        "case_file": str(audit.case_file_id),
        "team": str(desk.team_id),
        "status": "child-in-need",
        "age_band": audit.age_band,
        "forms_of_harm": "neglect",
        "auditor": str(desk.cast.asha.id),
        "reading": 1,
        "mode": audit.mode,
        "submitted_at": submitted_at,
        "answers": "bbbb",
        "agreed_answers": "bbbb",
        "agreed_at": agreed_at,
        "overall_calculated": "good",
        "overall_override": "",
        "agreed_overall": "good",
        "signed_by": str(desk.cast.lena.id),
        "signed_at": signed_at,
    }

    def hash_in(form: str, entries: dict[str, object]) -> str:
        said = json.dumps([form, entries], ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()

    beside = {"question_answers": "", "case_facts": "", "answer_sources": ""}
    assert audit.signature == hash_in("caseaudit-signature/4", {**entries, **beside, "sampling_weight": weight})
    assert late == hash_in("caseaudit-signature/3", {**entries, "sampling_weight": weight})
    del entries["agreed_overall"]
    assert earlier == hash_in("caseaudit-signature/2", {**entries, "sampling_weight": weight})
    assert earliest == hash_in("caseaudit-signature/1", entries)


FORBIDDEN = (
    "UPDATE score SET answer = 'inadequate' WHERE theme = 'voice'",
    "UPDATE score SET theme = 'another' WHERE theme = 'voice'",
    "DELETE FROM score WHERE theme = 'voice'",
    (
        "INSERT INTO score SELECT organisation_id, audit_id, 'another', answer, rationale, impact, evidence,"
        " version, sources FROM score WHERE theme = 'voice'"
    ),
    "UPDATE moderated_score SET answer = 'inadequate', reason = 'why' WHERE theme = 'voice'",
    "DELETE FROM moderated_score WHERE theme = 'voice'",
    "UPDATE audit_harm SET form_of_harm = 'another'",
    "DELETE FROM audit_harm",
    "UPDATE audit SET answers = 'dddd'",
    "UPDATE audit SET agreed_answers = 'dddd'",
    "UPDATE audit SET signature = 'another'",
    "UPDATE audit SET overall_calculated = 'outstanding'",
    "UPDATE audit SET agreed_overall = 'outstanding'",
    "UPDATE audit SET sampling_weight = 2.5",
    "UPDATE audit SET question_answers = 'yes'",
    "UPDATE audit SET case_facts = 'long'",
    (
        "INSERT INTO question_answer (organisation_id, audit_id, question, answer, version)"
        " SELECT organisation_id, id, 'seen-alone', 'yes', 1 FROM audit"
    ),
    (
        "INSERT INTO audit_fact (organisation_id, audit_id, fact, choice)"
        " SELECT organisation_id, id, 'open-for', 'long' FROM audit"
    ),
    (
        "UPDATE audit SET team_id = NULL, state = 'returned', return_reason = 'why', signature = '',"
        " signed_at = NULL, signed_by_id = NULL"
    ),
    "UPDATE audit SET state = 'in-moderation', signature = '', signed_at = NULL, signed_by_id = NULL",
    "DELETE FROM audit",
)


@pytest.mark.both_databases
@pytest.mark.fast
def test_the_database_itself_refuses_to_change_what_is_signed(desk: Desk) -> None:
    audit_id = signed(desk)
    said = {statement: refusal_of(desk, statement) for statement in FORBIDDEN}
    assert [statement for statement, words in said.items() if "never change" not in words] == []
    with desk.database.reading() as session:
        assert is_as_signed(session, session.get_one(Audit, (desk.cast.organisation.id, audit_id)))


def refusal_of(desk: Desk, statement: str) -> str:
    """What the database says to the statement; nothing when it runs it."""
    try:
        with desk.database.writing() as session:
            session.connection().execute(text(statement))
    except DBAPIError as refused:
        return str(refused)
    return ""


@pytest.mark.both_databases
def test_what_is_not_signed_can_still_be_changed(desk: Desk) -> None:
    signed(desk)
    other = agreed(desk)
    where = {"audit": other if desk.database.engine.dialect.name == "postgresql" else other.hex}
    with desk.database.writing() as session:
        session.connection().execute(text("DELETE FROM moderated_score WHERE audit_id = :audit"), where)


@pytest.mark.both_databases
def test_words_can_be_taken_out_of_a_signed_audit(desk: Desk) -> None:
    audit_id = signed(desk)
    with desk.database.writing() as session:
        session.connection().execute(text("UPDATE score SET rationale = '[redacted]'"))
    with desk.database.reading() as session:
        assert is_as_signed(session, session.get_one(Audit, (desk.cast.organisation.id, audit_id)))


@pytest.mark.both_databases
def test_reopening_takes_two_and_voids_the_signature_where_everybody_sees_it(desk: Desk) -> None:
    audit_id = signed(desk)
    was = stored(desk, audit_id)
    mo, lena = an_actor(desk.cast.mo), an_actor(desk.cast.lena)
    with desk.database.writing() as session:
        asked = sign_off.ask_to_reopen(
            session, audit_id=audit_id, reason="A page was missing.", version=was.version, by=lena
        )
    version = stored(desk, audit_id).version
    with pytest.raises(NotAllowed, match="another person must confirm"), desk.database.writing() as session:
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


@pytest.mark.both_databases
def test_a_tampered_signature_is_found(desk: Desk) -> None:
    kept, tampered = signed(desk), signed(desk)
    with desk.database.writing() as session:
        connection = session.connection()
        where = {"audit": tampered if connection.dialect.name == "postgresql" else tampered.hex}
        with guards_aside(connection):
            connection.execute(text("UPDATE score SET answer = 'outstanding' WHERE audit_id = :audit"), where)
    with desk.database.reading() as session:
        assert [audit.id for audit in broken_signatures(session)] == [tampered]
    assert "Unchanged since sign-off" in desk.browser(desk.cast.lena).get(f"/audits/{kept}/moderation").text
    assert "Changed since sign-off" in desk.browser(desk.cast.lena).get(f"/audits/{tampered}/moderation").text


SCORE = ", ".join(column.name for column in table_of(Score).columns if column.name != "theme")
TAMPERED = (
    ["UPDATE score SET answer = 'outstanding'", "UPDATE audit SET answers = 'aaaa'"],
    ["UPDATE audit SET agreed_answers = 'aaaa'"],
    ["UPDATE audit SET overall_calculated = 'outstanding'"],
    ["UPDATE audit SET overall_override = 'outstanding', override_reason = 'why'"],
    ["UPDATE audit SET agreed_overall = 'outstanding'"],
    ["DELETE FROM audit_harm"],
    ["UPDATE audit SET status = 'care-leaver'"],
)


@pytest.mark.both_databases
def test_answers_agreed_answers_harms_and_judgement_are_signed(desk: Desk) -> None:
    audit_id = signed(desk)
    unnoticed = []
    for statements in TAMPERED:
        with desk.database.reading() as session:  # what is changed in it is rolled back
            tamper(session, statements)
            if is_as_signed(session, session.get_one(Audit, (desk.cast.organisation.id, audit_id))):
                unnoticed.append(statements)
            assert [audit.id for audit in broken_signatures(session)] == [audit_id], statements
    assert unnoticed == []
    with desk.database.reading() as session:
        assert list(broken_signatures(session)) == []


def tamper(session: Session, statements: Sequence[str]) -> None:
    """Run the statements as somebody could who may put the guards aside."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL session_replication_role = replica"))
    else:
        triggers = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
        for name in triggers:
            connection.execute(text(f"DROP TRIGGER {name}"))
    for statement in statements:
        connection.execute(text(statement))


def test_an_answer_that_was_added_to_a_signed_audit_or_deleted_from_it_is_found(desk: Desk) -> None:
    audit_id = signed(desk)
    for statement in (
        "DELETE FROM score WHERE theme = 'voice'",
        "UPDATE score SET theme = 'weather' WHERE theme = 'voice'",
        f"INSERT INTO score ({SCORE}, theme) SELECT {SCORE}, 'weather' FROM score WHERE theme = 'voice'",
    ):
        with desk.database.reading() as session:  # what is changed in it is rolled back
            tamper(session, [statement])
            assert [audit.id for audit in broken_signatures(session)] == [audit_id], statement


@pytest.mark.both_databases
@pytest.mark.parametrize("weight", ["NULL", "1.5"])
def test_a_sampling_weight_that_was_tampered_with_is_found(desk: Desk, weight: str) -> None:
    kept, tampered = signed(desk, weight=2.5), signed(desk, weight=2.5)
    change(desk, tampered, f"sampling_weight = {weight}")
    with desk.database.reading() as session:
        assert stored(desk, kept).sampling_weight == 2.5
        assert [audit.id for audit in broken_signatures(session)] == [tampered]


@pytest.mark.both_databases
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


@pytest.mark.both_in_trials
def test_the_judgement_of_an_audit_signed_before_it_was_covered_is_held_against_the_rule(desk: Desk) -> None:
    audit_id = signed(desk)
    with desk.database.reading() as session:
        earlier = signature_of(session, session.get_one(Audit, (desk.cast.organisation.id, audit_id)), Form.WITH_WEIGHT)
    change(desk, audit_id, f"signature = '{earlier}'")
    with desk.database.reading() as session:
        assert list(broken_signatures(session)) == []
    change(desk, audit_id, "agreed_overall = 'outstanding'")
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


@pytest.mark.both_databases
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
            if "never change" in str(refused):
                frozen.add(column.name)
    assert frozen == {*SIGNED_COLUMNS.values(), "signature", "created_at"}


@pytest.mark.both_in_trials
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


@pytest.mark.both_databases
def test_reports_read_nothing_of_an_audit_that_can_change_after_it_is_signed() -> None:
    """But its state, its version and when it was made, which say nothing of the case, and words, which are redacted."""
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
    assert read - {*SIGNED_COLUMNS.values()} <= {
        "state",
        "version",
        "created_at",
        "override_reason",
        "cap_reason",
        "agreed_overall_reason",
    }


@pytest.mark.both_in_trials
def test_nothing_is_accepted_unmoderated_where_a_rule_chose_it(desk: Desk) -> None:
    audit_id = desk.an_audit()
    desk.answer(audit_id, "good")
    desk.submit(audit_id)
    version = stored(desk, audit_id).version
    with (
        pytest.raises(Conflict, match="The rules for this round selected this audit for"),
        desk.database.writing() as session,
    ):
        moderation.accept_answers(session, audit_id=audit_id, version=version, by=an_actor(desk.cast.mo))


@pytest.mark.both_databases
def test_after_a_race_what_is_signed_is_what_stands(desk: Desk) -> None:
    outcomes = race_edits_against_sign_off(desk, 12)
    assert outcomes.wrong == 0
    assert outcomes.signed > 0
    assert race_two_sign_offs(desk, 5) == 5


@pytest.mark.both_in_trials
def test_the_command_names_every_audit_that_is_not_as_it_was_signed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed(desk)
    monkeypatch.setenv("CASEAUDIT_DATABASE_URL", desk.database.engine.url.render_as_string(hide_password=False))
    whole = CliRunner().invoke(cli, ["verify-signatures"])
    assert (whole.exit_code, whole.output) == (0, "No signed audit has changed since it was signed.\n")
