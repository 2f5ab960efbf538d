"""The panel of a case: opened, recorded and finished by quality leads."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from sqlmodel import Session, col, select

from api.foundation import events
from api.foundation.local_time import local_date
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Conflict, Fault, Invalid, NotFound, check_version
from api.foundation.text.free_text import KeepReason, NameCheck, raise_if_any
from api.joint_rounds import notifying
from api.joint_rounds.panels.queries import FoundCase, find_joint_case, parts_of
from api.joint_rounds.panels.rules import check_can_open_panel, check_can_record_panel
from api.joint_rounds.planning.actions import content_of_round
from checklists.plurals import plural
from models import JointCase, JointCaseState, JointFinding, JointPart, JointQuestion, PartState, now

LONGEST_POSTS: Final = 300


@dataclass(frozen=True, slots=True)
class PanelContent:
    """What a panel agreed on. `grade`: a rating, empty for none. `took_part`: posts, never names, by agency."""

    panel_on: date | None
    grade: str
    words: str
    took_part: Mapping[uuid.UUID, str] = field(default_factory=dict)
    practitioners_on: date | None = None
    practitioners_words: str = ""
    keep_names: KeepReason | None = None


@dataclass(frozen=True, slots=True)
class NewFinding:
    """What a panel found of a theme: strengths, points for development, recommendations; each may be empty."""

    strengths: str = ""
    development: str = ""
    recommendations: str = ""
    keep_names: KeepReason | None = None


def open_panel(
    session: Session, *, joint_case_id: uuid.UUID, without_missing: bool = False, version: int, by: Actor
) -> JointCase:
    """Open the panel of a case: agencies that returned a part and know the child see all parts from now on.

    `without_missing`: parts that are not returned can never be returned then. Raises Conflict, Invalid, NotAllowed,
    NotFound, Stale.
    """
    found = _locked(session, joint_case_id, by)
    check_can_open_panel(by, found.case, found.round)
    check_version(found.case.version, version)
    mine = (col(JointPart.organisation_id) == by.organisation_id, col(JointPart.joint_case_id) == joint_case_id)
    query = select(JointPart).where(*mine).order_by(col(JointPart.id)).with_for_update(key_share=True)
    parts = session.exec(query.execution_options(populate_existing=True)).all()
    missing = [each for each in parts if each.state is not PartState.SUBMITTED]
    if len(missing) == len(parts):
        raise Conflict("No agency has returned its part of this case yet.")
    if missing and not without_missing:
        some = plural(len(missing), "agency has", "agencies have")
        raise Invalid.at("/without_missing", f"{some} not returned a part. Wait, or select “Open the panel without”.")
    for part in missing:
        part.state = PartState.NOT_RETURNED
        part.version += 1
        session.add(part)
        session.flush()
        events.record(session, "joint-part.not-returned", part.id, by=by)
    found.case.state = JointCaseState.PANEL
    done = _changed(session, found.case, "joint-case.panel-opened", by)
    notifying.notify_of_panel(session, done, parts, by=by)
    return done


def record_panel(
    session: Session, *, joint_case_id: uuid.UUID, content: PanelContent, version: int, by: Actor
) -> JointCase:
    """Record what a panel agreed on, who took part, and the practitioners' event.

    Raises Conflict, Invalid, NotAllowed, NotFound, Stale.
    """
    found = _locked(session, joint_case_id, by)
    check_can_record_panel(by, found.case, found.round)
    check_version(found.case.version, version)
    parts = {each.part.agency_id: each.part for each in parts_of(session, found)}
    names = NameCheck.of(session, by)
    raise_if_any(_faults(session, found, content, parts, names))
    case = found.case
    case.panel_on, case.grade, case.words = content.panel_on, content.grade, content.words.strip()
    case.practitioners_on = content.practitioners_on
    case.practitioners_words = content.practitioners_words.strip()
    for agency_id, posts in content.took_part.items():
        parts[agency_id].took_part = posts.strip()
        session.add(parts[agency_id])
    done = _changed(session, case, "joint-case.panel-recorded", by)
    names.record(session, case.id, by=by)
    return done


def record_finding(
    session: Session, *, joint_case_id: uuid.UUID, theme: str, new: NewFinding, version: int, by: Actor
) -> JointCase:
    """Record what a panel found of a theme; without any text the finding goes.

    Raises Conflict, Invalid, NotAllowed, NotFound, Stale.
    """
    found = _locked(session, joint_case_id, by)
    check_can_record_panel(by, found.case, found.round)
    if not is_asked(session, found, theme):
        raise NotFound("theme")
    check_version(found.case.version, version)
    key = (by.organisation_id, joint_case_id, theme)
    stored = session.get(JointFinding, key)
    names = NameCheck.of(session, by)
    texts = {name: getattr(new, name).strip() for name in ("strengths", "development", "recommendations")}
    faults = []
    for name, words in texts.items():
        was = "" if stored is None else getattr(stored, name)
        faults += names.check(f"/{name}", words, keep=new.keep_names, was=was)
    raise_if_any(faults)
    if any(texts.values()):
        session.merge(JointFinding(organisation_id=key[0], joint_case_id=key[1], theme=theme, **texts))
    elif stored is not None:
        session.delete(stored)
    session.flush()
    done = _changed(session, found.case, "joint-case.finding-recorded", by)
    names.record(session, found.case.id, by=by)
    return done


def finish_panel(session: Session, *, joint_case_id: uuid.UUID, version: int, by: Actor) -> JointCase:
    """Finish the panel of a case: it never changes from then on. It needs its day and its words.

    Raises Conflict, NotAllowed, NotFound, Stale.
    """
    found = _locked(session, joint_case_id, by)
    check_can_record_panel(by, found.case, found.round)
    check_version(found.case.version, version)
    if found.case.panel_on is None or not found.case.words:
        raise Conflict("Record the day of the panel and what it agreed on before you finish it.")
    found.case.state = JointCaseState.FINISHED
    return _changed(session, found.case, "joint-case.panel-finished", by)


def is_asked(session: Session, found: FoundCase, theme: str) -> bool:
    """Whether any agency of the round is asked this theme."""
    query = select(JointQuestion.theme).where(
        col(JointQuestion.organisation_id) == found.round.organisation_id,
        col(JointQuestion.joint_round_id) == found.round.id,
        col(JointQuestion.theme) == theme,
    )
    return session.exec(query.limit(1)).first() is not None


def _locked(session: Session, joint_case_id: uuid.UUID, by: Actor) -> FoundCase:
    """The case, locked until this transaction ends. Raises NotAllowed, NotFound."""
    check_may(by, Permission.WRITE_JOINT_ROUNDS)
    return find_joint_case(session, joint_case_id=joint_case_id, by=by, lock=True)


def _faults(
    session: Session,
    found: FoundCase,
    content: PanelContent,
    parts: Mapping[uuid.UUID, JointPart],
    names: NameCheck,
) -> list[Fault]:
    scale, case, today = content_of_round(session, found.round).scale, found.case, local_date(now())
    faults = []
    if content.panel_on is not None and content.panel_on > today:
        faults.append(Fault("/panel_on", "The day of the panel must be today or earlier."))
    if content.practitioners_on is not None and content.practitioners_on > today:
        faults.append(Fault("/practitioners_on", "The day of the practitioners’ event must be today or earlier."))
    if content.grade and not scale.is_rating(content.grade):
        faults.append(Fault("/grade", "Select one of the ratings, or none."))
    keep = content.keep_names
    faults += names.check("/words", content.words.strip(), keep=keep, was=case.words)
    words = content.practitioners_words.strip()
    faults += names.check("/practitioners_words", words, keep=keep, was=case.practitioners_words)
    for agency_id, posts in content.took_part.items():
        place = f"/took_part/{agency_id}"
        if agency_id not in parts:
            faults.append(Fault(place, "This agency is not in the joint audit."))
        elif len(posts) > LONGEST_POSTS:
            faults.append(Fault(place, f"Posts must be {LONGEST_POSTS} characters or fewer."))
        else:
            faults += names.check(place, posts.strip(), keep=keep, was=parts[agency_id].took_part)
    return faults


def _changed(session: Session, case: JointCase, kind: str, by: Actor) -> JointCase:
    case.version += 1
    session.add(case)
    session.flush()
    events.record(session, kind, case.id, by=by)
    return case
