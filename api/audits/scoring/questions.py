"""Answers to the questions under themes: what is wrong with them, and storing them."""

import uuid
from collections.abc import Mapping

from sqlmodel import Session

from api.audits.actions import lock_to_score, open_round_of, template_of
from api.audits.asked import AskedNow, asked_now
from api.foundation import events
from api.foundation.permissions import Actor
from api.foundation.problems import Fault, Stale
from api.foundation.text.free_text import raise_if_any
from checklists.templates.questions import LARGEST_NUMBER, Question, QuestionKind
from checklists.templates.template import Template as TemplateContent
from models import Audit, CaseFile, QuestionAnswer


def answer_questions(
    session: Session, *, audit_id: uuid.UUID, answers: Mapping[str, str], audit_version: int, by: Actor
) -> Audit:
    """Answer questions of the actor's own audit, all or none; "" takes an answer back. Scores stay as they are.

    Raises Stale when the audit's version has changed, and Invalid with the place `/questions/<key>`.
    """
    audit = lock_to_score(session, audit_id, by)
    if audit.version != audit_version:
        raise Stale
    template = template_of(session, open_round_of(session, audit))
    before = asked_to_score(session, audit, template)
    after = before.with_answers(known_answers(template, answers))
    raise_if_any(faults_of_questions(after, answers))
    changes = changed_answers(before, answers)
    if not changes:
        return audit
    audit.version += 1
    session.add(audit)
    store_answers(session, audit, before, changes, by=by)
    session.flush()
    return audit


def asked_to_score(session: Session, audit: Audit, template: TemplateContent) -> AskedNow:
    """What an audit that is being scored asks now."""
    own = (audit.organisation_id, audit.case_file_id)
    return asked_now(session, audit, session.get_one(CaseFile, own), template)


def known_answers(template: TemplateContent, answers: Mapping[str, str]) -> dict[str, str]:
    """The answers to questions that the template has."""
    return {key: answer for key, answer in answers.items() if template.has_question(key)}


def faults_of_questions(after: AskedNow, answers: Mapping[str, str], *, theme: str = "") -> list[Fault]:
    """What is wrong with answers, each fault at `/questions/<key>`. `after`: what is asked once they are stored.

    With a theme, only its own questions are answered.
    """
    template, faults = after.template, []
    for key, answer in answers.items():
        if not template.has_question(key) or (theme and template.theme_of(key).key != theme):
            where = "theme" if theme else "audit’s template"
            faults.append(Fault(f"/questions/{key}", f"This question is not in the {where}."))
        elif key in after.asked.reasons and answer:
            faults.append(
                Fault(f"/questions/{key}", f"This question does not apply to this case. {after.asked.reasons[key]}")
            )
        elif answer and not template.question(key).is_answer(answer):
            faults.append(Fault(f"/questions/{key}", wanted_answer(template.question(key))))
    return faults


def wanted_answer(question: Question) -> str:
    """What an answer to the question must be, for somebody who gave another."""
    other = "not evidenced or not applicable" if question.not_applicable else "not evidenced"
    if question.kind.is_chosen:
        return f"{question.text} Select one of the answers listed, or {other}"
    if question.kind is QuestionKind.MONTH:
        what = "Enter a month and a 4-digit year, such as 3 2026"
    else:
        days = " of days" if question.kind is QuestionKind.DAYS else ""
        what = f"Enter a whole number{days} from 0 to {LARGEST_NUMBER:,}"
    return f"{question.text} {what}, or select {other}, not both"


def changed_answers(before: AskedNow, answers: Mapping[str, str]) -> dict[str, str]:
    """The answers that are others than those stored; "" for one that is taken back."""
    return {key: new for key, new in answers.items() if new != (before.rows[key].answer if key in before.rows else "")}


def store_answers(session: Session, audit: Audit, before: AskedNow, changes: Mapping[str, str], *, by: Actor) -> None:
    """Store these changed answers under the audit's new version, with their event."""
    for key, answer in changes.items():
        row = before.rows.get(key)
        if not answer:
            if row is not None:
                session.delete(row)
            continue
        row = row or QuestionAnswer(
            organisation_id=audit.organisation_id, audit_id=audit.id, question=key, answer=answer, version=0
        )
        row.answer, row.version = answer, audit.version
        session.add(row)
    themes = dict.fromkeys(before.template.theme_of(key).key for key in changes)
    details = {"themes": " ".join(themes), "questions": " ".join(changes)}
    events.record(session, "audit.questions-answered", audit.id, by=by, details=details)
