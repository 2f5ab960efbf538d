"""What is counted of a joint round: the answers of cases whose panel is open, and what agencies have returned."""

import uuid
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from api.foundation import access_log
from api.foundation.permissions import Actor
from api.joint_rounds.planning.actions import content_of_round
from api.joint_rounds.planning.queries import ShownCase, ShownJointRound, show_joint_round
from checklists.joint.comparing import Agreement, agreement_of, difference
from checklists.templates.template import Template
from models import JointAnswer, JointCaseState, JointFinding, JointPart, PartState
from models.storage.joins import linked


@dataclass(frozen=True, slots=True)
class Returns:
    """What an agency has returned of all its cases. `not_known`: of those whose panel is open."""

    cases: int
    returned: int
    late: int
    not_known: int


@dataclass(frozen=True, slots=True)
class JointReport:
    """The figures of a joint round. Answers are counted of cases whose panel is open, and of no other.

    `answers`: how often each agency gave each answer to each theme. `agreement`: of each two agencies, by name.
    `differing`: on how many themes agencies differ, by case. `findings`: by case, those with any text.
    """

    shown: ShownJointRound
    template: Template
    open_cases: Sequence[ShownCase]
    returns: Mapping[str, Returns]
    answers: Mapping[tuple[str, str], Counter[str]]
    agreement: Mapping[tuple[str, str], Agreement]
    differing: Mapping[uuid.UUID, int]
    findings: Mapping[uuid.UUID, Sequence[JointFinding]]


def joint_report(session: Session, *, joint_round_id: uuid.UUID, by: Actor) -> JointReport:
    """The figures of a joint round. That its cases were read is recorded. Raises NotAllowed, NotFound."""
    shown = show_joint_round(session, joint_round_id=joint_round_id, by=by)
    open_cases = tuple(each for each in shown.cases if each.case.state is not JointCaseState.COLLECTING)
    return report_of(session, shown, open_cases, shown.agencies, by=by)


def report_of(
    session: Session,
    shown: ShownJointRound,
    cases: Sequence[ShownCase],
    agencies: Sequence[tuple[uuid.UUID, str]],
    *,
    by: Actor,
) -> JointReport:
    """The figures of these cases and agencies, for a caller who has checked that they may be read. That the cases were
    read is recorded.
    """
    template = content_of_round(session, shown.round)
    for each in cases:
        access_log.record_view(session, "joint-case.read", each.case.id, by=by)
    answers, by_theme = answers_of(session, cases, agencies, by=by)
    differing = Counter(
        case_id for (case_id, _), given in by_theme.items() if difference(template.scale, given.values())
    )
    return JointReport(
        shown=shown,
        template=template,
        open_cases=cases,
        returns={name: returns_of(shown, agency_id) for agency_id, name in agencies},
        answers=answers,
        agreement=agreement_of(by_theme.values()),
        differing=differing,
        findings=_findings(session, cases, by),
    )


def answers_of(
    session: Session, cases: Sequence[ShownCase], agencies: Sequence[tuple[uuid.UUID, str]], *, by: Actor
) -> tuple[Mapping[tuple[str, str], Counter[str]], Mapping[tuple[uuid.UUID, str], Mapping[str, str]]]:
    """What these agencies answered of these cases: how often each answer, by agency and theme; and each answer by case
    and theme, and by agency. At most the cases times the agencies times the themes of one joint round.
    """
    names = dict(agencies)
    query = (
        select(JointPart.joint_case_id, JointPart.agency_id, JointAnswer.theme, JointAnswer.answer)
        .join(JointAnswer, linked(JointAnswer.joint_part_id, JointPart.id))
        .where(
            col(JointPart.organisation_id) == by.organisation_id,
            col(JointPart.joint_case_id).in_([each.case.id for each in cases]),
            col(JointPart.agency_id).in_(names),
            col(JointPart.state) == PartState.SUBMITTED,
            col(JointPart.known),
        )
    )
    answers: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    by_theme: dict[tuple[uuid.UUID, str], dict[str, str]] = defaultdict(dict)
    for case_id, agency_id, theme, answer in session.exec(query):
        answers[names[agency_id], theme][answer] += 1
        by_theme[case_id, theme][names[agency_id]] = answer
    return answers, by_theme


def _findings(session: Session, cases: Sequence[ShownCase], by: Actor) -> Mapping[uuid.UUID, Sequence[JointFinding]]:
    query = (
        select(JointFinding)
        .where(
            col(JointFinding.organisation_id) == by.organisation_id,
            col(JointFinding.joint_case_id).in_([each.case.id for each in cases]),
        )
        .order_by(col(JointFinding.joint_case_id), col(JointFinding.theme))
    )
    found: dict[uuid.UUID, list[JointFinding]] = defaultdict(list)
    for each in session.exec(query):
        found[each.joint_case_id].append(each)
    return found


def returns_of(shown: ShownJointRound, agency_id: uuid.UUID) -> Returns:
    """What an agency has returned."""
    open_cases = [each for each in shown.cases if each.case.state is not JointCaseState.COLLECTING]
    not_known = sum(
        part.part.state is PartState.SUBMITTED and not part.part.known
        for case in open_cases
        for part in case.parts
        if part.part.agency_id == agency_id
    )
    return Returns(len(shown.cases), shown.returned_by(agency_id), shown.late_by(agency_id), not_known)
