"""What feedback adds to other pages: beside the scores of an audit, a link on its page, and tasks of the home page."""

from collections.abc import Mapping, Sequence

from sqlmodel import Session

from api.audits.actions import ReadAudit
from api.audits.hooks import AuditLink, BesideScore, ShownAudit
from api.feedback import rules
from api.feedback.representations.queries import count_waiting, representations_of
from api.foundation.pages.home_page import Task
from api.foundation.permissions import Actor, Permission
from api.foundation.problems import is_allowed
from checklists.audits.audit_states import SUBMITTED_STATES
from checklists.plurals import plural


def beside_scores(session: Session, found: ReadAudit, by: Actor) -> Mapping[str, Sequence[BesideScore]]:
    """The representation about each theme, and its answer."""
    shown = {}
    for each in representations_of(session, found.audit, by=by):
        made = each.representation
        may_decide = is_allowed(rules.check_can_decide, session, by, found.audit, made)
        decided = ": ".join(filter(None, (each.outcome, made.decision)))
        shown[made.theme] = (
            BesideScore("The team disagrees", made.words, each.said),
            BesideScore(
                "Moderator’s answer",
                decided,
                each.answered,
                f"/audits/{found.audit.id}/representations/{made.theme}" if may_decide else "",
            ),
        )
    return shown


def link_to_feedback(seen: ShownAudit) -> AuditLink | None:
    """The link to the feedback on an audit."""
    found = seen.found
    if found.audit.state not in SUBMITTED_STATES and not found.conclusion.for_practitioner:
        return None
    return AuditLink("Feedback to the practitioner", f"/audits/{found.audit.id}/feedback")


def representations_to_answer(session: Session, by: Actor) -> Sequence[Task]:
    """How many representations wait for an answer that this person may give."""
    if not by.may(Permission.MODERATE_AUDITS):
        return []
    number = count_waiting(session, by=by)
    words = f"{plural(number, 'representation')} to answer"
    return [Task(words, "/representations")] if number else []
