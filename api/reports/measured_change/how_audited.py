"""How a round was audited: what decides whether its figures can be compared with those of another."""

from collections import Counter
from collections.abc import Mapping

from sqlalchemy import func, select
from sqlmodel import Session, col

from api.access.blindness import visible_under_blind_reading
from api.allocation.queries import count_unallocated
from api.foundation.permissions import Actor
from api.reports.breakdowns import Breakdown
from api.reports.gaps.queries import GapReport
from api.reports.tallies import is_counted
from api.sampling.queries import rules_of_draw
from checklists.reports.comparability import HowAudited
from checklists.reports.tallies import decode_answers
from checklists.templates.template import Template as TemplateContent
from models import Audit, AuditMode, AuditState, Moderation, Round
from models.storage.joins import linked


def how_audited(session: Session, report: GapReport, *, by: Actor) -> HowAudited:
    """How the one round of a report, which was read by audit mode, was audited. Only audits that `by` may know of."""
    (audit_round,), (counts,) = report.rounds, report.counts
    words = report.template.case_words
    seen = visible_under_blind_reading(by.person_id)
    of_round = (col(Audit.organisation_id) == audit_round.organisation_id, col(Audit.round_id) == audit_round.id, seen)
    planned = session.execute(
        select(func.count()).where(*of_round, col(Audit.state) != AuditState.WITHDRAWN, col(Audit.reading) == 1)
    ).scalar_one()
    auditors = session.execute(
        select(col(Audit.auditor_id), func.count(), func.count(col(Audit.sampling_weight)))
        .where(*of_round, is_counted())
        .group_by(col(Audit.auditor_id))
    ).all()
    counted = sum(number for _, number, _ in auditors)
    sampled = sum(number for _, _, number in auditors)
    drawn, strata = rules_of_draw(session, audit_round) if 2 * sampled > counted else ("", "")
    statuses, ages = (counts.by(each).audits for each in (Breakdown.STATUS, Breakdown.AGE_BAND))
    moderated, moved = _moderated(session, audit_round, report.template, by)
    return HowAudited(
        planned=max(planned + count_unallocated(session, audit_round), counted),
        counted=counted,
        modes={AuditMode(mode).label: number for mode, number in counts.by(Breakdown.MODE).audits.items()},
        kinds={
            "status": _labelled(statuses, words.statuses),
            "age band": _labelled(ages, words.age_bands),
        },
        drawn=drawn,
        strata=strata,
        moderated=moderated,
        reviewed=moved.total(),
        lowered=moved[True, False],
        raised=moved[False, True],
        auditors={str(auditor): number for auditor, number, _ in auditors},
    )


def _labelled(audits: Mapping[str, int], labels: Mapping[str, str]) -> dict[str, int]:
    return {labels.get(key, key): number for key, number in audits.items()}


def _moderated(
    session: Session, audit_round: Round, template: TemplateContent, by: Actor
) -> tuple[int, Counter[tuple[bool, bool]]]:
    """How many counted audits were moderated, and how many of their answers met the standard before and after."""
    lines = session.execute(
        select(col(Audit.answers), col(Audit.agreed_answers))
        .join(Moderation, linked(Moderation.audit_id, Audit.id))
        .where(
            col(Audit.organisation_id) == audit_round.organisation_id,
            col(Audit.round_id) == audit_round.id,
            is_counted(),
            visible_under_blind_reading(by.person_id),
            col(Moderation.moderator_id).is_not(None),
            col(Audit.agreed_answers) != "",
        )
    ).all()
    moved: Counter[tuple[bool, bool]] = Counter()
    for (answers, agreed), times in Counter((answers, agreed) for answers, agreed in lines).items():
        own, after = decode_answers(template, answers), decode_answers(template, agreed)
        for theme, answer in own.items():
            if template.is_applicable(answer) and template.is_applicable(after[theme]):
                moved[not template.counts_below(answer), not template.counts_below(after[theme])] += times
    return len(lines), moved
