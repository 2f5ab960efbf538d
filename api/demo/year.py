"""The audit programme of the demonstration: a year of audits of which ten months are over, after a round of last year.

The service planned its rounds today, as it does after a start, and another system recorded their audits: so the audits
of a round are due weeks from now. The first month was planned at its time, and its audits came late.
"""

import random
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from sqlmodel import Session

from api.audit_templates import actions as templates
from api.audits.case.actions import NewCase
from api.audits.complete.actions import record_audits
from api.audits.complete.known import CompleteAudit, RecordedAudit
from api.case_files.actions import NewCaseFile
from api.demo import words
from api.demo.answering import AuditedCase, answer_all, judge, notes_on_themes
from api.demo.following_up import follow_up, follow_what_is_lowest
from api.foundation.local_time import local_date
from api.foundation.permissions import Actor
from api.programme import actions
from api.programme.actions import NewLine, NewProgramme, rows_of
from api.programme.making import make_rounds
from api.programme.standing import ask_for_exemption, decide_exemption
from api.release.snapshots.actions import NewSnapshot, make_snapshot
from api.rounds import actions as rounds
from api.rounds import closing
from api.rounds.actions import RoundPlan
from checklists.audits.follow_up import FollowUpOutcome
from checklists.programme.dates import Cadence, months_after
from checklists.templates.library import load_library_template
from checklists.templates.template import Template
from models import AgeBand, AuditMode, CaseStatus, LineKind, Team, now
from models.storage.database import Database

LAST_YEARS_ROUND: Final = "Case audits of last year"
SHARED: Final = "Case audits of last year, for the board"
MONTHLY, THEMATIC = "Monthly case audits", "Child protection"
MONTHS_OVER: Final = 10
AUDITED_LAST_YEAR, OF_A_MONTH, OF_A_THEME = 36, 12, 8
EXEMPT_MONTH: Final = 5
FOLLOWED_UP: Final = (
    *(FollowUpOutcome.CORRECTED, FollowUpOutcome.PARTLY, FollowUpOutcome.CORRECTED),
    FollowUpOutcome.NOT,
)
# Last year's, and nine of the monthly line.
ROUNDS: Final = 10
WHY_EXEMPT: Final = "An inspection was expected, and every auditor prepared for it."
WHY_CLOSED: Final = "The figures of the month were needed for the board."
# How often practice falls short, by theme, where it is otherwise than usual: what improved, continues and is new.
LAST_YEAR: Final = {"assessment": 0.5, "plan": 0.6, "child-seen-and-heard": 0.4, "management-oversight": 0.08}
THIS_YEAR: Final = {"assessment": 0.08, "plan": 0.33, "child-seen-and-heard": 0.38, "management-oversight": 0.36}


@dataclass(frozen=True, slots=True)
class Year:
    """Who plans, exempts and audits, and whose cases are audited."""

    lead: Actor
    deputy: Actor
    owner: Actor
    auditors: tuple[Actor, ...]
    teams: Sequence[Team]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A round to fill, with what it asks."""

    round_id: uuid.UUID
    template: Template
    audits: int
    below: Mapping[str, float]


def make_year(database: Database, year: Year, *, advance: Callable[[], None]) -> None:
    """Make last year's round, the programme, and the rounds of it that are over; `advance` is called after each."""
    first_day = months_after(local_date(now()).replace(day=1), -MONTHS_OVER)
    chance = random.Random(20240401)  # noqa: S311 - the same synthetic cases every time
    with database.writing() as session:
        contents = {key: load_library_template(key) for key in ("core-case-file", "child-protection")}
        ids = {
            key: templates.publish_built_in(session, content, by=year.lead).template.id
            for key, content in contents.items()
        }
    monthly = contents["core-case-file"]
    before = _last_years_round(database, year, ids["core-case-file"], first_day)
    _fill(database, chance, year, _Asked(before, monthly, AUDITED_LAST_YEAR, LAST_YEAR))
    # Of last year's only: who tries the service can still share the newer rounds.
    with database.writing() as session:
        make_snapshot(session, round_id=before, snapshot=NewSnapshot(SHARED), by=year.lead)
    advance()
    lines = _programme(database, year, ids, first_day)
    _exempt(database, year, lines[MONTHLY], months_after(first_day, EXEMPT_MONTH))
    # What is planned today is due weeks from now; what was planned at its time was due long ago.
    make_rounds(database, today=first_day)
    _follow_what_is_lowest(database, year, lines[MONTHLY])
    make_rounds(database, today=local_date(now()))
    over = _rounds_that_are_over(database, year, lines[MONTHLY])
    for round_id in over:
        _fill(database, chance, year, _Asked(round_id, monthly, OF_A_MONTH, THIS_YEAR))
        advance()
    # The person who recorded audits does not choose who reads them again.
    follow_up(database, rounds=over, lead=year.deputy, auditors=year.auditors, outcomes=FOLLOWED_UP)


def _last_years_round(database: Database, year: Year, template_id: uuid.UUID, first_day: date) -> uuid.UUID:
    plan = RoundPlan(
        title=LAST_YEARS_ROUND,
        template_id=template_id,
        template_version=1,
        period_from=months_after(first_day, -9),
        period_to=months_after(first_day, -3) - timedelta(days=1),
        due_on=months_after(first_day, -2) - timedelta(days=1),
        target_percent=80,
        lowest_percent=10,
    )
    with database.writing() as session:
        return rounds.create_round(session, plan=plan, by=year.lead).id


