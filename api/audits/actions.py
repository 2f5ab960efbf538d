"""Audits: finding and locking them, with all that is needed to show and score them."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from api.access.audits import check_can_read_audit, check_can_score
from api.access.blindness import visible_under_blind_reading
from api.audits.asked import AskedNow, asked_now
from api.audits.case.queries import DescribedCase, described_case
from api.audits.conversation.queries import conversation_of
from api.audits.family_views.queries import family_views_of
from api.audits.first_judgement import first_judgement_of
from api.audits.stored import harms_when_submitted
from api.audits.theme_notes.queries import theme_notes_of
from api.case_files.actions import harms_of
from api.documents.document import day_in_words
from api.foundation import access_log
from api.foundation.permissions import Actor
from api.foundation.problems import Conflict, NotFound
from checklists.audits.asking import Asked
from checklists.audits.audit_states import EDITABLE_STATES, SUBMITTED_STATES
from checklists.audits.scoring import lacking_texts, missing_questions, overall_judgement
from checklists.reports.tallies import decode_answers
from checklists.templates.template import Template as TemplateContent
from checklists.templates.template import TextName
from models import (
    Audit,
    AuditCase,
    AuditState,
    CaseFile,
    Conclusion,
    Conversation,
    FamilyView,
    FirstJudgement,
    Person,
    QuestionAnswer,
    Role,
    RoleGrant,
    Round,
    RoundState,
    Score,
    ThemeNote,
)
from models.storage.joins import linked

# Statements made once: each takes longer to build than to run.
_FRESH: Final = {"populate_existing": True}
_SCORES: Final = select(Score).where(
    col(Score.organisation_id) == bindparam("own"), col(Score.audit_id) == bindparam("audit")
)
_ROUND_AND_CASE: Final = select(Round, CaseFile).where(
    col(Round.organisation_id) == bindparam("own"),
    col(Round.id) == bindparam("round"),
    col(CaseFile.organisation_id) == col(Round.organisation_id),
    col(CaseFile.id) == bindparam("case_file"),
)

Scores = Mapping[str, Score]


@dataclass(frozen=True)
class ReadAudit:
    """An audit with all that is needed to show it.

    `scores`: of the themes that are asked; `unasked_scores`: kept of themes that are no longer asked. What is said
    beside them is read when it is first used, in the transaction of `session`.
    """

    session: Session = field(repr=False, compare=False)
    audit: Audit
    round: Round
    case_file: CaseFile
    template: TemplateContent
    scores: dict[str, Score]
    unasked_scores: dict[str, Score]
    asking: AskedNow

    @classmethod
    def of(
        cls, session: Session, audit: Audit, audit_round: Round, case_file: CaseFile, scores: Scores, asking: AskedNow
    ) -> "ReadAudit":
        """An audit with all its scores, and what it asks now."""
        not_asked = scores.keys() & asking.asked.reasons.keys()
        asked = {theme: score for theme, score in scores.items() if theme not in not_asked}
        unasked = {theme: scores[theme] for theme in not_asked}
        return cls(session, audit, audit_round, case_file, asking.template, asked, unasked, asking)

    def with_answers(self, scores: Scores, asking: AskedNow) -> "ReadAudit":
        """The same audit with these as all its scores, and with what it asks now."""
        return ReadAudit.of(self.session, self.audit, self.round, self.case_file, scores, asking)

    def read_again(self) -> "ReadAudit":
        """The same audit, with everything beside its scores read again after a change."""
        return replace(self)

    @property
    def every_score(self) -> dict[str, Score]:
        """The scores of themes that are asked, and of others that have one."""
        return {**self.scores, **self.unasked_scores}

    @cached_property
    def forms_of_harm(self) -> tuple[str, ...]:
        """What the case is tagged with now."""
        return harms_of(self.session, [self.case_file])[self.case_file.id]

    @cached_property
    def involves(self) -> tuple[str, ...]:
        """What the case involves; once the audit is submitted, as it was then."""
        is_open = self.audit.state in EDITABLE_STATES or self.template.is_format_1
        return self.forms_of_harm if is_open else tuple(harms_when_submitted(self.session, self.audit))

    @cached_property
    def auditor(self) -> Person:
        return self.session.get_one(Person, (self.audit.organisation_id, self.audit.auditor_id))

    @cached_property
    def conclusion(self) -> Conclusion:
        return conclusion_of(self.session, self.audit)

    @cached_property
    def case(self) -> DescribedCase:
        return described_case(
            self.session, self.audit, template=self.template, case_file=self.case_file, audit_round=self.round
        )

    @cached_property
    def conversation(self) -> Conversation:
        return conversation_of(self.session, self.audit, self.template)

    @cached_property
    def family_views(self) -> dict[str, FamilyView]:
        """By the member of the family whose views they are."""
        return family_views_of(self.session, self.audit, self.template)

    @cached_property
    def theme_notes(self) -> dict[str, ThemeNote]:
        """By theme, and under an empty key of the whole."""
        return theme_notes_of(self.session, self.audit, self.template)

    @cached_property
    def first_judgement(self) -> FirstJudgement | None:
        """What the auditor judged before they saw what their answers give."""
        return first_judgement_of(self.session, self.audit)

    @property
    def period_in_words(self) -> str:
        """From when the file is read, and which period is judged."""
        begins, ends, read_from = self.round.period_from, self.round.period_to, self.round.read_from
        judged = f"the period from {day_in_words(begins)} to {day_in_words(ends)}"
        return (
            f"Read the case file from {day_in_words(read_from)}. Rate practice in {judged}."
            if read_from
            else f"Rate practice in {judged}."
        )

    @property
    def asked(self) -> Asked:
        """The themes and questions that are asked, and why the others are not."""
        return self.asking.asked

    @property
    def question_answers(self) -> dict[str, str]:
        """The answers to the questions that are asked, by question."""
        return self.asking.answers

    @property
    def missing_questions(self) -> tuple[str, ...]:
        """The questions that are asked and have no answer yet."""
        return missing_questions(self.asked, self.question_answers)

    def answers_under(self, theme: str) -> dict[str, str]:
        """The answers to the questions of a theme that are asked."""
        own = (question.key for question in self.template.theme(theme).questions)
        return {key: answer for key in own if (answer := self.question_answers.get(key)) is not None}

    def theme_version(self, theme: str) -> int:
        """The version of what is stored under a theme: its answer, and those to its questions. 0 for nothing."""
        score = self.scores.get(theme) or self.unasked_scores.get(theme)
        return self.asking.version_of(theme, score.version if score else 0)

    def is_complete(self, theme: str) -> bool:
        """Whether a theme that is asked has its answer, and each of its questions that are asked."""
        own = (question.key for question in self.template.theme(theme).questions)
        return theme in self.scores and not set(own) & set(self.missing_questions)

    @property
    def answers(self) -> dict[str, str]:
        """The auditor's answers by theme, with NOT_ASKED for each theme that is not asked."""
        given = {theme: score.answer for theme, score in self.scores.items()}
        return self.asked.answers_to(self.template.theme_keys, given)

    @cached_property
    def agreed_answers(self) -> dict[str, str]:
        """The agreed answers by theme; empty until the audit is agreed."""
        line = self.audit.agreed_answers
        return decode_answers(self.template, line) if line else {}

    @property
    def answers_in_force(self) -> dict[str, str]:
        """The answers in force, which every page, file and report shows: the agreed ones, or else the auditor's."""
        return self.agreed_answers or self.answers

    @property
    def overall(self) -> str | None:
        """The overall judgement in force: the agreed one, or else the auditor's."""
        if self.audit.agreed_answers or self.audit.state in SUBMITTED_STATES:
            return overall_when_submitted(self.audit)
        return self.auditor_overall

    @property
    def waits_for_judgement(self) -> bool:
        """Whether its auditor has yet to judge the whole, which they do before anybody sees what the answers give."""
        chooses = self.template.overall_rule.auditor_chooses
        return chooses and not self.audit.overall_override and self.audit.state not in SUBMITTED_STATES

    @property
    def calculated(self) -> str | None:
        """What the answers in force give by the template's rule; None while the auditor has yet to judge the whole."""
        return None if self.waits_for_judgement else overall_judgement(self.template, self.answers_in_force)

    @property
    def auditor_overall(self) -> str | None:
        """The auditor's overall judgement: their own, or else the one calculated from their answers."""
        return self.audit.overall_override or self.auditor_calculated

    @property
    def auditor_calculated(self) -> str | None:
        """What the auditor's answers give by the template's rule; once submitted, as it was then. None while they have
        yet to judge the whole.
        """
        if self.audit.state in SUBMITTED_STATES:
            return self.audit.overall_calculated or None
        return None if self.waits_for_judgement else overall_judgement(self.template, self.answers)

    def lacking_texts(self, theme: str) -> tuple[TextName, ...]:
        """The texts that the theme's answer needs and does not have."""
        score = self.scores.get(theme)
        return () if score is None else lacking_texts(self.template, score.answer, texts_of(score))


