"""What urgent concerns add to other pages: a banner, a button on every page of an audit, and lists."""

from api.audits.hooks import ShownAudit
from api.concerns.queries import OPEN, closed_in_round, concerns_for, record_seen, waiting_for
from api.foundation.pages.menu import Fragment, PageContext
from api.foundation.permissions import Permission
from api.rounds.hooks import ShownRound
from models import ConcernState

STATE_COLOURS = {ConcernState.RAISED: "red", ConcernState.ACKNOWLEDGED: "orange", ConcernState.CLOSED: "green"}


def banner(page: PageContext) -> Fragment | None:
    """The concerns waiting for the person, on every page except those of concerns."""
    if page.session is None or page.actor is None or page.path.startswith("/concerns"):
        return None
    waiting = waiting_for(page.session, page.actor)
    if not waiting.to_acknowledge and not waiting.to_close and not waiting.left_behind:
        return None
    return Fragment("concerns/_banner.html", {"concerns_waiting": waiting})


def raising(page: PageContext) -> Fragment | None:
    """The button for raising a concern, on every page of an audit."""
    path = page.context.get("audit_path")
    if page.actor is None or not path or not page.actor.may(Permission.WRITE_CONCERNS):
        return None
    if page.path.endswith("/concern"):
        return None
    _, is_theme, theme = page.path.partition(f"{path}/themes/")
    return Fragment("concerns/_raise.html", {"raise_path": f"{path}/concern" + (f"?theme={theme}" if is_theme else "")})


def of_audit(seen: ShownAudit) -> Fragment | None:
    """The concerns of an audit."""
    found = concerns_for(seen.session, seen.actor, audit_id=seen.found.audit.id)
    return Fragment("concerns/_of_audit.html", {"concerns": found}) if found else None


def of_round(seen: ShownRound) -> Fragment | None:
    """The open concerns of a round, and the number of its closed ones."""
    found = concerns_for(seen.session, seen.actor, round_id=seen.round.id, states=OPEN)
    record_seen(seen.session, seen.actor, found)
    closed = closed_in_round(seen.session, seen.actor, seen.round.id)
    if not found and not closed:
        return None
    return Fragment(
        "concerns/_of_round.html",
        {"concerns": found, "closed_concerns": closed, "concern_colours": STATE_COLOURS},
    )
