"""The commands of the second factor: what the operator runs on the host."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Annotated

import typer

from api.documents.console import print_line

if TYPE_CHECKING:
    from models.storage.database import Database


def mount(cli: typer.Typer, opened: "Callable[[], AbstractContextManager[Database]]") -> None:
    """Adds the commands to the command line. `opened` opens the database of the settings."""

    @cli.command("remove-second-factor")
    def remove_second_factor(
        email: Annotated[str, typer.Argument(help="The email address of a person.")],
    ) -> None:
        """Remove a person's second factor, and end their sessions. Use this if no administrator can sign in."""
        from api.people.second_factor.actions import remove_on_host

        with opened() as database, database.writing() as session:
            remove_on_host(session, email=email)
        print_line("Second factor removed. The person signs in with the password.")

    @cli.command("require-second-factor")
    def require_second_factor(
        roles: Annotated[
            str, typer.Option(help="The roles that need one, with spaces between them. Empty: no role needs one.")
        ] = "administrator",
        organisation: Annotated[str, typer.Option(help="The name of the organisation, where there are several.")] = "",
    ) -> None:
        """Choose which roles of an organisation need a second factor."""
        from api.foundation.permissions import operator_of
        from api.foundation.problems import Invalid
        from api.people import organisations
        from api.people.second_factor.rule import change_rule_on_host
        from models import Role

        if not set(roles.split()) <= set(Role):
            raise Invalid(f"Choose from these roles: {', '.join(Role)}.")
        with opened() as database, database.writing() as session:
            by = operator_of(organisations.id_by_name(session, name=organisation))
            change_rule_on_host(session, roles=[Role(role) for role in roles.split()], by=by)
        print_line(f"These roles need a second factor: {roles}." if roles.strip() else "No role needs a second factor.")
