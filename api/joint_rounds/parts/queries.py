"""A person's own parts of joint rounds: what their agency is asked of each case, and what they wrote so far."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from api.access.joint import own_parts
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import NotFound
from api.joint_rounds.planning.actions import content_of_round
from checklists.templates.template import Template, Theme
from models import (
    Agency,
    CaseFile,
    ChronologyEntry,
    JointAnswer,
    JointCase,
    JointCaseState,
    JointPart,
    JointQuestion,
    JointRound,
    JointRoundState,
    PartState,
)
from models.storage.joins import linked


@dataclass(frozen=True, slots=True)
class OwnPart:
    """One of a person's own parts, with its case and round; not what is in it."""

    part: JointPart
    case: JointCase
    round: JointRound
    reference: str
    agency: str


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A theme that an agency is asked: in its own words or, where they are empty, in the prompts of the template."""

    theme: Theme
    words: str
    answer: JointAnswer | None


@dataclass(frozen=True, slots=True)
class ReadPart:
    """A part with everything that its auditor sees."""

    own: OwnPart
    template: Template
    questions: tuple[AskedQuestion, ...]
    entries: tuple[ChronologyEntry, ...]


def list_own_parts(session: Session, *, by: Actor, limit: int, after: uuid.UUID | None = None) -> Sequence[OwnPart]:
    """The person's own parts, the newest first. Raises NotAllowed."""
    check_may(by, Permission.WRITE_JOINT_PARTS)
    query = _own(by).order_by(col(JointPart.id).desc()).limit(limit)
    if after is not None:
        query = query.where(col(JointPart.id) < after)
    return [OwnPart(*row) for row in session.execute(query)]


def count_open_parts(session: Session, by: Actor) -> int:
    """How many parts wait for this person."""
    query = (
        select(func.count())
        .select_from(JointPart)
        .join(JointCase, linked(JointCase.id, JointPart.joint_case_id))
        .join(JointRound, linked(JointRound.id, JointCase.joint_round_id))
        .where(
            own_parts(by),
            col(JointPart.state) == PartState.DRAFT,
            col(JointCase.state) == JointCaseState.COLLECTING,
            col(JointRound.state) == JointRoundState.OPEN,
        )
    )
    return session.exec(query).one()


def find_own_part(session: Session, *, part_id: uuid.UUID, by: Actor) -> OwnPart:
    """One of the person's own parts. Raises NotAllowed, and NotFound for one of somebody else."""
    check_may(by, Permission.WRITE_JOINT_PARTS)
    query = _own(by).where(col(JointPart.id) == part_id).execution_options(populate_existing=True)
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound("part of a joint audit")
    return OwnPart(*row)


def read_own_part(session: Session, *, part_id: uuid.UUID, by: Actor) -> ReadPart:
    """One of the person's own parts with what is asked, and what they wrote. Raises NotAllowed, NotFound."""
    own = find_own_part(session, part_id=part_id, by=by)
    template = content_of_round(session, own.round)
    words = questions_of(session, own.part, own.round)
    mine = (col(JointAnswer.organisation_id) == by.organisation_id, col(JointAnswer.joint_part_id) == part_id)
    answers = {each.theme: each for each in session.exec(select(JointAnswer).where(*mine))}
    questions = tuple(
        AskedQuestion(template.theme(key), words[key], answers.get(key)) for key in template.theme_keys if key in words
    )
    return ReadPart(own, template, questions, tuple(_entries(session, own.part)))


def questions_of(session: Session, part: JointPart, joint_round: JointRound) -> Mapping[str, str]:
    """The themes that the agency of a part is asked, each with its own words for it or nothing."""
    rows = session.exec(
        select(JointQuestion.theme, JointQuestion.words).where(
            col(JointQuestion.organisation_id) == part.organisation_id,
            col(JointQuestion.joint_round_id) == joint_round.id,
            col(JointQuestion.agency_id) == part.agency_id,
        )
    )
    return dict(rows.all())


def _entries(session: Session, part: JointPart) -> Sequence[ChronologyEntry]:
    mine = (
        col(ChronologyEntry.organisation_id) == part.organisation_id,
        col(ChronologyEntry.joint_part_id) == part.id,
    )
    query = select(ChronologyEntry).where(*mine)
    return session.exec(query.order_by(col(ChronologyEntry.month), col(ChronologyEntry.place))).all()


def _own(by: Actor) -> Select[JointPart, JointCase, JointRound, str, str]:
    return (
        select_columns(JointPart, JointCase, JointRound, col(CaseFile.reference), col(Agency.name))
        .join(JointCase, linked(JointCase.id, JointPart.joint_case_id))
        .join(JointRound, linked(JointRound.id, JointCase.joint_round_id))
        .join(CaseFile, linked(CaseFile.id, JointCase.case_file_id))
        .join(Agency, linked(Agency.id, JointPart.agency_id))
        .where(own_parts(by))
    )
