"""What reallocation adds to the pages of a round and of an audit: who cannot finish their audits, and links to it."""

from api.allocation.reallocation.actions import check_can_reallocate
from api.allocation.reallocation.queries import people_with_open_audits
from api.audits.hooks import AuditLink, ShownAudit
from api.foundation.pages.menu import Fragment
from api.foundation.problems import is_allowed
from api.rounds.hooks import ShownRound
from models import RoundState


def people_who_cannot_finish(seen: ShownRound) -> Fragment | None:
    """The people with open audits in a round who can no longer sign in, or are no longer auditors."""
    if seen.round.state is RoundState.CLOSED:
        return None
    hindered = [each for each in people_with_open_audits(seen.session, seen.round, by=seen.actor) if each.hindrance]
    if not hindered:
        return None
    return Fragment("allocation/reallocation/_of_round.html", {"round_id": seen.round.id, "hindered": hindered})


def link_to_reallocation(seen: ShownAudit) -> AuditLink | None:
    """The link with which a lead gives an audit to another auditor."""
    audit = seen.found.audit
    if not is_allowed(check_can_reallocate, seen.session, audit, by=seen.actor):
        return None
    path = f"/rounds/{audit.round_id}/reallocate?auditor={audit.auditor_id}&audit={audit.id}"
    return AuditLink("Reallocate this audit", path)
