"""The council's commands for case lists, at a terminal: pseudonyms, their key, and looking up a reference.

Needs no server and no database. Slow modules are imported when a command runs.
"""

import io
import json
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

if TYPE_CHECKING:
    from api.case_lists.readers.outcome import Outcome
    from api.case_lists.readers.result import Question, RefusedRow
    from checklists.cases import CaseWords
    from checklists.privacy.pseudonyms import Key

REFUSED: Final = 1
NEEDS_AN_ANSWER: Final = 2
_MOST_SHOWN: Final = 20

Exports = Annotated[
    list[Path], typer.Argument(help="The export from the case system: one file, or all the .csv files of one return.")
]
KeyFile = Annotated[Path, typer.Option("--key", help="The key file, created once with: caseaudit key new FILE")]
ChoicesFile = Annotated[
    Path | None,
    typer.Option("--choices", help="The file that stores your answers. Default: in the same folder as the key."),
]
Day = Annotated[
    datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="The date of the list. Default: today.")
]

Template = Annotated[
    Path | None,
    typer.Option(
        "--template",
        help="The template whose statuses, age bands and categories the cases have: its file. Default: "
        "those of children's services.",
    ),
]

key_commands = typer.Typer(no_args_is_help=True, help="The key for pseudonyms. It stays with your council.")


def mount(cli: typer.Typer) -> None:
    """Adds the commands to the command line."""
    cli.command("pseudonymise")(pseudonymise)
    cli.command("whois")(identify_reference)
    cli.command("worker")(worker)
    cli.add_typer(key_commands, name="key")


def pseudonymise(
    exports: Exports,
    key: KeyFile,
    on: Day = None,
    out: Annotated[
        Path | None, typer.Option(help="The case list file to write. Default: case-list-DAY.csv in this folder.")
    ] = None,
    choices: ChoicesFile = None,
    template: Template = None,
    yes: Annotated[bool, typer.Option("--yes", help="Write the list even if some rows are excluded.")] = False,
) -> None:
    """Make a case list without identifiers of what a case system exports. Nothing leaves this machine."""
    with _plainly():
        from api.case_lists.pseudonyms import key_file
        from api.case_lists.pseudonyms.list_file import write_case_list
        from api.foundation.private_files import AlreadyThere, write_new

        day = _day(on)
        to = out or Path(f"case-list-{day}.csv")
        if to.exists():
            raise AlreadyThere(f"{to} already exists and was not overwritten. Choose another file name.")
        keys = [it.key for it in key_file.load_keys(key)]
        name, content = _content(exports)
        console = Console()
        words = _words_of(template)
        outcome = _answered(content, name, day, keys, choices or _beside(key), console, words)
        _preview(outcome, console, words)
        if outcome.case_list is None:
            _say("There are no cases to write. No file was written.")
            raise typer.Exit(REFUSED)
        if outcome.refused_in_all and not yes:
            _confirm(outcome.refused_in_all)
        write_new(to, write_case_list(outcome.case_list))
        console.print(
            f"{len(outcome.case_list.cases):,} cases written to {to}, using key {keys[0].id}.", soft_wrap=True
        )


def identify_reference(
    reference: Annotated[str, typer.Argument(help="The reference of a case, or the pseudonym of a practitioner.")],
    exports: Exports,
    key: KeyFile,
    choices: ChoicesFile = None,
    on: Day = None,
    template: Template = None,
) -> None:
    """Say which case of an export a reference stands for. Shows an identifier, here and nowhere else."""
    with _plainly():
        from api.case_lists.pseudonyms import choices_file, key_file
        from api.case_lists.pseudonyms.lookup import identify
        from api.case_lists.readers.reader import read

        keys = [it.key for it in key_file.load_keys(key)]
        name, content = _content(exports)
        given = choices_file.load(choices or _beside(key))
        reading = read(content, name=name, choices=given, on=_day(on), words=_words_of(template))
        found = identify(reference, reading, keys)
        for it in found:
            Console().print(_plain(f"{it.place.sheet or name}, row {it.place.row}: {it.identifier}"), soft_wrap=True)
        if not found:
            waiting = " Some cases need an answer: run caseaudit pseudonymise first." if reading.questions else ""
            _say(f"No person in this export has this reference under any key in this file.{waiting}")
            raise typer.Exit(REFUSED)


