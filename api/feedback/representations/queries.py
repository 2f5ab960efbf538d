"""Representations, and the shared feedback that a team reads."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from api.access.audits import readable_audits
from api.access.seen import has_read_its_case
from api.audits.actions import round_of, template_of
from api.feedback.readable import shared_sheets
from api.feedback.sheets.queries import ShownSheet, shown_sheet
from api.foundation.local_time import day_in_words, local_date
from api.foundation.permissions import Actor
from api.people import actions as people
from checklists.audits.audit_states import SUBMITTED_STATES
from checklists.statistics.intervals import wilson
from models import Audit, CaseFile, FeedbackSheet, Representation, Team
from models.storage.joins import linked


@dataclass(frozen=True, slots=True)
class ShownRepresentation:
    """A representation as people see it who may read the audit, or whose team made it."""

    representation: Representation
    theme: str
    made_by: str
    decided_by: str

    @property
    def outcome(self) -> str:
        """What was decided, in a word or two."""
        upheld = self.representation.upheld
        return "Not answered yet" if upheld is None else "Upheld" if upheld else "Not upheld"

    @property
    def said(self) -> str:
        """Who made it, and when."""
        made = self.representation
        return f"{self.made_by}{', from paper' if made.on_paper else ''}, {day_in_words(local_date(made.made_at))}"

    @property
    def answered(self) -> str:
        """Who answered it, and when; empty until then."""
        decided_at = self.representation.decided_at
        return f"{self.decided_by}, {day_in_words(local_date(decided_at))}" if decided_at else ""


@dataclass(frozen=True, slots=True)
class SharedSheet:
    """A sheet in a team's list: how many themes it names, how many the team disagrees with, and of these how many have
    no answer yet.
    """

    sheet: FeedbackSheet
    reference: str
    team: str
    themes: int
    disagreed: int
    undecided: int


@dataclass(frozen=True, slots=True)
class WaitingRepresentation:
    """A representation that waits for an answer."""

    shown: ShownRepresentation
    audit: Audit
    reference: str
    team: str


@dataclass(frozen=True, slots=True)
class RepresentationCounts:
    """How many representations were made, answered and upheld."""

    made: int
    decided: int
    upheld: int

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95% interval of the share upheld, of the answered ones; None of none."""
        return wilson(self.upheld, self.decided) if self.decided else None


def representations_of(session: Session, audit: Audit, *, by: Actor) -> list[ShownRepresentation]:
    """The representations about an audit, in the order of its themes, for somebody who may see them."""
    own = (col(Representation.organisation_id) == audit.organisation_id, col(Representation.audit_id) == audit.id)
    rows = session.exec(select(Representation).where(*own).execution_options(populate_existing=True)).all()
    if not rows:
        return []
    template = template_of(session, round_of(session, audit))
    order = {key: place for place, key in enumerate(template.theme_keys)}
    names = _names(session, rows, by)
    return [
        _shown(each, template.theme(each.theme).label, names) for each in sorted(rows, key=lambda x: order[x.theme])
    ]


def shared_with(session: Session, by: Actor, *, after: uuid.UUID | None, limit: int) -> list[SharedSheet]:
    """The sheets that a person reads as a team, the newest first; at most `limit`."""
    of_sheet = (
        col(Representation.organisation_id) == col(FeedbackSheet.organisation_id),
        col(Representation.audit_id) == col(FeedbackSheet.audit_id),
    )
    made = select_columns(func.count()).where(*of_sheet).scalar_subquery()
    undecided = select_columns(func.count()).where(*of_sheet, col(Representation.decided_at).is_(None))
    query = (
        select_columns(FeedbackSheet, col(CaseFile.reference), col(Team.name), made, undecided.scalar_subquery())
        .join(Audit, linked(Audit.id, FeedbackSheet.audit_id))
        .join(CaseFile, linked(CaseFile.id, Audit.case_file_id))
        .join(Team, linked(Team.id, Audit.team_id))
        .where(shared_sheets(by))
        .order_by(col(FeedbackSheet.id).desc())
        .limit(limit)
    )
    if after is not None:
        query = query.where(col(FeedbackSheet.id) < after)
    return [
        SharedSheet(sheet, reference, team, len(sheet.themes.split()), disagreed, waiting)
        for sheet, reference, team, disagreed, waiting in session.execute(query)
    ]


