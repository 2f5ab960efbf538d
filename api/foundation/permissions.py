"""Who may do what, and when. Roles open a door; the checks here look at the very thing behind it."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.orm import aliased
from sqlmodel import col

from api.foundation.problems import Conflict, NotAllowed, NotFound
from checklists.audit_states import HANDED_IN, OPEN_TO_ITS_AUDITOR
from models import Audit, AuditState, Role, Round, RoundState


class Permission(StrEnum):
    """What a route asks for. The same words are the scopes of tokens."""

    READ_TEMPLATES = "templates:read"
    WRITE_TEMPLATES = "templates:write"
    READ_TEAMS = "teams:read"
    WRITE_TEAMS = "teams:write"
    READ_CASE_FILES = "case-files:read"
    WRITE_CASE_FILES = "case-files:write"
    READ_ROUNDS = "rounds:read"
    WRITE_ROUNDS = "rounds:write"
    READ_AUDITS = "audits:read"
    SCORE_AUDITS = "audits:score"
    ALLOCATE_AUDITS = "audits:allocate"
    RETURN_AUDITS = "audits:return"
    MODERATE_AUDITS = "audits:moderate"
    SIGN_AUDITS = "audits:sign"
    REDACT_AUDITS = "audits:redact"
    RECORD_AUDITS = "audits:record"
    WRITE_CONCERNS = "concerns:write"
    SCORE_CALIBRATION = "calibration:score"
    WRITE_CALIBRATION = "calibration:write"
    READ_AUDIT_STATUSES = "audits:status"
    READ_REPORTS = "reports:read"
    READ_SNAPSHOTS = "snapshots:read"
    WRITE_SNAPSHOTS = "snapshots:write"
    READ_PEOPLE = "people:read"
    WRITE_PEOPLE = "people:write"
    WRITE_TOKENS = "tokens:write"
    WRITE_RISKY_TERMS = "risky-terms:write"
    READ_EVENTS = "events:read"
    WRITE_OUTBOX = "outbox:write"
    FOLLOW_JOBS = "jobs:follow"
    OWN_ACCOUNT = "account"


P = Permission

ALLOWED: dict[Role, frozenset[Permission]] = {
    Role.AUDITOR: frozenset(
        {P.OWN_ACCOUNT, P.READ_TEMPLATES, P.READ_TEAMS, P.READ_CASE_FILES, P.READ_ROUNDS}
        | {P.READ_AUDITS, P.SCORE_AUDITS, P.WRITE_CONCERNS, P.SCORE_CALIBRATION, P.READ_SNAPSHOTS}
    ),
    Role.MODERATOR: frozenset(
        {P.OWN_ACCOUNT, P.READ_TEMPLATES, P.READ_TEAMS, P.READ_CASE_FILES, P.READ_ROUNDS}
        | {P.READ_AUDITS, P.RETURN_AUDITS, P.MODERATE_AUDITS, P.SIGN_AUDITS, P.REDACT_AUDITS}
        | {P.WRITE_CONCERNS, P.SCORE_CALIBRATION, P.READ_SNAPSHOTS}
    ),
    Role.QUALITY_LEAD: frozenset(
        {P.OWN_ACCOUNT, P.READ_TEMPLATES, P.WRITE_TEMPLATES, P.READ_TEAMS, P.READ_PEOPLE}
        | {P.READ_CASE_FILES, P.WRITE_CASE_FILES, P.READ_ROUNDS, P.WRITE_ROUNDS}
        | {P.READ_AUDITS, P.ALLOCATE_AUDITS, P.RETURN_AUDITS, P.RECORD_AUDITS, P.READ_AUDIT_STATUSES}
        | {P.READ_REPORTS, P.READ_SNAPSHOTS, P.WRITE_SNAPSHOTS, P.REDACT_AUDITS}
        | {P.MODERATE_AUDITS, P.SIGN_AUDITS, P.WRITE_CONCERNS, P.SCORE_CALIBRATION, P.WRITE_CALIBRATION}
        | {P.WRITE_OUTBOX}
    ),
    # Administrators keep the doors; they never see what is said of a child.
    Role.ADMINISTRATOR: frozenset(
        {P.OWN_ACCOUNT, P.READ_TEAMS, P.WRITE_TEAMS, P.READ_PEOPLE, P.WRITE_PEOPLE, P.WRITE_TOKENS, P.READ_EVENTS}
        | {P.WRITE_RISKY_TERMS, P.WRITE_OUTBOX}
    ),
}

# What a program may be trusted with that acts for nobody: it brings in, and is told how far things are. It reads no
# scores and no words, and of reports only what has been released: live counts are for people who may read every audit.
INTEGRATION_SCOPES = frozenset(
    {P.READ_TEMPLATES, P.READ_TEAMS, P.READ_ROUNDS, P.WRITE_CASE_FILES, P.RECORD_AUDITS, P.READ_AUDIT_STATUSES}
    | {P.READ_SNAPSHOTS}
)

# Whoever may ask for long work follows it: no role or token holds that by itself.
ASK_FOR_JOBS = frozenset({P.ALLOCATE_AUDITS, P.WRITE_SNAPSHOTS, P.WRITE_CASE_FILES})

del P

# Made once: an alias of a table takes longer to make than its query to run.
_OWN_READING, _OTHER_READING = aliased(Audit), aliased(Audit)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is asking: a person, a person's token, or an integration's token. The organisation comes from here alone."""

    organisation_id: int
    person_id: uuid.UUID | None = None
    token_id: uuid.UUID | None = None
    name: str = ""
    roles: frozenset[Role] = frozenset()
    # None: not limited by a token. For an integration, all that it may do.
    scopes: frozenset[Permission] | None = None
    permissions: frozenset[Permission] = field(init=False)

    def __post_init__(self) -> None:
        if self.person_id is None:
            allowed = (self.scopes or frozenset()) & INTEGRATION_SCOPES
        else:
            allowed = frozenset().union(*(ALLOWED[role] for role in self.roles)) | {Permission.OWN_ACCOUNT}
            if self.scopes is not None:
                allowed &= self.scopes
        if allowed & ASK_FOR_JOBS:
            allowed |= {Permission.FOLLOW_JOBS}
        object.__setattr__(self, "permissions", allowed)

    @property
    def id(self) -> uuid.UUID:
        """The person, or the program that is nobody's."""
        identifier = self.person_id or self.token_id
        if identifier is None:
            raise ValueError("an actor is a person or a token")
        return identifier

    @property
    def scopes_to_give(self) -> frozenset[Permission]:
        """What the person may give a token: to follow jobs comes with whatever asks for them."""
        return self.permissions - {Permission.FOLLOW_JOBS}

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions


