"""Codes: added, renamed, merged, carried over from an earlier round, and deleted while no passage has them."""

import uuid
from typing import Any, Final

from sqlalchemy import ColumnElement, Uuid, delete, insert, literal, update
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from api.coding.codes.queries import find_code, list_codes
from api.coding.rules import CodedRound, coded_round
from api.foundation import events
from api.foundation.permissions import Actor
from api.foundation.problems import Conflict, Fault, Invalid, check_version
from api.foundation.text.free_text import KeepReason, NameCheck, raise_if_any
from api.foundation.text.names import tidy
from models import CodedPassage, PassageCode, WrittenFinding, new_id
from models.storage.joins import table_alias

MOST_CODES: Final = 60
LONGEST_NAME: Final = 60
_OTHER: Final = table_alias(CodedPassage)


def add_code(
    session: Session,
    *,
    round_id: uuid.UUID,
    name: str,
    meaning: str = "",
    keep_names: KeepReason | None = None,
    by: Actor,
) -> PassageCode:
    """Add a code to a round. Raises Conflict, Invalid, NotAllowed, NotFound."""
    coded = coded_round(session, round_id, by=by)
    names = NameCheck.of(session, by)
    raise_if_any(_faults(session, coded, names, name, meaning, keep_names))
    made = _stored(session, coded, name=tidy(name), meaning=meaning.strip())
    events.record(session, "code.added", round_id, by=by)
    names.record(session, made.id, by=by)
    return made


def change_code(
    session: Session,
    *,
    round_id: uuid.UUID,
    code_id: uuid.UUID,
    name: str,
    meaning: str,
    version: int,
    keep_names: KeepReason | None = None,
    by: Actor,
) -> PassageCode:
    """Rename a code, or say otherwise what it means. Raises Conflict, Invalid, NotAllowed, NotFound, Stale."""
    coded = coded_round(session, round_id, by=by)
    found = find_code(session, coded, code_id, lock=True)
    check_version(found.version, version)
    names = NameCheck.of(session, by)
    raise_if_any(_faults(session, coded, names, name, meaning, keep_names, was=found))
    found.name, found.meaning = tidy(name), meaning.strip()
    found.version += 1
    session.add(found)
    session.flush()
    events.record(session, "code.changed", round_id, by=by)
    names.record(session, found.id, by=by)
    return found


def merge_code(
    session: Session, *, round_id: uuid.UUID, code_id: uuid.UUID, into_id: uuid.UUID, version: int, by: Actor
) -> PassageCode:
    """Give every passage of a code the other code instead, and delete the first. Returns the other.

    Raises Conflict, Invalid for the same code, NotAllowed, NotFound, Stale.
    """
    coded = coded_round(session, round_id, by=by)
    if code_id == into_id:
        raise Invalid.at("into", "Select another code to merge this one into.")
    # In one order, so that two people who merge two codes into each other do not wait for one another.
    locked = {each: find_code(session, coded, each, lock=True) for each in sorted((code_id, into_id))}
    found, into = locked[code_id], locked[into_id]
    check_version(found.version, version)
    _move_passages(session, found, into)
    of_findings = (
        col(WrittenFinding.organisation_id) == by.organisation_id,
        col(WrittenFinding.round_id) == round_id,
        col(WrittenFinding.code_id) == found.id,
    )
    for finding in session.exec(select(WrittenFinding).where(*of_findings)).all():
        finding.code_id = into.id
        finding.version += 1
        session.add(finding)
        session.flush()
        events.record(session, "finding.changed", finding.id, by=by)
    _carried_no_more(session, found, into.id)
    session.delete(found)
    session.flush()
    events.record(session, "code.merged", round_id, by=by)
    return into


def delete_code(session: Session, *, round_id: uuid.UUID, code_id: uuid.UUID, version: int, by: Actor) -> None:
    """Delete a code that no passage and no finding has. Raises Conflict, NotAllowed, NotFound, Stale."""
    coded = coded_round(session, round_id, by=by)
    found = find_code(session, coded, code_id, lock=True)
    check_version(found.version, version)
    for model in (CodedPassage, WrittenFinding):
        has = select(model.organisation_id).where(
            col(model.organisation_id) == by.organisation_id, col(model.code_id) == code_id
        )
        if session.exec(has.limit(1)).first() is not None:
            raise Conflict("Passages or findings have this code. Merge it into another code instead.")
    _carried_no_more(session, found, None)
    session.delete(found)
    session.flush()
    events.record(session, "code.deleted", round_id, by=by)


