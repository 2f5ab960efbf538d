"""Practice actions: proposed, changed, moved on through their states, and closed with evidence of impact."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from sqlalchemy import delete
from sqlmodel import Session, col, select

from api.foundation import events
from api.foundation.local_time import local_date
from api.foundation.permissions import Actor, Permission, check_may, person_of
from api.foundation.problems import Fault, NotFound, check_version
from api.foundation.text.free_text import KeepReason, NameCheck, given, raise_if_any
from api.improvement import rules
from api.improvement.causes.figures import finding_of_agreement, finding_of_concerns
from api.improvement.findings import Finding, finding_of_gap, finding_without_figures
from api.improvement.planning import FEWEST_WORDS, ActionPlan, faults_of_due_date, faults_of_plan
from api.improvement.queries import FoundAction, find_one, record_seen, steps_of
from api.improvement.reminders.notifying import notify_owner, withdraw
from checklists.actions.action_states import ActionMove, action_state_after
from checklists.actions.reminders import Reminder
from models import (
    Action,
    ActionCause,
    ActionKind,
    ActionNote,
    ActionState,
    ActionStep,
    ActionTeam,
    EvidenceKind,
    Recommendation,
    Round,
    new_id,
    now,
)
from models.audits.template import known_content

_EVENTS: Final = {
    ActionMove.AGREE: "action.agreed",
    ActionMove.START: "action.started",
    ActionMove.FINISH: "action.finished",
    ActionMove.RESUME: "action.resumed",
    ActionMove.CONFIRM_IMPACT: "action.impact-confirmed",
    ActionMove.SEE_NO_IMPACT: "action.no-impact",
    ActionMove.DROP: "action.dropped",
}


@dataclass(frozen=True, slots=True)
class MoveDetails:
    """What a move says: what was done, why an action is not pursued, or the evidence of impact.

    `words`: what was done for FINISH, what was seen for the two about impact, the reason for RESUME and DROP. `seen_on`
    is when it was seen, `round_id` the round of a re-audit.
    """

    words: str = ""
    evidence: EvidenceKind | None = None
    seen_on: date | None = None
    round_id: uuid.UUID | None = None
    keep_names: KeepReason | None = field(default=None, compare=False)


def find_action(session: Session, *, action_id: uuid.UUID, by: Actor) -> FoundAction:
    """An action with its chain. Raises NotFound for one that the person may not read."""
    check_may(by, Permission.READ_ACTIONS)
    found = find_one(session, by, action_id)
    if found is None:
        raise NotFound("action")
    record_seen(session, by, [found])
    return found


def prepare_action(session: Session, *, plan: ActionPlan, by: Actor) -> Finding:
    """The finding of a planned action, with the figures as they are now. Raises Invalid and NotAllowed."""
    rules.check_can_plan(by)
    raise_if_any(faults_of_plan(session, plan, NameCheck.of(session, by), by=by))
    if plan.recommendation_id is not None and plan.cause is ActionCause.RECOMMENDATION:
        return _finding_of_recommendation(session, plan, by)
    if plan.round_id is None:
        return Finding()
    if plan.cause is ActionCause.GAP:
        return finding_of_gap(session, round_id=plan.round_id, themes=plan.themes, by=by)
    audit_round = session.get_one(Round, (by.organisation_id, plan.round_id))
    content = known_content(session, by.organisation_id, audit_round.template_id, audit_round.template_version)
    if plan.cause is ActionCause.CONCERNS:
        return finding_of_concerns(session, round_id=plan.round_id, template=content, themes=plan.themes, by=by)
    if plan.cause is ActionCause.AGREEMENT:
        return finding_of_agreement(session, round_id=plan.round_id, themes=plan.themes, by=by)
    return finding_without_figures(content, plan.themes)


def propose_action(session: Session, *, plan: ActionPlan, finding: Finding, by: Actor) -> Action:
    """Propose a practice action, with the finding that `prepare_action` made. Raises Invalid and NotAllowed."""
    rules.check_can_plan(by)
    names = NameCheck.of(session, by)
    raise_if_any(faults_of_plan(session, plan, names, by=by))
    person_id, due_on = person_of(by), given(plan.due_on)
    made = Action(
        organisation_id=by.organisation_id,
        id=new_id(),
        kind=ActionKind.PRACTICE,
        words=plan.words.strip(),
        cause=plan.cause,
        why=plan.why.strip(),
        finding=finding.write(),
        themes=" ".join(each.key for each in finding.themes),
        round_id=plan.round_id,
        follows_id=plan.follows_id,
        recommendation_id=plan.recommendation_id if plan.cause is ActionCause.RECOMMENDATION else None,
        owner_id=plan.owner_id,
        owner_post=plan.owner_post.strip(),
        due_on=due_on,
        first_due_on=due_on,
        measure=plan.measure.strip(),
        measure_from=plan.measure_from,
        measure_by=plan.measure_by,
        created_by_id=person_id,
    )
    session.add(made)
    session.flush()
    _set_teams(session, made, plan.team_ids)
    _set_steps(session, made, plan.steps)
    events.record(session, "action.proposed", made.id, by=by)
    names.record(session, made.id, by=by)
    return made


def change_action(session: Session, *, action_id: uuid.UUID, plan: ActionPlan, version: int, by: Actor) -> Action:
    """Change what a practice action says, but its finding and its due date. Raises Conflict, Invalid, Stale."""
    rules.check_can_plan(by)
    action, decides = _locked(session, action_id, by)
    rules.check_can_change(by, action, decides=decides)
    check_version(action.version, version)
    names = NameCheck.of(session, by)
    raise_if_any(faults_of_plan(session, plan, names, by=by, was=action))
    action.words, action.why = plan.words.strip(), plan.why.strip()
    former = action.owner_id
    action.owner_id, action.owner_post = plan.owner_id, plan.owner_post.strip()
    action.measure, action.measure_from, action.measure_by = plan.measure.strip(), plan.measure_from, plan.measure_by
    _set_teams(session, action, plan.team_ids)
    _set_steps(session, action, plan.steps)
    if former != action.owner_id and action.state is not ActionState.PROPOSED:
        withdraw(session, action, by=by, person_id=former)
        notify_owner(session, action, None, by=by)
    return _changed(session, action, "action.changed", names, by)


def move_action(
    session: Session, *, action_id: uuid.UUID, move: ActionMove, details: MoveDetails, version: int, by: Actor
) -> Action:
    """Move an action on. Raises Conflict, Invalid, NotAllowed, NotFound, Stale.

    FINISH needs what was done. CONFIRM_IMPACT and SEE_NO_IMPACT need what was seen and when, and of a practice action
    the kind of evidence; they are not for the owner. RESUME and DROP need a reason.
    """
    check_may(by, Permission.PROGRESS_ACTIONS)
    action, decides = _locked(session, action_id, by)
    rules.check_can_move(by, action, move, decides=decides)
    check_version(action.version, version)
    names = NameCheck.of(session, by)
    faults = _faults_of_move(session, action, move, details, by)
    faults += names.check("/words", details.words, keep=details.keep_names)
    raise_if_any(faults)
    action.state = action_state_after(action.state, move)
    _keep_details(session, action, move, details, by)
    changed = _changed(session, action, _EVENTS[move], names, by)
    _notify(session, action, move, by)
    return changed


def move_due_date(
    session: Session,
    *,
    action_id: uuid.UUID,
    due_on: date | None,
    reason: str,
    version: int,
    by: Actor,
    keep_names: KeepReason | None = None,
) -> Action:
    """Move the due date of an action, with a reason; the first due date is kept. Raises Conflict, Invalid, Stale."""
    check_may(by, Permission.PROGRESS_ACTIONS)
    action, _ = _locked(session, action_id, by)
    rules.check_can_move_due_date(by, action)
    check_version(action.version, version)
    names = NameCheck.of(session, by)
    faults = faults_of_due_date(due_on)
    if due_on == action.due_on:
        faults.append(Fault("/due_on", "Enter a date other than the current due date"))
    faults += _faults_of_reason(reason, "/reason", "Enter why the due date is changing")
    faults += names.check("/reason", reason, keep=keep_names)
    raise_if_any(faults)
    _note(session, action, reason, by, due_from=action.due_on, due_to=due_on)
    action.due_on = given(due_on)
    action.due_moves += 1
    action.reminded = Reminder.NONE
    return _changed(session, action, "action.due-date-moved", names, by)


def note_progress(
    session: Session,
    *,
    action_id: uuid.UUID,
    words: str,
    version: int,
    by: Actor,
    steps_done: Collection[int] | None = None,
    keep_names: KeepReason | None = None,
) -> Action:
    """Add a dated note on progress. `steps_done`: the numbers of all steps that are done by now; None changes none.

    Raises Conflict, Invalid, NotAllowed, Stale.
    """
    check_may(by, Permission.PROGRESS_ACTIONS)
    action, _ = _locked(session, action_id, by)
    rules.check_can_progress(by, action)
    check_version(action.version, version)
    names = NameCheck.of(session, by)
    faults = _faults_of_reason(words, "/words", "Enter what has happened since the last note")
    faults += names.check("/words", words, keep=keep_names)
    steps = steps_of(session, action)
    if steps_done is not None and not set(steps_done) <= {step.number for step in steps}:
        faults.append(Fault("/steps_done", "Select steps of this action"))
    raise_if_any(faults)
    _note(session, action, words, by)
    for step in steps if steps_done is not None else ():
        is_done = step.number in (steps_done or ())
        if is_done != (step.done_on is not None):
            step.done_on = local_date(now()) if is_done else None
            session.add(step)
    return _changed(session, action, "action.progress-noted", names, by)


def _finding_of_recommendation(session: Session, plan: ActionPlan, by: Actor) -> Finding:
    """The themes of a recommendation that the action is about; all of them where none are named."""
    found = session.get_one(Recommendation, (by.organisation_id, plan.recommendation_id))
    if found.template_id is None or found.template_version is None:
        return Finding()
    content = known_content(session, by.organisation_id, found.template_id, found.template_version)
    return finding_without_figures(content, plan.themes or found.themes.split())


def _locked(session: Session, action_id: uuid.UUID, by: Actor) -> tuple[Action, bool]:
    """The action, locked until this transaction ends, and whether the person decides on it. Raises NotFound."""
    own = (col(Action.organisation_id) == by.organisation_id, col(Action.id) == action_id)
    session.exec(select(Action.id).where(*own).with_for_update(key_share=True)).one_or_none()
    found = find_one(session, by, action_id)
    if found is None:
        raise NotFound("action")
    return found.action, found.decides


def _faults_of_move(session: Session, action: Action, move: ActionMove, details: MoveDetails, by: Actor) -> list[Fault]:
    match move:
        case ActionMove.FINISH:
            return _faults_of_reason(details.words, "/words", "Enter what was done")
        case ActionMove.RESUME:
            return _faults_of_reason(details.words, "/words", "Enter why the action is not done")
        case ActionMove.DROP:
            return _faults_of_reason(details.words, "/words", "Enter why the action is not pursued")
        case ActionMove.CONFIRM_IMPACT | ActionMove.SEE_NO_IMPACT:
            return _faults_of_impact(session, action, details, by)
        case _:
            return []


def _faults_of_impact(session: Session, action: Action, details: MoveDetails, by: Actor) -> list[Fault]:
    asks = "Enter what was seen"
    if action.kind is ActionKind.CHILD_LEVEL:
        asks = "Enter what the action has meant for the child"
    faults = _faults_of_reason(details.words, "/words", asks)
    if details.seen_on is None:
        faults.append(Fault("/seen_on", "Enter the date on which it was seen"))
    elif details.seen_on > local_date(now()):
        faults.append(Fault("/seen_on", "The date on which it was seen must be today or in the past"))
    if action.kind is ActionKind.PRACTICE and details.evidence is None:
        faults.append(Fault("/evidence", "Select the kind of evidence"))
    if details.evidence is EvidenceKind.RE_AUDIT and details.round_id is None:
        faults.append(Fault("/round_id", "Select the round of the re-audit"))
    if details.round_id is not None and session.get(Round, (by.organisation_id, details.round_id)) is None:
        faults.append(Fault("/round_id", "Select a round from the list"))
    return faults


def _faults_of_reason(words: str, pointer: str, asks: str) -> list[Fault]:
    return [] if len(words.split()) >= FEWEST_WORDS else [Fault(pointer, f"{asks}, in at least 3 words")]


def _keep_details(session: Session, action: Action, move: ActionMove, details: MoveDetails, by: Actor) -> None:
    words = details.words.strip()
    match move:
        case ActionMove.FINISH:
            action.done, action.done_at = words, now()
            _note(session, action, words, by)
        case ActionMove.RESUME:
            _note(session, action, words, by)
            action.done_at = None
        case ActionMove.DROP:
            action.drop_reason, action.closed_at, action.closed_by_id = words, now(), by.person_id
        case ActionMove.CONFIRM_IMPACT | ActionMove.SEE_NO_IMPACT:
            action.impact_from, action.impact, action.impact_on = details.evidence, words, details.seen_on
            action.impact_round_id = details.round_id
            action.closed_at, action.closed_by_id = now(), by.person_id
        case _:
            pass


def _note(
    session: Session,
    action: Action,
    words: str,
    by: Actor,
    *,
    due_from: date | None = None,
    due_to: date | None = None,
) -> None:
    session.add(
        ActionNote(
            organisation_id=action.organisation_id,
            id=new_id(),
            action_id=action.id,
            words=words.strip(),
            due_from=due_from,
            due_to=due_to,
            written_by_id=person_of(by),
        )
    )


def _set_teams(session: Session, action: Action, teams: Collection[uuid.UUID]) -> None:
    own = (col(ActionTeam.organisation_id) == action.organisation_id, col(ActionTeam.action_id) == action.id)
    session.execute(delete(ActionTeam).where(*own))
    for team_id in sorted(set(teams)):
        session.add(ActionTeam(organisation_id=action.organisation_id, action_id=action.id, team_id=team_id))


def _set_steps(session: Session, action: Action, steps: Sequence[str]) -> None:
    """The steps as they are now; one whose words stay keeps the day on which it was done."""
    before = steps_of(session, action)
    done = {step.words: step.done_on for step in before}
    for step in before:
        session.delete(step)
    session.flush()
    for number, words in enumerate((each.strip() for each in steps if each.strip()), start=1):
        session.add(
            ActionStep(
                organisation_id=action.organisation_id,
                action_id=action.id,
                number=number,
                words=words,
                done_on=done.get(words),
            )
        )


def _notify(session: Session, action: Action, move: ActionMove, by: Actor) -> None:
    """Notify the owner of an action that was agreed; withdraw the notices of one that is done or dropped."""
    if move is ActionMove.AGREE:
        notify_owner(session, action, None, by=by)
    elif move in {ActionMove.FINISH, ActionMove.DROP}:
        withdraw(session, action, by=by)


def _changed(session: Session, action: Action, kind: str, names: NameCheck, by: Actor) -> Action:
    action.version += 1
    session.add(action)
    session.flush()
    events.record(session, kind, action.id, by=by)
    names.record(session, action.id, by=by)
    return action
