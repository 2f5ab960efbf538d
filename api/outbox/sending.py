"""Sending what is in the outbox: urgent concerns first, one message at a time, each organisation in its turn."""

import logging
import time
from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Final

from api.allocation import reminders
from api.allocation.reminders import DueReminder
from api.concerns import actions as concerns
from api.foundation import mail
from api.foundation.settings import Settings
from api.outbox import actions
from api.outbox.actions import Claim
from api.people import actions as people
from models import About, WhyParked, now
from models.database import Database

# What one pass does at most: the loop that calls it has other things to look at.
MOST_OF_A_PASS: Final = 200
SECONDS_OF_A_PASS: Final = 60
LOG: Final = logging.getLogger("caseaudit")


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as it goes out: it holds nothing of any case, and no word that anybody wrote."""

    to: str
    subject: str
    body: str


def send_due(database: Database, settings: Settings, *, today: date | None = None) -> int:
    """Send what waits in the outbox, in one bounded pass; how many were sent. Sends nothing without a mail server.

    Before each message it looks anew for urgent ones, and otherwise lets the organisations take turns. What is not
    taken rests or is parked, and the next one goes out; only a mail server that is away ends the pass. No transaction
    is open while a message is sent.
    """
    if not settings.smtp_host:
        return 0
    ends, sent, served = time.monotonic() + SECONDS_OF_A_PASS, 0, Counter[int]()
    passed_over: set[tuple[int, bool]] = set()
    for _ in range(MOST_OF_A_PASS):
        turns = [turn for turn in actions.turns(database) if (turn.organisation_id, turn.urgent) not in passed_over]
        turn = min(turns, key=lambda each: (not each.urgent, served[each.organisation_id], each.since), default=None)
        if turn is None or time.monotonic() > ends:
            break
        served[turn.organisation_id] += 1
        try:
            claimed = actions.claim(database, turn)
            sent += claimed is not None and _send(database, settings, claimed, today or now().date())
        except mail.ServerAwayError as error:
            LOG.warning("the mail server is away, and e-mails wait: %s", error)
            break
        except Exception:
            # Whatever it is, it would come first again.
            passed_over.add((turn.organisation_id, turn.urgent))
            LOG.exception("an e-mail could not be seen to")
    return sent


def _send(database: Database, settings: Settings, claimed: Claim, today: date) -> bool:
    """Whether it was sent. Whatever else becomes of it is settled. Raises ServerAwayError."""
    try:
        letter = _letter(database, settings, claimed, today)
        if letter is None:
            actions.settle_unneeded(database, claimed)
            return False
        mail.send(settings, to=letter.to, subject=letter.subject, body=letter.body, message_id=claimed.id)
    except mail.ServerAwayError:
        actions.put_back(database, claimed)
        raise
    except mail.RefusedError as error:
        why = WhyParked.ADDRESS if isinstance(error, mail.UnusableAddressError) else WhyParked.REFUSED
        actions.park(database, claimed, why=why)
        LOG.warning("an e-mail was parked: %s", error)
        return False
    except mail.NotTakenNowError as error:
        actions.try_later(database, claimed)
        LOG.warning("an e-mail was not taken, and is tried again: %s", error)
        return False
    except Exception:
        actions.try_later(database, claimed)
        LOG.exception("an e-mail could not be made")
        return False
    actions.settle_sent(database, claimed)
    return True


def _letter(database: Database, settings: Settings, claimed: Claim, today: date) -> Letter | None:
    """What is sent now; None when the person does not need to be told any more."""
    own, person_id = claimed.organisation_id, claimed.person_id
    with database.reading() as session:
        email = people.email_of(session, organisation_id=own, person_id=person_id)
        if email is None:
            return None
        if claimed.about is About.CONCERN:
            if not concerns.is_to_be_told(
                session, organisation_id=own, concern_id=claimed.subject_id, person_id=person_id
            ):
                return None
            return Letter(email, "Urgent: sign in to Case Audit now", _of_concern(settings))
        due = reminders.still_due(
            session,
            organisation_id=own,
            round_id=claimed.subject_id,
            person_id=person_id,
            about=claimed.about,
            today=today,
        )
    return None if due is None else Letter(email, _subject_of(due), _of_reminder(due, settings))


def _of_concern(settings: Settings) -> str:
    """That there is something, and where to sign in."""
    return (
        "There is an urgent concern that waits for you to acknowledge it.\n\n"
        f"Sign in to read it: {settings.public_address.rstrip('/')}/concerns\n\n"
        "For safety this message says nothing else. If you cannot sign in now, tell your duty team"
        " and a quality lead.\n"
    )


def _subject_of(due: DueReminder) -> str:
    """What stands in a list of mails: that something is due, and nothing else."""
    return "Audits overdue" if due.about is About.OVERDUE else "Audits due soon"


def _of_reminder(due: DueReminder, settings: Settings) -> str:
    """How many, by when, and where to sign in."""
    audits = "1 audit" if due.audits == 1 else f"{due.audits} audits"
    day = f"{due.due_on.day} {due.due_on:%B %Y}"
    when = f"was due on {day}" if due.about is About.OVERDUE else f"is due on {day}"
    if due.audits != 1:
        when = when.replace("was", "were").replace("is due", "are due")
    return (
        f"You have {audits} that {when}.\n\n"
        f"Sign in to see what there is to do: {settings.public_address.rstrip('/')}/audits\n\n"
        "If you cannot finish in time, tell your quality lead.\n"
    )
