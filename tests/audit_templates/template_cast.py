"""Who the tests of templates are about: Lena leads, Asha audits, Ada administers, and Omar leads elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI
from sqlmodel import Session, col, select

from api.foundation.http.security import cookie_name
from api.foundation.identity.secrets import hash_of, new_secret
from api.foundation.permissions import Actor
from api.foundation.settings import Settings
from models import Event, Organisation, Person, Role, RoleGrant, WebSession, new_id
from models.storage.database import Database, open_database
from tests.client import Client
from tests.service import service_on


def a_template(key: str = "neglect", **entries: Any) -> dict[str, Any]:
    """A small template that is right in every way, or wrong in the ways that are given."""
    harms = ["neglect", "domestic-abuse"]
    return {
        "format": "caseaudit-template/1",
        "key": key,
        "title": "Neglect",
        "scale": {
            "ratings": [
                {"key": "met", "label": "Met"},
                {"key": "partly", "label": "Partly"},
                {"key": "not", "label": "Not"},
            ],
            "standard": "met",
        },
        "forms_of_harm": [{"key": harm, "label": harm.replace("-", " ").capitalize()} for harm in harms],
        "learning_domains": [
            {
                "key": "the-child",
                "title": "The child",
                "themes": [
                    {
                        "key": "voice",
                        "title": "Voice",
                        "prompts": ["Was the child seen?"],
                        "forms_of_harm": ["neglect"],
                    },
                    {"key": "day", "title": "The day", "prompts": ["What is a day like?"]},
                ],
            },
            {
                "key": "practice",
                "title": "Practice",
                "themes": [
                    {
                        "key": "planning",
                        "title": "Planning",
                        "prompts": ["Is there a plan?"],
                        "descriptors": {"met": "A plan that works.", "not": "No plan."},
                    }
                ],
            },
        ],
        **entries,
    }


@dataclass
class Member:
    """A person, and the browser in which they are signed in."""

    actor: Actor
    browser: Client
    keys: Iterator[int] = field(default_factory=lambda: iter(range(1, 10_000)))

    def creates(self) -> dict[str, str]:
        """Headers of a request that makes something new."""
        return {"Idempotency-Key": f"{self.actor.name}-{next(self.keys)}"}

    def post(self, path: str, body: Any = None) -> Any:
        return self.browser.post(f"/api/v1{path}", json=body, headers=self.creates())

    def get(self, path: str) -> Any:
        return self.browser.get(f"/api/v1{path}")

    def make(self, key: str = "neglect", **entries: Any) -> str:
        """Make a template as a draft; the path of its version 1."""
        made = self.post("/templates", a_template(key, **entries))
        assert made.status_code == 201, made.text
        return f"/templates/{made.json()['template_id']}/versions/1"

    def publish(self, path: str) -> None:
        version = self.get(path).headers["ETag"]
        done = self.browser.post(f"/api/v1{path}/publish", headers={"If-Match": version})
        assert done.status_code == 200, done.text


@dataclass
class Cast:
    app: FastAPI
    database: Database
    lena: Member
    lars: Member
    asha: Member
    ada: Member
    omar: Member

    def events(self) -> list[str]:
        """The kinds of what happened, in order."""
        with self.database.reading() as session:
            return [event.kind for event in session.exec(select(Event).order_by(col(Event.at), col(Event.number)))]


@contextmanager
def template_cast(url: str) -> Iterator[Cast]:
    """The service on this database with its people signed in."""
    settings = Settings(database_url=url)
    database = open_database(url)
    app = service_on(settings, database)
    with database.writing() as session:
        here, there = (_organisation(session, name) for name in ("Northshire", "Southshire"))
        people = {
            name: _sign_in(session, name, role, organisation)
            for name, role, organisation in (
                ("Lena", Role.QUALITY_LEAD, here),
                ("Lars", Role.QUALITY_LEAD, here),
                ("Asha", Role.AUDITOR, here),
                ("Ada", Role.ADMINISTRATOR, here),
                ("Omar", Role.QUALITY_LEAD, there),
            )
        }
    members = {}
    for name, (actor, secret) in people.items():
        browser = Client(app, headers={"Sec-Fetch-Site": "same-origin"})
        browser.cookies.set(cookie_name(settings), secret)
        members[name.lower()] = Member(actor, browser)
    yield Cast(app, database, **members)
    for member in members.values():
        member.browser.close()
    database.close()


def _organisation(session: Session, name: str) -> int:
    made = Organisation(name=name)
    session.add(made)
    session.flush()
    assert made.id is not None
    return made.id


def _sign_in(session: Session, name: str, role: Role, organisation_id: int) -> tuple[Actor, str]:
    person = Person(organisation_id=organisation_id, id=new_id(), email=f"{name.lower()}@example.org", name=name)
    session.add(person)
    session.flush()
    secret = new_secret()
    session.add(RoleGrant(organisation_id=organisation_id, person_id=person.id, role=role))
    session.add(WebSession(secret_hash=hash_of(secret), organisation_id=organisation_id, person_id=person.id))
    session.flush()
    return Actor(organisation_id, person.id, name=name, roles=frozenset({role})), secret
