"""The email about an urgent concern: that there is one, and where to sign in."""

from datetime import date

from sqlmodel import Session

from api.concerns import actions
from api.foundation.outbox.letters import Letter
from api.foundation.outbox.queue import Claim
from api.foundation.settings import Settings


def write(session: Session, claimed: Claim, settings: Settings, today: date) -> Letter | None:  # noqa: ARG001 - the signature of all letters
    """The letter; None once the person no longer needs to be notified of the concern."""
    if not actions.needs_notification(
        session,
        organisation_id=claimed.organisation_id,
        concern_id=claimed.subject_id,
        person_id=claimed.person_id,
    ):
        return None
    return Letter("Urgent: sign in to Case Audit now", _body(settings))


def _body(settings: Settings) -> str:
    """That there is a concern, and where to sign in."""
    return (
        "You must acknowledge an urgent concern.\n\nSign in to read the concern: "
        f"{settings.public_address.rstrip('/')}/concerns\n\nTo protect privacy, this email gives no "
        "other details. If you cannot sign in now, tell your duty team and a quality lead.\n"
    )
