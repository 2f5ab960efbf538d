"""A case of a joint round: agencies side by side, differences first, one chronology, and what the panel agreed on."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from api.access.joint import knows_of_joint_case, may_read_joint_case
from api.foundation import access_log
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import NotFound
from api.joint_rounds.planning.actions import agencies_of, content_of_round
from checklists.joint.comparing import difference, differences_first
from checklists.templates.template import Template, Theme
from models import (
    Agency,
    CaseFile,
    ChronologyEntry,
    JointAnswer,
    JointCase,
    JointFinding,
    JointPart,
    JointQuestion,
    JointRound,
    PartState,
)
from models.storage.joins import linked


@dataclass(frozen=True, slots=True)
class FoundCase:
    """A case of a joint round that the person may know of."""

    case: JointCase
    round: JointRound
    reference: str


@dataclass(frozen=True, slots=True)
class AgencyPart:
    """An agency's part of a case."""

    part: JointPart
    agency: str

    @property
    def said(self) -> str:
        """What it says as a whole, in words."""
        if self.part.state is PartState.SUBMITTED:
            return "Returned" if self.part.known else "Not known to us"
        return self.part.state.label


@dataclass(frozen=True, slots=True)
class AgencyAnswer:
    """What an agency says of a theme: an answer, or None with why there is none."""

    agency: str
    answer: JointAnswer | None
    why_none: str


@dataclass(frozen=True, slots=True)
class ThemeAcross:
    """A theme across agencies. `differs`: whether two of them gave different answers that can be compared."""

    theme: Theme
    answers: tuple[AgencyAnswer, ...]
    differs: bool
    finding: JointFinding | None


@dataclass(frozen=True, slots=True)
class AcrossAgencies:
    """Everything that a panel has before it. `chronology`: each entry with its agency, the earliest month first."""

    found: FoundCase
    template: Template
    parts: tuple[AgencyPart, ...]
    themes: tuple[ThemeAcross, ...]
    chronology: tuple[tuple[ChronologyEntry, str], ...]


def find_joint_case(session: Session, *, joint_case_id: uuid.UUID, by: Actor, lock: bool = False) -> FoundCase:
    """A case of a joint round. Raises NotAllowed, and NotFound for one that the person may not know of."""
    check_may(by, Permission.READ_JOINT_CASES)
    if lock:
        mine = (col(JointCase.organisation_id) == by.organisation_id, col(JointCase.id) == joint_case_id)
        session.exec(select(JointCase.id).where(*mine).with_for_update(key_share=True)).first()
    query = (
        select(JointCase, JointRound, CaseFile.reference)
        .join(JointRound, linked(JointRound.id, JointCase.joint_round_id))
        .join(CaseFile, linked(CaseFile.id, JointCase.case_file_id))
        .where(col(JointCase.id) == joint_case_id, knows_of_joint_case(by))
        .execution_options(populate_existing=True)
    )
    row = session.exec(query).one_or_none()
    if row is None:
        raise NotFound("case of a joint audit")
    return FoundCase(*row)


def read_joint_case(session: Session, found: FoundCase, *, by: Actor) -> AcrossAgencies | None:
    """Everything about a case, for a person who may read it now; None before its panel opens. It is recorded that they
    read it.
    """
    if not may_read_joint_case(session, by, found.case):
        return None
    access_log.record_view(session, "joint-case.read", found.case.id, by=by)
    return across_agencies(session, found)


def across_agencies(session: Session, found: FoundCase) -> AcrossAgencies:
    """Everything about a case, for a caller who has checked that it may be read."""
    template = content_of_round(session, found.round)
    parts = parts_of(session, found)
    names = {each.part.id: each.agency for each in parts}
    told = _told(parts)
    answers = _answers(session, told, found)
    entries = select(ChronologyEntry).where(
        col(ChronologyEntry.organisation_id) == found.case.organisation_id,
        col(ChronologyEntry.joint_part_id).in_(told),
    )
    entries = entries.order_by(
        col(ChronologyEntry.month), col(ChronologyEntry.joint_part_id), col(ChronologyEntry.place)
    )
    chronology = tuple((each, names[each.joint_part_id]) for each in session.exec(entries))
    return AcrossAgencies(found, template, parts, _themes(session, found, template, parts, answers), chronology)


def parts_of(session: Session, found: FoundCase) -> tuple[AgencyPart, ...]:
    """The parts of a case, in the order of the agencies of its round."""
    rows = session.exec(
        select(JointPart, Agency.name)
        .join(Agency, linked(Agency.id, JointPart.agency_id))
        .where(
            col(JointPart.organisation_id) == found.case.organisation_id,
            col(JointPart.joint_case_id) == found.case.id,
        )
        .execution_options(populate_existing=True)
    )
    by_agency = {part.agency_id: AgencyPart(part, name) for part, name in rows}
    return tuple(by_agency[each] for each in agencies_of(found.round) if each in by_agency)


def _told(parts: Sequence[AgencyPart]) -> list[uuid.UUID]:
    """The parts that say something: a draft that was never returned says nothing to others."""
    return [each.part.id for each in parts if each.part.state is PartState.SUBMITTED and each.part.known]


def _answers(
    session: Session, parts: Sequence[uuid.UUID], found: FoundCase
) -> dict[tuple[uuid.UUID, str], JointAnswer]:
    rows = session.exec(
        select(JointAnswer).where(
            col(JointAnswer.organisation_id) == found.case.organisation_id,
            col(JointAnswer.joint_part_id).in_(parts),
        )
    )
    return {(each.joint_part_id, each.theme): each for each in rows}


def _themes(
    session: Session,
    found: FoundCase,
    template: Template,
    parts: Sequence[AgencyPart],
    answers: Mapping[tuple[uuid.UUID, str], JointAnswer],
) -> tuple[ThemeAcross, ...]:
    """The themes that any agency is asked, the furthest apart first."""
    asked = _asked(session, found.round)
    rows = session.exec(
        select(JointFinding).where(
            col(JointFinding.organisation_id) == found.case.organisation_id,
            col(JointFinding.joint_case_id) == found.case.id,
        )
    )
    findings = {each.theme: each for each in rows}
    across: dict[str, tuple[AgencyAnswer, ...]] = {}
    for key in template.theme_keys:
        if any((each.part.agency_id, key) in asked for each in parts):
            across[key] = tuple(
                AgencyAnswer(each.agency, answers.get((each.part.id, key)), _why_none(each, key, asked))
                for each in parts
            )
    given = {key: [each.answer.answer for each in found_ if each.answer] for key, found_ in across.items()}
    return tuple(
        ThemeAcross(template.theme(key), across[key], difference(template.scale, given[key]) > 0, findings.get(key))
        for key in differences_first(template.scale, list(given.items()))
    )


def _why_none(each: AgencyPart, theme: str, asked: set[tuple[uuid.UUID, str]]) -> str:
    if (each.part.agency_id, theme) not in asked:
        return "Not asked"
    return each.said


def _asked(session: Session, joint_round: JointRound) -> set[tuple[uuid.UUID, str]]:
    rows = session.exec(
        select(JointQuestion.agency_id, JointQuestion.theme).where(
            col(JointQuestion.organisation_id) == joint_round.organisation_id,
            col(JointQuestion.joint_round_id) == joint_round.id,
        )
    )
    return set(rows)
