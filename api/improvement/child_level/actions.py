"""Child-level actions: proposed by the auditor, live on submission, added or amended by a moderator with a reason."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlmodel import Session, col, select

from api.access.audits import check_can_read_audit
from api.audits.actions import get_audit, round_of, template_of
from api.foundation import access_log, events
from api.foundation.identity.having_seen import has_seen
from api.foundation.local_time import local_date
from api.foundation.permissions import Actor, Permission, check_may, person_of
from api.foundation.problems import Fault, NotFound, check_version
from api.foundation.text.free_text import KeepReason, NameCheck, raise_if_any
from api.improvement import rules
from api.improvement.child_level.owners import owners_for_child
from api.improvement.defaults.actions import DUE_IN_DAYS, MOST_DAYS, defaults_of
from api.improvement.findings import finding_without_figures
from api.improvement.planning import FEWEST_WORDS, faults_of_owner
from api.improvement.queries import FoundAction, actions_of_audit, find_one
from api.improvement.reminders.notifying import notify_owner
from checklists.actions.action_states import ActionMove, action_state_after
from checklists.actions.working_days import after_working_days
from models import Action, ActionCause, ActionKind, ActionNote, ActionState, Audit, HowSeen, new_id, now


@dataclass(frozen=True, slots=True)
class NewChildAction:
    """What must happen for the child, because of which theme if one, and who sees to it.

    `due_days`: in how many working days; None for as many as the organisation chose. `reason`: why somebody other than
    the auditor adds or changes it.
    """

    words: str
    theme: str = ""
    owner_id: uuid.UUID | None = None
    owner_post: str = ""
    due_days: int | None = None
    reason: str = ""
    keep_names: KeepReason | None = field(default=None, compare=False)


def actions_of(session: Session, *, audit_id: uuid.UUID, by: Actor) -> tuple[Audit, list[FoundAction]]:
    """An audit and its child-level actions, for people who may read it. Raises NotFound."""
    check_may(by, Permission.READ_ACTIONS)
    audit = check_can_read_audit(by, get_audit(session, audit_id, by))
    access_log.record_view(session, "audit.actions-read", audit.id, by=by)
    return audit, actions_of_audit(session, by, audit_id)


def propose_child_action(session: Session, *, audit_id: uuid.UUID, new: NewChildAction, by: Actor) -> Action:
    """Propose an action for the child of an audit. The auditor does while they score it. Added by another person once
    it is submitted, with a reason, it is live at once. Raises Conflict, Invalid, NotAllowed, NotFound.
    """
    check_may(by, Permission.PROGRESS_ACTIONS)
    audit = check_can_read_audit(by, get_audit(session, audit_id, by, lock=True))
    rules.check_can_propose_for_child(by, audit)
    names = NameCheck.of(session, by)
    raise_if_any(_faults(session, audit, new, names, by))
    person_id = person_of(by)
    days = new.due_days or defaults_of(session, by.organisation_id).child_days
    content = template_of(session, round_of(session, audit))
    due_on = after_working_days(local_date(now()), days)
    made = Action(
        organisation_id=by.organisation_id,
        id=new_id(),
        kind=ActionKind.CHILD_LEVEL,
        words=new.words.strip(),
        cause=ActionCause.AUDIT,
        finding=finding_without_figures(content, [new.theme]).write(),
        themes=new.theme,
        audit_id=audit.id,
        owner_id=new.owner_id,
        owner_post=new.owner_post.strip(),
        due_on=due_on,
        first_due_on=due_on,
        due_days=days,
        created_by_id=person_id,
    )
    session.add(made)
    session.flush()
    events.record(session, "action.proposed", made.id, by=by)
    names.record(session, made.id, by=by)
    if audit.auditor_id != by.person_id:
        access_log.record_view(session, "audit.actions-read", audit.id, by=by)
        _note(session, made, new.reason, by)
        _go_live(session, audit, [made], by)
    return made


def change_child_action(
    session: Session, *, action_id: uuid.UUID, new: NewChildAction, version: int, by: Actor
) -> Action:
    """Change what a child-level action says; once it is live with a reason, and its due date moves on its own page.

    Raises Conflict, Invalid, NotAllowed, NotFound, Stale.
    """
    check_may(by, Permission.PROGRESS_ACTIONS)
    found = find_one(session, by, action_id)
    if found is None or found.action.audit_id is None:
        raise NotFound("action")
    audit = get_audit(session, found.action.audit_id, by, lock=True)
    found = find_one(session, by, action_id)
    if found is None or audit is None:
        raise NotFound("action")
    action = found.action
    rules.check_can_change(by, action, decides=found.decides)
    check_version(action.version, version)
    names = NameCheck.of(session, by)
    raise_if_any(_faults(session, audit, new, names, by, was=action))
    is_other_owner = new.owner_id != action.owner_id
    action.words, action.owner_id, action.owner_post = new.words.strip(), new.owner_id, new.owner_post.strip()
    if action.state is ActionState.PROPOSED:
        days = new.due_days or action.due_days or defaults_of(session, by.organisation_id).child_days
        action.due_days = days
        action.due_on = action.first_due_on = after_working_days(local_date(now()), days)
    else:
        _note(session, action, new.reason, by)
    action.version += 1
    session.add(action)
    session.flush()
    events.record(session, "action.changed", action.id, by=by)
    names.record(session, action.id, by=by)
    if is_other_owner and action.state is not ActionState.PROPOSED:
        _show_owner(session, audit, action, by)
    return action


def go_live_on_submission(session: Session, audits: Sequence[uuid.UUID], by: Actor) -> None:
    """Make what was proposed in these audits live: due from today on, and known to its owner."""
    rows = session.exec(
        select(Action)
        .where(
            col(Action.organisation_id) == by.organisation_id,
            col(Action.audit_id).in_(audits),
            col(Action.state) == ActionState.PROPOSED,
        )
        .order_by(col(Action.id))
    ).all()
    for action in rows:
        audit = session.get_one(Audit, (by.organisation_id, action.audit_id))
        _go_live(session, audit, [action], by)


def themes_without_action(session: Session, *, audit_id: uuid.UUID, lowest: Sequence[str], by: Actor) -> list[str]:
    """Of these themes, whose answer is at the lowest grade, those for which no action is proposed."""
    found = actions_of_audit(session, by, audit_id)
    pursued = {each.action.themes for each in found if each.action.state is not ActionState.NOT_PURSUED}
    return [theme for theme in lowest if theme not in pursued]


def _go_live(session: Session, audit: Audit, rows: Sequence[Action], by: Actor) -> None:
    today = local_date(now())
    for action in rows:
        days = DUE_IN_DAYS if action.due_days is None else action.due_days
        action.state = action_state_after(action.state, ActionMove.AGREE)
        action.due_on = action.first_due_on = after_working_days(today, days)
        action.due_days = None
        action.version += 1
        session.add(action)
        session.flush()
        events.record(session, "action.went-live", action.id, by=by)
        _show_owner(session, audit, action, by)


def _show_owner(session: Session, audit: Audit, action: Action, by: Actor) -> None:
    """The owner learns of the audit's case by it: from now on they cannot read that case blind."""
    if action.owner_id is None:
        return
    has_seen(session, action.organisation_id, action.owner_id, [audit.id], how=HowSeen.ASKED)
    notify_owner(session, action, audit, by=by)


