"""Reports in a terminal, and opening the database for them. Slow modules are imported when a command runs."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from api.documents.console import console
from api.starting import CannotServeError, importing

if TYPE_CHECKING:
    from sqlmodel import Session

    from api.documents.document import Document
    from api.foundation.permissions import Actor
    from api.reports.gaps.queries import GapReport
    from models.storage.database import Database

reports = typer.Typer(no_args_is_help=True, help="Reports in the terminal.")

Output = Annotated[Path | None, typer.Option(help="Write the report to this file: .pdf, .docx, .xlsx or .csv.")]
Reader = Annotated[
    str, typer.Option("--as", help="The email address of a person who can read reports.", envvar="CASEAUDIT_AS")
]


class Layout(StrEnum):
    TABLE = "table"
    JSON = "json"
    CSV = "csv"


@reports.command("gaps")
def report_gaps(
    person: Reader,
    rounds: Annotated[
        list[UUID] | None,
        typer.Option("--round", help="A round. Repeat for several rounds. Default: the last closed round."),
    ] = None,
    by: Annotated[
        str, typer.Option(help="The breakdown of the report, such as team, or fact: and the key of a fact.")
    ] = "whole",
    target: Annotated[int | None, typer.Option(min=1, max=100, help="A different target (%).")] = None,
    layout: Annotated[Layout, typer.Option("--format", help="The output format.")] = Layout.TABLE,
) -> None:
    """Print the gap report of one or more rounds."""
    from api.documents.writers.csv import write_table
    from api.reports.gaps.document import flat_table
    from api.reports.gaps.queries import gap_report
    from api.reports.gaps.routes import GapReportOut
    from api.reports.questions.children import cases_of
    from api.reports.recording_gaps import recording_gaps_of

    with opened() as database, database.reading() as session:
        actor = _actor(database, person)
        chosen = rounds or [latest_closed_round(database, actor)]
        report = gap_report(session, round_ids=chosen, breakdown=by, target_percent=target, by=actor)
        if layout is Layout.CSV:
            sys.stdout.write(write_table(flat_table(report)))
        elif layout is Layout.JSON:
            cases, recording = cases_of(session, report, by=actor), recording_gaps_of(report)
            sys.stdout.write(GapReportOut.of(report, cases, recording).model_dump_json(indent=2) + "\n")
        else:
            print_gaps(session, report, actor)


@reports.command("snapshot")
def report_snapshot(
    snapshot: Annotated[UUID, typer.Argument(help="The identifier of a snapshot, from its web address.")],
    person: Annotated[str, typer.Option("--as", help="The email address of a reader.", envvar="CASEAUDIT_AS")],
    output: Output = None,
) -> None:
    """Print a snapshot, or write it to a file."""
    from api.release.snapshots import actions as snapshots
    from api.release.snapshots.document import document_of
    from api.release.snapshots.queries import read_released

    with opened() as database, database.reading() as session:
        found = snapshots.find_snapshot(session, snapshot_id=snapshot, by=_actor(database, person))
        shown = document_of(found, read_released(session, found))
    _show(shown, output)


@reports.command("across")
def report_across(
    template: Annotated[str, typer.Option(help="The key of the template.")] = "scr-themes",
    output: Output = None,
) -> None:
    """Print a report across the published snapshots of several organisations. For the people who run the service."""
    from api.foundation.local_time import local_date
    from api.release.across import across_document, across_organisations
    from models import now

    with opened() as database, database.reading() as session:
        shown = across_document(across_organisations(session, template_key=template), made_on=local_date(now()))
    _show(shown, output)


@reports.command("changed")
def report_changed(
    person: Reader,
    first: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day. Default: a year.")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="The last day. Default: today.")
    ] = None,
    output: Output = None,
) -> None:
    """Print what changed because cases were audited, or write it to a file."""
    from api.foundation.local_time import local_date
    from api.improvement.impact.document import document_of
    from api.improvement.impact.queries import impact_report, period_of
    from models import now

    with opened() as database, database.reading() as session:
        actor = _actor(database, person)
        days = (first.date() if first else None, last.date() if last else None)
        report = impact_report(session, period=period_of(*days, today=local_date(now())), by=actor)
        shown = document_of(session, report, by=actor)
    _show(shown, output)


@reports.command("characteristics")
def report_characteristics(
    person: Reader,
    audit_round: Annotated[
        UUID | None, typer.Option("--round", help="The round. Default: the last closed round.")
    ] = None,
    by: Annotated[str, typer.Option(help="The key of a characteristic. Default: the first in use.")] = "",
    one: Annotated[str, typer.Option(help="The key of a group. Default: the largest.")] = "",
    other: Annotated[str, typer.Option(help="The key of the group to compare it with.")] = "",
    output: Output = None,
) -> None:
    """Print the themes of a round by two groups of cases, or write them to a file."""
    from api.foundation.local_time import local_date
    from api.reports.characteristics.document import characteristics_document, origin_of
    from api.reports.characteristics.queries import characteristics_report
    from models import now

    with opened() as database, database.reading() as session:
        actor = _actor(database, person)
        chosen = audit_round or latest_closed_round(database, actor)
        report = characteristics_report(session, round_id=chosen, key=by, one=one, other=other, by=actor)
        origin = origin_of(session, report, by=actor)
        shown = characteristics_document(report, made_on=local_date(now()), origin=origin)
    _show(shown, output)


def _show(document: "Document", output: Path | None) -> None:
    from api.documents.files import FileKind, render_file
    from api.documents.terminal import print_document

    if output is None:
        print_document(document, console())
        return
    endings = {kind.value: kind for kind in FileKind}
    kind = endings.get(output.suffix.removeprefix(".").lower())
    if kind is None:
        raise CannotServeError(f"File name must end with one of: {', '.join(endings)}.")
    output.write_bytes(render_file(document, kind).content)


def print_gaps(session: "Session", report: "GapReport", actor: "Actor") -> None:
    from api.documents.terminal import print_compactly
    from api.foundation.local_time import local_date
    from api.reports.gaps.document import origin_of, terminal_document
    from api.reports.questions.children import cases_of
    from api.reports.recording_gaps import recording_gaps_of
    from models import now

    origin = origin_of(session, report, by=actor)
    cases = cases_of(session, report, by=actor) if report.split_by_nothing else ()
    recording = recording_gaps_of(report) if report.split_by_nothing else None
    shown = terminal_document(report, made_on=local_date(now()), origin=origin, cases=cases, recording=recording)
    print_compactly(shown, console())


def _actor(database: "Database", email: str) -> "Actor":
    from api.foundation.identity.actors import actor_by_email

    with database.reading() as session:
        found = actor_by_email(session, email)
    if found is None:
        raise CannotServeError("No active person has this email address.")
    return found


def latest_closed_round(database: "Database", actor: "Actor") -> UUID:
    from api.rounds.queries import latest_closed

    with database.reading() as session:
        found = latest_closed(session, by=actor)
    if found is None:
        raise CannotServeError("No round has been closed yet. Enter an open round with --round.")
    return found.id


@contextmanager
def opened() -> Iterator["Database"]:
    """The database in the settings, with what every room adds to the others.

    Raises CannotServeError for one that has not been migrated to this version.
    """
    with importing():
        import api.features  # noqa: F401 - fills the hooks
    from api.foundation.key_files import event_key_at
    from api.foundation.keys.database import open_own
    from api.foundation.settings import Settings
    from models.storage.migrating import is_up_to_date

    settings = Settings()
    database = open_own(settings)
    database.event_key = event_key_at(settings.trail_key_path)
    try:
        if not is_up_to_date(database):
            raise CannotServeError("This database is not at this version. Run: caseaudit migrate")
        yield database
    finally:
        database.close()
