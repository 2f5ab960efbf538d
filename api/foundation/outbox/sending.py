"""Sending the outbox: urgent concerns first, one message at a time, organisations in turn."""

import logging
import time
from collections import Counter
from datetime import date
from typing import Final

from api.foundation.identity.actors import email_of
from api.foundation.local_time import local_date
from api.foundation.outbox import mail
from api.foundation.outbox import queue as actions
from api.foundation.outbox.letters import LETTERS, Letter
from api.foundation.outbox.queue import Claim
from api.foundation.settings import Settings
from models import WhyParked, now
from models.storage.database import Database

# The most that one pass sends: the loop that calls it has other work.
MOST_OF_A_PASS: Final = 200
SECONDS_OF_A_PASS: Final = 60
LOG: Final = logging.getLogger("caseaudit")


def send_due(database: Database, settings: Settings, *, today: date | None = None) -> int:
    """Send waiting emails, in one bounded pass; returns how many were sent. Sends nothing without a mail server.

    Before each message it looks again for urgent ones, and otherwise lets the organisations take turns. A message that
    the server refuses waits or is parked, and the next one is sent; only an unavailable mail server ends the pass. No
    transaction is open while a message is sent.
    """
    if not settings.smtp_host:
        return 0
    ends, sent, served = time.monotonic() + SECONDS_OF_A_PASS, 0, Counter[int]()
    passed_over: set[tuple[int, bool]] = set()
    for _ in range(MOST_OF_A_PASS):
        turns = [
            turn for turn in actions.list_due_mail(database) if (turn.organisation_id, turn.urgent) not in passed_over
        ]
        turn = min(turns, key=lambda each: (not each.urgent, served[each.organisation_id], each.since), default=None)
        if turn is None or time.monotonic() > ends:
            break
        served[turn.organisation_id] += 1
        try:
            claimed = actions.claim_message(database, turn)
            sent += claimed is not None and _send(database, settings, claimed, today or local_date(now()))
        except mail.ServerAwayError as error:
            LOG.warning("the mail server is away, and emails wait: %s", error)
            break
        except Exception:
            # Whatever the error, the same email would come first again.
            passed_over.add((turn.organisation_id, turn.urgent))
            LOG.exception("an email could not be seen to")
    return sent


def _send(database: Database, settings: Settings, claimed: Claim, today: date) -> bool:
    """Whether it was sent. Every other outcome is settled here. Raises ServerAwayError."""
    try:
        letter = _letter(database, settings, claimed, today)
        if letter is None:
            actions.settle_unneeded(database, claimed)
            return False
        email, text = letter
        mail.send(settings, to=email, subject=text.subject, body=text.body, message_id=claimed.id)
    except mail.ServerAwayError:
        actions.return_untried(database, claimed)
        raise
    except mail.RefusedError as error:
        why = WhyParked.ADDRESS if isinstance(error, mail.UnusableAddressError) else WhyParked.REFUSED
        actions.park_message(database, claimed, why=why)
        LOG.warning("an email was parked: %s", error)
        return False
    except mail.NotTakenNowError as error:
        actions.try_later(database, claimed)
        LOG.warning("an email was not taken, and is tried again: %s", error)
        return False
    except Exception:
        actions.try_later(database, claimed)
        LOG.exception("an email could not be made")
        return False
    actions.settle_sent(database, claimed)
    return True


def _letter(database: Database, settings: Settings, claimed: Claim, today: date) -> tuple[str, Letter] | None:
    """The address and the message to send now; None when the person no longer needs to be notified."""
    write = next(kind.write for kind in LETTERS if claimed.about in kind.about)
    with database.reading() as session:
        email = email_of(session, organisation_id=claimed.organisation_id, person_id=claimed.person_id)
        letter = None if email is None else write(session, claimed, settings, today)
    return None if email is None or letter is None else (email, letter)
