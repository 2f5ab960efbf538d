"""A case is erased when two people agree: nothing of it is left, counts stay, and the trail tells it from tampering."""

import json
import uuid
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel, col, select

from api.backup.actions import back_up, restore_backup
from api.backup.archive import Keys, new_identity
from api.erasure import actions, erased_cases
from api.erasure.actions import PreparedConfirmation
from api.erasure.erasing_again import erase_again
from api.erasure.purging import purge
from api.foundation.key_files import event_key_at
from api.foundation.problems import Conflict, Moved, NotAllowed, NotFound
from api.foundation.settings import Settings
from api.moderation import comments
from api.reports.exports import actions as exports
from api.reports.keeping import keep_up_to_date
from api.trail.checkpoint_signer import CheckpointSigner
from api.trail.verifying.verification import in_words, verify
from models import (
    Audit,
    BeingErased,
    CaseListDraft,
    Erasure,
    ErasureReason,
    Event,
    HoldReason,
    IdempotentRequest,
    Job,
    JobKind,
    Round,
    RoundTally,
    Score,
    StoredCaseFile,
    new_id,
)
from models.evidence.erasing import belongings
from models.storage.bulk import table_of
from models.storage.database import Database, open_database
from tests.conftest import DatabaseKind, new_database
from tests.desk import Desk, a_desk
from tests.erasure.full_case import (
    CANARY,
    REFERENCE,
    SENTENCE,
    a_full_case,
    another_lead,
    audits_of,
    confirm,
    erase,
    everything_stored,
    folder_of,
)
from tests.factories import an_actor
from tests.guards_aside import guards_aside
from tests.service import settings_in


@dataclass(frozen=True)
class Place:
    """A desk whose files lie in a folder that no other test uses."""

    desk: Desk
    settings: Settings
    folder: Path

    def verified(self) -> list[str]:
        """What verification says, without where the files are."""
        found = verify(self.desk.database, CheckpointSigner.of(self.settings))
        return [line.strip() for line in in_words(found) if str(self.folder) not in line]


@pytest.fixture
def place(database_url: str, tmp_path: Path) -> Iterator[Place]:
    settings = settings_in(tmp_path / "here", database_url)
    CheckpointSigner.of(settings)  # the key is created at the first start
    with a_desk(database_url) as desk:
        desk.database.event_key = event_key_at(settings.trail_key_path)
        yield Place(desk, settings, tmp_path)


@pytest.fixture
def desk(place: Place) -> Desk:
    return place.desk


def an_export(desk: Desk) -> None:
    """A finished export of the round, with every text in it."""
    lena = desk.browser(desk.cast.lena)
    asked = lena.post("/api/v1/exports", json={"round_id": str(desk.round_id)}, headers={"Idempotency-Key": "one"})
    assert asked.status_code == 202
    claimed = exports.claim_export(desk.database)
    assert claimed is not None
    exports.write_export(desk.database, claimed)


@pytest.mark.both_databases
def test_nothing_of_the_case_is_left_in_the_database_and_what_is_of_others_stays(place: Place) -> None:
    desk = place.desk
    other = desk.an_audit(reference="KX3-1122-WV5")
    desk.answer(other, rationale="Another case.")
    case = a_full_case(desk)
    an_export(desk)
    before = everything_stored(desk.database)
    assert CANARY in before
    assert REFERENCE.lower() in before
    erase(desk, case.case_file_id)
    keep_up_to_date(desk.database, place.settings)
    after = everything_stored(desk.database)
    assert CANARY not in after
    assert REFERENCE.lower() not in after
    with desk.database.reading() as session:
        assert session.exec(select(Audit.id)).all() == [other]
        assert {score.rationale for score in session.exec(select(Score))} == {"Another case."}
        assert session.exec(select(BeingErased)).all() == []
        for each in belongings():
            query = text(f'SELECT count(*) FROM "{each.table}"')
            if each.table not in {"audit", "score", "case_file_harm"}:
                assert session.execute(query).scalar_one() == 0, each.table


def test_nothing_of_the_case_is_left_in_any_file_beside_the_database(place: Place) -> None:
    case = a_full_case(place.desk)
    an_export(place.desk)
    found = b"".join(folder_of(place.settings))
    assert CANARY.encode() in found
    assert REFERENCE.encode() in found
    erase(place.desk, case.case_file_id)
    keep_up_to_date(place.desk.database, place.settings)
    erased_cases.finish(place.desk.database, place.settings)
    for content in (*folder_of(place.settings), (place.folder / "here" / "erased-cases").read_bytes()):
        assert CANARY.encode() not in content
        assert REFERENCE.encode() not in content


