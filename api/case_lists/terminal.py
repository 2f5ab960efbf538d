"""What the council's commands share at a terminal: their options, reading the files, and saying errors plainly.

Slow modules are imported when a command runs.
"""

import io
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from checklists.cases import CaseWords
    from checklists.characteristics import Characteristic

REFUSED: Final = 1
NEEDS_AN_ANSWER: Final = 2
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


OwnCharacteristics = Annotated[
    Path | None,
    typer.Option(
        "--characteristics",
        help="The file of your organisation's characteristics of cases, downloaded from the service. Without it, none "
        "are read.",
    ),
]


@contextmanager
def reporting_errors() -> Iterator[None]:
    """Report an error in a sentence, and never in a traceback, which might show a cell."""
    from api.case_lists.pseudonyms.choices_file import ChoicesFileError
    from api.case_lists.pseudonyms.key_file import KeyFileError
    from api.documents.reading.refusals import UnreadableError
    from api.foundation.private_files import AlreadyThere
    from checklists.characteristics import CharacteristicsFileError

    try:
        yield
    except (ChoicesFileError, KeyFileError, CharacteristicsFileError, AlreadyThere, UnreadableError) as problem:
        say(str(problem))
        raise typer.Exit(REFUSED) from None
    except OSError as problem:
        say(f"{problem.filename or 'A file'} cannot be used: {problem.strerror or 'disk error'}.")
        raise typer.Exit(REFUSED) from None
    except (typer.Exit, typer.Abort):
        raise
    except Exception as problem:  # noqa: BLE001 - whatever the error, its message may quote an identifier
        say(f"There is a fault in this command ({type(problem).__name__}). Nothing was written.")
        raise typer.Exit(REFUSED) from None


def words_of(template: Path | None) -> "CaseWords":
    """The words of a template's file; without one, those of children's services."""
    from api.documents.reading.refusals import UnreadableError
    from checklists.cases import CHILDRENS_WORDS

    if template is None:
        return CHILDRENS_WORDS
    from checklists.templates.template_file import TemplateRefused, read_template

    try:
        content = template.read_bytes()
        return read_template(content, kind="toml" if template.suffix == ".toml" else "json").case_words
    except TemplateRefused as refused:
        raise UnreadableError(f"{template.name} is no template: {refused.faults[0].message}") from None


def characteristics_of(file: Path | None) -> "tuple[Characteristic, ...]":
    """The characteristics of a file that the service wrote; none without one. Raises CharacteristicsFileError."""
    from checklists.characteristics import read_file

    return () if file is None else read_file(file.read_bytes())


def say(words: str) -> None:
    Console(stderr=True).print(printable_text(words), soft_wrap=True)


def printable_text(words: str) -> Text:
    """Text for the terminal, in which nothing from an export can act as a control sequence."""
    return Text("".join(each if each.isprintable() or each == "\n" else "?" for each in words))


def today() -> date:
    from api.foundation.local_time import local_date

    return local_date(datetime.now(UTC))


def day_of(on: datetime | None) -> date:
    return today() if on is None else on.date()


def choices_beside(key: Path) -> Path:
    return key.with_name(f"{key.stem}-choices.json")


def content_of(exports: Sequence[Path]) -> tuple[str, bytes]:
    """The content of one file; several tables of one return are packed into one, in memory."""
    from api.documents.reading.limits import LARGEST_FILE, MEGABYTE
    from api.documents.reading.refusals import UnreadableError

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
