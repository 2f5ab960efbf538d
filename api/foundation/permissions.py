"""Who may do what, and when. Roles grant permissions; the checks of the rooms also depend on the record."""

import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from api.foundation.problems import NotAllowed, ProveAgain, SecondFactorNeeded
from models import Role, now
from models.clock import AHEAD


class Permission(StrEnum):
    """What a route requires. The same names are the scopes of tokens."""

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
    ERASE_CASES = "cases:erase"
    RECORD_AUDITS = "audits:record"
    WRITE_CONCERNS = "concerns:write"
    SCORE_CALIBRATION = "calibration:score"
    WRITE_CALIBRATION = "calibration:write"
    READ_AUDIT_STATUSES = "audits:status"
    READ_RESULTS = "results:read"
    READ_RESULT_ACTIONS = "results:actions"
    READ_REPORTS = "reports:read"
    READ_FEED = "feed:read"
    READ_FEED_RECORDS = "feed:records"
    READ_ACTIONS = "actions:read"
    PROGRESS_ACTIONS = "actions:progress"
    WRITE_ACTIONS = "actions:write"
    CODE_PASSAGES = "passages:code"
    WRITE_FEEDBACK = "feedback:write"
    WRITE_REPRESENTATIONS = "representations:write"
    WRITE_AGENCIES = "agencies:write"
    WRITE_JOINT_ROUNDS = "joint-rounds:write"
    READ_JOINT_CASES = "joint-cases:read"
    WRITE_JOINT_PARTS = "joint-parts:write"
    READ_SNAPSHOTS = "snapshots:read"
    WRITE_SNAPSHOTS = "snapshots:write"
    READ_PEOPLE = "people:read"
    WRITE_PEOPLE = "people:write"
    WRITE_KEY_HOLDER = "key-holder:write"
    WRITE_TOKENS = "tokens:write"
    WRITE_WEBHOOKS = "webhooks:write"
    WRITE_RISKY_TERMS = "risky-terms:write"
    WRITE_INFORMATION = "information-pages:write"
    READ_EVENTS = "events:read"
    VERIFY_EVIDENCE = "evidence:verify"
    WRITE_OUTBOX = "outbox:write"
    FOLLOW_JOBS = "jobs:follow"
    OWN_ACCOUNT = "account"

    @property
    def label(self) -> str:
        """What people read for it where they choose the scopes of a token."""
        return _LABELS[self]


P = Permission

ALLOWED: dict[Role, frozenset[Permission]] = {
    Role.AUDITOR: frozenset(
        {P.OWN_ACCOUNT, P.READ_TEMPLATES, P.READ_TEAMS, P.READ_CASE_FILES, P.READ_ROUNDS}
        | {P.READ_AUDITS, P.SCORE_AUDITS, P.WRITE_CONCERNS, P.SCORE_CALIBRATION, P.READ_SNAPSHOTS}
        | {P.READ_ACTIONS, P.PROGRESS_ACTIONS, P.WRITE_FEEDBACK, P.READ_FEED}
    ),
    Role.MODERATOR: frozenset(
        {P.OWN_ACCOUNT, P.READ_TEMPLATES, P.READ_TEAMS, P.READ_CASE_FILES, P.READ_ROUNDS}
        | {P.READ_AUDITS, P.RETURN_AUDITS, P.MODERATE_AUDITS, P.SIGN_AUDITS, P.REDACT_AUDITS}
        | {P.WRITE_CONCERNS, P.SCORE_CALIBRATION, P.READ_SNAPSHOTS}
        | {P.READ_ACTIONS, P.PROGRESS_ACTIONS, P.WRITE_ACTIONS, P.WRITE_FEEDBACK, P.READ_FEED}
    ),
    Role.QUALITY_LEAD: frozenset(
        {P.OWN_ACCOUNT, P.READ_TEMPLATES, P.WRITE_TEMPLATES, P.READ_TEAMS, P.READ_PEOPLE}
        | {P.READ_CASE_FILES, P.WRITE_CASE_FILES, P.READ_ROUNDS, P.WRITE_ROUNDS}
        | {P.READ_AUDITS, P.ALLOCATE_AUDITS, P.RETURN_AUDITS, P.RECORD_AUDITS, P.READ_AUDIT_STATUSES}
        | {P.READ_REPORTS, P.READ_SNAPSHOTS, P.WRITE_SNAPSHOTS, P.REDACT_AUDITS}
        | {P.MODERATE_AUDITS, P.SIGN_AUDITS, P.WRITE_CONCERNS, P.SCORE_CALIBRATION, P.WRITE_CALIBRATION}
        | {P.WRITE_OUTBOX, P.VERIFY_EVIDENCE, P.WRITE_KEY_HOLDER, P.ERASE_CASES}
        | {P.READ_ACTIONS, P.PROGRESS_ACTIONS, P.WRITE_ACTIONS, P.WRITE_FEEDBACK, P.WRITE_REPRESENTATIONS}
        | {P.CODE_PASSAGES, P.WRITE_JOINT_ROUNDS, P.READ_JOINT_CASES, P.WRITE_TOKENS}
        | {P.READ_FEED, P.READ_FEED_RECORDS}
    ),
    # Of a finding, people who own actions see only what the action needs, and of an audit only the feedback that a
    # quality lead shared with their team: never an audit, a report or a case file.
    Role.ACTION_OWNER: frozenset({P.OWN_ACCOUNT, P.READ_ACTIONS, P.PROGRESS_ACTIONS, P.WRITE_REPRESENTATIONS}),
    # People of other agencies see their own parts of joint audits and, once its panel is open, a case that they know.
    Role.AGENCY_AUDITOR: frozenset({P.OWN_ACCOUNT, P.READ_JOINT_CASES, P.WRITE_JOINT_PARTS}),
    # Administrators manage access; they never see what is written about a child.
    Role.ADMINISTRATOR: frozenset(
        {P.OWN_ACCOUNT, P.READ_TEAMS, P.WRITE_TEAMS, P.READ_PEOPLE, P.WRITE_PEOPLE, P.WRITE_TOKENS, P.READ_EVENTS}
        | {P.WRITE_RISKY_TERMS, P.WRITE_INFORMATION, P.WRITE_OUTBOX, P.VERIFY_EVIDENCE, P.WRITE_KEY_HOLDER}
        | {P.WRITE_WEBHOOKS, P.WRITE_AGENCIES}
    ),
}

