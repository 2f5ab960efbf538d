"""Audits and their answers, without text: the same as an export of each round holds for the same person."""

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import ColumnElement, String, and_, false, func, select, type_coerce
from sqlmodel import Session, col

from api.access.blindness import visible_under_blind_reading
from api.foundation.permissions import Actor, Permission
from api.odata.shapes import LARGEST, Column, Kind, Part, PartAt, Rows, Start, Table, Value
from api.odata.tables.contents import Contents
from api.reports.tallies import counted_answers, counted_overall, is_counted
from models import Audit, AuditHarm, CaseFile
from models.storage.joins import linked


def _of_the_feed(by: Actor) -> tuple[ColumnElement[bool], ...]:
    """The conditions for an audit to be in the feed, as in an export: it is counted, and not hidden from the person."""
    return (
        col(Audit.organisation_id) == by.organisation_id,
        is_counted(Audit),
        visible_under_blind_reading(by.person_id),
    )


def _harms() -> Any:
    """The forms of harm of an audit in the order of their keys, with a space between two."""
    in_order = (
        select(col(AuditHarm.form_of_harm).label("harm"))
        .where(linked(AuditHarm.audit_id, Audit.id))
        .order_by(col(AuditHarm.form_of_harm))
        .correlate(Audit)
        .subquery()
    )
    return select(func.aggregate_strings(in_order.c.harm, " ")).correlate(Audit).scalar_subquery()


def _audits(session: Session, by: Actor) -> Rows:
    contents = Contents(session, by.organisation_id)
    asked, rating = contents.rounds, contents.ratings
    overall = counted_overall()
    return (
        select(
            col(Audit.id).label("AuditId"),
            col(Audit.round_id).label("RoundId"),
            col(CaseFile.reference).label("CaseReference"),
            col(Audit.team_id).label("TeamId"),
            col(Audit.status).label("CaseStatus"),
            col(Audit.age_band).label("AgeBand"),
            func.coalesce(_harms(), "").label("FormsOfHarm"),
            col(Audit.reading).label("Reading"),
            type_coerce(Audit.mode, String).label("Mode"),
            type_coerce(Audit.state, String).label("State"),
            col(Audit.created_at).label("AllocatedAt"),
            col(Audit.submitted_at).label("SubmittedAt"),
            col(Audit.agreed_at).label("AgreedAt"),
            col(Audit.signed_at).label("SignedAt"),
            col(Audit.sampling_weight).label("SamplingWeight"),
            func.nullif(col(Audit.overall_calculated), "").label("OverallCalculated"),
            func.nullif(col(Audit.overall_override), "").label("OverallOverride"),
            func.nullif(col(Audit.agreed_overall), "").label("OverallAgreed"),
            func.nullif(overall, "").label("OverallCounted"),
            rating.c.meets.label("OverallMeetsStandard"),
        )
        .join(CaseFile, linked(CaseFile.id, Audit.case_file_id))
        .join(asked, asked.c.round_id == col(Audit.round_id))
        .outerjoin(rating, and_(rating.c.content == asked.c.content, rating.c.rating == overall))
        .where(*_of_the_feed(by))
    )


def _answers(session: Session, by: Actor) -> Rows:
    contents = Contents(session, by.organisation_id)
    asked, theme = contents.rounds, contents.themes
    own, agreed, counted = (contents.codes.alias(name) for name in ("own", "agreed", "counted"))

    def meaning(code: Any, line: Any) -> ColumnElement[bool]:
        """That a code is the letter of a theme in a line of answers."""
        return and_(code.c.content == asked.c.content, code.c.code == func.substr(line, theme.c.number, 1))

    return (
        select(
            col(Audit.id).label("AuditId"),
            theme.c.number.label("Number"),
            col(Audit.round_id).label("RoundId"),
            theme.c.theme_id.label("ThemeId"),
            theme.c.key.label("ThemeKey"),
            own.c.answer.label("AuditorAnswer"),
            agreed.c.answer.label("AgreedAnswer"),
            counted.c.answer.label("CountedAnswer"),
            counted.c.outcome.label("CountedOutcome"),
            counted.c.applicable.label("Applicable"),
            counted.c.meets.label("MeetsStandard"),
            (agreed.c.answer != own.c.answer).label("Changed"),
        )
        .join(asked, asked.c.round_id == col(Audit.round_id))
        .join(theme, theme.c.content == asked.c.content)
        .join(own, meaning(own, col(Audit.answers)))
        .join(counted, meaning(counted, counted_answers()))
        .outerjoin(agreed, meaning(agreed, col(Audit.agreed_answers)))
        .where(*_of_the_feed(by))
    )


