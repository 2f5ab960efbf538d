"""Scores: answering the themes of one's own audit, and setting how it was done."""

import uuid
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from sqlalchemy import bindparam, insert, update
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session

from api.access.audits import check_can_score
from api.audits.actions import (
    ReadAudit,
    check_is_open,
    find_audit,
    lock_to_score,
    open_round_and_case_of,
    open_round_of,
    scores_of,
    template_of,
)
from api.audits.asked import AskedNow, asked_now
from api.audits.first_judgement import keep_first_judgement
from api.audits.scoring.judgement import OwnJudgement, faults_of_override
from api.audits.scoring.questions import (
    asked_to_score,
    changed_answers,
    faults_of_questions,
    known_answers,
    store_answers,
)
from api.foundation import access_log, events
from api.foundation.permissions import Actor
from api.foundation.problems import Fault, NotFound, Stale, check_version
from api.foundation.text.free_text import KeepReason, NameCheck, raise_if_any
from checklists.audits.sources import AnswerSource, sources_line
from models import Audit, AuditMode, CaseFile, Score
from models.storage.bulk import table_of

_AUDITS: Final = table_of(Audit)
_SCORES: Final = table_of(Score)
NO_QUESTIONS: Final[Mapping[str, str]] = MappingProxyType({})


class NewScore(NamedTuple):
    """An answer for a theme with its texts. `version` is that of what it replaces under the theme: 0 when there was
    nothing; None leaves the check to the version of the whole audit. `keep_names` says why names in the texts are
    allowed. `questions`: answers to questions of the theme, "" to take one back; without an answer to the theme itself,
    only these are stored. `sources`: where the answer comes from.
    """

    theme: str
    answer: str
    rationale: str = ""
    impact: str = ""
    evidence: str = ""
    version: int | None = None
    keep_names: KeepReason | None = None
    questions: Mapping[str, str] = NO_QUESTIONS
    sources: Sequence[str] = ()

    @property
    def is_of_questions_only(self) -> bool:
        """Whether it has answers to questions only, and does not change the answer to the theme."""
        said = self.answer or self.rationale or self.impact or self.evidence or self.sources
        return bool(self.questions) and not said


class FoundScore(NamedTuple):
    """An answer to a theme, the answers to its questions, and the version of both together."""

    score: Score
    questions: Mapping[str, str]
    version: int


def find_score(session: Session, *, audit_id: uuid.UUID, theme: str, by: Actor) -> FoundScore:
    """One score of an audit that the actor may read. Raises NotFound, also when the theme has no answer yet."""
    found = find_audit(session, audit_id=audit_id, by=by)
    score = found.scores.get(theme)
    if score is None:
        raise NotFound("score")
    return FoundScore(score, found.answers_under(theme), found.theme_version(theme))


def score_theme(session: Session, *, audit_id: uuid.UUID, new: NewScore, by: Actor) -> FoundScore:
    """Answer one theme, as `score_themes` does; returns what is stored under it now."""
    scored = _score(session, audit_id=audit_id, scores=[new], by=by)
    access_log.record_view(session, "audit.read", audit_id, by=by)
    score, asked = scored.scores[new.theme], scored.asked
    own = {question.key for question in asked.template.theme(new.theme).questions}
    questions = {key: answer for key, answer in asked.answers.items() if key in own}
    return FoundScore(score, questions, asked.version_of(new.theme, score.version))


def score_themes(
    session: Session,
    *,
    audit_id: uuid.UUID,
    scores: Sequence[NewScore],
    by: Actor,
    audit_version: int | None = None,
) -> Audit:
    """Answer themes of the actor's own audit, all or none.

    What is stored under a theme is replaced only when its version is still `NewScore.version`, or the audit's version
    is still `audit_version`; else Stale, and nothing is written. Answers without a change are skipped. An answer below
    the standard may be saved before its rationale is written; submission requires it.
    """
    return _score(session, audit_id=audit_id, scores=scores, by=by, audit_version=audit_version).audit