def worker(
    name: Annotated[str, typer.Argument(help="The practitioner's name or number, as it appears in the case system.")],
    key: KeyFile,
) -> None:
    """Print the pseudonym under which case lists name a worker: what the duties of an auditor ask for."""
    with _plainly():
        from api.case_lists.pseudonyms import key_file
        from checklists.privacy.pseudonyms import worker_pseudonym

        try:
            Console().print(worker_pseudonym(key_file.load_keys(key)[0].key, name), highlight=False)
        except ValueError:
            _say("Enter the practitioner's name or number as it appears in the case system.")
            raise typer.Exit(REFUSED) from None


@key_commands.command("new")
def new_key(file: Annotated[Path, typer.Argument(help="The key file to create.")]) -> None:
    """Create a key file that only you can read. An existing file is never overwritten."""
    with _plainly():
        from api.case_lists.pseudonyms import key_file

        made = key_file.create_key_file(file, on=_today())
        Console().print(
            f"Key {made.id} was written to {file}. Keep the file safe, and keep a copy in another place. Without "
            "the key, no reference can be linked to a child. With the key, every reference can be.",
            soft_wrap=True,
            highlight=False,
        )


@key_commands.command("rotate")
def rotate_key(file: Annotated[Path, typer.Argument(help="The key file.")]) -> None:
    """Add a new key to use from now on. The next list links references under the old key to the new ones."""
    with _plainly():
        from api.case_lists.pseudonyms import key_file

        made = key_file.rotate_key(file, on=_today())
        Console().print(
            (
                f"Key {made.id} will be used from now on. Earlier keys stay in {file}, so that old references can "
                "still be identified."
            ),
            soft_wrap=True,
            highlight=False,
        )


@contextmanager
def _plainly() -> Iterator[None]:
    """Report an error in a sentence, and never in a traceback, which might show a cell."""
    from api.case_lists.pseudonyms.choices_file import ChoicesFileError
    from api.case_lists.pseudonyms.key_file import KeyFileError
    from api.case_lists.readers.result import UnreadableError
    from api.foundation.private_files import AlreadyThere

    try:
        yield
    except (ChoicesFileError, KeyFileError, AlreadyThere, UnreadableError) as problem:
        _say(str(problem))
        raise typer.Exit(REFUSED) from None
    except OSError as problem:
        _say(f"{problem.filename or 'A file'} cannot be used: {problem.strerror or 'disk error'}.")
        raise typer.Exit(REFUSED) from None
    except (typer.Exit, typer.Abort):
        raise
    except Exception as problem:  # noqa: BLE001 - whatever the error, its message may quote an identifier
        _say(f"There is a fault in this command ({type(problem).__name__}). Nothing was written.")
        raise typer.Exit(REFUSED) from None


def _words_of(template: Path | None) -> "CaseWords":
    """The words of a template's file; without one, those of children's services."""
    from api.case_lists.readers.result import UnreadableError
    from checklists.cases import CHILDRENS_WORDS

    if template is None:
        return CHILDRENS_WORDS
    from checklists.templates.template_file import TemplateRefused, read_template

    try:
        content = template.read_bytes()
        return read_template(content, kind="toml" if template.suffix == ".toml" else "json").case_words
    except TemplateRefused as refused:
        raise UnreadableError(f"{template.name} is no template: {refused.faults[0].message}") from None


def _say(words: str) -> None:
    Console(stderr=True).print(_plain(words), soft_wrap=True)


def _plain(words: str) -> Text:
    """Text for the terminal, in which nothing from an export can act as a control sequence."""
    return Text("".join(each if each.isprintable() or each == "\n" else "?" for each in words))


def _today() -> date:
    from api.foundation.local_time import local_date

    return local_date(datetime.now(UTC))


def _day(on: datetime | None) -> date:
    return _today() if on is None else on.date()


def _beside(key: Path) -> Path:
    return key.with_name(f"{key.stem}-choices.json")


def _content(exports: Sequence[Path]) -> tuple[str, bytes]:
    """The content of one file; several tables of one return are packed into one, in memory."""
    from api.case_lists.readers.files.limits import LARGEST_FILE, MEGABYTE
    from api.case_lists.readers.result import UnreadableError

    if sum(each.stat().st_size for each in exports) > LARGEST_FILE:
        raise UnreadableError(f"The files are larger than {LARGEST_FILE // MEGABYTE} MB in total. Export fewer months.")
    if len(exports) == 1:
        return exports[0].name, exports[0].read_bytes()
    if any(each.suffix.lower() != ".csv" for each in exports):
        raise UnreadableError(
            "Enter 1 file, or several .csv files of one return. Other files must be read one at a time."
        )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as together:
        for each in exports:
            together.writestr(each.name, each.read_bytes())
    return "", packed.getvalue()


