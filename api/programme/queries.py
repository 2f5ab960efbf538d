"""What the pages and REST show of audit programmes: lines, and each planned round with what became of it."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeVar

from sqlmodel import Session, col, select

from api.foundation.jobs.queue import read_refusal
from api.foundation.local_time import local_date
from api.foundation.permissions import Actor, Permission, check_may
from api.people import actions as people
from api.programme.actions import find_line, find_programme, lines_of, rows_of, starts_in
from checklists.programme.dates import PlannedDates, dates_of
from models import (
    Job,
    JobState,
    JointCase,
    JointRound,
    JointRoundState,
    LineState,
    PlannedState,
    Programme,
    ProgrammeLine,
    ProgrammeRound,
    Round,
    RoundState,
    Sample,
    TemplateVersion,
)
from models.clock import steady

_Planned = TypeVar("_Planned", Round, JointRound)


class Standing(StrEnum):
    """What became of a planned round."""

    TO_COME = "to-come"
    MADE = "made"
    EXEMPTION_ASKED = "exemption-asked"
    EXEMPT = "exempt"
    PASSED_OVER = "passed-over"
    PAUSED = "paused"
    NOT_PLANNED = "not-planned"

    @property
    def label(self) -> str:
        return {
            "to-come": "To come",
            "made": "Planned as a round",
            "exemption-asked": "Exemption asked for",
            "exempt": "Exempt",
            "passed-over": "Passed over: paused",
            "paused": "Paused",
            "not-planned": "Not planned",
        }[self.value]


@dataclass(frozen=True, slots=True)
class ShownPlannedRound:
    """A planned round: its days, what became of it, and its sample in words. `due_on` is the round's own once made."""

    dates: PlannedDates
    standing: Standing
    row: ProgrammeRound | None
    round: Round | None
    joint_round: JointRound | None
    sample: str
    asked_by: str
    decided_by: str

    @property
    def made(self) -> Round | JointRound | None:
        """The round or the joint round that was planned."""
        return self.round or self.joint_round

    @property
    def path(self) -> str:
        """The page of what was planned; empty while nothing is."""
        if self.joint_round is not None:
            return f"/joint-rounds/{self.joint_round.id}"
        return "" if self.round is None else f"/rounds/{self.round.id}"

    @property
    def due_on(self) -> date:
        return self.dates.due_on if self.made is None else self.made.due_on

    @property
    def label(self) -> str:
        """What became of it, in words; of a round its state."""
        if self.made is None:
            return self.standing.label
        return f"{'Round' if self.joint_round is None else 'Joint audit'} {self.made.state.value}"


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line with the title of its template, and its rounds in the order in which they begin."""

    line: ProgrammeLine
    template: str
    rounds: tuple[ShownPlannedRound, ...]

    @property
    def exemptable(self) -> tuple[ShownPlannedRound, ...]:
        """The rounds for which an exemption can be asked."""
        open_to_it = (Standing.TO_COME, Standing.PAUSED, Standing.NOT_PLANNED)
        is_over = self.line.state is LineState.ENDED
        return () if is_over else tuple(each for each in self.rounds if each.standing in open_to_it)


@dataclass(frozen=True, slots=True)
class ShownProgramme:
    """A programme with its lead's name and its lines."""

    programme: Programme
    lead: str
    lines: tuple[ShownLine, ...]

    @property
    def in_order(self) -> list[tuple[ShownPlannedRound, ProgrammeLine]]:
        """Every planned round with its line, by the day on which it begins."""
        found = [(each, shown.line) for shown in self.lines for each in shown.rounds]
        return sorted(found, key=lambda item: (item[0].dates.starts_on, item[1].title, item[1].id))


def list_programmes(session: Session, *, by: Actor, limit: int, after: uuid.UUID | None = None) -> Sequence[Programme]:
    """The programmes, newest first, from the one after `after`."""
    check_may(by, Permission.WRITE_ROUNDS)
    query = select(Programme).where(col(Programme.organisation_id) == by.organisation_id)
    if after is not None:
        query = query.where(col(Programme.id) < after)
    return session.exec(query.order_by(col(Programme.id).desc()).limit(limit)).all()


def show_programme(session: Session, *, programme_id: uuid.UUID, by: Actor) -> ShownProgramme:
    """The programme with its lines and their rounds. Raises NotFound."""
    programme = find_programme(session, programme_id=programme_id, by=by)
    lines = tuple(_shown(session, programme, line, by) for line in lines_of(session, programme))
    names = people.names_of(session, [programme.lead_id], by=by)
    return ShownProgramme(programme, names[programme.lead_id], lines)


def show_line(session: Session, *, line_id: uuid.UUID, by: Actor) -> tuple[Programme, ShownLine]:
    """The line with its rounds, and its programme. Raises NotFound."""
    line = find_line(session, line_id=line_id, by=by)
    programme = find_programme(session, programme_id=line.programme_id, by=by)
    return programme, _shown(session, programme, line, by)


def line_of_round(session: Session, audit_round: Round) -> tuple[ProgrammeLine, ProgrammeRound] | None:
    """The line from which a round was planned, if it was."""
    own = (
        col(ProgrammeRound.organisation_id) == audit_round.organisation_id,
        col(ProgrammeRound.round_id) == audit_round.id,
    )
    row = session.exec(select(ProgrammeRound).where(*own)).first()
    return None if row is None else (session.get_one(ProgrammeLine, (row.organisation_id, row.line_id)), row)


