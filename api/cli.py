"""The command line: serving, the demonstration, migrating, and reports in a terminal.

Slow modules are imported when a command runs.
"""

import io
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from api.backup import commands as backup_commands
from api.case_lists import commands as case_list_commands
from api.doctor import commands as doctor_commands
from api.documents.console import console, print_line
from api.erasure import commands as erasure_commands
from api.moving import commands as moving_commands
from api.people.second_factor import commands as second_factor_commands
from api.people.single_sign_on import commands as single_sign_on_commands
from api.results import commands as results_commands
from api.starting import CannotServeError, check_key_exists, importing
from api.terminal_reports import latest_closed_round, opened, print_gaps, reports

DEMO_DATABASE = "sqlite:///caseaudit-demo.db"

cli = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # help without frames: in half the time, and a screen reader reads only the words
    help="Case Audit: audit case files and report gaps in practice.",
)
cli.add_typer(reports, name="report")
case_list_commands.mount(cli)
results_commands.mount(cli)
backup_commands.mount(cli)
erasure_commands.mount(cli, opened)
doctor_commands.mount(cli)
moving_commands.mount(cli, opened)
second_factor_commands.mount(cli, opened)
single_sign_on_commands.mount(cli, opened)


@cli.command("serve")
def serve(
    organisation: Annotated[str, typer.Option(help="First start: the name of the organisation.")] = "My organisation",
    administrator: Annotated[
        str, typer.Option(help="First start: the email address of the first administrator.")
    ] = "administrator@localhost.invalid",
) -> None:
    """Update the database and serve. The first start creates an organisation and administrator, and prints a link."""
    with importing():
        from api import serving
        from api.demo import first_start
        from api.foundation.keys.database import key_of, telling_of_new_key
        from api.foundation.settings import Settings
        from models.storage.migrating import migrate

    settings = Settings()
    with serving.hold_database(settings):  # before migrating: another server may be at work on the file
        with telling_of_new_key(settings, print_line):
            migrate(settings.database_url, key=key_of(settings))
        with opened() as database:
            secret = first_start.set_up_organisation(
                database, organisation=organisation, email=administrator, settings=settings
            )

        def show_link(address: str) -> None:
            if secret is not None:
                console().print(
                    f"The first administrator is {administrator}. To choose a password, open this link within "
                    f"{settings.link_hours} hours. The link works once:\n  {address}/link/{secret}\n",
                    soft_wrap=True,
                    highlight=False,
                )

        serving.serve(settings, on_listening=show_link)


@cli.command("demo")
def demo() -> None:
    """Create a synthetic organisation, print a gap report and serve. Later runs start immediately."""
    from api import serving
    from api.demo import demonstration
    from api.foundation.keys.database import key_of
    from api.foundation.settings import Settings
    from api.reports.gaps.queries import gap_report
    from api.trail.checkpoints import write_all_due
    from models.storage.migrating import migrate

    os.environ.setdefault("CASEAUDIT_DATABASE_URL", DEMO_DATABASE)
    os.environ.setdefault("CASEAUDIT_LOG_LEVEL", "warning")
    settings = Settings()
    with serving.hold_database(settings):
        migrate(settings.database_url, key=key_of(settings))
        with opened() as database:
            lead = demonstration.set_up_demonstration(database, console(), settings=settings)
            with database.reading() as session:
                print_gaps(session, gap_report(session, round_ids=[latest_closed_round(database, lead)], by=lead), lead)
            token = demonstration.create_demo_token(database, lead, settings=settings)
            write_all_due(database, settings)
        password = f"[bold]{demonstration.DEMO_PASSWORD}[/bold]"
        console().print(f"\nSign in with the password {password} and one of these email addresses:")
        for email, (name, roles) in demonstration.DEMO_PEOPLE.items():
            console().print(f"  {email:<32} {name}, {' and '.join(sorted(role.label.lower() for role in roles))}")
        console().print(
            f"For REST, as {lead.name}, for one day:\n  {_setting('TOKEN', token)}", soft_wrap=True, highlight=False
        )
        console().print(
            f"All data is synthetic. Press Ctrl+C to stop. To start again, {demonstration.how_to_clear(settings)}.\n",
            soft_wrap=True,
            highlight=False,
        )
        serving.serve(settings)


