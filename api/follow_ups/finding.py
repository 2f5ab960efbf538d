"""Finding audits at the lowest rating: when one is submitted or agreed, it is checked by the rule of its round.

The rule applies to audits that are submitted or agreed after it is set. Of a case read twice, either reading is checked
when it is submitted, so that nobody can know which one theirs is. Once both are in, only the first stands: its agreed
answers are those of both.
"""

import uuid
from collections.abc import Collection, Sequence
from datetime import timedelta

from sqlalchemy import and_, bindparam, literal, or_, select
from sqlmodel import Session, col

from api.audits.actions import overall_when_submitted
from api.follow_ups import notifying
from api.foundation import events
from api.foundation.local_time import local_date
from api.foundation.permissions import Actor
from checklists.actions.working_days import after_working_days
from checklists.audits.audit_states import SUBMITTED_STATES
from checklists.audits.follow_up import OPEN_FOLLOW_UPS, FollowUpState, LowestRule, at_the_lowest, themes_to_follow
from checklists.reports.tallies import decode_answers
from checklists.templates.template import Template as TemplateContent
from models import Audit, FollowUp, FollowUpRule, Round, now
from models.storage.joins import linked, table_alias
from models.storage.prepared import Prepared

_FIRST, _SECOND = table_alias(Audit), table_alias(Audit)
_RULE = Prepared(
    select(literal(1)).where(
        col(FollowUpRule.organisation_id) == bindparam("own"), col(FollowUpRule.round_id) == bindparam("round")
    )
)


def look_at_submitted(session: Session, audit_ids: Sequence[uuid.UUID], by: Actor) -> None:
    """Check audits that have just been submitted by the rules of their rounds."""
    rows = session.execute(
        select(Audit, FollowUpRule, Round)
        .join(Round, linked(Round.id, Audit.round_id))
        .join(FollowUpRule, linked(FollowUpRule.round_id, Audit.round_id))
        .where(col(Audit.organisation_id) == by.organisation_id, col(Audit.id).in_(audit_ids))
        .order_by(col(Audit.id))
    ).all()
    if not rows:
        return
    beside = _second_readings_of_pairs(session, audit_ids, by)
    of_audits = (col(FollowUp.organisation_id) == by.organisation_id, col(FollowUp.audit_id).in_(audit_ids))
    stored = select(FollowUp).where(*of_audits).execution_options(populate_existing=True)
    follow_ups = {found.audit_id: found for found in session.scalars(stored)}
    templates: dict[uuid.UUID, TemplateContent | None] = {}
    begun = []
    for audit, rule, audit_round in rows:
        if audit_round.id not in templates:
            templates[audit_round.id] = audit_round.content(session)
        template = templates[audit_round.id]
        if template is None or audit.id in beside:
            continue
        made = _look_at(session, audit, follow_ups.get(audit.id), rule, template, by)
        if made is not None:
            begun.append((made, audit))
    if begun:
        session.flush()
        notifying.notify(session, begun, by=by)
    for audit_id in sorted(beside):
        end_when_taken_back(session, audit_id, by)


def look_at_recorded(
    session: Session, round_ids: Collection[uuid.UUID], audit_ids: Sequence[uuid.UUID], by: Actor
) -> None:
    """Check complete audits that another system has just recorded, where a round of theirs has a rule."""
    # Nearly always one round, for which a list of rounds would take several times as long.
    if any(_RULE.rows(session, {"own": by.organisation_id, "round": round_id}) for round_id in round_ids):
        look_at_submitted(session, audit_ids, by)


def look_at_agreed(session: Session, audit_id: uuid.UUID, by: Actor) -> None:
    """Check an audit again whose answers have just been agreed: moderation may have changed them."""
    look_at_submitted(session, [audit_id], by)


def end_when_taken_back(session: Session, audit_id: uuid.UUID, by: Actor) -> None:
    """End the open follow-up of an audit that was returned or withdrawn, until it is submitted again."""
    found = session.get(FollowUp, (by.organisation_id, audit_id), populate_existing=True)
    if found is not None and found.state in OPEN_FOLLOW_UPS:
        _end(session, found, by)


