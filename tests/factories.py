"""Who and what tests begin with, made by the actions that people use; each says only what matters to its test."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass, replace
from itertools import count

from fastapi import FastAPI
from sqlmodel import Session

from api.foundation.http.security import cookie_name
from api.foundation.identity.secrets import hash_of, new_secret
from api.foundation.permissions import INTEGRATION_SCOPES, Actor, Permission, operator_of
from api.foundation.settings import Settings
from api.people import actions as people
from api.people.access.actions import confirm_on_host
from api.people.teams import actions as teams
from api.people.tokens import actions as tokens
from models import Person, Role, SecondFactorRule, Team, WebSession
from models.storage.database import Database
from tests.client import Client

SETTINGS = Settings()
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class MadePerson:
    """A person who may sign in, as they stood when they were made."""

    organisation_id: int
    id: uuid.UUID
    name: str
    email: str
    roles: frozenset[Role]
    secret_of_link: str


@dataclass(frozen=True, slots=True)
class MadeOrganisation:
    """An organisation and its first administrator."""

    id: int
    name: str
    administrator: MadePerson


@dataclass(frozen=True, slots=True)
class MadeToken:
    id: uuid.UUID
    secret: str


@dataclass(frozen=True, slots=True)
class Cast:
    """The same people in every test: Omar leads in another organisation, the others belong together."""

    organisation: MadeOrganisation
    asha: MadePerson  # audits
    ben: MadePerson  # audits
    mo: MadePerson  # moderates
    lena: MadePerson  # leads
    ada: MadePerson  # administers
    elsewhere: MadeOrganisation
    omar: MadePerson  # leads elsewhere


def an_organisation(
    database: Database, name: str = "", *, administrator: str = "Ada", settings: Settings = SETTINGS
) -> MadeOrganisation:
    """An organisation whose first administrator has this name."""
    name = name or f"Organisation {next(_numbers)}"
    with database.writing() as session:
        invited = people.first_administrator(
            session,
            organisation_name=name,
            name=administrator,
            email=_an_email(administrator),
            settings=settings,
            allow_another=True,
        )
        made = _made(invited)
        no_second_factor_needed(session, made.organisation_id)
    return MadeOrganisation(made.organisation_id, name, made)


def no_second_factor_needed(session: Session, organisation_id: int) -> None:
    """Let no role need a second factor, as an organisation may decide: tests that sign in stay short."""
    session.add(SecondFactorRule(organisation_id=organisation_id, roles="", version=1))


def a_person(
    database: Database,
    organisation: MadeOrganisation,
    *,
    roles: Collection[Role] = (Role.AUDITOR,),
    name: str = "Asha",
    email: str = "",
    settings: Settings = SETTINGS,
) -> MadePerson:
    """Somebody whom the organisation's first administrator invited, and the operator let in if nobody else could."""
    with database.writing() as session:
        invited = people.invite_person(
            session,
            name=name,
            email=email or _an_email(name),
            roles=roles,
            settings=settings,
            by=an_actor(organisation.administrator),
        )
        if invited.waits:
            let_in(session, invited.person)
            held = people.find_person(session, person_id=invited.person.id, by=an_actor(organisation.administrator))
            invited = replace(invited, roles=held.roles)
        return _made(invited)


def let_in(session: Session, person: Person) -> None:
    """Confirm roles that wait for somebody, on the host: in a service with audits where nobody has a password yet."""
    confirm_on_host(session, person, by=operator_of(person.organisation_id))


def a_cast(database: Database) -> Cast:
    """Everybody, in two organisations."""
    organisation = an_organisation(database, "Northshire", administrator="Ada")
    elsewhere = an_organisation(database, "Southshire", administrator="Ophelia")
    return Cast(
        organisation,
        asha=a_person(database, organisation, name="Asha", roles={Role.AUDITOR}),
        ben=a_person(database, organisation, name="Ben", roles={Role.AUDITOR}),
        mo=a_person(database, organisation, name="Mo", roles={Role.MODERATOR}),
        lena=a_person(database, organisation, name="Lena", roles={Role.QUALITY_LEAD}),
        ada=organisation.administrator,
        elsewhere=elsewhere,
        omar=a_person(database, elsewhere, name="Omar", roles={Role.QUALITY_LEAD}),
    )


def an_actor(person: MadePerson) -> Actor:
    """The person, signed in, for calling actions."""
    return Actor(person.organisation_id, person_id=person.id, name=person.name, roles=person.roles)


def a_team(database: Database, organisation: MadeOrganisation, name: str = "") -> Team:
    with database.writing() as session:
        name = name or f"Team {next(_numbers)}"
        return teams.create_team(session, name=name, by=an_actor(organisation.administrator))


def a_token_for(
    database: Database, person: MadePerson, *, scopes: Collection[Permission] | None = None, name: str = "Spreadsheet"
) -> MadeToken:
    """A token that acts as this person, by default with all that they may do."""
    actor = an_actor(person)
    with database.writing() as session:
        made = tokens.create_own_token(
            session,
            name=name,
            scopes=actor.scopes_to_give if scopes is None else scopes,
            settings=SETTINGS,
            by=actor,
        )
    return MadeToken(made.token.id, made.secret)


def an_integration(
    database: Database,
    organisation: MadeOrganisation,
    *,
    scopes: Collection[Permission] = INTEGRATION_SCOPES,
    name: str = "Case system",
) -> MadeToken:
    """The token of a program that acts for nobody, by default with all that such a program may do.

    No administrator gives all of it: this one is a quality lead too, as in small councils.
    """
    both = replace(an_actor(organisation.administrator), roles=frozenset({Role.ADMINISTRATOR, Role.QUALITY_LEAD}))
    with database.writing() as session:
        made = tokens.create_integration_token(session, name=name, scopes=scopes, settings=SETTINGS, by=both)
    return MadeToken(made.token.id, made.secret)


def signed_in(database: Database, person: MadePerson) -> str:
    """The secret of a new session of this person, without the slow hashing of a password."""
    secret = new_secret()
    with database.writing() as session:
        session.add(
            WebSession(secret_hash=hash_of(secret), organisation_id=person.organisation_id, person_id=person.id)
        )
    return secret


def client_for(app: FastAPI, person: MadePerson) -> Client:
    """A browser in which this person is signed in."""
    settings: Settings = app.state.settings
    secret = signed_in(app.state.database, person)
    return Client(
        app,
        cookies={cookie_name(settings): secret},
        headers={"Sec-Fetch-Site": "same-origin"},
    )


def program_for(app: FastAPI, token: MadeToken) -> Client:
    """A program that sends this token."""
    return Client(app, headers={"Authorization": f"Bearer {token.secret}"})


def stranger_to(app: FastAPI) -> Client:
    """A program without a token, or a browser in which nobody is signed in."""
    return Client(app)


def a_key() -> dict[str, str]:
    """The header of a request that creates: a key that no other request has."""
    return {"Idempotency-Key": f"key-{next(_numbers)}"}


def _an_email(name: str) -> str:
    return f"{name.lower().replace(' ', '.')}.{next(_numbers)}@example.org"


def _made(invited: people.Invited) -> MadePerson:
    person = invited.person
    return MadePerson(
        person.organisation_id, person.id, person.name, person.email, frozenset(invited.roles), invited.secret
    )