def _programme(
    database: Database, year: Year, template_ids: Mapping[str, uuid.UUID], first_day: date
) -> dict[str, uuid.UUID]:
    """Plan a year of audits; returns its lines by title."""
    if year.lead.person_id is None:
        raise RuntimeError("a programme belongs to a person")
    new = NewProgramme(
        "Audit programme", first_day, months_after(first_day, 12) - timedelta(days=1), year.lead.person_id
    )
    monthly = NewLine(
        title=MONTHLY,
        kind=LineKind.MONTHLY,
        template_id=template_ids["core-case-file"],
        template_version=1,
        cadence=Cadence.MONTHLY,
        first_on=first_day,
        size=OF_A_MONTH,
        each_auditor=OF_A_MONTH // len(year.auditors),
        target_percent=80,
        lowest_percent=10,
    )
    thematic = replace(
        monthly,
        title=THEMATIC,
        kind=LineKind.THEMATIC,
        template_id=template_ids["child-protection"],
        cadence=Cadence.QUARTERLY,
        first_on=months_after(first_day, MONTHS_OVER + 1),
        size=OF_A_THEME,
        each_auditor=OF_A_THEME // len(year.auditors),
    )
    with database.writing() as session:
        programme = actions.create_programme(session, new=new, by=year.lead)
        return {
            line.title: actions.add_line(session, programme_id=programme.id, new=line, by=year.lead).id
            for line in (monthly, thematic)
        }


def _exempt(database: Database, year: Year, line_id: uuid.UUID, starts_on: date) -> None:
    with database.writing() as session:
        ask_for_exemption(session, line_id=line_id, starts_on=starts_on, reason=WHY_EXEMPT, by=year.lead)
        decide_exemption(session, line_id=line_id, starts_on=starts_on, approved=True, by=year.deputy)


def _follow_what_is_lowest(database: Database, year: Year, line_id: uuid.UUID) -> None:
    """The rule of the first round, which the later ones take over."""
    with database.reading() as session:
        (first,) = _rounds_of(session, year, line_id).values()
    follow_what_is_lowest(database, round_id=first, lead=year.lead, contact=year.owner)


def _rounds_that_are_over(database: Database, year: Year, line_id: uuid.UUID) -> list[uuid.UUID]:
    this_month = local_date(now()).replace(day=1)
    with database.reading() as session:
        return [round_id for day, round_id in _rounds_of(session, year, line_id).items() if day < this_month]


def _rounds_of(session: Session, year: Year, line_id: uuid.UUID) -> dict[date, uuid.UUID]:
    line = actions.find_line(session, line_id=line_id, by=year.lead)
    return {day: row.round_id for day, row in rows_of(session, line).items() if row.round_id is not None}


def _fill(database: Database, chance: random.Random, year: Year, asked: _Asked) -> None:
    """Open a round, record its audits as another system does, and close it."""
    audits = [_audit(chance, year, asked, place) for place in range(asked.audits)]
    with database.writing() as session:
        version = rounds.find_round(session, round_id=asked.round_id, by=year.lead).version
        rounds.open_round(session, round_id=asked.round_id, version=version, recorded_elsewhere=True, by=year.lead)
    with database.writing() as session:
        for found in record_audits(session, audits=audits, by=year.lead):
            if not isinstance(found, RecordedAudit):
                raise found
    with database.writing() as session:
        version = rounds.find_round(session, round_id=asked.round_id, by=year.lead).version
        closing.close_round(session, round_id=asked.round_id, version=version, reason=WHY_CLOSED, by=year.lead)


def _audit(chance: random.Random, year: Year, asked: _Asked, place: int) -> CompleteAudit:
    """A complete audit of a new case file."""
    template, team = asked.template, chance.choice(year.teams)
    harms = chance.sample([harm.key for harm in template.forms_of_harm], chance.choice([1, 1, 2]))
    status = chance.choice([CaseStatus.CHILD_IN_NEED, CaseStatus.CHILD_PROTECTION_PLAN, CaseStatus.CHILD_LOOKED_AFTER])
    age = chance.choice([AgeBand.UNDER_1, AgeBand.FROM_1_TO_4, AgeBand.FROM_5_TO_9, AgeBand.FROM_10_TO_15])
    case = AuditedCase(team.name, status, age, frozenset(harms), AuditMode.RECORDS_ONLY, asked.below)
    answers = answer_all(chance, template, case)
    _, judgement = judge(chance, template, answers.of_themes(template))
    auditor = year.auditors[place % len(year.auditors)]
    if auditor.person_id is None:
        raise RuntimeError("auditors are people")
    return CompleteAudit(
        round_id=asked.round_id,
        auditor_id=auditor.person_id,
        case_file=NewCaseFile(team.id, status, age, tuple(harms)),
        scores=tuple(score._replace(questions={}) for score in answers.scores),
        overall_override=judgement.overall,
        override_reason=judgement.reason,
        cap_reason=judgement.cap_reason,
        questions={key: answer for score in answers.scores for key, answer in score.questions.items()},
        case=NewCase(answers.facts, chance.choice(words.SYNOPSES)),
        theme_notes=notes_on_themes(chance, template, answers.scores, place),
    )
