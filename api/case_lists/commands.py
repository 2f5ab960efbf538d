"""The council's commands for case lists, at a terminal: pseudonyms, their key, looking up a reference, sending a list.

Needs no database, and all but sending no server. Slow modules are imported when a command runs.
"""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from api.case_lists.databases.options import (
    Asked,
    FromDatabase,
    PasswordFile,
    SavedProfile,
    SaveProfile,
    Schema,
    source_of,
)
from api.case_lists.pushing.commands import push
from api.case_lists.terminal import (
    NEEDS_AN_ANSWER,
    REFUSED,
    ChoicesFile,
    Day,
    KeyFile,
    OwnCharacteristics,
    SomeExports,
    SomeKeyFile,
    Template,
    characteristics_of,
    choices_beside,
    day_of,
    printable_text,
    reporting_errors,
    say,
    today,
    words_of,
)
from api.case_lists.whois import find_children
from api.documents.console import console
from checklists.plurals import plural

if TYPE_CHECKING:
    from rich.console import Console

    from api.case_lists.readers.outcome import Outcome
    from api.case_lists.readers.result import Question, RefusedRow
    from checklists.cases import CaseWords
    from checklists.characteristics import Characteristic
    from checklists.privacy.pseudonyms import Key

_MOST_SHOWN: Final = 20

key_commands = typer.Typer(no_args_is_help=True, help="The key for pseudonyms. It stays with your council.")


def mount(cli: typer.Typer) -> None:
    """Adds the commands to the command line."""
    cli.command("pseudonymise")(pseudonymise)
    cli.command("whois")(find_children)
    cli.command("worker")(worker)
    cli.command("push")(push)
    cli.add_typer(key_commands, name="key")


def pseudonymise(
    exports: SomeExports = None,
    key: SomeKeyFile = None,
    from_database: FromDatabase = "",
    schema: Schema = None,
    password_file: PasswordFile = None,
    profile: SavedProfile = None,
    save_profile: SaveProfile = None,
    on: Day = None,
    out: Annotated[
        Path | None, typer.Option(help="The case list file to write. Default: case-list-DAY.csv in this folder.")
    ] = None,
    choices: ChoicesFile = None,
    template: Template = None,
    characteristics: OwnCharacteristics = None,
    yes: Annotated[bool, typer.Option("--yes", help="Write the list even if some rows are excluded.")] = False,
) -> None:
    """Make a case list without identifiers from an export of a case system. Nothing leaves this machine."""
    with reporting_errors():
        asked = Asked(
            *(exports or (), from_database, schema, password_file, profile, save_profile),
            *(key, choices, template, characteristics),
        )
        _pseudonymise(asked, day_of(on), out, yes=yes)


def _pseudonymise(asked: Asked, day: date, out: Path | None, *, yes: bool) -> None:
    from api.case_lists.pseudonyms import key_file
    from api.case_lists.pseudonyms.list_file import write_case_list
    from api.foundation.private_files import AlreadyThere, write_new

    to = out or Path(f"case-list-{day}.csv")
    if to.exists():
        raise AlreadyThere(f"{to} already exists and was not overwritten. Choose another file name.")
    source = source_of(asked)
    keys = [it.key for it in key_file.load_keys(source.key)]
    terminal = console()
    words, own = words_of(source.template), characteristics_of(source.characteristics)
    read = partial(_read, name=source.name, on=day, keys=keys, words=words, own=own)
    outcome = _answered(partial(read, source.content), source.choices or choices_beside(source.key), terminal)
    _preview(outcome, terminal, words)
    if outcome.case_list is None:
        say("There are no cases to write. No file was written.")
        raise typer.Exit(REFUSED)
    if outcome.refused_in_all and not yes:
        _confirm(outcome.refused_in_all)
    write_new(to, write_case_list(outcome.case_list))
    terminal.print(
        f"{plural(len(outcome.case_list.cases), 'case')} written to {to}, using key {keys[0].id}.", soft_wrap=True
    )


def worker(
    name: Annotated[str, typer.Argument(help="The practitioner's name or number, as it appears in the case system.")],
    key: KeyFile,
) -> None:
    """Print the pseudonym under which case lists name a worker: for the availability of an auditor."""
    with reporting_errors():
        from api.case_lists.pseudonyms import key_file
        from checklists.privacy.pseudonyms import worker_pseudonym

        try:
            console().print(worker_pseudonym(key_file.load_keys(key)[0].key, name), highlight=False)
        except ValueError:
            say("Enter the practitioner's name or number as it appears in the case system.")
            raise typer.Exit(REFUSED) from None


@key_commands.command("new")
def new_key(file: Annotated[Path, typer.Argument(help="The key file to create.")]) -> None:
    """Create a key file that only you can read. An existing file is never overwritten."""
    with reporting_errors():
        from api.case_lists.pseudonyms import key_file

        made = key_file.create_key_file(file, on=today())
        console().print(
            f"Key {made.id} was written to {file}. Keep the file safe, and keep a copy in another place. Without "
            "the key, no reference can be linked to a child. With the key, every reference can be.",
            soft_wrap=True,
            highlight=False,
        )


