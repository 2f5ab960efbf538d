"""What a verification says of records: however old the events, however much is wrong, whatever an event says."""

import json
import re
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from api.audit_templates import actions as templates
from api.audits import actions as audits
from api.foundation.events import THE_ORGANISATION, row
from api.foundation.key_files import event_key_of
from api.foundation.permissions import Actor
from api.moderation import sign_off
from api.trail.checkpoint_signer import CheckpointSigner
from api.trail.verifying import contents, event_codes, shown, verification
from api.trail.verifying.verification import Verification, VerificationResult, in_words, verify
from checklists.chain import ChainedEvent
from checklists.event_codes import ENTRY as CODE
from models import now
from models.evidence.sealing import ENTRY
from models.storage.trail import pending_events
from tests.desk import Desk, a_desk
from tests.factories import an_actor
from tests.guards_aside import guards_aside
from tests.signing import GOOD, agreed, begin_with_one_agreed
from tests.tampering import rewrite


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with a_desk(database_url, fill=begin_with_one_agreed) as made:
        yield made


@pytest.fixture
def signer(tmp_path: Path) -> CheckpointSigner:
    return CheckpointSigner.with_key_at(tmp_path / "key", tmp_path / "checkpoints")


@pytest.fixture
def signed(desk: Desk) -> uuid.UUID:
    """A signed audit."""
    audit_id = agreed(desk)
    lena = an_actor(desk.cast.lena)
    with desk.database.writing() as session:
        version = audits.find_audit(session, audit_id=audit_id, by=lena).audit.version
        sign_off.sign_off(session, audit_id=audit_id, review=GOOD, version=version, by=lena)
    return audit_id


def found(desk: Desk, signer: CheckpointSigner) -> Verification:
    return verify(desk.database, signer, organisation_id=desk.cast.organisation.id)


def result(desk: Desk, signer: CheckpointSigner) -> VerificationResult:
    (only,) = found(desk, signer)
    return only


def said(desk: Desk, signer: CheckpointSigner) -> str:
    return "\n".join(in_words(found(desk, signer)))


def tamper(desk: Desk, statement: str, **values: object) -> None:
    with desk.database.writing() as session, guards_aside(session.connection()):
        session.connection().execute(text(statement), values)


def record(desk: Desk, kind: str, subject: uuid.UUID, by: Actor | None = None, **details: str) -> None:
    by = by or an_actor(desk.cast.lena)
    with desk.database.writing() as session:
        pending_events(session).append(row(kind, subject, by=by, details=details))


def without(*entries: str) -> Callable[[ChainedEvent], str]:
    """The details of an event without these entries."""

    def details(event: ChainedEvent) -> str:
        left = {name: entry for name, entry in json.loads(event.details).items() if name not in entries}
        return json.dumps(left, separators=(",", ":"))

    return details


# As an event was written before any had a hash of what it changed, or a code of the service.
as_before = without(ENTRY, CODE)


def a_discarded_template(desk: Desk) -> None:
    lena = an_actor(desk.cast.lena)
    other = desk.template.model_copy(update={"key": "discarded"})
    with desk.database.writing() as session:
        made = templates.create_template(session, content=other, by=lena).version
    with desk.database.writing() as session:
        assert templates.discard_draft(session, template_id=made.template_id, number=1, version=made.version, by=lena)


def a_discarded_draft(desk: Desk) -> None:
    """Of a template that stays, as it has another version."""
    lena, kept = an_actor(desk.cast.lena), desk.template_id
    with desk.database.writing() as session:
        made = templates.new_version(session, template_id=kept, from_number=1, by=lena).version
    with desk.database.writing() as session:
        assert not templates.discard_draft(session, template_id=kept, number=made.number, version=made.version, by=lena)


