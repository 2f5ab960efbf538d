"""Characteristics of cases: added and changed by quality leads, and the groups that one case is in."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, literal, update
from sqlmodel import Session, col, select

from api.case_files.actions import find_case_file
from api.case_files.characteristics.queries import characteristics_in_use, find_characteristic, list_characteristics
from api.case_files.settling import block_imports, settle_one
from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Conflict, Fault, Invalid, Stale
from api.foundation.text.names import check_label, check_title, tidy
from checklists.characteristics import (
    LONGEST_TITLE,
    LONGEST_WORD,
    MOST_CHARACTERISTICS,
    CaseGroup,
    Characteristic,
    decode_groups,
    encode_groups,
    faults_of,
    groups_to_json,
    key_from,
)
from models import CaseFile, StoredCaseFile, StoredCharacteristic
from models.storage.database import rows_changed


@dataclass(frozen=True, slots=True)
class NewCharacteristic:
    """What a characteristic is called, the columns of a case list that say it, and its groups."""

    title: str
    headings: tuple[str, ...]
    groups: tuple[CaseGroup, ...]


def add_characteristic(session: Session, *, new: NewCharacteristic, by: Actor) -> StoredCharacteristic:
    """Add a characteristic. Raises Invalid, and Conflict where the organisation has enough of them."""
    check_may(by, Permission.WRITE_CASE_FILES)
    known = list_characteristics(session, by=by)
    if len(known) >= MOST_CHARACTERISTICS:
        raise Conflict(f"An organisation has up to {MOST_CHARACTERISTICS} characteristics. Change one of them instead.")
    made = _checked(new, key_from(new.title, (each.key for each in known)), known)
    stored = StoredCharacteristic(organisation_id=by.organisation_id, key=made.key, **_columns(made))
    session.add(stored)
    session.flush()
    events.record(session, "characteristic.made", events.THE_ORGANISATION, by=by)
    return stored


def change_characteristic(
    session: Session, *, key: str, new: NewCharacteristic, active: bool, version: int, by: Actor
) -> StoredCharacteristic:
    """Change a characteristic, or whether it is in use. A group that case files are in stays.

    Raises Invalid, NotFound and Stale.
    """
    check_may(by, Permission.WRITE_CASE_FILES)
    found = find_characteristic(session, key=key, by=by)
    others = [each for each in list_characteristics(session, by=by) if each.key != key]
    made = _checked(new, key, others)
    block_imports(session, by.organisation_id)
    kept = made.labels
    for group in found.content.groups:
        if group.key not in kept and _number_in(session, key, group.key, by):
            words = f"Case files are in the group “{group.label}”, so it stays. You can give it another name."
            raise Invalid.at("/groups", words)
    mine = (col(StoredCharacteristic.organisation_id) == by.organisation_id, col(StoredCharacteristic.key) == key)
    changed = update(StoredCharacteristic).where(*mine, col(StoredCharacteristic.version) == version)
    if not rows_changed(session, changed.values(**_columns(made), active=active, version=version + 1)):
        raise Stale
    events.record(session, "characteristic.changed", events.THE_ORGANISATION, by=by)
    session.refresh(found)
    return found


def set_groups(
    session: Session, *, case_file_id: uuid.UUID, groups: Mapping[str, str], version: int, by: Actor
) -> CaseFile:
    """Set the groups that a case is in, by the key of the characteristic; one that is left out becomes not known.

    What is stored of characteristics that are no longer in use stays. Raises Invalid, NotFound and Stale.
    """
    check_may(by, Permission.WRITE_CASE_FILES)
    block_imports(session, by.organisation_id)
    settle_one(session, by.organisation_id, case_file_id)
    before = decode_groups(find_case_file(session, case_file_id=case_file_id, by=by).case_file.characteristics)
    in_use = {each.key: each.labels for each in characteristics_in_use(session, by.organisation_id)}
    faults = [
        Fault(f"/characteristics/{key}", "Select one of the groups, or leave it not known.")
        for key, group in groups.items()
        if group and group not in in_use.get(key, {})
    ]
    if faults:
        raise Invalid(faults[0].detail, faults=tuple(faults))
    kept = {key: group for key, group in before.items() if key not in in_use}
    mine = (col(StoredCaseFile.organisation_id) == by.organisation_id, col(StoredCaseFile.id) == case_file_id)
    changed = update(StoredCaseFile).where(*mine, col(StoredCaseFile.version) == version)
    if not rows_changed(
        session, changed.values(characteristics=encode_groups({**kept, **groups}), version=version + 1)
    ):
        raise Stale
    events.record(session, "case-file.changed", case_file_id, by=by)
    return find_case_file(session, case_file_id=case_file_id, by=by).case_file


def _checked(new: NewCharacteristic, key: str, others: Sequence[StoredCharacteristic]) -> Characteristic:
    headings = tuple(dict.fromkeys(tidy(each) for each in new.headings))
    made = Characteristic(key, tidy(new.title), new.groups, headings)
    faults = list(check_title("/title", made.title, called="the characteristic", longest=LONGEST_TITLE))
    title_is_faulty = bool(faults)
    faults += [Fault(f"/{name}", words) for name, words in faults_of(made) if name != "title" or not title_is_faulty]
    for group in made.groups:
        for word in (group.label, *group.words):
            faults += check_label("/groups", word, called="the group", longest=LONGEST_WORD)
    if made.title.casefold() in {each.title.casefold() for each in others}:
        faults.append(Fault("/title", "Your organisation already has a characteristic with this title."))
    if faults:
        raise Invalid(faults[0].detail, faults=tuple(faults))
    return made


def _columns(made: Characteristic) -> dict[str, Any]:
    return {"title": made.title, "headings": "\n".join(made.headings), "groups": groups_to_json(made.groups)}


def _number_in(session: Session, key: str, group: str, by: Actor) -> int:
    """How many case files are in a group."""
    padded = literal(" ").concat(col(CaseFile.characteristics)).concat(" ")
    mine = (col(CaseFile.organisation_id) == by.organisation_id, col(CaseFile.characteristics) != "")
    return session.exec(
        select(func.count()).select_from(CaseFile).where(*mine, padded.contains(f" {key}={group} "))
    ).one()