def _in_parts(rows: Callable[[Session, Actor], Rows], *, audits: int, end: tuple[Value, ...] = ()) -> PartAt:
    """`part_at` of so many audits a part. `end`: the values in the order of the table after those of an audit."""

    def part_at(session: Session, by: Actor, start: Start | None) -> Part:
        if start is None:
            return Part(rows(session, by))
        query = select(col(Audit.id)).where(*_of_the_feed(by)).order_by(col(Audit.id)).limit(audits + 1)
        if start.values:
            audit_id, *place = start.values
            # No part has an audit of the one before: their numbers of rows are added up.
            is_done = tuple(place) == end
            query = query.where(col(Audit.id) > audit_id if is_done else col(Audit.id) >= audit_id)
        found = session.execute(query).scalars().all()
        chosen = found[:audits]
        its = col(Audit.id).between(chosen[0], chosen[-1]) if chosen else false()
        return Part(rows(session, by).where(its), Start((chosen[-1], *end)) if len(found) > audits else None)

    return part_at


AUDITS: Final = Table(
    "Audits",
    "Audit",
    "A submitted audit, with the facts of its case and its overall judgement.",
    Permission.READ_FEED_RECORDS,
    (
        Column("AuditId", Kind.IDENTIFIER),
        Column("RoundId", Kind.IDENTIFIER),
        Column("CaseReference", Kind.TEXT),
        Column("TeamId", Kind.IDENTIFIER),
        Column("CaseStatus", Kind.TEXT),
        Column("AgeBand", Kind.TEXT),
        Column("FormsOfHarm", Kind.TEXT),
        Column("Reading", Kind.WHOLE),
        Column("Mode", Kind.TEXT),
        Column("State", Kind.TEXT),
        Column("AllocatedAt", Kind.MOMENT),
        Column("SubmittedAt", Kind.MOMENT),
        Column("AgreedAt", Kind.MOMENT, nullable=True),
        Column("SignedAt", Kind.MOMENT, nullable=True),
        Column("SamplingWeight", Kind.NUMBER, nullable=True),
        Column("OverallCalculated", Kind.TEXT, nullable=True),
        Column("OverallOverride", Kind.TEXT, nullable=True),
        Column("OverallAgreed", Kind.TEXT, nullable=True),
        Column("OverallCounted", Kind.TEXT, nullable=True),
        Column("OverallMeetsStandard", Kind.YES_NO, nullable=True),
    ),
    key=("AuditId",),
    order=("AuditId",),
    part_at=_in_parts(_audits, audits=2_000),
    round_column="RoundId",
)
ANSWERS: Final = Table(
    "Answers",
    "Answer",
    "The answer to a theme in a submitted audit.",
    Permission.READ_FEED_RECORDS,
    (
        Column("AuditId", Kind.IDENTIFIER),
        Column("Number", Kind.WHOLE),
        Column("RoundId", Kind.IDENTIFIER),
        Column("ThemeId", Kind.TEXT),
        Column("ThemeKey", Kind.TEXT),
        Column("AuditorAnswer", Kind.TEXT),
        Column("AgreedAnswer", Kind.TEXT, nullable=True),
        Column("CountedAnswer", Kind.TEXT),
        Column("CountedOutcome", Kind.TEXT),
        Column("Applicable", Kind.YES_NO),
        Column("MeetsStandard", Kind.YES_NO, nullable=True),
        Column("Changed", Kind.YES_NO, nullable=True),
    ),
    key=("AuditId", "Number"),
    order=("AuditId", "Number"),
    part_at=_in_parts(_answers, audits=200, end=(LARGEST,)),
    round_column="RoundId",
)