def carry_over(session: Session, *, round_id: uuid.UUID, from_round_id: uuid.UUID, by: Actor) -> int:
    """Copy the codes of another round that this one does not have by name. Returns how many.

    Raises Conflict, Invalid for the same round or too many codes, NotAllowed, NotFound.
    """
    coded = coded_round(session, round_id, by=by)
    if round_id == from_round_id:
        raise Invalid.at("from_round", "Select another round to copy the codes from.")
    earlier = list_codes(session, coded_round(session, from_round_id, by=by))
    own = list_codes(session, coded)
    known = {code.name.casefold() for code in own}
    wanted = [code for code in earlier if code.name.casefold() not in known]
    if len(own) + len(wanted) > MOST_CODES:
        raise Invalid.at("from_round", f"A round can have {MOST_CODES} codes at most. Merge some first.")
    for code in wanted:
        _stored(session, coded, name=code.name, meaning=code.meaning, carried_from_id=code.id)
    if wanted:
        events.record(session, "code.carried-over", round_id, by=by)
    return len(wanted)


def _stored(session: Session, coded: CodedRound, **columns: Any) -> PassageCode:
    made = PassageCode(
        organisation_id=coded.round.organisation_id,
        id=new_id(),
        round_id=coded.round.id,
        created_by_id=coded.coder_id,
        **columns,
    )
    session.add(made)
    session.flush()
    return made


def _faults(
    session: Session,
    coded: CodedRound,
    names: NameCheck,
    name: str,
    meaning: str,
    keep: KeepReason | None,
    was: PassageCode | None = None,
) -> list[Fault]:
    own = [code for code in list_codes(session, coded) if was is None or code.id != was.id]
    faults = []
    if not tidy(name) or len(tidy(name)) > LONGEST_NAME:
        faults.append(Fault("/name", f"Enter a name for the code, in {LONGEST_NAME} characters or fewer"))
    elif tidy(name).casefold() in {code.name.casefold() for code in own}:
        faults.append(Fault("/name", "Enter another name. The round has a code with this name"))
    if was is None and len(own) >= MOST_CODES:
        faults.append(Fault("/name", f"A round can have {MOST_CODES} codes at most. Merge some first"))
    faults += names.check("/name", name, keep=keep, was=was.name if was else "")
    faults += names.check("/meaning", meaning, keep=keep, was=was.meaning if was else "")
    return faults


def _move_passages(session: Session, found: PassageCode, into: PassageCode) -> None:
    """Passages of `found` get `into`; where a coder gave both, one row remains with what either says."""
    of_organisation = col(CodedPassage.organisation_id) == found.organisation_id
    own = (of_organisation, col(CodedPassage.code_id) == found.id)
    unsynchronised = {"synchronize_session": False}
    for flag in ("given", "given_blind"):
        also = update(CodedPassage).where(
            of_organisation, col(CodedPassage.code_id) == into.id, _same_passage_with(found, getattr(_OTHER, flag))
        )
        session.execute(also.values({flag: True}), execution_options=unsynchronised)
    columns = ("organisation_id", "audit_id", "theme", "part", "coder_id", "given", "given_blind", "digest")
    of_into = literal(into.id, type_=Uuid())
    moved = select_columns(*(getattr(CodedPassage, name) for name in columns), of_into)
    moved = moved.where(*own, ~_same_passage_with(into))
    session.execute(insert(CodedPassage).from_select([*columns, "code_id"], moved))
    session.execute(delete(CodedPassage).where(*own), execution_options=unsynchronised)


def _same_passage_with(code: PassageCode, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """The SQL condition that the coder gave this code too to the same passage."""
    same = (
        getattr(_OTHER, name) == getattr(CodedPassage, name)
        for name in ("organisation_id", "audit_id", "theme", "part", "coder_id")
    )
    return select_columns(literal(1)).where(*same, col(_OTHER.code_id) == code.id, *conditions).exists()


def _carried_no_more(session: Session, found: PassageCode, into_id: uuid.UUID | None) -> None:
    """Codes of later rounds that were carried over from this one now come from `into_id`, or from none."""
    session.execute(
        update(PassageCode)
        .where(
            col(PassageCode.organisation_id) == found.organisation_id,
            col(PassageCode.carried_from_id) == found.id,
        )
        .values(carried_from_id=into_id),
        execution_options={"synchronize_session": False},
    )
