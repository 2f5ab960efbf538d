"""The demonstration: a made-up council with its people, rounds and audits."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from sqlmodel import col, select

from api.audit_templates import actions as templates
from api.demo import council
from api.foundation.permissions import Actor, operator_of
from api.foundation.problems import Conflict
from api.foundation.settings import Settings
from api.people import actions as people
from api.people import organisations
from api.people.second_factor.rule import change_rule_on_host
from api.people.sign_in import actions as sign_in
from api.people.tokens import actions as tokens
from models import Person, Role, Template
from models.audits.template import published_content
from models.storage.database import Database

DEMO_ORGANISATION = "Demonstration Council"
# Protects only synthetic cases on one machine, and is printed at every start.
DEMO_PASSWORD = "violet-harbour-lantern"  # noqa: S105
DEMO_PEOPLE = {
    "auditor@demo.invalid": ("Asha", frozenset({Role.AUDITOR})),
    "moderator@demo.invalid": ("Mo", frozenset({Role.MODERATOR, Role.AUDITOR})),
    "lead@demo.invalid": ("Lena", frozenset({Role.QUALITY_LEAD})),
    "deputy@demo.invalid": ("Dee", frozenset({Role.QUALITY_LEAD})),
    "administrator@demo.invalid": ("Ada", frozenset({Role.ADMINISTRATOR})),
    "owner@demo.invalid": ("Olu", frozenset({Role.ACTION_OWNER})),
    "police@demo.invalid": ("Pia", frozenset({Role.AGENCY_AUDITOR})),
    "health@demo.invalid": ("Hal", frozenset({Role.AGENCY_AUDITOR})),
}


def set_up_demonstration(database: Database, console: Console, *, settings: Settings) -> Actor:
    """Create the demonstration unless it exists, showing progress; returns its quality lead."""
    if not council.council_exists(database):
        _people(database, settings)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, console=console) as progress:

            def stage(description: str, parts: int) -> council.Advance:
                task = progress.add_task(description, total=parts)
                return lambda: progress.advance(task)

            council.create_council(database, _cast(database), stage=stage)
    return _cast(database).lead


def create_demo_token(database: Database, by: Actor, *, settings: Settings) -> str:
    """Create a token for trying REST as this person, for one day; returns its secret."""
    with database.writing() as session:
        made = tokens.create_own_token(
            session, name="Trying REST", scopes=by.scopes_to_give, days=1, settings=settings, by=by
        )
        return made.secret


def how_to_clear(settings: Settings) -> str:
    """How to be rid of the demonstration, with the name of its database."""
    kind, _, file = settings.database_url.partition(":///")
    return f"delete {file} and the files created with it" if kind == "sqlite" else "use an empty database"


def _people(database: Database, settings: Settings) -> None:
    """Create the organisation and one person for each role, each choosing a password by their own one-time link."""
    with database.writing() as session:
        if organisations.count_organisations(session):
            raise Conflict(
                "This database contains an organisation that is not a complete demonstration. If an earlier start was "
                f"interrupted, {how_to_clear(settings)}, then start again."
            )
        email = "administrator@demo.invalid"
        invited = people.first_administrator(
            session,
            organisation_name=DEMO_ORGANISATION,
            email=email,
            name=DEMO_PEOPLE[email][0],
            settings=settings,
        )
        organisation_id, administrator_id = invited.person.organisation_id, invited.person.id
        templates.add_whole_library(session, organisation_id=organisation_id)
        # A person who tries the demonstration signs in as eight people, with a password that is printed.
        change_rule_on_host(session, roles=(), by=operator_of(organisation_id))
    sign_in.choose_password(database, secret=invited.secret, password=DEMO_PASSWORD)
    by = Actor(organisation_id, administrator_id, roles=frozenset({Role.ADMINISTRATOR}))
    links = []
    # All before the first of them chooses a password: from then on a second person confirms who may read audits.
    for email, (name, roles) in DEMO_PEOPLE.items():
        if Role.ADMINISTRATOR not in roles:
            with database.writing() as session:
                invited = people.invite_person(session, name=name, email=email, roles=roles, by=by, settings=settings)
            links.append(invited.secret)
    for secret in links:
        sign_in.choose_password(database, secret=secret, password=DEMO_PASSWORD)


def _cast(database: Database) -> council.Cast:
    with database.reading() as session:
        actors = {}
        for email, (name, roles) in DEMO_PEOPLE.items():
            person = session.exec(select(Person).where(col(Person.email) == email)).one()
            actors[email.partition("@")[0]] = Actor(person.organisation_id, person.id, name=name, roles=roles)
        template = session.exec(select(Template).where(col(Template.key) == "scr-themes")).one()
        content = published_content(session, template.organisation_id, template.id, 1)
    if content is None:
        raise RuntimeError("the built-in template has not been published")
    return council.Cast(**actors, template_id=template.id, content=content)
