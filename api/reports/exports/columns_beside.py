"""The columns of what a template asks beside its themes, and the files of an export with all their columns."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from api.documents.writers.csv import Value
from api.reports.exports.columns import (
    ANSWER_COLUMNS,
    AUDIT_COLUMNS,
    DAY,
    IDENTITY,
    KEY,
    TEXT,
    WHOLE,
    YES_NO,
    AnswerColumn,
    AuditColumn,
    listed,
)
from api.reports.exports.columns_of_feedback import FEEDBACK_COLUMNS, REPRESENTATION_COLUMNS
from api.reports.exports.contents import ExportedAudit, Scope
from checklists.audits.conversation import Participant
from checklists.audits.family_views import FamilyMember, HowAsked, WhyNoView, decode_family_answers
from checklists.templates.asks import CaseFact, FamilyQuestion
from checklists.templates.template import Template as TemplateContent
from models import Conversation, FamilyView

EVERY_ANSWER_COLUMN: Final = (*ANSWER_COLUMNS, *REPRESENTATION_COLUMNS)


def files_of(scope: Scope) -> dict[str, Sequence[AuditColumn | AnswerColumn]]:
    """Each file of an export with its columns."""
    return {"answers.csv": (*IDENTITY, *EVERY_ANSWER_COLUMN), "audits.csv": audit_columns(scope)}


def audit_columns(scope: Scope) -> tuple[AuditColumn, ...]:
    """The columns of audits.csv, with those for what the template asks beside its themes."""
    return (*AUDIT_COLUMNS, *_columns_beside(scope.template), *FEEDBACK_COLUMNS)


def _columns_beside(template: TemplateContent) -> Iterator[AuditColumn]:
    yield from map(_fact_column, template.case_facts)
    if template.further.synopsis:
        yield AuditColumn("synopsis", TEXT, "The auditor's description of the case.", lambda each: each.synopsis)
    if template.further.conversation:
        yield from _conversation_columns(template)
    if template.further.family_views:
        for who in FamilyMember:
            yield from _family_columns(template, who)
    if template.further.strengths:
        yield from _mark_columns()
    if template.further.minutes:
        yield AuditColumn(
            "minutes", WHOLE, "The number of minutes the audit took; empty if not recorded.", lambda each: each.minutes
        )


def _mark_columns() -> Iterator[AuditColumn]:
    def told(said: bool) -> str:
        return "yes" if said else "no"

    yield AuditColumn(
        "audit_exemplary",
        YES_NO,
        "Whether the auditor marked the whole audit as exemplary practice.",
        lambda each: told(each.note is not None),
        lambda _: "yes; no",
    )
    yield AuditColumn(
        "audit_worker_agrees",
        YES_NO,
        "Whether the practitioner agrees to share it with others; empty if not marked.",
        lambda each: "" if each.note is None else told(each.note.worker_agrees),
        lambda _: "yes; no",
    )


def _fact_column(fact: CaseFact) -> AuditColumn:
    return AuditColumn(
        f"fact_{_snake(fact.key)}",
        KEY,
        f"A fact about the case when the audit was submitted: {fact.title}.",
        lambda each: each.facts.get(fact.key, ""),
        lambda _: listed((choice.key, choice.label) for choice in fact.offered),
    )


def _conversation_columns(template: TemplateContent) -> Iterator[AuditColumn]:
    def of(read: Callable[[Conversation], str]) -> Callable[[ExportedAudit], Value]:
        return lambda each: "" if each.conversation is None else read(each.conversation)

    yield AuditColumn(
        "conversation_on",
        DAY,
        "The date of the conversation with the practitioner; empty for none.",
        of(lambda said: said.held_on.isoformat() if said.held_on else ""),
    )
    yield AuditColumn(
        "conversation_with",
        KEY,
        "The people who took part, separated by spaces.",
        of(lambda said: said.took_part),
        lambda _: listed((each.value, each.label) for each in Participant),
    )
    yield AuditColumn(
        "obstacles",
        KEY,
        "Barriers to the work, separated by spaces.",
        of(lambda said: said.obstacles),
        lambda _: listed((each.key, each.label) for each in template.obstacles),
    )
    yield AuditColumn(
        "obstacle_words", TEXT, "Barriers to the work, in the auditor's words.", of(lambda said: said.obstacle_words)
    )


def _family_columns(template: TemplateContent, who: FamilyMember) -> Iterator[AuditColumn]:
    called = who.label[:1].lower() + who.label[1:]

    def of(read: Callable[[FamilyView], str]) -> Callable[[ExportedAudit], Value]:
        return lambda each: read(each.family_views[who]) if who in each.family_views else ""

    def answer(question: FamilyQuestion) -> Callable[[ExportedAudit], Value]:
        return of(lambda view: decode_family_answers(template, view.answers).get(question.key, ""))

    yield AuditColumn(
        f"family_{who}",
        KEY,
        f"Family views, {called}: how their views were obtained, or why not; empty if not recorded.",
        of(lambda view: view.how or view.no_view),
        lambda _: listed((each.value, each.label) for each in (*HowAsked, *WhyNoView)),
    )
    for question in template.family_questions:
        yield AuditColumn(
            f"family_{who}_{_snake(question.key)}",
            KEY,
            f"Family views, {called}: {question.text}",
            answer(question),
            # The question of this column, and not of the last.
            _choices_of(question),
        )
    yield AuditColumn(
        f"family_{who}_words",
        TEXT,
        f"Family views, {called}, in the auditor's words.",
        of(lambda view: view.words),
    )


def _choices_of(question: FamilyQuestion) -> Callable[[Scope], str]:
    return lambda _: listed((choice.key, choice.label) for choice in question.choices)


def _snake(key: str) -> str:
    return key.replace("-", "_")
