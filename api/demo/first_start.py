"""The first start of a database: an organisation, an administrator and the built-in templates."""

from api.audit_templates import actions as templates
from api.foundation.settings import Settings
from api.people import actions as people
from api.people import organisations
from models.storage.database import Database


def set_up_organisation(database: Database, *, organisation: str, email: str, settings: Settings) -> str | None:
    """Create the organisation, templates and first administrator of an empty database; returns the secret of their
    link.

    None when there is an organisation already.
    """
    with database.writing() as session:
        if organisations.count_organisations(session):
            return None
        invited = people.first_administrator(
            session, organisation_name=organisation, email=email, name="Administrator", settings=settings
        )
        templates.add_whole_library(session, organisation_id=invited.person.organisation_id)
        return invited.secret
