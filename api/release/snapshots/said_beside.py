"""What each counted audit of a round says beside its themes, as the letters that a snapshot counts."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, select
from sqlmodel import Session, col

from api.reports.tallies import is_counted
from checklists.audits.sources import comes_only_from_words, decode_sources
from checklists.release.beside import (
    NO,
    WITH_VIEW,
    WITHOUT_VIEW,
    YES,
    BesideColumn,
    BesideKind,
    columns_beside,
    columns_of_work,
    letters_of,
)
from checklists.reports.beside import decode_beside
from checklists.templates.template import Template as TemplateContent
from models import Audit, Conversation, FamilyView, Round
from models.storage.joins import linked

_Said = Mapping[tuple[BesideKind, str], str]


def letters_beside(session: Session, audit_round: Round, template: TemplateContent) -> dict[uuid.UUID, str] | None:
    """The letters of each counted audit: what it says beside its themes, and about the work. None if there is nothing,
    or if it is not known for one of them.
    """
    beside, work = columns_beside(template), columns_of_work(template)
    if not beside and not work:
        return None
    counted = (
        col(Audit.organisation_id) == audit_round.organisation_id,
        col(Audit.round_id) == audit_round.id,
        is_counted(Audit),
    )
    columns = (col(Audit.id), col(Audit.question_answers), col(Audit.case_facts), col(Audit.answer_sources))
    rows = session.execute(select(*columns).where(*counted)).all()
    with_views = _with_views(session, counted) if template.further.family_views else frozenset()
    conversations = _conversations(session, counted) if template.further.conversation else {}
    found, known, known_work = {}, dict[tuple[str, str, bool], str](), dict[tuple[str, bool, str], str]()
    try:
        for audit_id, questions, facts, sources in rows:
            said = (questions, facts, audit_id in with_views)
            if said not in known:
                known[said] = letters_of(beside, _beside(template, *said))
            held = conversations.get(audit_id)
            own = (sources, held is not None and held.held_on is not None, "" if held is None else held.obstacles)
            if own not in known_work:
                known_work[own] = letters_of(work, _of_work(template, work, *own))
            found[audit_id] = known[said] + known_work[own]
    except ValueError:
        return None
    return found


def _beside(template: TemplateContent, questions: str, facts: str, has_views: bool) -> _Said:
    answers = decode_beside([question.key for question in template.questions], questions)
    chosen = decode_beside([fact.key for fact in template.case_facts], facts)
    return {
        **{(BesideKind.QUESTION, key): answer for key, answer in answers.items()},
        **{(BesideKind.FACT, key): choice for key, choice in chosen.items()},
        (BesideKind.FAMILY, "views"): WITH_VIEW if has_views else WITHOUT_VIEW,
    }


def _of_work(
    template: TemplateContent, columns: Sequence[BesideColumn], sources: str, was_held: bool, obstacles: str
) -> _Said:
    named = frozenset(obstacles.split())
    is_told = any(map(comes_only_from_words, decode_sources(template, sources).values()))
    said = {(BesideKind.CONVERSATION, "held"): was_held, (BesideKind.SOURCES, "told-only"): is_told}
    said |= {(each.kind, each.key): each.key in named for each in columns if each.kind is BesideKind.OBSTACLE}
    return {column: YES if is_so else NO for column, is_so in said.items()}


def _with_views(session: Session, counted: Sequence[ColumnElement[bool]]) -> frozenset[uuid.UUID]:
    views: Any = select(col(Audit.id)).join(FamilyView, linked(FamilyView.audit_id, Audit.id))
    return frozenset(session.scalars(views.where(*counted, col(FamilyView.how) != "").distinct()))


def _conversations(session: Session, counted: Sequence[ColumnElement[bool]]) -> dict[uuid.UUID, Row[Any]]:
    said: Any = select(col(Audit.id), col(Conversation.held_on), col(Conversation.obstacles))
    rows = session.execute(said.join(Conversation, linked(Conversation.audit_id, Audit.id)).where(*counted))
    return {row.id: row for row in rows}
