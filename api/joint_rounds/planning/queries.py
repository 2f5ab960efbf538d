"""Joint rounds as quality leads see them: which parts are returned, and never what is in them."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from api.foundation.local_time import local_date
from api.foundation.permissions import Actor, Permission, check_may
from api.joint_rounds.agencies.actions import list_agencies
from api.joint_rounds.planning.actions import agencies_of, find_joint_round
from models import CaseFile, JointCase, JointPart, JointRound, PartState, Person, TemplateVersion, now
from models.storage.joins import linked


@dataclass(frozen=True, slots=True)
class ShownPart:
    """Whether an agency has returned its part of a case, and who answers for it; empty until somebody is chosen."""

    part: JointPart
    agency: str
    auditor: str
    is_late: bool


@dataclass(frozen=True, slots=True)
class ShownCase:
    """A case of a joint round with the parts of its agencies, in the order of the round; none before it is opened."""

    case: JointCase
    reference: str
    parts: tuple[ShownPart, ...]

    @property
    def returned(self) -> int:
        return sum(each.part.state is PartState.SUBMITTED for each in self.parts)


@dataclass(frozen=True, slots=True)
class ShownJointRound:
    """A joint round with its agencies by name and its cases."""

    round: JointRound
    template: TemplateVersion
    agencies: tuple[tuple[uuid.UUID, str], ...]
    cases: tuple[ShownCase, ...]

    def of_agency(self, agency_id: uuid.UUID) -> list[ShownPart]:
        """The parts of an agency, case by case."""
        return [each for case in self.cases for each in case.parts if each.part.agency_id == agency_id]

    def returned_by(self, agency_id: uuid.UUID) -> int:
        """How many parts an agency has returned."""
        return sum(each.part.state is PartState.SUBMITTED for each in self.of_agency(agency_id))

    def late_by(self, agency_id: uuid.UUID) -> int:
        """How many parts an agency returned late, or has not returned although they are due."""
        return sum(each.is_late for each in self.of_agency(agency_id))

    def auditors_of(self, agency_id: uuid.UUID) -> list[str]:
        """Who answers for an agency."""
        return sorted({each.auditor for each in self.of_agency(agency_id) if each.auditor})


def list_joint_rounds(
    session: Session, *, by: Actor, limit: int, after: uuid.UUID | None = None
) -> Sequence[JointRound]:
    """The joint rounds of the organisation, the newest first. Raises NotAllowed."""
    check_may(by, Permission.WRITE_JOINT_ROUNDS)
    query = select(JointRound).where(col(JointRound.organisation_id) == by.organisation_id)
    if after is not None:
        query = query.where(col(JointRound.id) < after)
    return session.exec(query.order_by(col(JointRound.id).desc()).limit(limit)).all()


def show_joint_round(
    session: Session, *, joint_round_id: uuid.UUID, by: Actor, joint_case_id: uuid.UUID | None = None
) -> ShownJointRound:
    """A joint round with its cases, or with one of them. Raises NotAllowed, NotFound."""
    check_may(by, Permission.WRITE_JOINT_ROUNDS)
    return shown_of(session, find_joint_round(session, joint_round_id=joint_round_id, by=by), joint_case_id, by=by)


def shown_of(
    session: Session, found: JointRound, joint_case_id: uuid.UUID | None = None, *, by: Actor
) -> ShownJointRound:
    """The same, for a caller who has checked what the person may see of it."""
    version = session.get_one(TemplateVersion, (found.organisation_id, found.template_id, found.template_version))
    names = {each.id: each.name for each in list_agencies(session, by=by)}
    agencies = tuple((agency_id, names[agency_id]) for agency_id in agencies_of(found))
    return ShownJointRound(found, version, agencies, _cases(session, found, dict(agencies), joint_case_id))


def _cases(
    session: Session, found: JointRound, agencies: dict[uuid.UUID, str], only: uuid.UUID | None
) -> tuple[ShownCase, ...]:
    mine = [col(JointCase.organisation_id) == found.organisation_id, col(JointCase.joint_round_id) == found.id]
    if only is not None:
        mine.append(col(JointCase.id) == only)
    parts: dict[uuid.UUID, dict[uuid.UUID, ShownPart]] = {}
    rows = session.exec(
        select(JointPart, Person.name)
        .join(JointCase, linked(JointCase.id, JointPart.joint_case_id))
        .join(Person, linked(Person.id, JointPart.auditor_id), isouter=True)
        .where(*mine)
    )
    for part, auditor in rows:
        shown = ShownPart(part, agencies[part.agency_id], auditor or "", _is_late(found, part))
        parts.setdefault(part.joint_case_id, {})[part.agency_id] = shown
    cases = session.exec(
        select(JointCase, CaseFile.reference)
        .join(CaseFile, linked(CaseFile.id, JointCase.case_file_id))
        .where(*mine)
        .order_by(col(JointCase.id))
    )
    return tuple(
        ShownCase(case, reference, tuple(parts[case.id][each] for each in agencies if each in parts.get(case.id, {})))
        for case, reference in cases
    )


def _is_late(found: JointRound, part: JointPart) -> bool:
    if part.state is PartState.NOT_RETURNED:
        return True
    returned = part.submitted_at or now()
    return local_date(returned) > found.due_on