def test_rewriting_the_file_leaves_nothing_either(place: Place) -> None:
    case = a_full_case(place.desk)
    erase(place.desk, case.case_file_id)
    assert purge(place.desk.database) == 0
    assert CANARY.encode() not in b"".join(folder_of(place.settings))
    assert audits_of(place.desk.database) == 0


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True, scope="session")
def test_after_the_purge_nothing_is_left_in_the_files_of_postgresql(place: Place) -> None:
    case = a_full_case(place.desk)
    assert CANARY.encode() in files_of_tables(place.desk.database)
    erase(place.desk, case.case_file_id)
    keep_up_to_date(place.desk.database, place.settings)
    assert purge(place.desk.database) > 30
    found = files_of_tables(place.desk.database)
    assert CANARY.encode() not in found
    assert REFERENCE.encode() not in found


def files_of_tables(database: Database) -> bytes:
    """The files of every table and index of the database, as they are on disk."""
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("CHECKPOINT")
        paths = connection.exec_driver_sql(
            "SELECT pg_relation_filepath(oid) FROM pg_class WHERE relkind IN ('r', 'i', 't') AND oid >= 16384"
        ).scalars()
        return b"".join(
            connection.exec_driver_sql("SELECT pg_read_binary_file(%s)", (path,)).scalar_one() for path in paths
        )


@pytest.mark.both_databases
def test_the_trail_verifies_and_says_who_erased_the_case(place: Place) -> None:
    case = a_full_case(place.desk)
    erase(place.desk, case.case_file_id)
    said = place.verified()
    assert not [line for line in said if "tampered" in line or "missing" in line]
    (told,) = [line for line in said if line.startswith("A case with 1 audit was erased on ")]
    assert "requested by Lena, confirmed by Mo (event " in told


@pytest.mark.both_databases
def test_a_case_that_was_deleted_in_the_database_instead_is_told_as_missing(place: Place) -> None:
    case = a_full_case(place.desk)
    other = a_full_case(place.desk, reference="KX3-1122-WV5")
    erase(place.desk, other.case_file_id)
    with place.desk.database.engine.execution_options(writes=True).begin() as connection, guards_aside(connection):
        of_audits = {"audit"} | {each.owner for each in belongings()} - {"case_file"}
        for each in reversed(belongings()):
            if each.owner in of_audits or each.table == "audit":
                connection.execute(delete(SQLModel.metadata.tables[each.table]))
    said = place.verified()
    assert [line for line in said if f"Audit {case.audit_id} is missing from the database" in line]
    assert [line for line in said if f"Urgent concern {case.concern_id} is missing from the database" in line]
    assert not [line for line in said if str(other.audit_id) in line]


@pytest.mark.both_databases
def test_the_database_lets_nothing_go_that_is_not_being_erased(place: Place) -> None:
    case = a_full_case(place.desk)
    for model in (Score, Audit):
        with (
            pytest.raises(DBAPIError, match="never changes"),
            place.desk.database.engine.execution_options(writes=True).begin() as connection,
        ):
            connection.execute(delete(table_of(model)))
    # Nor what is not of the case that is being erased.
    own = place.desk.cast.organisation.id
    with place.desk.database.engine.execution_options(writes=True).connect() as connection:
        connection.execute(table_of(BeingErased).insert(), {"organisation_id": own, "id": new_id()})
        with pytest.raises(DBAPIError, match="never changes"):
            connection.execute(delete(table_of(Score)))
    with place.desk.database.reading() as session:
        assert session.exec(select(Audit.id)).all() == [case.audit_id]


@pytest.mark.both_databases
def test_counts_of_a_closed_round_stay_and_still_verify(place: Place) -> None:
    desk = place.desk
    case = a_full_case(desk)
    other = desk.an_audit(reference="KX3-1122-WV5")
    desk.answer(other)
    desk.submit(other)
    desk.close_round()

    def tallies() -> list[tuple[str, str]]:
        with desk.database.reading() as session:
            return sorted((each.breakdown, each.counts) for each in session.exec(select(RoundTally)))

    report = f"/api/v1/reports/gaps?round={desk.round_id}"
    lena = desk.browser(desk.cast.lena)
    before, shown = tallies(), lena.get(report)
    assert before
    assert shown.status_code == 200
    erase(desk, case.case_file_id)
    assert tallies() == before
    assert lena.get(report).json() == shown.json()
    assert not [line for line in place.verified() if "tampered" in line or "missing" in line]


