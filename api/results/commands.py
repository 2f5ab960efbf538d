"""The command that fetches what came of each case, and writes it under the council's own child identifiers.

Slow modules are imported when the command runs.
"""

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from api.case_lists.terminal import (
    NOT_EVERYTHING,
    ChoicesFile,
    Day,
    Exports,
    KeyFile,
    ServiceAddress,
    Template,
    TokenFile,
    read_export,
    reporting_errors,
    say,
    service_of,
    tell,
    today,
)
from checklists.plurals import plural

_MOST_SHOWN: Final = 20


def mount(cli: typer.Typer) -> None:
    """Adds the command to the command line."""
    cli.command("results")(results)


def results(
    exports: Exports,
    key: KeyFile,
    service: ServiceAddress,
    token_file: TokenFile = None,
    round_id: Annotated[
        uuid.UUID | None, typer.Option("--round", help="Only cases of this round, by its identifier.")
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"],
            help="Only cases of which something changed since this day, or this time of a day in Britain.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The file to write, .csv or .xlsx. Default: results-DAY.csv in this folder.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace the file if it exists.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Fetch and compare, and write nothing.")] = False,
    choices: ChoicesFile = None,
    on: Day = None,
    template: Template = None,
) -> None:
    """Write what came of each case under your own child identifiers. The service never learns an identifier."""
    with reporting_errors():
        from api.results.council_file import rekey
        from api.results.fetching import fetch_results

        to = out or Path(f"results-{today()}.csv")
        _check_can_write(to, replace=replace)
        export = read_export(exports, key=key, choices=choices, on=on, template=template)
        fetched = list(fetch_results(service_of(service, token_file), round_id=round_id, since=_moment(since)))
        children = {
            reference: found[0].identifier
            for reference, found in export.children_behind({it.reference for it in fetched}).items()
            if found
        }
        rekeyed = rekey(fetched, children, (each.id for each in export.keys))
        if not dry_run:
            _write(to, rekeyed.lines, replace=replace)
        _tell(rekeyed.results, len(rekeyed.lines), to, written=not dry_run)
        if fetched and not any(it.has_actions for it in fetched):
            tell("The token may not read actions: it needs the scope results:actions.")
        if rekeyed.unmatched:
            _say_unmatched(rekeyed.unmatched, waits=bool(export.content.questions))
            raise typer.Exit(NOT_EVERYTHING)


def _check_can_write(to: Path, *, replace: bool) -> None:
    """Before anything is fetched. Raises UnreadableError, AlreadyThere."""
    from api.documents.reading.refusals import UnreadableError
    from api.foundation.private_files import AlreadyThere
    from api.results.council_file import KINDS

    if to.suffix.lower() not in KINDS:
        raise UnreadableError(f"{to} is neither .csv nor .xlsx. Choose another file name.")
    if to.exists() and not replace:
        raise AlreadyThere(f"{to} already exists and was not overwritten. Choose another file name, or use --replace.")


def _moment(since: datetime | None) -> datetime | None:
    from api.foundation.local_time import LOCAL_TIME

    return None if since is None else since.replace(tzinfo=LOCAL_TIME).astimezone(UTC)


def _write(to: Path, lines: Iterable[tuple[str, ...]], *, replace: bool) -> None:
    from api.foundation.private_files import write_new, write_over
    from api.results.council_file import write_results

    content = write_results(lines, kind=to.suffix.lower())
    (write_over if replace else write_new)(to, content)


def _tell(results: int, lines: int, to: Path, *, written: bool) -> None:
    if written:
        tell(
            f"{plural(results, 'result')} written to {to}, in {plural(lines, 'line')}. It identifies "
            "children: delete it when you no longer need it."
        )
    else:
        tell(f"{plural(results, 'result')} would be written to {to}, in {plural(lines, 'line')}. Nothing was written.")


def _say_unmatched(unmatched: Mapping[str, str], *, waits: bool) -> None:
    say(f"{plural(len(unmatched), 'reference')} could not be matched to a child. Excluded from the file:")
    for why, number in Counter(unmatched.values()).most_common():
        say(f"  {number:,}: {why}")
    for reference in list(unmatched)[:_MOST_SHOWN]:
        say(f"    {reference}")
    if len(unmatched) > _MOST_SHOWN:
        say(f"    and {len(unmatched) - _MOST_SHOWN:,} more")
    if waits:
        say("Some cases of the export need an answer: run caseaudit pseudonymise first.")
