"""The e-mail about an urgent concern: that there is one, and where to sign in."""

from datetime import date

from sqlmodel import Session

from api.concerns import actions
from api.foundation.outbox.letters import Letter
from api.foundation.outbox.queue import Claim
from api.foundation.settings import Settings


def write(session: Session, claimed: Claim, settings: Settings, today: date) -> Letter | None:  # noqa: ARG001 - as every letter
    """The letter; None once the concern need not be told to this person any more."""
    if not actions.needs_notification(
        session,
        organisation_id=claimed.organisation_id,
        concern_id=claimed.subject_id,
        person_id=claimed.person_id,
    ):
        return None
    return Letter("Urgent: sign in to Case Audit now", _body(settings))


def _body(settings: Settings) -> str:
    """That there is something, and where to sign in."""
    return (
        "There is an urgent concern that waits for you to acknowledge it.\n\n"
        f"Sign in to read it: {settings.public_address.rstrip('/')}/concerns\n\n"
        "For safety this message says nothing else. If you cannot sign in now, tell your duty team"
        " and a quality lead.\n"
    )
