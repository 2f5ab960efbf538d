"""What a person of an agency reads of a closed joint round: the numbers of their own agency, and beside them what all
agencies answered about the children whose cases the person reads whole.

So nothing is counted of another agency that the person has not seen, case by case, since the panel opened.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlmodel import Session, col, select

from api.access.joint import readable_joint_cases, reported_joint_rounds
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import NotFound
from api.joint_rounds.planning.queries import shown_of
from api.joint_rounds.report.queries import JointReport, answers_of, report_of
from models import AgencyMember, JointCase, JointCaseState, JointRound

# How many closed joint rounds are listed for an agency.
MOST_LISTED = 20


@dataclass(frozen=True, slots=True)
class AgencyReport:
    """`own`: of the agency alone, all its cases whose panel is open. `together`: of all agencies, the cases that the
    person reads whole.
    """

    agency: str
    own: JointReport
    together: JointReport


def agency_report(session: Session, *, joint_round_id: uuid.UUID, by: Actor) -> AgencyReport:
    """The report for a person of an agency. That cases were read is recorded.

    Raises NotAllowed, and NotFound before the joint round is closed, and where the person's agency is not in it.
    """
    check_may(by, Permission.WRITE_JOINT_PARTS)
    mine = select(JointRound).where(col(JointRound.id) == joint_round_id, reported_joint_rounds(by))
    found = session.exec(mine).one_or_none()
    if found is None:
        raise NotFound("joint audit")
    own_id = session.exec(
        select(AgencyMember.agency_id).where(
            col(AgencyMember.organisation_id) == by.organisation_id, col(AgencyMember.person_id) == by.person_id
        )
    ).one()
    shown = shown_of(session, found, by=by)
    of_round = (col(JointCase.joint_round_id) == found.id, readable_joint_cases(by))
    readable = set(session.exec(select(JointCase.id).where(*of_round)))
    together = report_of(
        session, shown, tuple(each for each in shown.cases if each.case.id in readable), shown.agencies, by=by
    )
    agency = dict(shown.agencies)[own_id]
    own_cases = tuple(each for each in shown.cases if each.case.state is not JointCaseState.COLLECTING)
    answers, _ = answers_of(session, own_cases, [(own_id, agency)], by=by)
    own = replace(
        together,
        open_cases=own_cases,
        returns={agency: together.returns[agency]},
        answers=answers,
        agreement={},
        differing={},
        findings={},
    )
    pairs = {pair: each for pair, each in together.agreement.items() if agency in pair}
    return AgencyReport(agency, own, replace(together, agreement=pairs))


def list_reported(session: Session, *, by: Actor) -> Sequence[JointRound]:
    """The closed joint rounds whose report a person of an agency may read, the newest first. Raises NotAllowed."""
    check_may(by, Permission.WRITE_JOINT_PARTS)
    query = select(JointRound).where(reported_joint_rounds(by)).order_by(col(JointRound.id).desc())
    return session.exec(query.limit(MOST_LISTED)).all()
