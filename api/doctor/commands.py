"""The command of the doctor."""

from collections.abc import Iterator

import typer

from api.documents.console import print_line
from api.foundation.health.findings import Finding, State


def mount(cli: typer.Typer) -> None:
    """Adds the command to the command line."""
    cli.command("doctor")(doctor)


def doctor() -> None:
    """Check all that an operator sets up, from settings and keys to backups. Ends with 1 when one is wrong."""
    found = list(examined())
    for each in found:
        print_line(f"{each.state.label:<6} {each.about}: {each.said}")
        if each.to_do:
            print_line(f"       {each.to_do}")
    wrong = sum(each.state is State.WRONG for each in found)
    to_check = sum(each.state is State.LOOK for each in found)
    print_line(f"{len(found)} checked: {wrong} wrong, {to_check} to check.")
    if wrong:
        raise typer.Exit(1)


def examined() -> Iterator[Finding]:
    """Everything that was looked at, in order."""
    from api.doctor import database, looking

    settings, found = looking.read_settings()
    yield from found
    if settings is None:
        return
    yield from looking.look_at_system(settings)
    yield from database.look_at_database(settings)
    yield from looking.look_at_keys(settings)
    yield from looking.look_at_disk(settings)
    yield from looking.look_at_mail(settings)
    yield from looking.look_at_webhooks(settings)
    yield from looking.look_at_proxy(settings)
    yield from looking.look_at_single_sign_on(settings)
    yield from looking.look_at_backups(settings)
