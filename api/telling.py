"""Telling people by e-mail that there is an urgent concern, and nothing of any case."""

import logging

from api import mail
from api.actions import concern_notices, concerns
from api.settings import Settings
from models import now
from models.database import Database

SUBJECT = "Urgent: sign in to Case Audit now"


def see_to_concerns(database: Database, settings: Settings) -> None:
    """Escalate what was not acknowledged in time, and send what is to be sent. Escalating needs no mail server."""
    concerns.escalate_due(database, moment=now())
    tell(database, settings)


def tell(database: Database, settings: Settings) -> int:
    """Send each e-mail that is due, once; how many were sent. Sends nothing without a mail server.

    What the mail server does not take is tried again the next time.
    """
    if not settings.smtp_host:
        return 0
    sent = 0
    for notice in concern_notices.due(database):
        if not concern_notices.take(database, notice):
            continue
        try:
            mail.send(settings, to=notice.email, subject=SUBJECT, body=body_of(settings))
        except mail.MailNotSentError as error:
            concern_notices.give_back(database, notice)
            logging.getLogger("caseaudit").warning("an e-mail about an urgent concern was not sent: %s", error)
            break
        sent += 1
    return sent


def body_of(settings: Settings) -> str:
    """That there is something, and where to sign in."""
    return (
        "There is an urgent concern that waits for you to acknowledge it.\n\n"
        f"Sign in to read it: {settings.public_address.rstrip('/')}/concerns\n\n"
        "For safety this message says nothing else. If you cannot sign in now, tell your duty team"
        " and a quality lead.\n"
    )