def texts_of(score: Score) -> dict[TextName, str]:
    """The texts of an answer by their names."""
    return {"rationale": score.rationale, "impact": score.impact, "evidence": score.evidence}


def overall_when_submitted(audit: Audit) -> str | None:
    """The overall judgement in force of a submitted audit, from its own row; None for any other."""
    if audit.agreed_answers:
        return audit.agreed_overall or None
    if audit.state not in SUBMITTED_STATES:
        return None
    return audit.overall_override or audit.overall_calculated or None


_AUDITORS: Final = (
    select(Person.id, Person.name)
    .join(RoleGrant, linked(RoleGrant.person_id, Person.id))
    .where(
        col(Person.organisation_id) == bindparam("own"),
        col(Person.active),
        col(RoleGrant.role) == Role.AUDITOR,
    )
    .order_by(col(Person.name), col(Person.id))
)


def active_auditors(session: Session, actor: Actor) -> dict[uuid.UUID, str]:
    """The people to whom audits can be allocated, by name."""
    return dict(session.execute(_AUDITORS, {"own": actor.organisation_id}).all())


def find_audit(session: Session, *, audit_id: uuid.UUID, by: Actor, lock: bool = False) -> ReadAudit:
    """An audit and what it is about, locked if it is about to be changed. Raises NotFound for what the actor may not
    read.
    """
    audit = check_can_read_audit(by, get_audit(session, audit_id, by, lock=lock))
    access_log.record_view(session, "audit.read", audit.id, by=by)
    return read_audit(session, audit)