class _Scored(NamedTuple):
    """An audit with all its scores, and what it asks now."""

    audit: Audit
    scores: Mapping[str, Score]
    asked: AskedNow


def _score(
    session: Session,
    *,
    audit_id: uuid.UUID,
    scores: Sequence[NewScore],
    by: Actor,
    audit_version: int | None = None,
) -> _Scored:
    audit = lock_to_score(session, audit_id, by)
    if audit_version is not None and audit.version != audit_version:
        raise Stale
    audit_round, case_file = open_round_and_case_of(session, audit)
    template = template_of(session, audit_round)
    stored = _Scored(audit, scores_of(session, audit), asked_now(session, audit, case_file, template))
    return _store(session, stored, case_file, scores, by)


def score_found(session: Session, *, found: ReadAudit, scores: Sequence[NewScore], by: Actor) -> ReadAudit:
    """The same for an audit that was found with its lock in this transaction; returns it as it is now."""
    check_can_score(by, found.audit)
    check_is_open(found.round)
    scored = _store(session, _Scored(found.audit, found.every_score, found.asking), found.case_file, scores, by)
    return found.with_answers(scored.scores, scored.asked)


def _store(session: Session, stored: _Scored, case_file: CaseFile, scores: Sequence[NewScore], by: Actor) -> _Scored:
    (audit, existing, asked), names = stored, NameCheck.of(session, by)
    template = asked.template
    questions = {key: answer for new in scores for key, answer in new.questions.items()}
    after = asked.with_answers(known_answers(template, questions)) if questions else asked
    faults = [
        fault
        for place, new in enumerate(scores)
        for fault in faults_of_score(
            after, new, names, prefix=f"/{place}" if len(scores) > 1 else "", was=existing.get(new.theme)
        )
    ]
    if len({new.theme for new in scores}) < len(scores):
        faults.append(Fault("", "Give each theme one answer only. A theme is listed more than once."))
    raise_if_any(faults)
    changes = [new for new in scores if not new.is_of_questions_only and not _same(existing.get(new.theme), new)]
    changed_questions = changed_answers(asked, questions)
    for new in scores:
        if new.version is None or not (new in changes or new.questions.keys() & changed_questions.keys()):
            continue
        before = existing.get(new.theme)
        if new.version != asked.version_of(new.theme, before.version if before else 0):
            raise Stale
    if not changes and not changed_questions:
        return stored
    written = _write(session, audit, existing, changes)
    if changes:
        details = {"themes": " ".join(new.theme for new in changes)}
        events.record(session, "audit.scored", audit.id, by=by, details=details)
    if changed_questions:
        store_answers(session, audit, asked, changed_questions, by=by)
        session.flush()
        asked = asked_now(session, audit, case_file, template)
    names.record(session, audit.id, by=by)
    return _Scored(audit, written, asked)


_OF_SCORE: Final = tuple(
    _SCORES.c[name] == bindparam(f"its_{name}") for name in ("organisation_id", "audit_id", "theme")
)
_ADD: Final = insert(_SCORES)
_CHANGE: Final = update(_SCORES).where(*_OF_SCORE)
_COUNT: Final = (
    update(_AUDITS)
    .where(_AUDITS.c.organisation_id == bindparam("its_organisation_id"), _AUDITS.c.id == bindparam("its_id"))
    .values(version=bindparam("new_version"))
)


def _write(
    session: Session, audit: Audit, existing: Mapping[str, Score], changes: Sequence[NewScore]
) -> dict[str, Score]:
    """Store these answers under a new version of the audit; returns all of the audit's scores.

    Past the ORM, which takes several times as long, with the objects that it knows kept in step.
    """
    session.flush()
    connection, version = session.connection(), audit.version + 1
    own = {"its_organisation_id": audit.organisation_id, "its_id": audit.id, "new_version": version}
    connection.execute(_COUNT, own)
    set_committed_value(audit, "version", version)
    written = dict(existing)
    for new in changes:
        key: dict[str, Any] = {"organisation_id": audit.organisation_id, "audit_id": audit.id, "theme": new.theme}
        values: dict[str, Any] = {
            "answer": new.answer,
            "rationale": new.rationale,
            "impact": new.impact,
            "evidence": new.evidence,
            "sources": sources_line(new.sources),
            "version": version,
        }
        score = existing.get(new.theme)
        if score is None:
            connection.execute(_ADD, {**key, **values})
            written[new.theme] = Score(**key, **values)
        else:
            connection.execute(_CHANGE, {**{f"its_{name}": value for name, value in key.items()}, **values})
            for name, value in values.items():
                set_committed_value(score, name, value)
    return written


