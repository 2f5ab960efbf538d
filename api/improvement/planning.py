"""What a practice action says: checked as a whole, before it is stored."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from sqlmodel import Session, col, select

from api.foundation.local_time import local_date
from api.foundation.permissions import Actor
from api.foundation.problems import Fault
from api.foundation.text.free_text import KeepReason, NameCheck
from api.improvement.queries import possible_owners
from models import Action, ActionCause, ActionKind, ActionState, EvidenceKind, Recommendation, Round, Team, now
from models.audits.template import published_content

FEWEST_WORDS: Final = 3
MOST_STEPS: Final = 20
LONGEST_POST: Final = 120


@dataclass(frozen=True, slots=True)
class ActionPlan:
    """What will be done, why, by whom and until when, and how it will be seen that it has changed something.

    An owner is a person or, where its holder has no account, a post. `team_ids` are the teams whose practice it is
    about; none for the whole service. `themes` are of the round's template.
    """

    words: str
    cause: ActionCause = ActionCause.OTHER
    why: str = ""
    round_id: uuid.UUID | None = None
    themes: tuple[str, ...] = ()
    team_ids: tuple[uuid.UUID, ...] = ()
    owner_id: uuid.UUID | None = None
    owner_post: str = ""
    due_on: date | None = None
    measure: str = ""
    measure_from: EvidenceKind | None = None
    measure_by: date | None = None
    steps: tuple[str, ...] = ()
    follows_id: uuid.UUID | None = None
    recommendation_id: uuid.UUID | None = None
    keep_names: KeepReason | None = field(default=None, compare=False)


def faults_of_plan(
    session: Session, plan: ActionPlan, names: NameCheck, *, by: Actor, was: Action | None = None
) -> list[Fault]:
    """What is wrong with a plan; of a stored action's, `was`, neither its due date nor its finding change."""
    faults = []
    if len(plan.words.split()) < FEWEST_WORDS:
        faults.append(Fault("/words", "Enter what will be done, in at least 3 words"))
    if was is None:
        faults += _faults_of_finding(session, plan, by)
        faults += faults_of_due_date(plan.due_on)
    faults += faults_of_owner(session, plan.owner_id, plan.owner_post, by=by, kept=was.owner_id if was else None)
    faults += _faults_of_teams(session, plan.team_ids, by)
    if len(plan.measure.split()) < FEWEST_WORDS:
        faults.append(Fault("/measure", "Enter what will be seen when the action has worked, in at least 3 words"))
    if plan.measure_from is None:
        faults.append(Fault("/measure_from", "Select where the evidence will come from"))
    if plan.measure_by is None:
        faults.append(Fault("/measure_by", "Enter the date by which the change should be seen"))
    if len(plan.steps) > MOST_STEPS:
        faults.append(Fault("/steps", f"Enter {MOST_STEPS} steps or fewer"))
    for pointer, words, before in _texts(plan, was):
        faults += names.check(pointer, words, keep=plan.keep_names, was=before)
    return faults


def faults_of_due_date(due_on: date | None) -> list[Fault]:
    """What is wrong with a new due date."""
    if due_on is None:
        return [Fault("/due_on", "Enter the date by which the action should be done")]
    if due_on < local_date(now()):
        return [Fault("/due_on", "The due date must be today or later")]
    return []


def faults_of_owner(
    session: Session,
    owner_id: uuid.UUID | None,
    owner_post: str,
    *,
    by: Actor,
    kept: uuid.UUID | None = None,
    called: str = "owner",
) -> list[Fault]:
    """What is wrong with the owner. Somebody who owned it before, `kept`, may have left since.

    `called`: what the form calls the owner.
    """
    if owner_id is None and not owner_post.strip():
        return [Fault("/owner_id", f"Select the {called}, or enter the post of someone without an account")]
    if owner_id is not None and owner_post.strip():
        return [Fault("/owner_post", f"Select the {called} or enter a post, not both")]
    if len(owner_post) > LONGEST_POST:
        return [Fault("/owner_post", f"Post must be {LONGEST_POST} characters or fewer")]
    if owner_id not in {None, kept} and owner_id not in possible_owners(session, by):
        return [Fault("/owner_id", "Select an owner from the list")]
    return []


