"""The rule of a round for audits at the lowest rating: reading it and setting it."""

import uuid
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session

from api.access.notified import active_people
from api.access.people import roles_with
from api.follow_ups.rules import check_can_set_rule
from api.foundation import events
from api.foundation.permissions import Actor, Permission
from api.foundation.problems import Conflict, Fault, check_version
from api.foundation.text.free_text import raise_if_any
from api.foundation.text.names import check_label, tidy
from api.rounds import actions as rounds
from checklists.audits.follow_up import LONGEST_WEEKS, MOST_WORKING_DAYS, SHORTEST_WEEKS
from checklists.templates.template import Template as TemplateContent
from models import FollowUpRule, Role, Round

LONGEST_POST: Final = 120
ROLES: Final = (Role.MODERATOR, Role.QUALITY_LEAD)


@dataclass(frozen=True, slots=True)
class RuleChange:
    """What a lead may set of a round's rule. With neither `overall` nor `themes`, no audit needs a follow-up.

    `contact_id` or `contact_post`: who is notified, within `notify_within` working days. `moderator_role`: the role
    that the moderator must hold, None for any. `weeks`: after how many the file is followed up.
    """

    overall: bool = False
    themes: tuple[str, ...] = ()
    contact_id: uuid.UUID | None = None
    contact_post: str = ""
    notify_within: int = 2
    moderator_role: Role | None = None
    weeks: int = 8


def rule_of(session: Session, audit_round: Round) -> FollowUpRule:
    """The round's rule. One that is not stored has version 0, and asks for nothing."""
    found = session.get(FollowUpRule, (audit_round.organisation_id, audit_round.id), populate_existing=True)
    return found or FollowUpRule(organisation_id=audit_round.organisation_id, round_id=audit_round.id, version=0)


def possible_contacts(session: Session, by: Actor) -> dict[uuid.UUID, str]:
    """The people who can be notified of an audit, by name."""
    return active_people(session, by.organisation_id, roles_with(Permission.READ_ACTIONS))


def set_rule(session: Session, *, round_id: uuid.UUID, change: RuleChange, version: int, by: Actor) -> FollowUpRule:
    """Set the rule, for audits that are submitted or agreed from now on. Raises Conflict, Invalid, NotFound, Stale."""
    audit_round = rounds.lock_for_planning(session, round_id=round_id, by=by)
    check_can_set_rule(by, audit_round)
    content = audit_round.content(session)
    if content is None or not content.graded:
        raise Conflict("The template of this round has no ratings, so no audit can be at the lowest rating.")
    rule = rule_of(session, audit_round)
    check_version(rule.version, version)
    raise_if_any(_faults(session, change, content, rule, by))
    rule.overall = change.overall
    rule.themes = " ".join(key for key in content.theme_keys if key in change.themes)
    rule.contact_id, rule.contact_post = change.contact_id, tidy(change.contact_post)
    rule.notify_within, rule.weeks = change.notify_within, change.weeks
    rule.moderator_role = change.moderator_role.value if change.moderator_role else ""
    rule.version += 1
    session.add(rule)
    session.flush()
    events.record(session, "round.follow-up-rule-set", audit_round.id, by=by)
    return rule


def carry_rule_over(session: Session, *, from_round_id: uuid.UUID, to: Round, by: Actor) -> None:
    """Give a new round the rule of another one, without themes that it does not ask about.

    Without a rule there, or where nothing of it applies, the new round has none. Who is notified stays the same, also
    when that person has left: quality leads then see that nobody was notified.
    """
    rule = session.get(FollowUpRule, (by.organisation_id, from_round_id))
    content = to.content(session)
    if rule is None or content is None or not content.graded:
        return
    themes = " ".join(key for key in rule.themes.split() if key in content.theme_keys)
    if not rule.overall and not themes:
        return
    kept = rule.model_dump(exclude={"round_id", "themes", "version"})
    session.add(FollowUpRule(**kept, round_id=to.id, themes=themes, version=1))
    session.flush()
    events.record(session, "round.follow-up-rule-set", to.id, by=by)


def _faults(
    session: Session, change: RuleChange, content: TemplateContent, rule: FollowUpRule, by: Actor
) -> list[Fault]:
    faults = []
    if not set(change.themes) <= set(content.theme_keys):
        faults.append(Fault("/themes", "Select themes that this round is about"))
    faults += _faults_of_contact(session, change, rule, by)
    if not 1 <= change.notify_within <= MOST_WORKING_DAYS:
        faults.append(Fault("/notify_within", f"Working days must be a whole number from 1 to {MOST_WORKING_DAYS}"))
    if change.moderator_role not in {None, *ROLES}:
        faults.append(Fault("/moderator_role", "Select the role that the moderator must hold"))
    if not SHORTEST_WEEKS <= change.weeks <= LONGEST_WEEKS:
        faults.append(Fault("/weeks", f"Weeks must be a whole number from {SHORTEST_WEEKS} to {LONGEST_WEEKS}"))
    return faults


def _faults_of_contact(session: Session, change: RuleChange, rule: FollowUpRule, by: Actor) -> list[Fault]:
    post = tidy(change.contact_post)
    if change.contact_id is None and not post:
        return [Fault("/contact_id", "Select who is notified, or enter the post of someone without an account")]
    if change.contact_id is not None and post:
        return [Fault("/contact_post", "Select a person or enter a post, not both")]
    # Somebody who was named before may have left since.
    if change.contact_id not in {None, rule.contact_id} and change.contact_id not in possible_contacts(session, by):
        return [Fault("/contact_id", "Select a person from the list")]
    return check_label("/contact_post", post, called="the contact", longest=LONGEST_POST, word="post") if post else []