def _second_readings_of_pairs(session: Session, audit_ids: Sequence[uuid.UUID], by: Actor) -> set[uuid.UUID]:
    """The second readings of the cases of these audits where both readings are submitted."""
    pair = and_(
        linked(_FIRST.round_id, _SECOND.round_id),
        col(_FIRST.case_file_id) == col(_SECOND.case_file_id),
        col(_FIRST.reading) == 1,
        col(_SECOND.reading) == 2,
    )
    query = select(col(_SECOND.id)).join(_FIRST, pair)
    query = query.where(
        col(_SECOND.organisation_id) == by.organisation_id,
        or_(col(_FIRST.id).in_(audit_ids), col(_SECOND.id).in_(audit_ids)),
        col(_FIRST.state).in_(SUBMITTED_STATES),
        col(_SECOND.state).in_(SUBMITTED_STATES),
    )
    return set(session.scalars(query))


def _look_at(
    session: Session, audit: Audit, found: FollowUp | None, rule: FollowUpRule, template: TemplateContent, by: Actor
) -> FollowUp | None:
    """Begin, carry on or end the follow-up of an audit. Returns one that has begun."""
    if found is not None and found.state is FollowUpState.DONE:
        return None
    wanted = LowestRule(rule.overall, tuple(rule.themes.split()))
    if found is not None and found.state in OPEN_FOLLOW_UPS:
        # What it was found for is still checked where the rule has changed since.
        wanted = wanted | LowestRule(found.of_overall, tuple(found.of_themes.split()))
    answers = decode_answers(template, audit.agreed_answers or audit.answers)
    lowest = at_the_lowest(wanted, template, answers, overall_when_submitted(audit))
    if not lowest:
        if found is not None and found.state in OPEN_FOLLOW_UPS:
            _end(session, found, by)
    elif found is None or found.state is FollowUpState.NOT_NEEDED:
        return _begin(session, found, audit, rule, lowest, by)
    else:
        _carry_on(session, found, lowest, themes_to_follow(template, answers), by)
    return None


def _begin(
    session: Session, found: FollowUp | None, audit: Audit, rule: FollowUpRule, lowest: LowestRule, by: Actor
) -> FollowUp:
    today = local_date(now())
    made = found or FollowUp(
        organisation_id=audit.organisation_id,
        audit_id=audit.id,
        found_on=today,
        notify_by=today,
        due_on=today,
        version=0,
    )
    made.state, made.found_on = FollowUpState.WAITING, today
    made.of_overall, made.of_themes = lowest.overall, " ".join(lowest.themes)
    made.contact_id, made.contact_post, made.notified_on = rule.contact_id, rule.contact_post, None
    made.notify_by = after_working_days(today, rule.notify_within)
    made.due_on, made.noticed_at = today + timedelta(weeks=rule.weeks), None
    made.reader_id, made.themes = None, ""
    made.version += 1
    session.add(made)
    events.record(session, "audit.follow-up-found", audit.id, by=by)
    return made


def _carry_on(session: Session, found: FollowUp, lowest: LowestRule, themes: Sequence[str], by: Actor) -> None:
    """What was at the lowest rating, and what a reader is to look at, as the answers are now."""
    themes_now = (" ".join(themes) or found.themes) if found.state is FollowUpState.ALLOCATED else ""
    now_found = (lowest.overall, " ".join(lowest.themes), themes_now)
    if now_found == (found.of_overall, found.of_themes, found.themes):
        return
    found.of_overall, found.of_themes, found.themes = now_found
    found.version += 1
    session.add(found)
    session.flush()
    events.record(session, "audit.follow-up-found", found.audit_id, by=by)


def _end(session: Session, found: FollowUp, by: Actor) -> None:
    found.state = FollowUpState.NOT_NEEDED
    found.reader_id, found.themes = None, ""
    found.version += 1
    session.add(found)
    session.flush()
    events.record(session, "audit.follow-up-not-needed", found.audit_id, by=by)
    notifying.withdraw(session, found.audit_id, by=by)
