"""Scores: answering the themes of one's own audit, and setting how it was done."""

import uuid
from collections.abc import Sequence
from typing import NamedTuple

from sqlmodel import Session

from api.access.audits import check_can_read_audit
from api.audits.actions import get_audit, lock_to_score, open_round_of, scores_of, template_of
from api.foundation import access_log, events
from api.foundation.permissions import Actor
from api.foundation.problems import Fault, NotFound, Stale, check_version
from api.foundation.text.free_text import KeepReason, NameCheck, raise_if_any
from checklists.audits.sources import AnswerSource, sources_line
from checklists.templates.template import Template as TemplateContent
from models import Audit, AuditMode, Score


class NewScore(NamedTuple):
    """An answer for a theme with its texts. `version` is that of the score it replaces: 0 when there was none; None
    leaves the check to the version of the whole audit. `keep_names` says why names in the texts are allowed. `sources`:
    where the answer comes from.
    """

    theme: str
    answer: str
    rationale: str = ""
    impact: str = ""
    evidence: str = ""
    version: int | None = None
    keep_names: KeepReason | None = None
    sources: Sequence[str] = ()


def find_score(session: Session, *, audit_id: uuid.UUID, theme: str, by: Actor) -> Score:
    """One score of an audit that the actor may read. Raises NotFound, also when the theme has no answer yet."""
    audit = check_can_read_audit(by, get_audit(session, audit_id, by))
    access_log.record_view(session, "audit.read", audit.id, by=by)
    found = scores_of(session, audit).get(theme)
    if found is None:
        raise NotFound("score")
    return found


def score_themes(
    session: Session,
    *,
    audit_id: uuid.UUID,
    scores: Sequence[NewScore],
    by: Actor,
    audit_version: int | None = None,
) -> Audit:
    """Answer themes of the actor's own audit, all or none.

    A score is replaced only when its version is still `NewScore.version`, or the audit's version is still
    `audit_version`; else Stale, and nothing is written. Answers without a change are skipped. An answer below the
    standard may be saved before its rationale is written; submission requires it.
    """
    audit = lock_to_score(session, audit_id, by)
    if audit_version is not None and audit.version != audit_version:
        raise Stale
    template = template_of(session, open_round_of(session, audit))
    existing, names = scores_of(session, audit), NameCheck.of(session, by)
    faults = [
        fault
        for place, new in enumerate(scores)
        for fault in faults_of_score(
            template, new, names, prefix=f"/{place}" if len(scores) > 1 else "", was=existing.get(new.theme)
        )
    ]
    if len({new.theme for new in scores}) < len(scores):
        faults.append(Fault("", "A theme is answered twice. Give each theme one answer."))
    raise_if_any(faults)
    changes = [new for new in scores if not _same(existing.get(new.theme), new)]
    for new in changes:
        before = existing.get(new.theme)
        if new.version is not None and new.version != (before.version if before else 0):
            raise Stale
    if not changes:
        return audit
    audit.version += 1
    for new in changes:
        row = existing.get(new.theme) or Score(
            organisation_id=audit.organisation_id, audit_id=audit.id, theme=new.theme, answer=new.answer, version=0
        )
        row.answer, row.rationale, row.impact, row.evidence = new.answer, new.rationale, new.impact, new.evidence
        row.sources, row.version = sources_line(new.sources), audit.version
        session.add(row)
    session.add(audit)
    session.flush()
    events.record(session, "audit.scored", audit.id, by=by, details={"themes": " ".join(new.theme for new in changes)})
    names.record(session, audit.id, by=by)
    return audit


def clear_score(session: Session, *, audit_id: uuid.UUID, theme: str, version: int, by: Actor) -> Audit:
    """Clear an answer: the theme is unanswered again. Raises Stale when its version has changed."""
    audit = lock_to_score(session, audit_id, by)
    open_round_of(session, audit)
    existing = scores_of(session, audit).get(theme)
    if existing is None:
        raise NotFound("score")
    check_version(existing.version, version)
    session.delete(existing)
    audit.version += 1
    session.add(audit)
    session.flush()
    events.record(session, "audit.score-cleared", audit.id, by=by, details={"themes": theme})
    return audit


def change_audit(
    session: Session,
    *,
    audit_id: uuid.UUID,
    mode: AuditMode,
    overall_override: str,
    override_reason: str,
    version: int,
    by: Actor,
    keep_names: KeepReason | None = None,
) -> Audit:
    """Set how the audit was done, and an overall judgement other than the calculated one, with a reason.

    An empty override leaves the calculated judgement as it is. Raises Stale, Invalid.
    """
    audit = lock_to_score(session, audit_id, by)
    check_version(audit.version, version)
    template = template_of(session, open_round_of(session, audit))
    names = NameCheck.of(session, by)
    was = audit.override_reason
    raise_if_any(faults_of_override(template, overall_override, override_reason, names, keep=keep_names, was=was))
    audit.mode, audit.overall_override, audit.override_reason = mode, overall_override, override_reason
    audit.version += 1
    session.add(audit)
    session.flush()
    events.record(session, "audit.changed", audit.id, by=by, details={"mode": mode.value})
    names.record(session, audit.id, by=by)
    return audit


def faults_of_score(
    template: TemplateContent, new: NewScore, names: NameCheck, *, prefix: str, was: Score | None = None
) -> list[Fault]:
    """What is wrong with an answer and its texts, each fault with its place. `was` is the score that it replaces."""
    faults = []
    if not template.has_theme(new.theme):
        faults.append(Fault(f"{prefix}/theme", "The audit's template has no such theme."))
    if not template.is_answer(new.answer):
        faults.append(Fault(f"{prefix}/answer", "Choose a rating of the scale, not evidenced, or not applicable."))
    for name, words in (("rationale", new.rationale), ("impact", new.impact), ("evidence", new.evidence)):
        if words:
            stood = getattr(was, name) if was is not None else ""
            faults += names.check(f"{prefix}/{name}", words, keep=new.keep_names, was=stood)
    if new.sources and not template.further.sources:
        faults.append(Fault(f"{prefix}/sources", "The audit's template does not ask where answers come from."))
    elif not set(new.sources) <= set(AnswerSource):
        faults.append(Fault(f"{prefix}/sources", "Choose where the answer comes from: one or more of the list."))
    return faults


def faults_of_override(
    template: TemplateContent, overall: str, reason: str, names: NameCheck, *, keep: KeepReason | None, was: str = ""
) -> list[Fault]:
    """What is wrong with an auditor's own overall judgement, and with the reason that it needs."""
    faults = names.check("/override_reason", reason, keep=keep, was=was)
    if overall and not template.scale.is_rating(overall):
        faults.append(Fault("/overall_override", "Choose a rating of the template's scale, or none."))
    if overall and not reason:
        faults.append(Fault("/override_reason", "Say why the overall judgement differs from the calculated one."))
    if reason and not overall:
        faults.append(Fault("/overall_override", "Choose the overall judgement that this reason is for."))
    return faults


def _same(existing: Score | None, new: NewScore) -> bool:
    return existing is not None and (
        (existing.answer, existing.rationale, existing.impact, existing.evidence, existing.sources)
        == (new.answer, new.rationale, new.impact, new.evidence, sources_line(new.sources))
    )
