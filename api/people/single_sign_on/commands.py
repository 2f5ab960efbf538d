"""The commands of single sign-on: what the operator runs on the host."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Annotated

import typer

from api.documents.console import print_line

if TYPE_CHECKING:
    from models.storage.database import Database


def mount(cli: typer.Typer, opened: "Callable[[], AbstractContextManager[Database]]") -> None:
    """Adds the commands to the command line. `opened` opens the database of the settings."""

    @cli.command("test-single-sign-on")
    def test_single_sign_on() -> None:
        """Test the settings of single sign-on against the provider. Ends with 1 when one is wrong."""
        from api.foundation.health.findings import is_fit
        from api.foundation.problems import Conflict
        from api.foundation.settings import Settings
        from api.people.single_sign_on.provider.client import provider_of
        from api.people.single_sign_on.provider.examining import examine

        provider = provider_of(Settings())
        if provider is None:
            raise Conflict("Set CASEAUDIT_OIDC_ISSUER and the settings beside it: see docs/signing-in.md.")
        found = examine(provider)
        for each in found:
            print_line(f"{each.state.label:<6} {each.about}: {each.said}")
            if each.to_do:
                print_line(f"       {each.to_do}")
        if not is_fit(found):
            raise typer.Exit(1)

    @cli.command("allow-passwords")
    def allow_passwords(
        organisation: Annotated[str, typer.Option(help="The name of the organisation, where there are several.")] = "",
    ) -> None:
        """Allow passwords for everybody in an organisation again. Use this if the provider is away for long."""
        from api.foundation.permissions import operator_of
        from api.people import organisations
        from api.people.single_sign_on.rule import allow_passwords_on_host

        with opened() as database, database.writing() as session:
            by = operator_of(organisations.id_by_name(session, name=organisation))
            allow_passwords_on_host(session, by=by)
        print_line("Everybody may use a password again.")