@cli.command("migrate")
def migrate_database() -> None:
    """Update the database."""
    from api.foundation.keys.database import key_of, telling_of_new_key
    from api.foundation.settings import Settings
    from models.storage.migrating import migrate

    settings = Settings()
    with telling_of_new_key(settings, print_line):
        migrate(settings.database_url, key=key_of(settings))


@cli.command("separate-organisations")
def separate_organisations(
    off: Annotated[bool, typer.Option("--off", help="Stop separating them.")] = False,
) -> None:
    """Let PostgreSQL hide rows of other organisations, by row-level security. Run it as the owner of the tables."""
    from models.storage import row_security

    try:
        with (
            opened() as database,
            database.engine.execution_options(writes=True).begin() as connection,
        ):
            (row_security.switch_off if off else row_security.switch_on)(connection)
    except row_security.CannotSeparateError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from None
    print_line(f"Row-level security is {'off' if off else 'on'}. Restart the service.")


@cli.command("verify-events")
def verify_events(
    organisation: Annotated[str, typer.Option(help="Check only this organisation, by name or number.")] = "",
    outside: Annotated[Path | None, typer.Option(help="A file of checkpoints that you kept elsewhere.")] = None,
) -> None:
    """Check trails against hashes and checkpoints, and records against events. Ends with 1 when something is wrong."""
    from api.foundation.settings import Settings
    from api.trail.checkpoint_signer import CheckpointSigner
    from api.trail.verifying.verification import in_words, verify

    settings = Settings()
    check_key_exists(settings)
    kept = outside.read_text("utf-8").splitlines() if outside is not None else []
    with opened() as database:
        all_of_them = verify(database, CheckpointSigner.of(settings), outside=kept)
    trails = tuple(
        each for each in all_of_them if organisation.casefold() in {"", each.name.casefold(), str(each.organisation_id)}
    )
    if not trails:
        raise CannotServeError("This organisation does not exist.")
    found = replace(all_of_them, trails=trails)
    for line in in_words(found):
        print_line(line)
    if not found.is_whole:
        sys.exit(1)


@cli.command("newest-checkpoint")
def newest_checkpoint() -> None:
    """Print the newest signed checkpoint as one line, to keep on paper, in an email or on another machine."""
    from api.foundation.settings import Settings
    from api.trail.checkpoint_signer import CheckpointSigner

    settings = Settings()
    check_key_exists(settings)
    signer = CheckpointSigner.of(settings)
    newest = signer.remembered() or next(iter(signer.stored()[-1:]), None)
    if newest is None:
        raise CannotServeError("Nothing has been signed yet.")
    print_line(newest.line)


@cli.command("verify-signatures")
def verify_signatures() -> None:
    """Check every signed audit against its signature. Exits with 1 if answers have changed since they were signed."""
    from api.moderation.sign_off import broken_signatures

    with opened() as database, database.reading() as session:
        broken = [(audit.organisation_id, audit.id) for audit in broken_signatures(session)]
    for organisation_id, audit_id in broken:
        console().print(
            f"Organisation {organisation_id}, audit {audit_id}: changed since it was signed.", soft_wrap=True
        )
    if broken:
        sys.exit(1)
    console().print("No signed audit has changed since it was signed.")


