"""How many of a round's planned audits are done, by team and by part of the sample, and why others are not."""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from api.allocation.queries import count_replaced, count_unallocated
from api.documents.document import Column, Section, Table, count, text
from api.feedback.counting import Submitted, count_submitted
from api.foundation.permissions import Actor
from api.rounds.progress import is_overdue
from api.sampling.queries import labels_of
from checklists.audits.audit_states import EDITABLE_STATES, SUBMITTED_STATES
from models import (
    Audit,
    AuditState,
    CaseFile,
    Exemption,
    Person,
    Round,
    Sample,
    SampledCase,
    SampledState,
    Team,
)
from models.storage.joins import linked


@dataclass(frozen=True, slots=True)
class PartsCompletion:
    """How far the audits of a team, or of a part of the sample, are; withdrawn ones are not counted."""

    label: str
    allocated: int
    submitted: int
    overdue: int


@dataclass(frozen=True, slots=True)
class Completion:
    """How many audits of a round are done, by team and sample part, and what holds up the rest."""

    teams: tuple[PartsCompletion, ...]
    strata: tuple[PartsCompletion, ...]
    # Sampled cases that were not allocated.
    unallocated: int
    replaced: int
    exemptions: tuple[tuple[str, str], ...]


def completion_of(session: Session, audit_round: Round, *, by: Actor, submitted: Submitted | None = None) -> Completion:
    """Count a round's audits by the team of their case and by the stratum they were drawn from.

    The team of a submitted audit is the one that the case had then, as everywhere in the report. Readings to which the
    actor is blind are not counted. `submitted`: what `count_submitted` gives, where it was asked already.
    """
    submitted = submitted or count_submitted(session, audit_round, by=by)
    own, here = audit_round.organisation_id, col(Audit.round_id) == audit_round.id
    late = is_overdue(audit_round)
    counted = (
        func.count(),
        func.sum(case((col(Audit.state).in_(SUBMITTED_STATES), 1), else_=0)),
    )
    stands = (
        col(Audit.organisation_id) == own,
        here,
        col(Audit.state) != AuditState.WITHDRAWN,
        submitted.visible,
    )
    by_stratum = _by_stratum(session, audit_round, counted, stands)
    labels = labels_of(session, own, [stratum for stratum, *_ in by_stratum]) if by_stratum else {}
    return Completion(
        teams=tuple(
            _part(name, allocated, done, late=late)
            for name, allocated, done in _by_team(session, audit_round, submitted)
        ),
        strata=tuple(
            sorted(
                (_part(labels[stratum], number, done, late=late) for stratum, number, done in by_stratum),
                key=lambda part: part.label,
            )
        ),
        unallocated=count_unallocated(session, audit_round),
        replaced=count_replaced(session, audit_round),
        exemptions=_exemptions(session, own, audit_round.id),
    )


def _by_team(session: Session, audit_round: Round, submitted: Submitted) -> list[tuple[str, int, int]]:
    """The numbers by the name of the team: the cases of submitted audits are not read, however many there are."""
    own = audit_round.organisation_id
    of_round = (
        col(Audit.organisation_id) == own,
        col(Audit.round_id) == audit_round.id,
        submitted.visible,
    )
    team_now = (
        select_columns(col(CaseFile.team_id))
        .where(col(CaseFile.organisation_id) == own, col(CaseFile.id) == col(Audit.case_file_id))
        .correlate(Audit)
        .scalar_subquery()
    )
    done = Counter[uuid.UUID](submitted.by_team)
    to_do = session.scalars(select_columns(team_now).where(*of_round, col(Audit.state).in_(EDITABLE_STATES)))
    allocated = Counter[uuid.UUID](to_do)
    allocated += done
    names = session.execute(select_columns(col(Team.id), col(Team.name)).where(col(Team.organisation_id) == own))
    return sorted((name, allocated[key], done[key]) for key, name in names if allocated[key])


def _by_stratum(
    session: Session, audit_round: Round, counted: Sequence[Any], stands: Sequence[Any]
) -> Sequence[tuple[str, int, int]]:
    """The numbers by the stratum that a case was drawn from."""
    own = audit_round.organisation_id
    drawn = (
        (col(SampledCase.organisation_id) == own)
        & (col(SampledCase.case_file_id) == col(Audit.case_file_id))
        & (col(SampledCase.state) == SampledState.SELECTED)
    )
    of_round = (
        (col(Sample.organisation_id) == own)
        & (col(Sample.id) == col(SampledCase.sample_id))
        & (col(Sample.round_id) == audit_round.id)
    )
    has_sample = select(Sample.id).where(col(Sample.organisation_id) == own, col(Sample.round_id) == audit_round.id)
    strata = (
        select_columns(col(SampledCase.stratum), *counted)
        .select_from(Audit)
        .join(SampledCase, drawn)
        .join(Sample, of_round)
        .where(*stands)
        .group_by(col(SampledCase.stratum))
        .order_by(col(SampledCase.stratum))
    )
    # Without a sample there is nothing to find, in any number of audits.
    if session.exec(has_sample.limit(1)).first() is None:
        return []
    return [(stratum, number, submitted) for stratum, number, submitted in session.execute(strata)]


def _part(label: str, allocated: int, submitted: int, *, late: bool) -> PartsCompletion:
    return PartsCompletion(label, allocated, submitted, allocated - submitted if late else 0)


def _exemptions(session: Session, organisation_id: int, round_id: uuid.UUID) -> tuple[tuple[str, str], ...]:
    rows = session.exec(
        select(Person.name, Exemption.reason)
        .join(Exemption, linked(Exemption.person_id, Person.id))
        .where(col(Exemption.organisation_id) == organisation_id, col(Exemption.round_id) == round_id)
        .order_by(Person.name)
    )
    return tuple(rows.all())


def completion_section(completion: Completion) -> Section | None:
    """The section about audits that were not done; None when nothing was allocated."""
    rows = [
        *((f"Team: {part.label}", part) for part in completion.teams),
        *((f"Part of the sample: {part.label}", part) for part in completion.strata),
    ]
    if not rows:
        return None
    columns = (Column("Audits of"), *(Column(head, numeric=True) for head in ("Allocated", "Submitted", "Overdue")))
    cells = tuple(
        (text(label), count(part.allocated), count(part.submitted), count(part.overdue)) for label, part in rows
    )
    notes = []
    if completion.unallocated:
        notes.append(f"Sampled but not allocated: {completion.unallocated:,}.")
    if completion.replaced:
        notes.append(f"Sampled, found unsuitable and replaced from the reserve: {completion.replaced:,}.")
    notes += [f"Exempt from this round: {name}. {reason}" for name, reason in completion.exemptions]
    return Section(
        "Completion",
        paragraphs=tuple(notes),
        table=Table("completion", "Progress of the round", columns, cells),
    )
