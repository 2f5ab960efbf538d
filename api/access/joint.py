"""Joint audits: an agency's part exists for its own auditor alone, until the panel of the case opens.

The panel then shows the whole case to quality leads and to the auditors who returned a part and know the child. Before
it opens nobody reads a part but its auditor, whatever their roles: quality leads see whether it was returned. When the
joint round is closed, every person of an agency reads what their own agency answered, as numbers.
"""

from sqlalchemy import ColumnElement, and_, exists
from sqlmodel import Session, col, select

from api.foundation.permissions import Actor, Permission
from models import AgencyMember, JointCase, JointCaseState, JointPart, JointRound, JointRoundState, PartState
from models.storage.joins import linked, table_alias

_OWN_PART = table_alias(JointPart)


def leads_joint_rounds(actor: Actor) -> bool:
    """Whether the person plans joint rounds and leads their panels."""
    return actor.may(Permission.WRITE_JOINT_ROUNDS)


def own_parts(actor: Actor) -> ColumnElement[bool]:
    """The SQL condition under which a part is the person's own: they answer for it, and belong to its agency."""
    return and_(
        col(JointPart.organisation_id) == actor.organisation_id,
        col(JointPart.auditor_id) == actor.person_id,
        exists()
        .where(
            linked(AgencyMember.agency_id, JointPart.agency_id),
            col(AgencyMember.person_id) == col(JointPart.auditor_id),
        )
        .correlate(JointPart),
    )


def readable_joint_cases(actor: Actor) -> ColumnElement[bool]:
    """The SQL condition under which a person reads a whole case: its panel has opened, and they lead it, or returned
    the part of an agency that knows the child, to which they still belong.
    """
    mine = and_(
        col(JointCase.organisation_id) == actor.organisation_id, col(JointCase.state) != JointCaseState.COLLECTING
    )
    if leads_joint_rounds(actor):
        return mine
    took_part = (
        exists()
        .where(
            linked(_OWN_PART.joint_case_id, JointCase.id),
            col(_OWN_PART.auditor_id) == actor.person_id,
            col(_OWN_PART.state) == PartState.SUBMITTED,
            col(_OWN_PART.known),
            linked(AgencyMember.agency_id, _OWN_PART.agency_id),
            col(AgencyMember.person_id) == actor.person_id,
        )
        .correlate(JointCase)
    )
    return and_(mine, took_part)


def knows_of_joint_case(actor: Actor) -> ColumnElement[bool]:
    """The SQL condition under which a person knows that a case is in a joint round: they lead it or read it."""
    mine = col(JointCase.organisation_id) == actor.organisation_id
    return mine if leads_joint_rounds(actor) else readable_joint_cases(actor)


def may_read_joint_case(session: Session, actor: Actor, case: JointCase) -> bool:
    """Whether `readable_joint_cases` holds for this case."""
    query = select(JointCase.id).where(col(JointCase.id) == case.id, readable_joint_cases(actor))
    return session.exec(query).first() is not None


def reported_joint_rounds(actor: Actor) -> ColumnElement[bool]:
    """The SQL condition under which a person reads the numbers of their own agency: the joint round is closed, and
    their agency was asked about cases of it.
    """
    of_agency = (
        exists()
        .where(
            linked(JointCase.joint_round_id, JointRound.id),
            linked(_OWN_PART.joint_case_id, JointCase.id),
            linked(AgencyMember.agency_id, _OWN_PART.agency_id),
            col(AgencyMember.person_id) == actor.person_id,
        )
        .correlate(JointRound)
    )
    return and_(
        col(JointRound.organisation_id) == actor.organisation_id,
        col(JointRound.state) == JointRoundState.CLOSED,
        of_agency,
    )