def test_it_is_refused_while_a_concern_is_open_or_a_hold_is_in_place(desk: Desk) -> None:
    case = a_full_case(desk, closed=False)
    lena, ola = an_actor(desk.cast.lena), an_actor(another_lead(desk))
    with pytest.raises(Conflict, match="urgent concern about this case is open"):
        erase(desk, case.case_file_id)
    other = a_full_case(desk, reference="KX3-1122-WV5")
    with desk.database.writing() as session:
        actions.place_hold(session, case_file_id=other.case_file_id, reason=HoldReason.INQUIRY, by=lena)
    with pytest.raises(Conflict, match="under a legal hold"):
        erase(desk, other.case_file_id)
    with pytest.raises(NotAllowed, match="another quality lead must lift it"), desk.database.writing() as session:
        actions.lift_hold(session, case_file_id=other.case_file_id, by=lena)
    with desk.database.writing() as session:
        actions.lift_hold(session, case_file_id=other.case_file_id, by=ola)
    assert erase(desk, other.case_file_id).confirmed
    assert audits_of(desk.database) == 1


def test_a_hold_that_is_placed_while_an_erasure_waits_prevents_it(desk: Desk) -> None:
    case = a_full_case(desk)
    lena, mo = an_actor(desk.cast.lena), an_actor(desk.cast.mo)
    with desk.database.writing() as session:
        asked = actions.ask(session, case_file_id=case.case_file_id, reason=ErasureReason.ORDERED, by=lena).id
    with desk.database.writing() as session:
        actions.place_hold(session, case_file_id=case.case_file_id, reason=HoldReason.PROCEEDINGS, by=lena)
    with pytest.raises(Conflict, match="under a legal hold"):
        confirm(desk, asked, by=mo)
    assert audits_of(desk.database) == 1


@pytest.mark.both_databases
def test_nobody_confirms_what_they_asked_for_and_what_is_declined_stays(desk: Desk) -> None:
    case = a_full_case(desk)
    lena, mo = an_actor(desk.cast.lena), an_actor(desk.cast.mo)
    with desk.database.writing() as session:
        asked = actions.ask(session, case_file_id=case.case_file_id, reason=ErasureReason.MISTAKE, by=lena).id
    with pytest.raises(Conflict, match="already asked"), desk.database.writing() as session:
        actions.ask(session, case_file_id=case.case_file_id, reason=ErasureReason.MISTAKE, by=lena)
    with desk.database.reading() as session:
        prepared = actions.prepare_confirmation(session, erasure_id=asked, by=mo)
    with pytest.raises(NotAllowed, match="You asked for this erasure"):
        confirm(desk, asked, by=lena)
    for by in (lena, an_actor(desk.cast.asha), an_actor(desk.cast.ada)):
        with pytest.raises(NotAllowed), desk.database.writing() as session:
            actions.confirm(session, prepared, by=by)
        with pytest.raises(NotAllowed), desk.database.writing() as session:
            actions.decline(session, erasure_id=asked, by=by)
    with pytest.raises(NotFound):
        confirm(desk, asked, by=an_actor(desk.cast.omar))
    with desk.database.writing() as session:
        actions.decline(session, erasure_id=asked, by=mo)
    assert audits_of(desk.database) == 1
    with pytest.raises(Conflict, match="already confirmed or declined"):
        confirm(desk, asked, by=mo)
    with pytest.raises(Conflict, match="already confirmed or declined"), desk.database.writing() as session:
        actions.confirm(session, prepared, by=mo)


def a_job(desk: Desk, about: str) -> None:
    with desk.database.writing() as session:
        asked = zlib.compress(f'{{"references":["{about}"]}}'.encode())
        own, lena = desk.cast.organisation.id, desk.cast.lena.id
        session.add(Job(organisation_id=own, kind=JobKind.SAMPLE, person_id=lena, asked=asked, size=1))


def a_preview(desk: Desk, content: bytes) -> None:
    with desk.database.writing() as session:
        own, lena = desk.cast.organisation.id, desk.cast.lena.id
        session.add(CaseListDraft(organisation_id=own, person_id=lena, digest="0" * 64, content=content))


@pytest.mark.both_in_trials
def test_it_is_refused_while_a_job_is_about_the_case(desk: Desk) -> None:
    case = a_full_case(desk)
    a_job(desk, "KX3-1122-WV5")
    a_job(desk, REFERENCE)
    with pytest.raises(Conflict, match="A job in progress is about this case"):
        erase(desk, case.case_file_id)
    assert audits_of(desk.database) == 1