def _answered(
    content: bytes,
    name: str,
    on: date,
    keys: Sequence["Key"],
    choices: Path,
    console: Console,
    words: "CaseWords",
) -> "Outcome":
    """The export as it was understood, when no question is open: asks at the terminal, and remembers each answer."""
    from api.case_lists.pseudonyms import choices_file

    given = choices_file.load(choices)
    while True:
        outcome = _read(content, name, on, keys, given, words)
        if not outcome.questions:
            return outcome
        if not sys.stdin.isatty():
            _tell_questions(outcome.questions, choices)
            raise typer.Exit(NEEDS_AN_ANSWER)
        for question in outcome.questions:
            given[question.key] = _ask(question, console)
        choices_file.save(choices, given)


def _read(
    content: bytes, name: str, on: date, keys: Sequence["Key"], choices: Mapping[str, str], words: "CaseWords"
) -> "Outcome":
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from api.case_lists.readers.sandbox import read_in_sandbox

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("Reading the export", total=None)
        outcome = read_in_sandbox(content, name=name, choices=choices, on=on, keys=keys, words=words)
        progress.update(task, total=outcome.rows, completed=outcome.rows, description=f"{outcome.rows:,} rows read")
    return outcome


def _ask(question: "Question", console: Console) -> str:
    console.print(_plain(f"\n{question.words}"))
    for number, meaning in enumerate(question.options.values(), start=1):
        console.print(_plain(f"  {number}. {meaning}"))
    answers = list(question.options)
    while True:
        chosen: int = typer.prompt("Number", type=int)
        if 1 <= chosen <= len(answers):
            return answers[chosen - 1]


def _tell_questions(questions: Sequence["Question"], choices: Path) -> None:
    _say(
        "Some questions need your answer. Answer in a terminal, or add an answer to each question to the choices file:"
    )
    for question in questions:
        _say(f"\n{question.words}\n  {json.dumps(question.key)}: one of")
        for answer, meaning in question.options.items():
            _say(f"    {json.dumps(answer)}: {meaning}")
    _say(f'\nThe choices file is {choices}: {{"format": "caseaudit-choices/1", "choices": {{...}}}}')


def _confirm(refused: int) -> None:
    if not sys.stdin.isatty():
        _say(f"{refused:,} rows were excluded, so nothing was written. Correct the rows, or use --yes.")
        raise typer.Exit(NEEDS_AN_ANSWER)
    if not typer.confirm(f"{refused:,} rows were excluded. Write the list without these rows?"):
        raise typer.Exit(REFUSED)


def _preview(outcome: "Outcome", console: Console, words: "CaseWords") -> None:
    """What was read, how its headings were interpreted, what was left out and why, and how many cases there are."""
    console.print(_plain(f"Read as: {outcome.format.label}"))
    sheets = Table("Sheet", Column("Rows", justify="right"), "Headings used", "Ignored")
    for sheet in outcome.sheets:
        taken = "; ".join(f"{ours}: “{theirs}”" for ours, theirs in sheet.columns.items())
        sheets.add_row(
            _plain(sheet.name), f"{sheet.rows:,}", _plain(sheet.not_read or taken), _plain(_few(sheet.left_aside))
        )
    console.print(sheets)
    _list_places(f"{outcome.refused_in_all:,} rows excluded", outcome.refused, outcome.refused_in_all, console)
    _list_places("Notes", outcome.remarks, len(outcome.remarks), console)
    counts = Table("Status", Column("Cases", justify="right"))
    for status, cases in outcome.by_status.items():
        counts.add_row(words.status_label(status), f"{cases:,}")
    console.print(counts)


def _list_places(title: str, refused: Sequence["RefusedRow"], in_all: int, console: Console) -> None:
    if not refused:
        return
    places = Table("Sheet", Column("Row", justify="right"), "Column", "Reason", title=title, title_justify="left")
    for it in refused[:_MOST_SHOWN]:
        places.add_row(_plain(it.place.sheet), str(it.place.row), _plain(it.column), _plain(it.words))
    console.print(places)
    if in_all > _MOST_SHOWN:
        console.print(f"and {in_all - _MOST_SHOWN:,} more")


def _few(headings: Sequence[str]) -> str:
    shown = ", ".join(headings[:6])
    return f"{shown} and {len(headings) - 6} more" if len(headings) > 6 else shown