def _faults(
    session: Session, audit: Audit, new: NewChildAction, names: NameCheck, by: Actor, was: Action | None = None
) -> list[Fault]:
    faults = []
    if len(new.words.split()) < FEWEST_WORDS:
        faults.append(Fault("/words", "Enter what must happen for the child, in at least 3 words"))
    if was is None and new.theme and new.theme not in template_of(session, round_of(session, audit)).theme_keys:
        faults.append(Fault("/theme", "Select a theme of this audit’s template"))
    is_live = rules.adds_live_actions(by, audit) if was is None else was.state is not ActionState.PROPOSED
    if (was is None or not is_live) and new.due_days is not None and not 1 <= new.due_days <= MOST_DAYS:
        faults.append(Fault("/due_days", f"Enter the number of working days until it is due, from 1 to {MOST_DAYS}"))
    if is_live and len(new.reason.split()) < FEWEST_WORDS:
        said = "Enter why you are adding the action" if was is None else "Enter why you are changing the action"
        faults.append(Fault("/reason", f"{said}, in at least 3 words"))
    kept = was.owner_id if was is not None else None
    faults += faults_of_owner(session, new.owner_id, new.owner_post, by=by, kept=kept)
    if new.owner_id not in {None, kept} and new.owner_id not in owners_for_child(session, audit, by=by):
        faults.append(Fault("/owner_id", "Select an owner from the list"))
    before = {"words": was.words, "owner_post": was.owner_post} if was is not None else {}
    for name in ("words", "owner_post", "reason"):
        faults += names.check(f"/{name}", getattr(new, name), keep=new.keep_names, was=before.get(name, ""))
    return list({fault.pointer: fault for fault in reversed(faults)}.values())[::-1]


def _note(session: Session, action: Action, words: str, by: Actor) -> None:
    session.add(
        ActionNote(
            organisation_id=action.organisation_id,
            id=new_id(),
            action_id=action.id,
            words=words.strip(),
            written_by_id=person_of(by),
        )
    )
    session.flush()
