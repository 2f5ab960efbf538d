"""What follows from the audits of the demonstration: actions in different states, and a recommendation."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from sqlmodel import Session

from api.foundation.local_time import local_date
from api.foundation.permissions import Actor
from api.improvement import actions, choosing
from api.improvement.actions import MoveDetails
from api.improvement.child_level import actions as child_level
from api.improvement.child_level.actions import NewChildAction
from api.improvement.planning import ActionPlan
from api.improvement.recommendations import actions as recommendations
from api.improvement.recommendations.actions import NewRecommendation
from api.people.availability import actions as availability
from api.people.availability.actions import Availability
from checklists.actions.action_states import ActionMove
from checklists.reports.gaps import GapState
from models import Action, ActionCause, EvidenceKind, SourceKind, now
from models.storage.database import Database

_FINISHED: Final = (ActionMove.AGREE, ActionMove.START, ActionMove.FINISH)


@dataclass(frozen=True, slots=True)
class Improvers:
    """Who plans and does what follows: the lead, and somebody who owns actions of a team."""

    lead: Actor
    owner: Actor
    team_id: uuid.UUID


def make_improvements(
    database: Database, who: Improvers, *, round_id: uuid.UUID, template_id: uuid.UUID, audits: Sequence[uuid.UUID]
) -> None:
    """Plan actions about the widest gaps of a closed round, a recommendation, and actions for two of its children."""
    themes = _widest_gaps(database, who.lead, round_id)
    with database.writing() as session:
        _, version = availability.availability_of(session, person_id=who.owner.id, by=who.lead)
        own = Availability(teams=(who.team_id,))
        availability.change_availability(
            session, person_id=who.owner.id, availability=own, version=version, by=who.lead
        )
    today = local_date(now())
    gap = ActionPlan(
        words="Team managers check in supervision that each plan says who does what by when.",
        cause=ActionCause.GAP,
        round_id=round_id,
        themes=tuple(themes[:1]),
        team_ids=(who.team_id,),
        owner_id=who.owner.person_id,
        due_on=today + timedelta(days=30),
        measure="8 in 10 plans read in a dip sample say who does what by when.",
        measure_from=EvidenceKind.DIP_SAMPLE,
        measure_by=today + timedelta(days=90),
        steps=("Agree a prompt for supervision", "Use it for a month", "Read ten plans"),
    )
    _plan(database, who.lead, gap, *_FINISHED, ActionMove.CONFIRM_IMPACT)
    words = "Practice educators run a workshop on seeing children alone and recording their words."
    started = replace(gap, words=words, themes=tuple(themes[1:2]), team_ids=(), measure_from=EvidenceKind.RE_AUDIT)
    _go_on(database, who, _plan(database, who.lead, started, *_FINISHED[:2]), today)
    words = "The supervision template asks which professional disagreed, and what came of it."
    post = replace(gap, words=words, themes=tuple(themes[2:3]), owner_id=None, owner_post="Head of Service, Assessment")
    _plan(database, who.lead, post, *_FINISHED)
    _recommend(database, who, template_id, themes[:1], today)
    for place, audit_id in enumerate(audits[:2]):
        _for_a_child(database, who, audit_id, is_over=place == 0)


def propose_for_a_child(database: Database, *, audit_id: uuid.UUID, theme: str, by: Actor) -> None:
    """An action that an auditor proposes while they score."""
    new = NewChildAction("See the child alone at school and record their own words.", theme, owner_post="Team manager")
    with database.writing() as session:
        child_level.propose_child_action(session, audit_id=audit_id, new=new, by=by)


def _widest_gaps(database: Database, lead: Actor, round_id: uuid.UUID) -> list[str]:
    """The themes of a round, those with a gap and the lowest share first."""
    with database.reading() as session:
        _, found = choosing.themes_of_round(session, round_id=round_id, with_figures=True, by=lead)
    return [each.key for each in sorted(found, key=lambda each: (each.state is not GapState.GAP, each.percent or 0))]


def _plan(database: Database, lead: Actor, plan: ActionPlan, *moves: ActionMove) -> uuid.UUID:
    with database.reading() as session:
        finding = actions.prepare_action(session, plan=plan, by=lead)
    with database.writing() as session:
        made = actions.propose_action(session, plan=plan, finding=finding, by=lead)
        _move(session, made, lead, *moves)
        return made.id


def _move(session: Session, action: Action, by: Actor, *moves: ActionMove) -> None:
    for move in moves:
        seen = move is ActionMove.CONFIRM_IMPACT
        details = MoveDetails(
            "Nine of ten plans say who does what by when." if seen else "It was done and discussed in the team.",
            EvidenceKind.DIP_SAMPLE if seen else None,
            local_date(now()) if seen else None,
        )
        actions.move_action(session, action_id=action.id, move=move, details=details, version=action.version, by=by)


def _go_on(database: Database, who: Improvers, action_id: uuid.UUID, today: date) -> None:
    """Progress, and a due date that moves twice."""
    with database.writing() as session:
        found = actions.find_action(session, action_id=action_id, by=who.owner).action
        words = "The prompt is agreed. Two of four workshops were held."
        actions.note_progress(
            session, action_id=action_id, words=words, steps_done=[1], version=found.version, by=who.owner
        )
        for days, reason in ((44, "The trainer was not available."), (58, "Two workshops clash with leave.")):
            actions.move_due_date(
                session,
                action_id=action_id,
                due_on=today + timedelta(days=days),
                reason=reason,
                version=found.version,
                by=who.owner,
            )


def _recommend(database: Database, who: Improvers, template_id: uuid.UUID, themes: Sequence[str], today: date) -> None:
    new = NewRecommendation(
        source_kind=SourceKind.BRIEFING,
        source="Briefing on learning from case reviews",
        source_on=today - timedelta(days=365),
        words="Managers should test in supervision whether plans change what daily life is like for the child.",
        template_id=template_id,
        template_version=1,
        themes=tuple(themes),
        owner_post="Director of Children’s Services",
        due_on=today + timedelta(days=180),
    )
    with database.writing() as session:
        made = recommendations.record_recommendation(session, new=new, by=who.lead)
    plan = ActionPlan(
        words="Supervision records are read by a second manager each quarter.",
        cause=ActionCause.RECOMMENDATION,
        recommendation_id=made.id,
        owner_id=who.owner.person_id,
        due_on=today + timedelta(days=60),
        measure="Supervision records say what has changed for the child.",
        measure_from=EvidenceKind.OBSERVATION,
        measure_by=today + timedelta(days=120),
    )
    _plan(database, who.lead, plan, ActionMove.AGREE)


def _for_a_child(database: Database, who: Improvers, audit_id: uuid.UUID, *, is_over: bool) -> None:
    """A live action of an audit; one is closed with what it has meant for the child."""
    new = NewChildAction(
        "Hold the core group and agree who takes the child to the dentist.",
        owner_post="Team manager",
        reason="The plan has no date for it.",
    )
    with database.writing() as session:
        made = child_level.propose_child_action(session, audit_id=audit_id, new=new, by=who.lead)
        if is_over:
            _move(session, made, who.lead, *_FINISHED[1:])
            details = MoveDetails("The child has seen the dentist and is out of pain.", seen_on=local_date(now()))
            actions.move_action(
                session,
                action_id=made.id,
                move=ActionMove.CONFIRM_IMPACT,
                details=details,
                version=made.version,
                by=who.lead,
            )