def asked_and_prepared(desk: Desk, case_file_id: uuid.UUID) -> PreparedConfirmation:
    with desk.database.writing() as session:
        lena = an_actor(desk.cast.lena)
        asked = actions.ask(session, case_file_id=case_file_id, reason=ErasureReason.MISTAKE, by=lena).id
    with desk.database.reading() as session:
        return actions.prepare_confirmation(session, erasure_id=asked, by=an_actor(desk.cast.mo))


@pytest.mark.both_databases
@pytest.mark.parametrize("change", ["a preview", "a job"])
def test_what_has_to_be_searched_and_comes_while_an_erasure_is_prepared_is_searched_too(
    desk: Desk, change: str
) -> None:
    case = a_full_case(desk)
    prepared = asked_and_prepared(desk, case.case_file_id)
    if change == "a preview":
        a_preview(desk, zlib.compress(REFERENCE.encode()))
    else:
        a_job(desk, REFERENCE)
    with pytest.raises(Moved), desk.database.writing() as session:
        actions.confirm(session, prepared, by=an_actor(desk.cast.mo))
    assert audits_of(desk.database) == 1


@pytest.mark.both_databases
def test_what_is_written_of_the_case_while_its_erasure_is_prepared_is_erased_too(desk: Desk) -> None:
    case = a_full_case(desk)
    prepared, mo = asked_and_prepared(desk, case.case_file_id), an_actor(desk.cast.mo)
    with desk.database.writing() as session:
        comments.add_comment(session, audit_id=case.audit_id, words=SENTENCE, theme="voice", by=mo)
    with desk.database.writing() as session:
        actions.confirm(session, prepared, by=mo)
    assert CANARY not in everything_stored(desk.database)


@pytest.mark.both_databases
def test_a_reply_that_is_stored_while_an_erasure_is_prepared_is_deleted_too(desk: Desk) -> None:
    case, lena = a_full_case(desk), an_actor(desk.cast.lena)
    prepared = asked_and_prepared(desk, case.case_file_id)
    with desk.database.writing() as session:
        for key, body in (("one", REFERENCE), ("two", "of another")):
            session.add(
                IdempotentRequest(
                    organisation_id=lena.organisation_id,
                    asker_id=lena.id,
                    key=key,
                    fingerprint="0" * 64,
                    body=body.encode(),
                )
            )
    with desk.database.writing() as session:
        actions.confirm(session, prepared, by=an_actor(desk.cast.mo))
    with desk.database.reading() as session:
        assert "two" in session.exec(select(IdempotentRequest.key)).all()
        assert "one" not in session.exec(select(IdempotentRequest.key)).all()


@pytest.mark.both_databases
def test_events_say_what_happened_and_no_word_of_the_case(desk: Desk) -> None:
    case = a_full_case(desk)
    erasure = erase(desk, case.case_file_id)
    with desk.database.reading() as session:
        found = session.exec(select(Event).order_by(col(Event.number).desc()).limit(6)).all()
    kinds = [each.kind for each in found]
    assert kinds[0] == "erasure.confirmed"
    assert {"audit.erased", "concern.erased", "action.erased"} <= set(kinds)
    assert found[0].subject_id == erasure.id
    assert json.loads(found[0].details)["case_file"] == str(case.case_file_id)
    assert REFERENCE not in " ".join(each.details for each in found)


@pytest.mark.both_databases
def test_an_erased_case_stays_erased_when_an_older_backup_is_restored(
    request: pytest.FixtureRequest, database_kind: DatabaseKind, place: Place
) -> None:
    case = a_full_case(place.desk)
    other = place.desk.an_audit(reference="KX3-1122-WV5")
    identity, recipient = new_identity()
    file, _ = back_up(place.settings, to=place.folder, keys=Keys((recipient,)), with_trail_key=True)
    erase(place.desk, case.case_file_id)
    erased_cases.finish(place.desk.database, place.settings)
    if database_kind == "sqlite":
        url = f"sqlite:///{place.folder / 'there.sqlite3'}"
    else:
        url = new_database(request, database_kind, place.folder)
        emptied = open_database(url)
        with emptied.engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        emptied.close()
    there = settings_in(place.folder / "there", url)
    there.erased_cases_path.write_bytes(place.settings.erased_cases_path.read_bytes())
    restored = restore_backup(there, file, keys=Keys((identity,)))
    assert restored.needs_trail_key is False
    database = open_database(url)
    database.event_key = event_key_at(there.trail_key_path)
    assert CANARY in everything_stored(database)
    assert erased_cases.agree(database, there) == 1
    assert CANARY not in everything_stored(database)
    assert REFERENCE.lower() not in everything_stored(database)
    with database.reading() as session:
        assert session.exec(select(Audit.id)).all() == [other]
    said = [line.strip() for line in in_words(verify(database, CheckpointSigner.of(there)))]
    assert [line for line in said if "A case was erased again on " in line]
    assert not [line for line in said if "missing from the database" in line]
    assert erased_cases.agree(database, there) == 0
    database.close()