@key_commands.command("rotate")
def rotate_key(file: Annotated[Path, typer.Argument(help="The key file.")]) -> None:
    """Add a new key to use from now on. The next list links references under the old key to the new ones."""
    with reporting_errors():
        from api.case_lists.pseudonyms import key_file

        made = key_file.rotate_key(file, on=today())
        console().print(
            (
                f"Key {made.id} will be used from now on. Earlier keys stay in {file}, so that old references can "
                "still be identified."
            ),
            soft_wrap=True,
            highlight=False,
        )


def _answered(read: Callable[[Mapping[str, str]], "Outcome"], choices: Path, terminal: "Console") -> "Outcome":
    """The export as it was understood, when no question is open: asks at the terminal, and remembers each answer."""
    from api.case_lists.pseudonyms import choices_file

    given = choices_file.load(choices)
    while True:
        outcome = read(given)
        if not outcome.questions:
            return outcome
        if not sys.stdin.isatty():
            _tell_questions(outcome.questions, choices)
            raise typer.Exit(NEEDS_AN_ANSWER)
        for question in outcome.questions:
            given[question.key] = _ask(question, terminal)
        choices_file.save(choices, given)


def _read(
    content: bytes,
    choices: Mapping[str, str],
    *,
    name: str,
    on: date,
    keys: Sequence["Key"],
    words: "CaseWords",
    own: Sequence["Characteristic"],
) -> "Outcome":
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from api.case_lists.readers.sandbox import read_in_sandbox

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console(errors=True)) as progress:
        task = progress.add_task("Reading the export", total=None)
        outcome = read_in_sandbox(
            content, name=name, choices=choices, on=on, keys=keys, words=words, characteristics=own
        )
        progress.update(
            task, total=outcome.rows, completed=outcome.rows, description=f"{plural(outcome.rows, 'row')} read"
        )
    return outcome


def _ask(question: "Question", terminal: "Console") -> str:
    terminal.print(printable_text(f"\n{question.words}"))
    for number, meaning in enumerate(question.options.values(), start=1):
        terminal.print(printable_text(f"  {number}. {meaning}"))
    answers = list(question.options)
    while True:
        chosen: int = typer.prompt("Number", type=int)
        if 1 <= chosen <= len(answers):
            return answers[chosen - 1]


def _tell_questions(questions: Sequence["Question"], choices: Path) -> None:
    say("Some questions need your answer. Answer in a terminal, or add an answer to each question to the choices file:")
    for question in questions:
        say(f"\n{question.words}\n  {json.dumps(question.key)}: one of")
        for answer, meaning in question.options.items():
            say(f"    {json.dumps(answer)}: {meaning}")
    say(f'\nThe choices file is {choices}: {{"format": "caseaudit-choices/1", "choices": {{...}}}}')


def _confirm(refused: int) -> None:
    if not sys.stdin.isatty():
        say(f"{_excluded(refused)}, so nothing was written. Correct the export, or use --yes.")
        raise typer.Exit(NEEDS_AN_ANSWER)
    if not typer.confirm(f"{_excluded(refused)}. Write the list without {'it' if refused == 1 else 'them'}?"):
        raise typer.Exit(REFUSED)


def _excluded(number: int) -> str:
    return f"{plural(number, 'row')} {'was' if number == 1 else 'were'} excluded"


def _preview(outcome: "Outcome", terminal: "Console", words: "CaseWords") -> None:
    """What was read, how its headings were interpreted, what was left out and why, and how many cases there are."""
    from rich.table import Column, Table

    terminal.print(printable_text(f"Read as: {outcome.format.label}"))
    sheets = Table("Sheet", Column("Rows", justify="right"), "Headings used", "Ignored")
    for sheet in outcome.sheets:
        taken = "; ".join(f"{ours}: “{theirs}”" for ours, theirs in sheet.columns.items())
        sheets.add_row(
            printable_text(sheet.name),
            f"{sheet.rows:,}",
            printable_text(sheet.not_read or taken),
            printable_text(_few(sheet.left_aside)),
        )
    terminal.print(sheets)
    _list_places(f"{plural(outcome.refused_in_all, 'row')} excluded", outcome.refused, outcome.refused_in_all, terminal)
    _list_places("Notes", outcome.remarks, len(outcome.remarks), terminal)
    counts = Table("Status", Column("Cases", justify="right"))
    for status, cases in outcome.by_status.items():
        counts.add_row(words.status_label(status), f"{cases:,}")
    terminal.print(counts)


def _list_places(title: str, refused: Sequence["RefusedRow"], in_all: int, terminal: "Console") -> None:
    if not refused:
        return
    from rich.table import Column, Table

    places = Table("Sheet", Column("Row", justify="right"), "Column", "Reason", title=title, title_justify="left")
    for it in refused[:_MOST_SHOWN]:
        places.add_row(
            printable_text(it.place.sheet), str(it.place.row), printable_text(it.column), printable_text(it.words)
        )
    terminal.print(places)
    if in_all > _MOST_SHOWN:
        terminal.print(f"and {in_all - _MOST_SHOWN:,} more")


def _few(headings: Sequence[str]) -> str:
    shown = ", ".join(headings[:6])
    return f"{shown} and {len(headings) - 6} more" if len(headings) > 6 else shown