def clear_score(session: Session, *, audit_id: uuid.UUID, theme: str, version: int, by: Actor) -> Audit:
    """Clear an answer: the theme is unanswered again, and its questions keep their answers. Raises Stale when what is
    stored under the theme has changed.
    """
    audit = lock_to_score(session, audit_id, by)
    template = template_of(session, open_round_of(session, audit))
    existing = scores_of(session, audit).get(theme)
    if existing is None:
        raise NotFound("score")
    check_version(asked_to_score(session, audit, template).version_of(theme, existing.version), version)
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
    cap_reason: str = "",
    version: int,
    by: Actor,
    keep_names: KeepReason | None = None,
) -> Audit:
    """Set how the audit was done, and the auditor's own overall judgement with its reasons.

    An empty one leaves the calculated judgement as it is, or is chosen later. Raises Stale, Invalid.
    """
    audit = lock_to_score(session, audit_id, by)
    check_version(audit.version, version)
    template = template_of(session, open_round_of(session, audit))
    names = NameCheck.of(session, by)
    own = OwnJudgement(overall_override, override_reason, cap_reason, keep_names)
    raise_if_any(faults_of_override(template, own, names, was=OwnJudgement.of(audit)))
    audit.mode, audit.overall_override = mode, overall_override
    audit.override_reason, audit.cap_reason = override_reason, cap_reason
    audit.version += 1
    session.add(audit)
    keep_first_judgement(session, audit, template)
    session.flush()
    events.record(session, "audit.changed", audit.id, by=by, details={"mode": mode.value})
    names.record(session, audit.id, by=by)
    return audit


def faults_of_score(
    after: AskedNow, new: NewScore, names: NameCheck, *, prefix: str, was: Score | None = None
) -> list[Fault]:
    """What is wrong with an answer and its texts, each fault with its place. `after`: what is asked once it is stored;
    `was`: the score that it replaces.
    """
    template, faults = after.template, []
    if not template.has_theme(new.theme):
        faults.append(Fault(f"{prefix}/theme", "This theme is not in the audit's template."))
    elif new.theme in after.asked.reasons and not new.is_of_questions_only:
        why = after.asked.reasons[new.theme]
        faults.append(Fault(f"{prefix}/theme", f"This theme does not apply to this case. {why}"))
    if new.questions:
        faults += faults_of_questions(after, new.questions, theme=new.theme)
    if not template.is_answer(new.answer) and not new.is_of_questions_only:
        faults.append(Fault(f"{prefix}/answer", "Select a rating, not evidenced or not applicable"))
    clean = names.clean
    for name, words in (("rationale", new.rationale), ("impact", new.impact), ("evidence", new.evidence)):
        if words and words not in clean:  # asked here too: most texts of a list are those of many audits
            stood = getattr(was, name) if was is not None else ""
            faults += names.check(f"{prefix}/{name}", words, keep=new.keep_names, was=stood)
    if new.sources and not template.further.sources:
        faults.append(Fault(f"{prefix}/sources", "The audit's template does not ask for the source of answers."))
    elif new.sources and not set(new.sources) <= set(AnswerSource):
        faults.append(Fault(f"{prefix}/sources", "Select one or more sources for the answer"))
    return faults


def _same(existing: Score | None, new: NewScore) -> bool:
    return existing is not None and (
        (existing.answer, existing.rationale, existing.impact, existing.evidence, existing.sources)
        == (new.answer, new.rationale, new.impact, new.evidence, sources_line(new.sources))
    )