def test_a_line_that_the_service_did_not_write_erases_nothing(place: Place) -> None:
    case = a_full_case(place.desk)
    own, erasure = place.desk.cast.organisation.id, uuid.uuid4()
    forged = erased_cases.ErasedCase(own, case.case_file_id, erasure, "2026-11-29T10:00:00+00:00").line(b"another key")
    place.settings.erased_cases_path.write_text(f"{forged}\nnot a line\n[]\n", "utf-8")
    assert erase_again(place.desk.database, place.settings) == 0
    assert audits_of(place.desk.database) == 1


def test_the_file_of_erased_cases_holds_each_once_and_keeps_what_it_had(place: Place) -> None:
    case = a_full_case(place.desk)
    erase(place.desk, case.case_file_id)
    place.settings.erased_cases_path.write_text("an older line\n", "utf-8")
    assert erased_cases.keep_file(place.desk.database, place.settings) == 1
    assert erased_cases.keep_file(place.desk.database, place.settings) == 0
    first, second = erased_cases.lines_in(place.settings.erased_cases_path)
    assert first == "an older line"
    assert case.case_file_id.hex in second
    assert REFERENCE not in second


def test_a_process_that_was_killed_while_it_wrote_the_file_keeps_no_later_erasure_out_of_it(place: Place) -> None:
    case = a_full_case(place.desk)
    erase(place.desk, case.case_file_id)
    file = place.settings.erased_cases_path
    file.with_name(f".{file.name}.new").write_text("half", "utf-8")
    assert erased_cases.agree(place.desk.database, place.settings) == 1
    (line,) = erased_cases.lines_in(file)
    assert case.case_file_id.hex in line


def test_previews_of_lists_and_replies_to_programs_go_too(place: Place) -> None:
    desk = place.desk
    lena = desk.browser(desk.cast.lena)
    body = {"team_id": str(desk.team_id), "status": "child-in-need", "age_band": "5-to-9", "reference": REFERENCE}
    made = lena.post("/api/v1/case-files", json=body, headers={"Idempotency-Key": "one"})
    assert made.status_code == 201, made.text
    with desk.database.writing() as session:
        own = desk.cast.organisation.id
        for person, words in ((desk.cast.lena, f"a list with {REFERENCE}"), (desk.cast.mo, "another list")):
            content = zlib.compress(words.encode())
            session.add(CaseListDraft(organisation_id=own, person_id=person.id, digest="0" * 64, content=content))
    erase(desk, uuid.UUID(made.json()["id"]))
    with desk.database.reading() as session:
        assert session.exec(select(CaseListDraft.person_id)).all() == [desk.cast.mo.id]
        assert session.exec(select(StoredCaseFile)).all() == []
    assert REFERENCE.lower() not in everything_stored(desk.database)


def test_an_erasure_cannot_be_changed_afterwards(place: Place) -> None:
    case = a_full_case(place.desk)
    erase(place.desk, case.case_file_id)
    for statement in (update(table_of(Erasure)).values(erased="{}"), delete(table_of(Erasure))):
        with (
            pytest.raises(DBAPIError, match="never changes"),
            place.desk.database.engine.execution_options(writes=True).begin() as connection,
        ):
            connection.execute(statement)


def test_the_round_of_an_erased_draft_goes_on(desk: Desk) -> None:
    audit_id = desk.an_audit(reference=REFERENCE)
    desk.answer(audit_id, rationale=SENTENCE)
    with desk.database.reading() as session:
        case_file_id = session.get_one(Audit, (desk.cast.organisation.id, audit_id)).case_file_id
    erase(desk, case_file_id)
    assert desk.browser(desk.cast.asha).get(f"/audits/{audit_id}").status_code == 404
    again = desk.an_audit(reference=REFERENCE)
    desk.answer(again)
    desk.submit(again)
    with desk.database.reading() as session:
        assert session.exec(select(Round.state)).all() == ["open"]