def find_shared(session: Session, sheet_id: uuid.UUID, by: Actor) -> tuple[ShownSheet, str] | None:
    """A sheet with the reference of its case, as a team reads it; None for one that this person does not."""
    query = (
        select_columns(FeedbackSheet, Audit, col(CaseFile.reference))
        .join(Audit, linked(Audit.id, FeedbackSheet.audit_id))
        .join(CaseFile, linked(CaseFile.id, Audit.case_file_id))
        .where(shared_sheets(by), col(FeedbackSheet.id) == sheet_id)
        .execution_options(populate_existing=True)
    )
    row = session.execute(query).first()
    return None if row is None else (shown_sheet(session, row[1], row[0]), row[2])


def waiting_for_answer(
    session: Session, by: Actor, *, after: tuple[uuid.UUID, str] | None, limit: int
) -> list[WaitingRepresentation]:
    """The representations that this person may answer, by audit; at most `limit`."""
    query = _waiting(Representation, Audit, col(CaseFile.reference), col(Team.name), by=by)
    query = query.order_by(col(Representation.audit_id), col(Representation.theme)).limit(limit)
    if after is not None:
        audit_id, theme = after
        query = query.where(
            (col(Representation.audit_id) > audit_id)
            | ((col(Representation.audit_id) == audit_id) & (col(Representation.theme) > theme))
        )
    rows = session.execute(query).all()
    names = _names(session, [row[0] for row in rows], by)
    found = []
    for representation, audit, reference, team in rows:
        label = template_of(session, round_of(session, audit)).theme(representation.theme).label
        found.append(WaitingRepresentation(_shown(representation, label, names), audit, reference, team))
    return found


def count_waiting(session: Session, *, by: Actor) -> int:
    """How many representations wait for an answer that this person may give."""
    number: int = session.execute(_waiting(func.count(), by=by)).scalar_one()
    return number


def count_representations(session: Session, rounds: Sequence[uuid.UUID], *, by: Actor) -> RepresentationCounts:
    """The representations about submitted audits of these rounds; not of readings that are hidden from the person."""
    made = col(Representation.theme)
    row = session.execute(
        select_columns(
            func.count(made),
            func.count(col(Representation.decided_at)),
            func.count(made).filter(col(Representation.upheld).is_(True)),
        )
        .join(Audit, linked(Audit.id, Representation.audit_id))
        .where(readable_audits(by), col(Audit.round_id).in_(rounds), col(Audit.state).in_(SUBMITTED_STATES))
    ).one()
    return RepresentationCounts(*row)


def representations_by_theme(
    session: Session, organisation_id: int, audits: Sequence[uuid.UUID]
) -> dict[uuid.UUID, dict[str, Representation]]:
    """The representations about these audits, by audit and theme."""
    own = (col(Representation.organisation_id) == organisation_id, col(Representation.audit_id).in_(audits))
    found: dict[uuid.UUID, dict[str, Representation]] = {}
    for each in session.exec(select(Representation).where(*own)):
        found.setdefault(each.audit_id, {})[each.theme] = each
    return found


def _waiting(*columns: Any, by: Actor) -> Any:
    return (
        select_columns(*columns)
        .select_from(Representation)
        .join(Audit, linked(Audit.id, Representation.audit_id))
        .join(CaseFile, linked(CaseFile.id, Audit.case_file_id))
        .join(Team, linked(Team.id, Audit.team_id))
        .where(
            readable_audits(by),
            col(Representation.decided_at).is_(None),
            col(Representation.made_by_id) != by.person_id,
            col(Audit.state).in_(SUBMITTED_STATES),
            col(Audit.auditor_id) != by.person_id,
            ~has_read_its_case(by),
        )
    )


def _names(session: Session, rows: Sequence[Representation], by: Actor) -> Mapping[uuid.UUID, str]:
    wanted = {each.made_by_id for each in rows} | {each.decided_by_id for each in rows if each.decided_by_id}
    return people.names_of(session, wanted, by=by) if wanted else {}


def _shown(each: Representation, theme: str, names: Mapping[uuid.UUID, str]) -> ShownRepresentation:
    decided_by = names.get(each.decided_by_id, "") if each.decided_by_id else ""
    return ShownRepresentation(each, theme, names.get(each.made_by_id, ""), decided_by)