# Of an integration that takes results back to the case system. No role holds them: people read audits themselves, and
# blind reading is about people. Only a quality lead, who may read every audit, gives them to a program.
RESULT_SCOPES = frozenset({P.READ_RESULTS, P.READ_RESULT_ACTIONS})

# What an integration may do: send data, see progress, and with the scopes of results read what came of each case. It
# reads no answers to themes and no other texts, and of reports only released ones: live counts are for people who may
# read every audit.
INTEGRATION_SCOPES = RESULT_SCOPES | frozenset(
    {P.READ_TEMPLATES, P.READ_TEAMS, P.READ_ROUNDS, P.WRITE_CASE_FILES, P.RECORD_AUDITS, P.READ_AUDIT_STATUSES}
    | {P.READ_SNAPSHOTS}
)

# Everybody who may request long work may follow it: no role or token holds this permission by itself.
ASK_FOR_JOBS = frozenset({P.ALLOCATE_AUDITS, P.WRITE_SNAPSHOTS, P.WRITE_CASE_FILES})

_LABELS = {
    P.READ_TEMPLATES: "Read templates",
    P.WRITE_TEMPLATES: "Create and change templates",
    P.READ_TEAMS: "Read teams",
    P.WRITE_TEAMS: "Create and change teams",
    P.READ_CASE_FILES: "Read case files",
    P.WRITE_CASE_FILES: "Create and change case files",
    P.READ_ROUNDS: "Read rounds",
    P.WRITE_ROUNDS: "Create, open and close rounds",
    P.READ_AUDITS: "Read audits",
    P.SCORE_AUDITS: "Score and submit your audits",
    P.ALLOCATE_AUDITS: "Allocate and withdraw audits",
    P.RETURN_AUDITS: "Return audits to their auditors",
    P.MODERATE_AUDITS: "Moderate audits and comment on them",
    P.SIGN_AUDITS: "Sign audits off and reopen them",
    P.REDACT_AUDITS: "Redact text in audits",
    P.ERASE_CASES: "Read everything held about a case, and ask for it to be erased",
    P.RECORD_AUDITS: "Record audits completed in another system",
    P.SCORE_CALIBRATION: "Take part in calibration exercises",
    P.WRITE_CALIBRATION: "Create calibration exercises and exemplars",
    P.WRITE_CONCERNS: "Raise, acknowledge and close urgent concerns",
    P.READ_AUDIT_STATUSES: "Read audit progress, without scores",
    P.READ_RESULTS: "Read what came of each case: status and overall judgement",
    P.READ_RESULT_ACTIONS: "Read the actions for each child, with the results",
    P.READ_REPORTS: "Read reports",
    P.READ_FEED: "Read the data feed for Excel and Power BI: numbers of snapshots",
    P.READ_FEED_RECORDS: "Read audits, answers and actions in the data feed, without text",
    P.READ_ACTIONS: "Read actions",
    P.PROGRESS_ACTIONS: "Record progress on your actions",
    P.WRITE_ACTIONS: "Plan actions, and confirm their impact",
    P.CODE_PASSAGES: "Code what auditors wrote, and write findings",
    P.WRITE_FEEDBACK: "Give feedback on audits to practitioners, and record reflections",
    P.WRITE_REPRESENTATIONS: "Read feedback shared with a team, and disagree with it",
    P.WRITE_AGENCIES: "Add agencies, and say who belongs to them",
    P.WRITE_JOINT_ROUNDS: "Plan and lead joint audits of several agencies",
    P.READ_JOINT_CASES: "Read joint audits whose panel is open",
    P.WRITE_JOINT_PARTS: "Answer for your agency in joint audits",
    P.READ_SNAPSHOTS: "Read snapshots",
    P.WRITE_SNAPSHOTS: "Create and publish snapshots and briefings",
    P.READ_PEOPLE: "Read people and their roles",
    P.WRITE_PEOPLE: "Change people’s roles and access",
    P.WRITE_KEY_HOLDER: "Name the key-holder",
    P.WRITE_TOKENS: "View and revoke integration tokens",
    P.WRITE_WEBHOOKS: "Set up webhooks, and send their messages again",
    P.WRITE_RISKY_TERMS: "Add and remove sensitive terms",
    P.WRITE_INFORMATION: "Change the help, accessibility, privacy and cookie pages",
    P.READ_EVENTS: "Read events",
    P.VERIFY_EVIDENCE: "Verify that nothing was changed in the database",
    P.FOLLOW_JOBS: "Follow and cancel jobs that you requested",
    P.WRITE_OUTBOX: "View emails that were not sent, and send them again",
    P.OWN_ACCOUNT: "Read and change your account",
}