def operator_of(organisation_id: int) -> Actor:
    """Whoever runs the service on its host, for its events: neither a person nor a token, and holding no permission.

    What the operator may do is what the command line offers, each an action of its own.
    """
    return Actor(organisation_id)


def check_may(actor: Actor, permission: Permission) -> None:
    """Raise NotAllowed unless the actor's roles, and the token's scopes if there is one, hold the permission."""
    if not actor.may(permission):
        raise NotAllowed(f"This needs the permission {permission.value}. Ask an administrator if you should have it.")


def check_in_person(actor: Actor) -> None:
    """Raise NotAllowed for a program: whoever is given a secret that lets somebody in has signed in themselves.

    Else a token could make others that outlive it.
    """
    if actor.person_id is None or actor.token_id is not None:
        raise NotAllowed("A program cannot do this with a token. Sign in and do it yourself.")


def may_read_every_audit(actor: Actor) -> bool:
    """Quality leads read every audit of their organisation, and so may see true counts."""
    return Role.QUALITY_LEAD in actor.roles and actor.may(Permission.READ_AUDITS)


def may_read_audit(actor: Actor, audit: Audit) -> bool:
    """Leads read all; auditors their own; moderators what others have submitted."""
    if audit.organisation_id != actor.organisation_id or not actor.may(Permission.READ_AUDITS):
        return False
    if may_read_every_audit(actor) or (audit.auditor_id == actor.person_id and Role.AUDITOR in actor.roles):
        return True
    return Role.MODERATOR in actor.roles and audit.state in HANDED_IN and audit.auditor_id != actor.person_id