def test_a_draft_that_was_discarded_is_not_missing_and_its_template_is_if_somebody_deletes_it(
    desk: Desk, signer: CheckpointSigner
) -> None:
    a_discarded_template(desk)
    a_discarded_draft(desk)
    assert result(desk, signer).differences == ()
    tamper(desk, "UPDATE template SET key = 'another' WHERE id = :id", id=desk.template_id.hex)
    assert f"Template {desk.template_id}: its key was changed in the database after event" in said(desk, signer)


@pytest.mark.both_databases
def test_what_was_recorded_before_events_had_hashes_is_counted_and_no_fault(
    desk: Desk, signer: CheckpointSigner, signed: uuid.UUID
) -> None:
    a_discarded_template(desk)
    assert result(desk, signer).compared
    rewrite(desk.database, desk.cast.organisation.id, as_before)
    trail = result(desk, signer)
    assert (trail.is_whole, trail.compared) == (True, 0), said(desk, signer)
    assert f"  Not checked: {trail.from_before:,} parts recorded before events contained hashes." in said(desk, signer)
    assert trail.from_before > 0
    # Of an audit that was signed then, its signature is compared.
    tamper(desk, "UPDATE audit SET signature = :other", other="f" * 64)
    assert f"Audit {signed}: its signature is different from the event after event" in said(desk, signer)


def test_an_event_without_hashes_is_a_fault_once_events_have_them(
    desk: Desk, signer: CheckpointSigner, signed: uuid.UUID
) -> None:
    def only_of_signing(event: ChainedEvent) -> str:
        return as_before(event) if event.kind == "audit.signed-off" else event.details

    rewrite(desk.database, desk.cast.organisation.id, only_of_signing)
    assert re.search(
        rf"Audit {signed}: the event does not record its [\w ,]+ after event \d+ \(audit.signed-off,",
        said(desk, signer),
    )


def test_what_was_hashed_in_an_older_form_is_counted_and_not_compared(
    desk: Desk, signer: CheckpointSigner, signed: uuid.UUID
) -> None:
    before = result(desk, signer)
    rewrite(desk.database, desk.cast.organisation.id, lambda event: re.sub(r"/\d+=", "/0=", event.details))
    after = result(desk, signer)
    assert after.is_whole
    assert (after.compared, after.from_before) == (0, before.compared)


@pytest.mark.parametrize("details", ["not JSON", "[]", '"words"', "7"])
def test_details_that_nobody_can_read_are_told_and_the_rest_is_still_compared(
    desk: Desk, signer: CheckpointSigner, signed: uuid.UUID, details: str
) -> None:
    record(desk, "erasure.confirmed", uuid.uuid4())
    record(desk, "round.answers-read", desk.round_id)
    tamper(
        desk,
        "UPDATE event SET details = :details WHERE kind IN ('audit.agreed', 'erasure.confirmed', 'round.answers-read')",
        details=details,
    )
    tamper(desk, "UPDATE audit SET sampling_weight = 7")
    found = said(desk, signer)
    assert "what it says does not fit its hash and the event before" in found
    assert f"Audit {signed}: its answers, sampling weight and case were changed in the database after event" in found
    assert "A case with 0 audits was erased" in found


def test_an_event_that_does_not_name_its_record_says_nothing_of_it(desk: Desk, signer: CheckpointSigner) -> None:
    """Not even of another: so the version of the template, which it should name, was recorded by nobody."""
    rewrite(desk.database, desk.cast.organisation.id, without("number"))
    assert (
        f"Version of a template {desk.template_id}, version 1: no event records its content and standard, so somebody"
        in said(desk, signer)
    )


def test_an_identifier_that_is_none_is_told_as_it_is_stored(desk: Desk, signer: CheckpointSigner) -> None:
    planned = desk.a_round(opened=False)
    tamper(desk, "UPDATE round SET id = 'zz' WHERE id = :id", id=planned.hex)
    assert "Round zz: no event records its template, period and targets" in said(desk, signer)
    assert f"Round {planned} is missing from the database" in said(desk, signer)