del P

# How old a proof may be for what matters most: exporting every answer, signing, reopening, tokens, roles.
PROOF_LASTS: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Proof:
    """When the person in a browser last proved who they are, and whether they must set up a second factor first.

    `session`: of which session, by the hash of its secret. `by_provider`: it began with the provider of single sign-on.
    """

    session: str
    at: datetime | None
    needs_second_factor: bool = False
    by_provider: bool = False

    @property
    def is_recent(self) -> bool:
        """Whether it is at most PROOF_LASTS old; one from the future, before the clock was put back, is not."""
        moment = now()
        return self.at is not None and moment - PROOF_LASTS <= self.at <= moment + AHEAD


@dataclass(frozen=True, slots=True)
class Actor:
    """The actor: a person, a person's token, or an integration's token. Only this determines the organisation."""

    organisation_id: int
    person_id: uuid.UUID | None = None
    token_id: uuid.UUID | None = None
    name: str = ""
    roles: frozenset[Role] = frozenset()
    # None: not limited by a token. For an integration, all that it may do.
    scopes: frozenset[Permission] | None = None
    # None for a program, which proves itself with every request, and for the operator on the host.
    proof: Proof | None = field(default=None, compare=False)
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
        """The identifier of the person, or of the integration's token."""
        identifier = self.person_id or self.token_id
        if identifier is None:
            raise ValueError("an actor is a person or a token")
        return identifier

    @property
    def scopes_to_give(self) -> frozenset[Permission]:
        """The scopes that the person may give a token; following jobs is included with whatever requests them."""
        return self.permissions - {Permission.FOLLOW_JOBS}

    @property
    def integration_scopes_to_give(self) -> frozenset[Permission]:
        """The scopes that the person may give an integration: a quality lead the scopes of results, and an
        administrator, who never reads what is written about a child, the others.
        """
        allowed: frozenset[Permission] = frozenset()
        if Role.ADMINISTRATOR in self.roles:
            allowed |= INTEGRATION_SCOPES - RESULT_SCOPES
        if Role.QUALITY_LEAD in self.roles:
            allowed |= RESULT_SCOPES
        return allowed

    @property
    def without_scopes(self) -> "Actor":
        """The person behind a token with all that their roles allow: for a rule about people, where the token's own
        scope was checked before. An integration stays as it is.
        """
        return self if self.person_id is None else replace(self, scopes=None)

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions


def operator_of(organisation_id: int) -> Actor:
    """The operator on the host, as the actor of events: neither a person nor a token, and without permissions.

    What the operator may do is what the command line offers, each an action of its own.
    """
    return Actor(organisation_id)


def check_may(actor: Actor, permission: Permission) -> None:
    """Raise NotAllowed unless the actor's roles, and the token's scopes if there is one, hold the permission."""
    if not actor.may(permission):
        raise NotAllowed(
            f"You need this permission: {permission.label} ({permission.value}). Ask an administrator if you should "
            "have it."
        )


def person_of(actor: Actor) -> uuid.UUID:
    """The person who acts. Raises NotAllowed for a program."""
    if actor.person_id is None:
        raise NotAllowed("Only a person can do this.")
    return actor.person_id


def check_proof(actor: Actor, *, recent: bool = False, without_second_factor: bool = False) -> None:
    """Raise SecondFactorNeeded where the person must set one up before this, and ProveAgain where `recent` asks for a
    proof at most PROOF_LASTS old.
    """
    if actor.proof is None:
        return
    if actor.proof.needs_second_factor and not without_second_factor:
        raise SecondFactorNeeded
    if recent and not actor.proof.is_recent:
        raise ProveAgain


def check_in_person(actor: Actor) -> None:
    """Raise NotAllowed for a program: only a person who signed in may receive a secret that gives access.

    Otherwise a token could create others that outlive it.
    """
    if actor.person_id is None or actor.token_id is not None:
        raise NotAllowed("A program cannot do this with a token. Sign in to do it yourself.")
