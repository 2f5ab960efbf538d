"""The part of an agency: saved and submitted by its auditor, and given back unread by a quality lead."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import delete
from sqlmodel import Session, col, select

from api.foundation import events
from api.foundation.local_time import local_date
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Fault, NotFound, check_version
from api.foundation.text.free_text import KeepReason, NameCheck, raise_if_any
from api.joint_rounds import notifying
from api.joint_rounds.parts.queries import OwnPart, ReadPart, find_own_part, questions_of, read_own_part
from api.joint_rounds.parts.rules import check_can_answer, check_can_give_back
from api.joint_rounds.planning.actions import content_of_round, find_joint_round
from checklists.joint.states import ChronologyKind
from checklists.templates.template import Template
from models import ChronologyEntry, JointAnswer, JointCase, JointPart, PartState, now

MOST_ENTRIES: Final = 40
LONGEST_ENTRY: Final = 300
FEWEST_WORDS: Final = 3


@dataclass(frozen=True, slots=True)
class PartAnswer:
    """An answer to a theme, with what the agency's records show."""

    theme: str
    answer: str
    words: str
    keep_names: KeepReason | None = None


@dataclass(frozen=True, slots=True)
class NewEntry:
    """What happened in a month: only its year and month are stored."""

    month: date | None
    kind: ChronologyKind | None
    words: str
    keep_names: KeepReason | None = None


@dataclass(frozen=True, slots=True)
class PartContent:
    """All that is written in a part."""

    known: bool
    answers: Sequence[PartAnswer] = ()
    entries: Sequence[NewEntry] = ()


def save_part(session: Session, *, part_id: uuid.UUID, content: PartContent, version: int, by: Actor) -> JointPart:
    """Save a part as it is so far, in place of what was there. Not everything must be answered yet.

    Raises Conflict, NotAllowed, NotFound, Stale, and Invalid with places `/answers/<theme>/…` and `/entries/<n>/…`.
    """
    own = _locked(session, part_id, version, by)
    names = NameCheck.of(session, by)
    before = read_own_part(session, part_id=part_id, by=by)
    raise_if_any(list(_faults(session, own, content, before, names)))
    _store(session, own.part, content)
    own.part.known = content.known
    done = _changed(session, own.part, "joint-part.saved", by)
    names.record(session, part_id, by=by)
    return done


def submit_part(session: Session, *, part_id: uuid.UUID, version: int, by: Actor) -> JointPart:
    """Return a part: from then on it never changes, unless a quality lead gives it back before the panel opens.

    A part of an agency that does not know the child has neither answers nor a chronology: they are deleted.
    Raises Conflict, Invalid for what is not answered, NotAllowed, NotFound, Stale.
    """
    own = _locked(session, part_id, version, by)
    if own.part.known:
        raise_if_any(list(_missing(read_own_part(session, part_id=part_id, by=by))))
    else:
        _store(session, own.part, PartContent(known=False))
    own.part.state, own.part.submitted_at = PartState.SUBMITTED, now()
    done = _changed(session, own.part, "joint-part.submitted", by)
    notifying.notify_of_return(session, done, own.round.id, by=by)
    return done


def give_back(session: Session, *, part_id: uuid.UUID, version: int, by: Actor) -> JointPart:
    """Let the auditor of a part change it again, before the panel of its case opens. Nobody has read it by then.

    Raises Conflict, NotAllowed, NotFound, Stale.
    """
    check_may(by, Permission.WRITE_JOINT_ROUNDS)
    mine = (col(JointPart.organisation_id) == by.organisation_id, col(JointPart.id) == part_id)
    query = select(JointPart).where(*mine).with_for_update(key_share=True).execution_options(populate_existing=True)
    part = session.exec(query).one_or_none()
    if part is None:
        raise NotFound("part of a joint audit")
    case = session.get_one(JointCase, (by.organisation_id, part.joint_case_id), populate_existing=True)
    check_can_give_back(by, part, case, find_joint_round(session, joint_round_id=case.joint_round_id, by=by))
    check_version(part.version, version)
    part.state, part.submitted_at = PartState.DRAFT, None
    done = _changed(session, part, "joint-part.returned", by)
    notifying.notify_of_giving_back(session, done, by=by)
    return done