def seen_by(person_id: uuid.UUID | None) -> ColumnElement[bool]:
    """The condition under which an audit is there for this person at all: blind reading, for roles of every kind.

    Whoever reads a case in a round learns nothing of its other reading until both are handed in: neither what it says,
    nor that it exists, nor by a count. By person, so that leads and moderators who read a case are as blind to it as
    auditors. In a closed round nothing can be handed in any more, and so nothing is hidden.
    """
    if person_id is None:
        return true()
    own, other = _OWN_READING, _OTHER_READING
    hidden = (
        select(col(other.id))
        .join(
            own,
            (col(own.organisation_id) == col(other.organisation_id))
            & (col(own.round_id) == col(other.round_id))
            & (col(own.case_file_id) == col(other.case_file_id))
            & (col(own.id) != col(other.id)),
        )
        .join(Round, (col(Round.organisation_id) == col(own.organisation_id)) & (col(Round.id) == col(own.round_id)))
        .where(
            col(own.auditor_id) == person_id,
            col(own.state) != AuditState.WITHDRAWN,
            col(other.auditor_id) != person_id,
            or_(col(own.state).in_(OPEN_TO_ITS_AUDITOR), col(other.state).in_(OPEN_TO_ITS_AUDITOR)),
            col(Round.state) != RoundState.CLOSED,
        )
    )
    return col(Audit.id).not_in(hidden)


def reading_shown(actor: Actor, audit: Audit) -> int | None:
    """Whether the audit is the first or the second reading of its case: never told of one's own.

    Whoever knew theirs to be the second would know that there is a first.
    """
    return None if audit.auditor_id == actor.person_id else audit.reading


def check_can_read_audit(actor: Actor, audit: Audit | None) -> Audit:
    """The audit, or NotFound: what may not be seen answers as what does not exist."""
    if audit is None or not may_read_audit(actor, audit):
        raise NotFound("audit")
    return audit


def may_score(actor: Actor, audit: Audit) -> bool:
    """Only its own auditor, and only until it is submitted."""
    return (
        audit.organisation_id == actor.organisation_id
        and audit.auditor_id == actor.person_id
        and actor.may(Permission.SCORE_AUDITS)
        and audit.state in OPEN_TO_ITS_AUDITOR
    )


def check_can_score(actor: Actor, audit: Audit) -> None:
    """Raise NotAllowed for another person's audit, Conflict for one that is no longer open to its auditor."""
    if audit.auditor_id != actor.person_id or not actor.may(Permission.SCORE_AUDITS):
        raise NotAllowed("Only the auditor to whom an audit is allocated scores it.")
    if audit.state in {AuditState.AGREED, AuditState.SIGNED_OFF}:
        raise Conflict("The answers of this audit have been agreed. Ask a quality lead to reopen it.")
    if audit.state in HANDED_IN:
        raise Conflict("This audit has been submitted. Ask a moderator or a quality lead to return it to you.")
    if audit.state is AuditState.WITHDRAWN:
        raise Conflict("This audit has been withdrawn.")


def may_settle_readings(actor: Actor, readers: Collection[uuid.UUID]) -> bool:
    """Whether the person has a say in what two readings of a case come to: their readers, moderators and leads."""
    if actor.person_id in readers:
        return actor.may(Permission.SCORE_AUDITS)
    return may_read_every_audit(actor) or Role.MODERATOR in actor.roles


def check_not_read_by(actor: Actor, readers: Collection[uuid.UUID | str]) -> None:
    """Raise NotAllowed when the person reads the case: whether its other reading is free would tell them of it."""
    if actor.person_id is not None and str(actor.person_id) in map(str, readers):
        raise NotAllowed("You read this case yourself. Ask another quality lead to see to its other reading.")


def check_not_own_work(actor: Actor, audit: Audit) -> None:
    """Raise NotAllowed when the person made the audit: nobody judges their own work, whatever their roles."""
    if audit.auditor_id == actor.person_id:
        raise NotAllowed("This is your own audit: somebody else has to do this.")