@pytest.mark.parametrize("column", ["subject_id", "person_id"])
def test_an_event_about_nobody_is_told_and_the_rest_is_still_compared(
    desk: Desk, signer: CheckpointSigner, signed: uuid.UUID, column: str
) -> None:
    for kind in ("audit.read", "round.answers-read"):
        record(desk, kind, signed if kind == "audit.read" else desk.round_id)
    tamper(desk, f"UPDATE event SET {column} = 'zz' WHERE kind IN ('audit.read', 'round.answers-read')")
    tamper(desk, "UPDATE audit SET sampling_weight = 7")
    found = said(desk, signer)
    assert "what it says does not fit its hash and the event before" in found
    assert f"Audit {signed}: its answers, sampling weight and case were changed in the database after event" in found


def test_however_few_are_read_at_once_the_same_is_told(
    desk: Desk, signer: CheckpointSigner, signed: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.database.event_key = lambda: event_key_of(signer.key)
    for person in (desk.cast.mo, desk.cast.lena):
        record(desk, "round.answers-read", desk.round_id, an_actor(person))
        record(desk, "audit.read", signed, an_actor(person))
    with desk.database.reading() as session:
        copied = session.execute(text("SELECT details FROM event ORDER BY number DESC LIMIT 1")).scalar_one()
    tamper(desk, "UPDATE event SET details = :copied WHERE number = (SELECT max(number) - 2 FROM event)", copied=copied)
    tamper(desk, "UPDATE audit SET sampling_weight = 7")
    at_once = found(desk, signer)
    (trail,) = at_once
    assert {each.record for each in trail.differences} >= {"audit", "round"}
    for module in (contents, event_codes, shown):
        for name in ("AT_ONCE", "NOTES_AT_ONCE", "RECORDS_AT_ONCE"):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, 1)
    assert found(desk, signer) == at_once


def test_of_many_differences_some_are_listed_and_all_are_counted(
    desk: Desk, signer: CheckpointSigner, signed: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    tamper(desk, "UPDATE person SET name = 'Somebody else'")
    number = result(desk, signer).different
    assert number > 3
    monkeypatch.setattr(verification, "MOST_LISTED", 2)
    trail = result(desk, signer)
    assert (len(trail.differences), trail.different) == (2, number)
    assert f"  And {number - 2} more." in said(desk, signer).splitlines()


def test_of_many_erasures_the_newest_are_listed_and_all_are_counted(
    desk: Desk, signer: CheckpointSigner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.trail.verifying.erased.MOST_LISTED", 2)
    for _ in range(5):
        record(desk, "erasure.confirmed", uuid.uuid4(), asked_by=desk.cast.mo.id.hex)
    lines = result(desk, signer).erased
    assert [line.startswith("A case with 0 audits was erased on") for line in lines] == [True, True, False]
    assert lines[2] == "And 3 more erasures."
    numbers = [int(number) for number in re.findall(r"event (\d+)", " ".join(lines))]
    assert numbers == sorted(numbers, reverse=True)


def test_what_was_deleted_at_the_end_of_its_retention_period_is_told(desk: Desk, signer: CheckpointSigner) -> None:
    assert result(desk, signer).erased == ()
    record(desk, "retention.applied", THE_ORGANISATION)
    (once,) = result(desk, signer).erased
    assert re.fullmatch(
        rf"Records were deleted at the end of their retention period once, last on {now():%Y-%m-%d} \d\d:\d\d UTC"
        r" \(event \d+\)\.",
        once,
    )
    record(desk, "retention.applied", THE_ORGANISATION)
    (twice,) = result(desk, signer).erased
    assert "period 2 times, last on" in twice


def test_an_organisation_of_which_only_checkpoints_are_left_was_deleted(desk: Desk, signer: CheckpointSigner) -> None:
    signer.append([signer.sign(77, 0, ["f" * 64])])
    (trail,) = verify(desk.database, signer, organisation_id=77)
    assert trail.name == "A deleted organisation"
    assert trail.faults[0] == "The organisation was deleted from the database, but its trail or checkpoints were not."
