"""Starting a session, once it is proved who is there."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, insert, update
from sqlmodel import Session, col

from api.foundation import events
from api.foundation.identity.secrets import hash_of, new_secret
from api.foundation.permissions import Actor
from api.people.second_factor.passkeys import ask_for_proof
from api.people.second_factor.queries import Factors, is_missing
from api.people.second_factor.sealing import Owner, Ticket, as_text
from api.people.sign_in.attempts import Caller
from models import WebSession, now

# A session that has ended still identifies the author of a form that is posted late, for as long as a browser is likely
# to stay open.
ENDED_SESSIONS_KEPT: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who signed in, and the secret for their browser: it is not stored.

    `known` is the cookie by which the browser is recognised as theirs the next time; empty where there is no browser.
    `needs_second_factor`: the person can only set one up.
    """

    organisation_id: int
    person_id: uuid.UUID
    secret: str
    known: str = ""
    needs_second_factor: bool = False


@dataclass(frozen=True, slots=True)
class SecondStep:
    """The password was right; the second factor is asked for. The browser holds the ticket until then.

    `passkey`: what the browser needs to ask for a passkey, as JSON; empty where there is none.
    """

    ticket: str
    passkey: str
    has_codes: bool


@dataclass(frozen=True, slots=True)
class ByProvider:
    """That somebody signed in with the provider of single sign-on: when they last did so there, as far as it says, and
    the hash of the name of its own session, if it names it.
    """

    proved_at: datetime | None
    session: str = ""


def second_step(owner: Owner, factors: Factors, *, state: str, caller: Caller) -> SecondStep:
    """Ask this person for their second factor. `state`: the hash of the password, with which the ticket ends."""
    written = Ticket.new(owner).write(caller.key, "sign-in", state)
    return SecondStep(
        f"{owner.organisation_id}.{owner.person_id.hex}.{as_text(written)}",
        ask_for_proof(caller.key, owner, caller.site, factors.passkeys),
        factors.codes is not None,
    )


def start_session(
    session: Session,
    owner: Owner,
    *,
    known: str,
    browser: str = "",
    replacing: str = "",
    second_factor: str = "",
    trusted: bool = False,
    by_provider: ByProvider | None = None,
) -> SignedIn:
    """Start a session of this person, who has proved who they are. `replacing`: the session of the same browser ends.

    Without a `second_factor`, somebody whose role needs one can only set one up, unless the session is `trusted`: of
    somebody who came with a one-time link, which is another proof, or who has such a session already. The provider
    of single sign-on asks for a second factor itself.
    """
    moment = now()
    if replacing:
        session.execute(
            update(WebSession)
            .where(col(WebSession.secret_hash) == hash_of(replacing), col(WebSession.ended_at).is_(None))
            .values(ended_at=moment)
        )
    session.execute(
        delete(WebSession).where(
            col(WebSession.person_id) == owner.person_id,
            col(WebSession.organisation_id) == owner.organisation_id,
            col(WebSession.last_seen_at) < moment - ENDED_SESSIONS_KEPT,
        )
    )
    secret = new_secret()
    needs = not second_factor and not trusted and by_provider is None and is_missing(session, owner)
    session.execute(
        insert(WebSession).values(
            secret_hash=hash_of(secret),
            organisation_id=owner.organisation_id,
            person_id=owner.person_id,
            started_at=moment,
            last_seen_at=moment,
            proved_at=moment if by_provider is None else by_provider.proved_at,
            needs_second_factor=needs,
            browser=browser,
            by_provider=by_provider is not None,
            provider_session="" if by_provider is None else by_provider.session,
        )
    )
    by = Actor(owner.organisation_id, person_id=owner.person_id)
    details = {"second_factor": second_factor} if second_factor else {}
    if by_provider is not None:
        details = {"with": "provider"}
    events.record(session, "person.signed-in", owner.person_id, by=by, details=details)
    return SignedIn(owner.organisation_id, owner.person_id, secret, known, needs)
