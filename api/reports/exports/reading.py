"""Read the counted audits of a round for an export, a piece at a time."""

import hashlib
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Row, func, select
from sqlmodel import Session, col

from api.access.blindness import visible_under_blind_reading
from api.audits.actions import overall_when_submitted
from api.audits.case.queries import facts_when_submitted
from api.audits.theme_notes.queries import WHOLE
from api.feedback.representations.queries import representations_by_theme
from api.foundation.problems import NotFound
from api.reports.deleted_audits import deleted_in_words
from api.reports.exports.contents import Answer, ExportedAudit, Scope
from api.reports.origins import name_of_organisation
from api.reports.tallies import is_counted
from checklists.reports.beside import decode_beside
from checklists.reports.tallies import decode_answers
from checklists.templates.scale import NOT_ASKED
from models import (
    Audit,
    AuditCase,
    AuditHarm,
    CaseFile,
    Conclusion,
    Consensus,
    Conversation,
    FamilyView,
    FeedbackSheet,
    FirstJudgement,
    ModeratedScore,
    Person,
    Round,
    Score,
    Team,
    ThemeNote,
)
from models.storage.joins import linked


def read_scope(session: Session, organisation_id: int, round_id: uuid.UUID, *, has_names: bool) -> Scope:
    """What every line has in common. Raises NotFound."""
    audit_round = session.get_one(Round, (organisation_id, round_id))
    template = audit_round.content(session)
    if template is None:
        raise NotFound("template version")
    return Scope(
        organisation=name_of_organisation(session, organisation_id),
        round_title=audit_round.title,
        period_from=audit_round.period_from,
        period_to=audit_round.period_to,
        read_from=audit_round.read_from,
        template=template,
        template_version=audit_round.template_version,
        target_percent=audit_round.target_percent,
        has_names=has_names,
        deleted=deleted_in_words(session, [audit_round]),
    )


def counted_conditions(organisation_id: int, round_id: uuid.UUID, reader_id: uuid.UUID) -> tuple[Any, ...]:
    """The conditions of the audits that an export of this round for this reader holds."""
    return (
        col(Audit.organisation_id) == organisation_id,
        col(Audit.round_id) == round_id,
        is_counted(Audit),
        # It is for one person: readings they are blind to when it is written are left out.
        visible_under_blind_reading(reader_id),
    )


def count_audits(session: Session, counted: tuple[Any, ...]) -> int:
    number: int = session.execute(select(func.count()).select_from(Audit).where(*counted)).scalar_one()
    return number


def name_auditors(
    session: Session, counted: tuple[Any, ...], round_id: uuid.UUID, *, has_names: bool
) -> dict[uuid.UUID, str]:
    """What the export calls each auditor: a name, or "Auditor 3" in an order that says nothing of who it is.

    Somebody who begins to audit while the export is written has no name in it yet.
    """
    people = session.execute(
        select(col(Person.id), col(Person.name))
        .join(Audit, linked(Audit.auditor_id, Person.id))
        .where(*counted)
        .distinct()
    ).all()
    if has_names:
        return {each.id: each.name for each in people}
    shuffled = sorted(people, key=lambda each: hashlib.sha256(round_id.bytes + each.id.bytes).digest())
    return {each.id: f"Auditor {place}" for place, each in enumerate(shuffled, 1)}


def read_piece(
    session: Session,
    scope: Scope,
    counted: tuple[Any, ...],
    auditors: Mapping[uuid.UUID, str],
    *,
    after: uuid.UUID | None,
    limit: int,
) -> list[tuple[ExportedAudit, list[Answer]]]:
    """The next audits, in order of their identifiers, each with its answers in the order of the template."""
    query: Any = (
        select(
            Audit,
            Conclusion,
            AuditCase,
            Conversation,
            FirstJudgement,
            FeedbackSheet,
            col(CaseFile.reference),
            col(Team.name).label("team"),
        )
        .join(CaseFile, linked(CaseFile.id, Audit.case_file_id))
        .join(Team, linked(Team.id, Audit.team_id))
        .outerjoin(Conclusion, linked(Conclusion.audit_id, Audit.id))
        .outerjoin(AuditCase, linked(AuditCase.audit_id, Audit.id))
        .outerjoin(Conversation, linked(Conversation.audit_id, Audit.id))
        .outerjoin(FirstJudgement, linked(FirstJudgement.audit_id, Audit.id))
        .outerjoin(FeedbackSheet, linked(FeedbackSheet.audit_id, Audit.id))
        .where(*counted)
        .order_by(col(Audit.id))
        .limit(limit)
    )
    rows = session.execute(query if after is None else query.where(col(Audit.id) > after)).all()
    if not rows:
        return []
    organisation_id, chosen = rows[0].Audit.organisation_id, [row.Audit.id for row in rows]
    harms = _harms(session, organisation_id, chosen)
    reasons = _reasons(session, organisation_id, chosen)
    family = _family_views(session, organisation_id, chosen) if scope.template.further.family_views else {}
    representations = representations_by_theme(session, organisation_id, chosen)
    notes = _theme_notes(session, organisation_id, chosen) if scope.template.further.strengths else {}
    audits = [
        replace(
            _exported(row, scope, auditors.get(row.Audit.auditor_id, "Another auditor"), harms, reasons, family, notes),
            representations=representations.get(row.Audit.id, {}),
            feedback=row.FeedbackSheet,
        )
        for row in rows
    ]
    scores = _scores(session, organisation_id, chosen)
    return [(audit, list(_answers(audit, scores[audit.audit_id], notes.get(audit.audit_id, {})))) for audit in audits]


