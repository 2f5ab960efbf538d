"""The first start of a database: an organisation, an administrator and the built-in templates."""

from sqlalchemy import select
from sqlmodel import col

from api.foundation.settings import Settings
from models import Organisation
from models.storage.database import Database


def set_up_organisation(database: Database, *, organisation: str, email: str, settings: Settings) -> str | None:
    """Create the organisation, templates and first administrator of an empty database; returns the secret of their
    link.

    None when there is an organisation already.
    """
    with database.reading() as session:
        if session.execute(select(col(Organisation.id)).limit(1)).first() is not None:
            return None
    # Not at the top: every later start does without these rooms.
    from api.audit_templates import actions as templates
    from api.people import actions as people
    from api.people import organisations

    with database.writing() as session:
        if organisations.count_organisations(session):
            return None
        invited = people.first_administrator(
            session, organisation_name=organisation, email=email, name="Administrator", settings=settings
        )
        templates.add_whole_library(session, organisation_id=invited.person.organisation_id)
        return invited.secret
