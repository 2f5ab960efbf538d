"""What the council's commands share at a terminal: their options, reading the files, and saying errors plainly.

Slow modules are imported when a command runs.
"""

import io
import os
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from api.documents.console import console

if TYPE_CHECKING:
    from rich.text import Text

    from api.case_lists.pseudonyms.lookup import FoundInExport
    from api.case_lists.readers.result import ExportContent
    from api.foundation.outgoing.service import Service
    from checklists.cases import CaseWords
    from checklists.characteristics import Characteristic
    from checklists.privacy.pseudonyms import Key

# How commands end, for a scheduler: see docs/case-system.md.
REFUSED: Final = 1
NEEDS_AN_ANSWER: Final = 2
NOT_EVERYTHING: Final = 3
TRY_LATER: Final = 4
_LARGEST_TOKEN: Final = 1_000
_ENVIRONMENT_NAME: Final = "CASEAUDIT_TOKEN"
_EXPORTS: Final = typer.Argument(help="The export from the case system: one file, or all the .csv files of one return.")
Exports = Annotated[list[Path], _EXPORTS]
SomeExports = Annotated[list[Path] | None, _EXPORTS]
_KEY: Final = typer.Option("--key", help="The key file, created once with: caseaudit key new FILE")
KeyFile = Annotated[Path, _KEY]
SomeKeyFile = Annotated[Path | None, _KEY]
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


ServiceAddress = Annotated[
    str,
    typer.Option("--service", envvar="CASEAUDIT_SERVICE", help="The address of the service, such as https://..."),
]
TokenFile = Annotated[
    Path | None,
    typer.Option(
        "--token-file",
        help=f"A file with the token of the integration, which only you can read. Default: {_ENVIRONMENT_NAME} of the "
        "environment.",
    ),
]


@contextmanager
def reporting_errors() -> Iterator[None]:
    """Report an error in a sentence, and never in a traceback, which might show a cell."""
    from api.case_lists.pseudonyms.choices_file import ChoicesFileError
    from api.case_lists.pseudonyms.key_file import KeyFileError
    from api.documents.reading.refusals import UnreadableError
    from api.foundation.outgoing.service import ServiceAway, ServiceRefused
    from api.foundation.private_files import AlreadyThere, NotPrivate
    from checklists.characteristics import CharacteristicsFileError

    try:
        yield
    except (ChoicesFileError, KeyFileError, CharacteristicsFileError, AlreadyThere, UnreadableError) as problem:
        say(str(problem))
        raise typer.Exit(REFUSED) from None
    except (NotPrivate, ServiceRefused) as problem:
        say(str(problem))
        raise typer.Exit(REFUSED) from None
    except ServiceAway as problem:
        say(str(problem))
        raise typer.Exit(TRY_LATER) from None
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
    """Say something on standard error."""
    console(errors=True).print(printable_text(words), soft_wrap=True)


def tell(words: str) -> None:
    """The same, on standard output."""
    console().print(printable_text(words), soft_wrap=True)


def printable_text(words: str) -> "Text":
    """Text for the terminal, in which nothing from an export can act as a control sequence."""
    from rich.text import Text

    return Text("".join(each if each.isprintable() or each == "\n" else "?" for each in words))


def today() -> date:
    from api.foundation.local_time import local_date

    return local_date(datetime.now(UTC))


def day_of(on: datetime | None) -> date:
    return today() if on is None else on.date()


def choices_beside(key: Path) -> Path:
    return key.with_name(f"{key.stem}-choices.json")


def service_of(address: str, token_file: Path | None) -> "Service":
    """The service at an address, for the token in a file or in the environment. Never an argument: everybody on a
    computer can read those. Raises ServiceRefused, NotPrivate, OSError.
    """
    from api.foundation.outgoing.service import Service, ServiceRefused
    from api.foundation.private_files import read_private

    if token_file is None:
        token = os.environ.get(_ENVIRONMENT_NAME, "")
    else:
        token = read_private(token_file, most=_LARGEST_TOKEN).decode("utf-8", "replace")
    if not token.strip():
        raise ServiceRefused(f"There is no token. Use --token-file, or set {_ENVIRONMENT_NAME}.")
    return Service(address, token.strip())


@dataclass(frozen=True, slots=True, repr=False)
class ReadExport:
    """An export with its identifiers, in memory only, and the council's keys. Without a `repr`."""

    name: str
    content: "ExportContent"
    keys: "Sequence[Key]"

    def children_behind(self, references: Iterable[str]) -> "Mapping[str, Sequence[FoundInExport]]":
        """Who each reference stands for in the export; nobody where it is not in it."""
        from api.case_lists.pseudonyms.lookup import identify

        return identify(references, self.content, self.keys)


def read_export(
    exports: Sequence[Path], *, key: Path, choices: Path | None, on: datetime | None, template: Path | None
) -> ReadExport:
    """Read an export with the stored answers about it. Raises what `reporting_errors` reports."""
    from api.case_lists.pseudonyms import choices_file, key_file
    from api.case_lists.readers.reader import read

    keys = [it.key for it in key_file.load_keys(key)]
    name, content = content_of(exports)
    given = choices_file.load(choices or choices_beside(key))
    return ReadExport(name, read(content, name=name, choices=given, on=day_of(on), words=words_of(template)), keys)


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