def _faults_of_finding(session: Session, plan: ActionPlan, by: Actor) -> list[Fault]:
    if plan.cause is ActionCause.AUDIT:
        return [Fault("/cause", "Select what the action comes from")]
    faults = []
    if plan.follows_id is not None and not _is_without_impact(session, plan.follows_id, by):
        faults.append(Fault("/follows_id", "Select a practice action that was closed without impact"))
    if plan.cause is ActionCause.RECOMMENDATION:
        return faults + _faults_of_recommendation(session, plan, by)
    if plan.cause is ActionCause.OTHER and len(plan.why.split()) < FEWEST_WORDS:
        faults.append(Fault("/why", "Enter why this action is needed, in at least 3 words"))
    if plan.cause is not ActionCause.OTHER and plan.round_id is None:
        faults.append(Fault("/round_id", "Select the round that the finding is from"))
    return faults + _faults_of_themes(session, plan, by)


def _faults_of_themes(session: Session, plan: ActionPlan, by: Actor) -> list[Fault]:
    """What is wrong with the themes of a finding, and with its round if it has one."""
    if plan.round_id is None:
        return [Fault("/round_id", "Select the round whose themes these are")] if plan.themes else []
    audit_round = session.get(Round, (by.organisation_id, plan.round_id))
    if audit_round is None:
        return [Fault("/round_id", "Select a round from the list")]
    faults = []
    content = published_content(session, by.organisation_id, audit_round.template_id, audit_round.template_version)
    if plan.cause is ActionCause.GAP and not plan.themes:
        faults.append(Fault("/themes", "Select at least one theme"))
    if content is None or not set(plan.themes) <= set(content.theme_keys):
        faults.append(Fault("/themes", "Select themes of the round’s template"))
    return faults


def _is_without_impact(session: Session, action_id: uuid.UUID, by: Actor) -> bool:
    found = session.get(Action, (by.organisation_id, action_id))
    return found is not None and found.kind is ActionKind.PRACTICE and found.state is ActionState.NO_IMPACT


def _faults_of_recommendation(session: Session, plan: ActionPlan, by: Actor) -> list[Fault]:
    if plan.recommendation_id is None:
        return [Fault("/recommendation_id", "Select the recommendation that the action is about")]
    found = session.get(Recommendation, (by.organisation_id, plan.recommendation_id))
    if found is None:
        return [Fault("/recommendation_id", "Select a recommendation that exists")]
    if found.answered_on is not None:
        return [Fault("/recommendation_id", "Select a recommendation that is not answered yet")]
    if plan.round_id is not None:
        return [Fault("/round_id", "Do not select a round. The finding is the recommendation")]
    known = set(plan.themes) <= set(found.themes.split())
    return [] if known else [Fault("/themes", "Select themes of the recommendation")]


def _faults_of_teams(session: Session, teams: Collection[uuid.UUID], by: Actor) -> list[Fault]:
    own = (col(Team.organisation_id) == by.organisation_id, col(Team.id).in_(teams))
    known = set(session.exec(select(Team.id).where(*own)))
    return [] if set(teams) <= known else [Fault("/team_ids", "Select teams from the list")]


def _texts(plan: ActionPlan, was: Action | None) -> list[tuple[str, str, str]]:
    """Each text of a plan, with its place and what it was before."""
    single = [
        (f"/{name}", getattr(plan, name), getattr(was, name) if was is not None else "")
        for name in ("words", "why", "measure", "owner_post")
    ]
    return single + [(f"/steps/{place}", words, "") for place, words in enumerate(plan.steps)]
