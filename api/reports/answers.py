"""The answers that a figure of a round's report counts, with their audits, rationale and impact."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, func, select
from sqlmodel import Session, col

from api.access.audits import may_read_every_audit
from api.access.blindness import visible_under_blind_reading
from api.foundation import access_log
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Invalid, NotAllowed, NotFound
from api.reports.breakdowns import AnyBreakdown, Breakdown, breakdown_named
from api.reports.sentences import lowered
from api.reports.tallies import counted_answers, is_counted
from api.rounds import actions as rounds
from checklists.reports.tallies import answer_codes, decode_answers
from checklists.templates.template import Template as TemplateContent
from models import Audit, CaseFile, Round, Score
from models.storage.joins import linked


class AnswerSet(StrEnum):
    """Several answers that a report counts together."""

    ALL = "all"
    APPLICABLE = "applicable"
    MEETING = "meeting"
    BELOW = "below"

    @property
    def label(self) -> str:
        return {
            "all": "All answers",
            "applicable": "Applicable answers",
            "meeting": "Answers meeting the standard",
            "below": "Answers below the standard",
        }[self.value]


@dataclass(frozen=True, slots=True)
class AnswersQuery:
    """Which answers to list: those to a theme that are `answer` (an answer or an AnswerSet), of a group or of all."""

    theme: str
    answer: str = AnswerSet.BELOW
    breakdown: str = Breakdown.WHOLE
    group: str = ""


@dataclass(frozen=True, slots=True)
class AnswerBehind:
    """A counted answer with its free text."""

    audit_id: uuid.UUID
    reference: str
    answer: str
    rationale: str
    impact: str
    evidence: str


@dataclass(frozen=True, slots=True)
class AnswersBehind:
    """One page of the answers that a figure counts, and how many there are on all pages."""

    audit_round: Round
    template: TemplateContent
    query: AnswersQuery
    split_label: str
    number: int
    items: tuple[AnswerBehind, ...]
    after: uuid.UUID | None


def list_answers_for_figure(
    session: Session,
    *,
    round_id: uuid.UUID,
    query: AnswersQuery,
    limit: int,
    after: uuid.UUID | None = None,
    by: Actor,
) -> AnswersBehind:
    """List the answers that a figure counts, for people who may read every audit.

    Raises NotAllowed, NotFound, and Invalid for a theme, answer or group that the round does not have.
    """
    check_may(by, Permission.READ_REPORTS)
    if not may_read_every_audit(by):
        raise NotAllowed("Only people who can read all audits can view the answers behind a figure.")
    audit_round = rounds.find_round(session, round_id=round_id, by=by)
    template = audit_round.content(session)
    if template is None:
        raise NotFound("template version")
    access_log.record_view(session, "round.answers-read", audit_round.id, by=by)
    if not template.has_theme(query.theme):
        raise Invalid.at("theme", "Select a theme in the round’s template.")
    breakdown = breakdown_named(template, query.breakdown)
    _check_word(session, audit_round, template, query, breakdown, by)
    matching = _matching(audit_round, template, query, breakdown, by)
    number = session.execute(select(func.count()).select_from(matching.subquery())).scalar_one()
    if after is not None:
        matching = matching.where(col(Audit.id) > after)
    rows = session.execute(matching.order_by(col(Audit.id)).limit(limit + 1)).all()
    items = tuple(
        AnswerBehind(row.id, row.reference, decode_answers(template, row.line)[query.theme], *row[3:])
        for row in rows[:limit]
    )
    following = items[-1].audit_id if len(rows) > limit else None
    label = lowered(breakdown.label_in(template))
    return AnswersBehind(audit_round, template, query, label, number, items, following)


def answers_in(template: TemplateContent, answer: str) -> frozenset[str]:
    """The answers that `answer` of a query means. Raises Invalid when it means none."""
    every = template.scale.answers
    sets: Mapping[str, frozenset[str]] = {
        AnswerSet.ALL: frozenset(every),
        AnswerSet.APPLICABLE: frozenset(each for each in every if template.is_applicable(each)),
        AnswerSet.BELOW: frozenset(each for each in every if template.counts_below(each)),
        AnswerSet.MEETING: frozenset(
            each for each in every if template.is_applicable(each) and not template.counts_below(each)
        ),
    }
    if answer in sets:
        return sets[answer]
    if template.is_answer(answer):
        return frozenset({answer})
    raise Invalid.at("answer", f"Select one of: {', '.join([*sets, *every])}.")


def _matching(
    audit_round: Round, template: TemplateContent, query: AnswersQuery, breakdown: AnyBreakdown, by: Actor
) -> Select[Any]:
    found = (
        select(
            col(Audit.id),
            col(CaseFile.reference),
            counted_answers().label("line"),
            col(Score.rationale),
            col(Score.impact),
            col(Score.evidence),
        )
        .join(Score, linked(Score.audit_id, Audit.id))
        .join(CaseFile, linked(CaseFile.id, Audit.case_file_id))
        .where(
            col(Audit.organisation_id) == audit_round.organisation_id,
            col(Audit.round_id) == audit_round.id,
            is_counted(Audit),
            visible_under_blind_reading(by.person_id),
            col(Score.theme) == query.theme,
            func.substr(counted_answers(), template.theme_keys.index(query.theme) + 1, 1).in_(
                sorted(answer_codes(template, answers_in(template, query.answer)))
            ),
        )
    )
    try:
        of_group: Select[Any] = breakdown.grouping.of_group(found, query.group)
    except ValueError:
        raise _no_such_group(template, breakdown) from None
    return of_group


def _no_such_group(template: TemplateContent, breakdown: AnyBreakdown) -> Invalid:
    return Invalid.at("group", f"Select a value for {lowered(breakdown.label_in(template))}.")


def _check_word(
    session: Session,
    audit_round: Round,
    template: TemplateContent,
    query: AnswersQuery,
    breakdown: AnyBreakdown,
    by: Actor,
) -> None:
    """Raise Invalid for a status or an age band that neither the template nor any counted audit of the round has."""
    if breakdown not in (Breakdown.STATUS, Breakdown.AGE_BAND):
        return
    if query.group in breakdown.grouping.labels(session, audit_round.organisation_id, template):
        return
    with_word = select(col(Audit.id)).where(
        col(Audit.organisation_id) == audit_round.organisation_id,
        col(Audit.round_id) == audit_round.id,
        is_counted(Audit),
        visible_under_blind_reading(by.person_id),
        breakdown.grouping.column == query.group,
    )
    if session.execute(with_word.limit(1)).first() is None:
        raise _no_such_group(template, breakdown)