def _exported(
    row: Row[Any],
    scope: Scope,
    auditor: str,
    harms: Mapping[uuid.UUID, list[str]],
    reasons: Mapping[uuid.UUID, Mapping[str, str]],
    family: Mapping[uuid.UUID, Mapping[str, FamilyView]],
    notes: Mapping[uuid.UUID, Mapping[str, ThemeNote]],
) -> ExportedAudit:
    audit: Audit = row.Audit
    order = {harm.key: place for place, harm in enumerate(scope.template.forms_of_harm)}
    return ExportedAudit(
        scope=scope,
        audit_id=audit.id,
        reference=row.reference,
        team=row.team,
        status="" if audit.status is None else audit.status,
        age_band="" if audit.age_band is None else audit.age_band,
        harms=tuple(sorted(harms.get(audit.id, ()), key=lambda key: order.get(key, len(order)))),
        auditor=auditor,
        reading=audit.reading,
        mode=audit.mode.value,
        allocated_at=audit.created_at,
        submitted_at=audit.submitted_at,
        agreed_at=audit.agreed_at,
        signed_at=audit.signed_at,
        state=audit.state.value,
        sampling_weight=audit.sampling_weight,
        overall_calculated=audit.overall_calculated,
        overall_override=audit.overall_override,
        override_reason=audit.override_reason,
        cap_reason=audit.cap_reason,
        first_judgement=row.FirstJudgement,
        overall=overall_when_submitted(audit) or "",
        agreed_overall=audit.agreed_overall,
        agreed_overall_reason=audit.agreed_overall_reason,
        conclusion={} if row.Conclusion is None else row.Conclusion.texts,
        minutes=None if row.Conclusion is None else row.Conclusion.minutes,
        facts=facts_when_submitted(scope.template, audit),
        synopsis="" if row.AuditCase is None else row.AuditCase.synopsis,
        conversation=row.Conversation,
        family_views=family.get(audit.id, {}),
        answers=decode_answers(scope.template, audit.answers),
        agreed=decode_answers(scope.template, audit.agreed_answers) if audit.agreed_answers else None,
        reasons=reasons.get(audit.id, {}),
        questions=decode_beside([each.key for each in scope.template.questions], audit.question_answers),
        note=notes.get(audit.id, {}).get(WHOLE),
    )


def _answers(audit: ExportedAudit, scores: Mapping[str, Row[Any]], notes: Mapping[str, ThemeNote]) -> Iterator[Answer]:
    for theme in audit.scope.template.theme_keys:
        note = None if audit.answers[theme] == NOT_ASKED else notes.get(theme)
        # What was written before the theme ceased to be asked is no part of the counted audit.
        score = None if audit.answers[theme] == NOT_ASKED else scores.get(theme)
        words = ("",) * 4 if score is None else (score.rationale, score.impact, score.evidence, score.sources)
        rationale, impact, evidence, sources = words
        yield Answer(audit, theme, rationale, impact, evidence, sources, note)


def _scores(
    session: Session, organisation_id: int, audits: Sequence[uuid.UUID]
) -> Mapping[uuid.UUID, Mapping[str, Row[Any]]]:
    columns = (Score.audit_id, Score.theme, Score.rationale, Score.impact, Score.evidence, Score.sources)
    rows = session.execute(
        select(*(col(each) for each in columns)).where(
            col(Score.organisation_id) == organisation_id, col(Score.audit_id).in_(audits)
        )
    )
    found: dict[uuid.UUID, dict[str, Row[Any]]] = defaultdict(dict)
    for row in rows:
        found[row.audit_id][row.theme] = row
    return found


def _harms(session: Session, organisation_id: int, audits: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, list[str]]:
    rows = session.execute(
        select(col(AuditHarm.audit_id), col(AuditHarm.form_of_harm)).where(
            col(AuditHarm.organisation_id) == organisation_id, col(AuditHarm.audit_id).in_(audits)
        )
    )
    found: dict[uuid.UUID, list[str]] = defaultdict(list)
    for audit_id, harm in rows:
        found[audit_id].append(harm)
    return found


def _family_views(
    session: Session, organisation_id: int, audits: Sequence[uuid.UUID]
) -> Mapping[uuid.UUID, Mapping[str, FamilyView]]:
    rows = session.execute(
        select(FamilyView).where(
            col(FamilyView.organisation_id) == organisation_id, col(FamilyView.audit_id).in_(audits)
        )
    ).scalars()
    found: dict[uuid.UUID, dict[str, FamilyView]] = defaultdict(dict)
    for row in rows:
        found[row.audit_id][row.who] = row
    return found


def _theme_notes(
    session: Session, organisation_id: int, audits: Sequence[uuid.UUID]
) -> Mapping[uuid.UUID, Mapping[str, ThemeNote]]:
    rows = session.execute(
        select(ThemeNote).where(col(ThemeNote.organisation_id) == organisation_id, col(ThemeNote.audit_id).in_(audits))
    ).scalars()
    found: dict[uuid.UUID, dict[str, ThemeNote]] = defaultdict(dict)
    for row in rows:
        found[row.audit_id][row.theme] = row
    return found


def _reasons(
    session: Session, organisation_id: int, audits: Sequence[uuid.UUID]
) -> Mapping[uuid.UUID, Mapping[str, str]]:
    """Why answers were changed, by audit and theme: in a consensus of two readers, or else by a moderator."""
    found: dict[uuid.UUID, dict[str, str]] = defaultdict(dict)
    for table, more in ((ModeratedScore, ()), (Consensus, (col(Consensus.settled_by_id).is_not(None),))):
        rows = session.execute(
            select(col(table.audit_id), col(table.theme), col(table.reason)).where(
                col(table.organisation_id) == organisation_id, col(table.audit_id).in_(audits), *more
            )
        )
        for audit_id, theme, reason in rows:
            if reason:
                found[audit_id][theme] = reason
    return found