def read_audit(session: Session, audit: Audit) -> ReadAudit:
    """An audit that the actor is known to be allowed to read, with all that is needed to show it."""
    named = {"own": audit.organisation_id, "round": audit.round_id, "case_file": audit.case_file_id}
    audit_round, case_file = session.execute(_ROUND_AND_CASE, named, execution_options=_FRESH).one()
    asking = asked_now(session, audit, case_file, template_of(session, audit_round))
    return ReadAudit.of(session, audit, audit_round, case_file, scores_of(session, audit), asking)


def template_of(session: Session, audit_round: Round) -> TemplateContent:
    """The template of the round's version."""
    content = audit_round.content(session)
    if content is None:
        raise NotFound("template version")
    return content


def scores_of(session: Session, audit: Audit) -> dict[str, Score]:
    """The audit's scores by theme."""
    named = {"own": audit.organisation_id, "audit": audit.id}
    return {score.theme: score for score in session.scalars(_SCORES, named, execution_options=_FRESH)}


def conclusion_of(session: Session, audit: Audit) -> Conclusion:
    """What the auditor concludes; an empty conclusion of version 0, not stored, when nothing was ever written."""
    own = (audit.organisation_id, audit.id)
    found = session.get(Conclusion, own, populate_existing=True)
    return found or Conclusion(organisation_id=audit.organisation_id, audit_id=audit.id)