@cli.command("verify-tallies")
def verify_tallies(
    remake: Annotated[bool, typer.Option("--remake", help="Count the rounds again that differ.")] = False,
) -> None:
    """Check the tallies of open rounds against their audits. Exits with 1 if one differs and is not made again."""
    from api.reports import keeping

    with opened() as database:
        found = keeping.differing_rounds(database)
        for audit_round, breakdowns in found:
            console().print(
                f"Organisation {audit_round.organisation_id}, round {audit_round.id}: {', '.join(breakdowns)}",
                soft_wrap=True,
                highlight=False,
            )
            if remake:
                keeping.remake(database, audit_round)
    if found and not remake:
        console().print("These tallies differ from the audits. Run the command with --remake.")
        sys.exit(1)
    console().print("Counted again." if found else "The tallies of every open round match its audits.")


@cli.command("link")
def link(email: Annotated[str, typer.Argument(help="The email address of a person.")]) -> None:
    """Print a new one-time sign-in link for a person. Use this if no administrator can sign in."""
    from api.foundation.settings import Settings
    from api.people import actions as people

    settings = Settings()
    with opened() as database:
        check_key_exists(settings)
        with database.writing() as session:
            invited = people.issue_link_from_host(session, email=email, settings=settings)
    console().print(f"{settings.address_to_open()}/link/{invited.secret}", soft_wrap=True, highlight=False)


def _setting(name: str, value: str) -> str:
    """What sets an environment variable in a terminal: in a shell of POSIX, or in PowerShell."""
    return f'$env:{name} = "{value}"' if sys.platform == "win32" else f"export {name}={value}"


def main() -> None:
    """Run a command; an error that the user can fix is reported in a sentence, without a traceback.

    What a command writes, such as a database or a report, is for its owner alone.
    """
    os.umask(0o077)
    _print_what_can_be_shown()
    try:
        cli()
    except Exception as problem:
        # Not in the `except`, which SystemExit, the end of every command, would pass: it imports most of the service.
        said = _unusable(problem)
        if not said and not isinstance(problem, _fixable()):
            raise
        print(said or _in_words(problem), file=sys.stderr)
        sys.exit(1)


def _print_what_can_be_shown() -> None:
    """Show a question mark for what a console cannot show, as those of Windows may, instead of ending there."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


# By PostgreSQL's code of the error: the role may not do it; others hold what is to be changed.
_REFUSED_BY_POSTGRESQL = {
    "42501": "The role in CASEAUDIT_DATABASE_URL may not do this. Nothing was changed. Use the owner of the tables.",
    "55P03": "The database is in use. Nothing was changed. Stop the service, then run this again.",
}


def _unusable(problem: Exception) -> str:
    """What to say of a database that cannot be reached, changed or written, or of a full disk; "" for any other
    problem.
    """
    from sqlalchemy.exc import DBAPIError

    from models.storage.failures import is_about_the_disk, is_lost

    if is_about_the_disk(problem):
        return "The disk is full or cannot be written. Make room, check its rights, then try again."
    if not isinstance(problem, DBAPIError):
        return ""
    if is_lost(problem):
        return (
            "The database cannot be reached. Check that PostgreSQL is running and CASEAUDIT_DATABASE_URL is right: "
            "caseaudit doctor says more."
        )
    return _REFUSED_BY_POSTGRESQL.get(getattr(problem.orig, "sqlstate", None) or "", "")


def _fixable() -> tuple[type[Exception], ...]:
    from pydantic import ValidationError

    from api.foundation.problems import Problem
    from models.storage.sqlite_engine import UnsafeDatabase

    return CannotServeError, Problem, UnsafeDatabase, ValidationError


def _in_words(problem: Exception) -> str:
    """What the user can fix; of settings each with its name, and without its value, which may be a password."""
    from pydantic import ValidationError

    from api.foundation.settings import Settings

    if not isinstance(problem, ValidationError):
        return str(problem)
    if problem.title != Settings.__name__:
        raise problem
    found = problem.errors(include_input=False, include_url=False, include_context=False)
    lines = []
    for each in found:
        name = "".join(f"{Settings.model_config['env_prefix']}{part}: ".upper() for part in each["loc"][:1])
        lines.append(f"{name}{each['msg'].removeprefix('Value error, ')}")
    return "\n".join(["The settings cannot be used.", *lines])