def _locked(session: Session, part_id: uuid.UUID, version: int, by: Actor) -> OwnPart:
    """The person's own part that they may change now, locked until this transaction ends.

    Its case is locked first: a panel that opens meanwhile waits, or is waited for.
    """
    check_may(by, Permission.WRITE_JOINT_PARTS)
    found = find_own_part(session, part_id=part_id, by=by)
    case = (col(JointCase.organisation_id) == by.organisation_id, col(JointCase.id) == found.case.id)
    session.exec(select(JointCase.id).where(*case).with_for_update(key_share=True)).one()
    part = (col(JointPart.organisation_id) == by.organisation_id, col(JointPart.id) == part_id)
    session.exec(select(JointPart.id).where(*part).with_for_update(key_share=True)).one()
    own = find_own_part(session, part_id=part_id, by=by)
    check_can_answer(by, own.part, own.case, own.round)
    check_version(own.part.version, version)
    return own


def _store(session: Session, part: JointPart, content: PartContent) -> None:
    for model in (JointAnswer, ChronologyEntry):
        mine = (col(model.organisation_id) == part.organisation_id, col(model.joint_part_id) == part.id)
        session.execute(delete(model).where(*mine))
    keys: dict[str, Any] = {"organisation_id": part.organisation_id, "joint_part_id": part.id}
    session.add_all(
        JointAnswer(**keys, theme=each.theme, answer=each.answer, words=each.words.strip())
        for each in content.answers
        if each.answer
    )
    session.add_all(
        ChronologyEntry(**keys, place=place, month=each.month.replace(day=1), kind=each.kind, words=each.words.strip())
        for place, each in enumerate(content.entries, start=1)
        if each.month is not None and each.kind is not None
    )


def _faults(
    session: Session, own: OwnPart, content: PartContent, before: ReadPart, names: NameCheck
) -> Iterator[Fault]:
    asked = questions_of(session, own.part, own.round)
    template = content_of_round(session, own.round)
    was = {each.theme.key: each.answer.words for each in before.questions if each.answer is not None}
    if len({each.theme for each in content.answers}) < len(content.answers):
        yield Fault("/answers", "Each theme must be there once.")
    for answer in content.answers:
        yield from _faults_of_answer(answer, asked, template, was, names)
    if len(content.entries) > MOST_ENTRIES:
        yield Fault("/entries", f"A chronology has {MOST_ENTRIES} entries at most. Combine some entries.")
    earlier = {each.words for each in before.entries}
    for place, entry in enumerate(content.entries):
        yield from _faults_of_entry(f"/entries/{place}", entry, earlier, names)


def _faults_of_answer(
    given: PartAnswer, asked: Mapping[str, str], template: Template, was: Mapping[str, str], names: NameCheck
) -> Iterator[Fault]:
    place = f"/answers/{given.theme}"
    if given.theme not in asked:
        yield Fault(f"{place}/theme", "Your agency is not asked this theme.")
        return
    if given.answer and not template.is_answer(given.answer):
        yield Fault(f"{place}/answer", "Select one of the answers.")
    if given.words.strip() and not given.answer:
        yield Fault(f"{place}/answer", f"{template.theme(given.theme).label}: select an answer.")
    yield from names.check(f"{place}/words", given.words, keep=given.keep_names, was=was.get(given.theme, ""))


def _faults_of_entry(place: str, entry: NewEntry, earlier: set[str], names: NameCheck) -> Iterator[Fault]:
    if entry.month is None or entry.month > local_date(now()):
        yield Fault(f"{place}/month", "Enter a month and a year that is not in the future, such as 3 2026.")
    if entry.kind is None:
        yield Fault(f"{place}/kind", "Select what happened.")
    words = entry.words.strip()
    if not words or len(words) > LONGEST_ENTRY:
        yield Fault(f"{place}/words", f"Enter what happened, in {LONGEST_ENTRY} characters or fewer.")
        return
    yield from names.check(f"{place}/words", entry.words, keep=entry.keep_names, was=words if words in earlier else "")


def _missing(read: ReadPart) -> Iterator[Fault]:
    for each in read.questions:
        place = f"/answers/{each.theme.key}"
        if each.answer is None:
            yield Fault(f"{place}/answer", f"{each.theme.label}: select an answer.")
        elif len(each.answer.words.split()) < FEWEST_WORDS:
            yield Fault(f"{place}/words", f"{each.theme.label}: enter what your records show, in at least 3 words.")


def _changed(session: Session, part: JointPart, kind: str, by: Actor) -> JointPart:
    part.version += 1
    session.add(part)
    session.flush()
    events.record(session, kind, part.id, by=by)
    return part
