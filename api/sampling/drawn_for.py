"""What a sample is drawn for: a round, or a joint round."""

import uuid
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from checklists.templates.template import Template
from models import JointRound, JointRoundState, Round, RoundState, Sample
from models.audits.template import known_content


@dataclass(frozen=True, slots=True)
class DrawnFor:
    """What a draw needs to know of the round, or of the joint round, that the sample is for."""

    organisation_id: int
    id: uuid.UUID
    version: int
    title: str
    period: tuple[date, date]
    template: Template | None
    is_closed: bool
    is_joint: bool = False

    @property
    def column(self) -> str:
        """The column of a sample that names it."""
        return "joint_round_id" if self.is_joint else "round_id"

    @property
    def called(self) -> str:
        return "joint audit" if self.is_joint else "round"

    @property
    def path(self) -> str:
        """Its page."""
        return f"/{'joint-rounds' if self.is_joint else 'rounds'}/{self.id}"


def for_round(session: Session, audit_round: Round) -> DrawnFor:
    """A round as what a sample is drawn for."""
    return DrawnFor(
        organisation_id=audit_round.organisation_id,
        id=audit_round.id,
        version=audit_round.version,
        title=audit_round.title,
        period=(audit_round.period_from, audit_round.period_to),
        template=audit_round.content(session),
        is_closed=audit_round.state is RoundState.CLOSED,
    )


def for_joint_round(session: Session, joint_round: JointRound) -> DrawnFor:
    """A joint round as what a sample is drawn for."""
    own = joint_round.organisation_id
    return DrawnFor(
        organisation_id=own,
        id=joint_round.id,
        version=joint_round.version,
        title=joint_round.title,
        period=(joint_round.period_from, joint_round.period_to),
        template=known_content(session, own, joint_round.template_id, joint_round.template_version),
        is_closed=joint_round.state is JointRoundState.CLOSED,
        is_joint=True,
    )


def of_sample(session: Session, sample: Sample) -> DrawnFor:
    """What a stored sample was drawn for."""
    if sample.joint_round_id is None:
        return for_round(session, session.get_one(Round, (sample.organisation_id, sample.round_id)))
    return for_joint_round(session, session.get_one(JointRound, (sample.organisation_id, sample.joint_round_id)))