def is_begun(session: Session, audit: Audit) -> bool:
    """Whether its auditor has written anything in the audit, or has submitted it."""
    if audit.state is not AuditState.DRAFT or scores_of(session, audit) or _has_answered_questions(session, audit):
        return True
    concluded = conclusion_of(session, audit)
    if concluded.texts or concluded.minutes:
        return True
    beside = (AuditCase, Conversation, FamilyView, ThemeNote)
    return any(
        session.exec(
            select(each.audit_id)
            .where(col(each.organisation_id) == audit.organisation_id, col(each.audit_id) == audit.id)
            .limit(1)
        ).first()
        for each in beside
    )


def _has_answered_questions(session: Session, audit: Audit) -> bool:
    own = (col(QuestionAnswer.organisation_id) == audit.organisation_id, col(QuestionAnswer.audit_id) == audit.id)
    return session.exec(select(QuestionAnswer.question).where(*own).limit(1)).first() is not None


_OF_ORGANISATION: Final = select(Audit).where(
    col(Audit.organisation_id) == bindparam("own"), col(Audit.id) == bindparam("audit")
)
_OF_PERSON: Final = _OF_ORGANISATION.where(visible_under_blind_reading(bindparam("person")))
_LOCKED: Final = {query: query.with_for_update(key_share=True) for query in (_OF_ORGANISATION, _OF_PERSON)}


def get_audit(session: Session, audit_id: uuid.UUID, by: Actor, *, lock: bool = False) -> Audit | None:
    """The audit, if this person may know of it. Blind readers get the same error as for one that does not exist."""
    query = _OF_ORGANISATION if by.person_id is None else _OF_PERSON
    named: dict[str, Any] = {"own": by.organisation_id, "audit": audit_id}
    if by.person_id is not None:
        named["person"] = by.person_id
    return session.scalars(_LOCKED[query] if lock else query, named, execution_options=_FRESH).one_or_none()


def lock_to_score(session: Session, audit_id: uuid.UUID, by: Actor) -> Audit:
    """The actor's own audit, locked: of two simultaneous edits the second waits, and then sees the first."""
    audit = check_can_read_audit(by, get_audit(session, audit_id, by, lock=True))
    check_can_score(by, audit)
    return audit


def round_of(session: Session, audit: Audit) -> Round:
    """The audit's round."""
    return session.get_one(Round, (audit.organisation_id, audit.round_id))


def open_round_of(session: Session, audit: Audit, *, until_done: bool = False) -> Round:
    """The audit's round, which must be open. With `until_done` it cannot be closed before this transaction ends."""
    audit_round = share_round(session, audit) if until_done else round_of(session, audit)
    check_is_open(audit_round)
    return audit_round


def open_round_and_case_of(session: Session, audit: Audit) -> tuple[Round, CaseFile]:
    """The audit's round, which must be open, and its case file, both as they are now."""
    named = {"own": audit.organisation_id, "round": audit.round_id, "case_file": audit.case_file_id}
    audit_round, case_file = session.execute(_ROUND_AND_CASE, named, execution_options=_FRESH).one()
    check_is_open(audit_round)
    return audit_round, case_file


def check_is_open(audit_round: Round) -> None:
    """Raise Conflict when the audits of a round cannot be changed."""
    if audit_round.state is RoundState.PLANNED:
        raise Conflict("This round is not open yet.")
    if audit_round.state is RoundState.CLOSED:
        raise Conflict("This round is closed, so its audits cannot be changed.")


def share_round(session: Session, audit: Audit) -> Round:
    return session.exec(
        select(Round)
        .where(col(Round.organisation_id) == audit.organisation_id, col(Round.id) == audit.round_id)
        .with_for_update(read=True)
        .execution_options(populate_existing=True)
    ).one()