def samples_in_words(session: Session, organisation_id: int, rows: Iterable[ProgrammeRound]) -> dict[date, str]:
    """By the day on which each round of a line begins: whether its sample is drawn, or why not.

    Nothing of a round that was opened without a sample: there is nothing left to draw.
    """
    made = [row for row in rows if row.state is PlannedState.MADE]
    drawn, chosen = _drawn_or_chosen(session, organisation_id, made)
    drawn.discard(None)
    planned = _still_planned(session, organisation_id, made)
    own = (col(Job.organisation_id) == organisation_id, col(Job.id).in_([row.job_id for row in made if row.job_id]))
    jobs = {job.id: job for job in session.exec(select(Job).where(*own))}
    return {
        row.starts_on: "Sample drawn"
        if (row.round_id or row.joint_round_id) in drawn
        else "Cases chosen by hand"
        if row.joint_round_id in chosen
        else _why_not_drawn(row, jobs.get(row.job_id or row.line_id))
        for row in made
        if {row.round_id, row.joint_round_id} & {*drawn, *chosen, *planned}
    }


def _still_planned(session: Session, organisation_id: int, made: Sequence[ProgrammeRound]) -> set[uuid.UUID]:
    """The rounds and joint rounds that are not open yet."""
    of_rounds = (col(Round.organisation_id) == organisation_id, col(Round.state) == RoundState.PLANNED)
    of_joint = (col(JointRound.organisation_id) == organisation_id, col(JointRound.state) == JointRoundState.PLANNED)
    rounds = col(Round.id).in_([row.round_id for row in made if row.round_id])
    joint = col(JointRound.id).in_([row.joint_round_id for row in made if row.joint_round_id])
    return {
        *session.exec(select(Round.id).where(*of_rounds, rounds)),
        *session.exec(select(JointRound.id).where(*of_joint, joint)),
    }


def _drawn_or_chosen(
    session: Session, organisation_id: int, made: Sequence[ProgrammeRound]
) -> tuple[set[uuid.UUID | None], set[uuid.UUID]]:
    """The rounds and joint rounds that have a sample, and the joint rounds that have cases."""
    joint = [row.joint_round_id for row in made if row.joint_round_id is not None]
    of_rounds = (col(Sample.round_id), [row.round_id for row in made if row.round_id is not None])
    drawn: set[uuid.UUID | None] = set()
    for column, wanted in (of_rounds, (col(Sample.joint_round_id), joint)):
        drawn |= set(
            session.exec(select(column).where(col(Sample.organisation_id) == organisation_id, column.in_(wanted)))
        )
    of_joint = (col(JointCase.organisation_id) == organisation_id, col(JointCase.joint_round_id).in_(joint))
    return drawn, set(session.exec(select(JointCase.joint_round_id).where(*of_joint).distinct()))


def _why_not_drawn(row: ProgrammeRound, job: Job | None) -> str:
    if row.job_id is None:
        return "Sample not drawn: there was no case list, or too many jobs were waiting. Draw it yourself."
    if job is not None and job.state in {JobState.WAITING, JobState.WORKING}:
        return "Sample is being drawn"
    if job is not None and job.refusal:
        return f"Sample not drawn: {read_refusal(job.refusal).detail}"
    return "Sample not drawn. Draw it yourself."


def _shown(session: Session, programme: Programme, line: ProgrammeLine, by: Actor) -> ShownLine:
    rows = rows_of(session, line)
    version = session.get_one(TemplateVersion, (line.organisation_id, line.template_id, line.template_version))
    rounds, joint_rounds = _rounds_of(session, line, Round), _rounds_of(session, line, JointRound)
    named = {person for row in rows.values() for person in (row.asked_by_id, row.decided_by_id) if person}
    names = people.names_of(session, named, by=by)
    samples = samples_in_words(session, line.organisation_id, rows.values())
    today = local_date(steady())
    shown = []
    for starts_on in sorted({*starts_in(programme, line), *rows}):
        row = rows.get(starts_on)
        dates = dates_of(starts_on, months_judged=line.months_judged, days_to_finish=line.days_to_finish)
        shown.append(
            ShownPlannedRound(
                dates=dates,
                standing=_standing(line, row, dates, today),
                row=row,
                round=None if row is None or row.round_id is None else rounds[row.round_id],
                joint_round=None if row is None or row.joint_round_id is None else joint_rounds[row.joint_round_id],
                sample=samples.get(starts_on, ""),
                asked_by="" if row is None or row.asked_by_id is None else names[row.asked_by_id],
                decided_by="" if row is None or row.decided_by_id is None else names[row.decided_by_id],
            )
        )
    return ShownLine(line, f"{version.title}, version {version.number}", tuple(shown))


def _rounds_of(session: Session, line: ProgrammeLine, model: type[_Planned]) -> dict[uuid.UUID, _Planned]:
    """The rounds, or the joint rounds, of a line."""
    planned = ProgrammeRound.round_id if model is Round else ProgrammeRound.joint_round_id
    of_line = select(planned).where(
        col(ProgrammeRound.organisation_id) == line.organisation_id, col(ProgrammeRound.line_id) == line.id
    )
    own = (col(model.organisation_id) == line.organisation_id, col(model.id).in_(of_line))
    return {each.id: each for each in session.exec(select(model).where(*own))}


def _standing(line: ProgrammeLine, row: ProgrammeRound | None, dates: PlannedDates, today: date) -> Standing:
    if row is not None:
        return {
            PlannedState.MADE: Standing.MADE,
            PlannedState.EXEMPT: Standing.EXEMPT,
            PlannedState.EXEMPTION_ASKED: Standing.EXEMPTION_ASKED,
            PlannedState.PASSED_OVER: Standing.PASSED_OVER,
        }[row.state]
    if line.state is LineState.PAUSED:
        return Standing.PAUSED
    if line.state is LineState.ENDED or (line.problem and dates.planned_on <= today):
        return Standing.NOT_PLANNED
    return Standing.TO_COME
