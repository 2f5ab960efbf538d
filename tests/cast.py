"""People to act in tests of the service, made straight in the database, and a browser for each."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache

from fastapi import FastAPI
from sqlmodel import Session, col, select

from api.foundation.identity.secrets import TOKEN_PREFIX, hash_of, new_secret
from api.foundation.permissions import Permission
from api.people.sign_in.passwords import hash_password
from models import (
    Event,
    Organisation,
    Person,
    Role,
    RoleGrant,
    SecondFactorRule,
    SignInLink,
    Token,
    WebSession,
    now,
)
from models.storage.database import Database
from tests.client import Client

PASSWORD = "violet harbour lantern"
ORIGIN = "http://127.0.0.1"


@cache
def stored_password() -> str:
    return hash_password(PASSWORD)


@dataclass(frozen=True)
class Someone:
    organisation_id: int
    id: uuid.UUID
    email: str
    name: str


@dataclass
class Site:
    """The service on a database of its own, and ways to fill that and to look into it."""

    app: FastAPI
    database: Database
    clients: list[Client] = field(default_factory=list)

    def organisation(self, name: str = "Northshire", *, needs_second_factor: bool = False) -> int:
        """An organisation; none of its roles needs a second factor unless it is to decide so itself."""
        with self.database.writing() as session:
            made = Organisation(name=name)
            session.add(made)
            session.flush()
            assert made.id is not None
            if not needs_second_factor:
                session.add(SecondFactorRule(organisation_id=made.id))
            return made.id

    def person(
        self,
        *roles: Role,
        email: str = "ash@northshire.example",
        name: str = "Ash Rowe",
        organisation_id: int | None = None,
        active: bool = True,
    ) -> Someone:
        organisation = organisation_id if organisation_id is not None else self._only_organisation()
        with self.database.writing() as session:
            made = Person(
                organisation_id=organisation, email=email, name=name, password_hash=stored_password(), active=active
            )
            session.add(made)
            session.flush()
            session.add_all(RoleGrant(organisation_id=organisation, person_id=made.id, role=role) for role in roles)
            return Someone(organisation, made.id, email, name)

    def _only_organisation(self) -> int:
        with self.database.reading() as session:
            found = session.exec(select(col(Organisation.id)).order_by(col(Organisation.id))).first()
        return found if found is not None else self.organisation()

    def link(self, person: Someone, *, hours: float = 72) -> str:
        secret = new_secret()
        with self.database.writing() as session:
            session.add(
                SignInLink(
                    secret_hash=hash_of(secret),
                    organisation_id=person.organisation_id,
                    person_id=person.id,
                    expires_at=now() + timedelta(hours=hours),
                )
            )
        return secret

    def token(self, person: Someone, *scopes: Permission, of_person: bool = True) -> str:
        secret = TOKEN_PREFIX + new_secret()
        with self.database.writing() as session:
            session.add(
                Token(
                    organisation_id=person.organisation_id,
                    secret_hash=hash_of(secret),
                    name="A program",
                    person_id=person.id if of_person else None,
                    scopes=" ".join(scopes),
                    created_by_id=person.id,
                    expires_at=now() + timedelta(days=90),
                )
            )
        return secret

    def browser(self, person: Someone | None = None, *, address: str = "testclient") -> Client:
        """A browser on this site's pages, which sends what browsers send; signed in if a person is given."""
        client = Client(
            self.app,
            address=address,
            base_url=ORIGIN,
            headers={"Sec-Fetch-Site": "same-origin", "Origin": ORIGIN},
        )
        self.clients.append(client)
        if person is not None:
            answer = client.post("/sign-in", data={"email": person.email, "password": PASSWORD})
            assert answer.status_code == 303, answer.text
        return client

    def program(self, token: str = "") -> Client:
        """A program that sends no headers of a browser; with a token if one is given."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        client = Client(self.app, base_url=ORIGIN, headers=headers)
        self.clients.append(client)
        return client

    def events(self) -> list[str]:
        with self.database.reading() as session:
            return list(session.exec(select(col(Event.kind)).order_by(col(Event.at), col(Event.number))))

    def sessions(self) -> list[WebSession]:
        with self.database.reading() as session:
            return list(session.exec(select(WebSession).order_by(col(WebSession.started_at))))

    def reading(self) -> Session:
        return Session(self.database.engine)


def hidden_fields(page: str) -> dict[str, str]:
    """The hidden fields of a page, by name."""
    from html.parser import HTMLParser

    found: dict[str, str] = {}

    class Fields(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            given = dict(attrs)
            if tag == "input" and given.get("type") == "hidden":
                found[given.get("name") or ""] = given.get("value") or ""

    Fields().feed(page)
    return found


def words_of(requirements: Iterable[str], text: str) -> list[str]:
    """Which of these a text holds."""
    return [word for word in requirements if word in text]
