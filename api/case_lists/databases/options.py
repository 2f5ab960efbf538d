"""Where caseaudit pseudonymise reads from: files, or a database, whose options a profile may hold.

Slow modules are imported when a command runs.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from api.case_lists.terminal import content_of

if TYPE_CHECKING:
    from api.case_lists.databases.profile import Profile

_ENVIRONMENT_NAME: Final = "CASEAUDIT_CASE_SYSTEM_PASSWORD"
_LARGEST_PASSWORD: Final = 1_000

FromDatabase = Annotated[
    str,
    typer.Option(
        "--from-database",
        help="Read the Standard Safeguarding Dataset from a database instead: postgresql://reader@host/name, "
        "mssql://reader@host/name or sqlite:///file.db, without a password.",
    ),
]
Schema = Annotated[
    str | None,
    typer.Option("--schema", help="The schema of its tables. Default: ssd_development; of SQLite none."),
]
PasswordFile = Annotated[
    Path | None,
    typer.Option(
        "--password-file",
        help=f"A file with the password of the database, which only you can read. Default: {_ENVIRONMENT_NAME} "
        "of the environment, or none.",
    ),
]
SavedProfile = Annotated[
    Path | None, typer.Option("--profile", help="A saved profile: the database, the key and how it is read.")
]
SaveProfile = Annotated[
    Path | None, typer.Option("--save-profile", help="Save these options as a profile, and then read.")
]


@dataclass(frozen=True, slots=True, repr=False)
class Source:
    """An export, and the files with which it is read. Without a `repr`: it has identifiers."""

    name: str
    content: bytes
    key: Path
    choices: Path | None
    template: Path | None
    characteristics: Path | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for at the terminal."""

    exports: Sequence[Path]
    from_database: str
    schema: str | None
    password_file: Path | None
    profile: Path | None
    save_profile: Path | None
    key: Path | None
    choices: Path | None
    template: Path | None
    characteristics: Path | None


def source_of(asked: Asked) -> Source:
    """Read the files or the database. Raises UnreadableError, NotPrivate, AlreadyThere, OSError."""
    from api.case_lists.databases.profile import Profile, load_profile, save_profile
    from api.documents.reading.refusals import UnreadableError

    given = Profile(
        from_database=asked.from_database,
        schema=asked.schema or "",
        **{
            name: "" if path is None else str(path)
            for name, path in (
                ("password_file", asked.password_file),
                ("key", asked.key),
                ("choices", asked.choices),
                ("template", asked.template),
                ("characteristics", asked.characteristics),
            )
        },
    )
    options = given if asked.profile is None else load_profile(asked.profile).with_options(given)
    if bool(asked.exports) == bool(options.from_database):
        raise UnreadableError("Enter the files of an export, or --from-database, and not both.")
    if not options.key:
        raise UnreadableError("Enter the key file with --key. It is created once with: caseaudit key new FILE")
    if options.from_database:
        name, content = "", _from_database(options)
        if asked.save_profile is not None:
            save_profile(asked.save_profile, options)
    else:
        name, content = content_of(asked.exports)
    return Source(
        name,
        content,
        Path(options.key),
        *(_path(each) for each in (options.choices, options.template, options.characteristics)),
    )


def _path(text: str) -> Path | None:
    return Path(text) if text else None


def _from_database(options: "Profile") -> bytes:
    from api.case_lists.databases.reading import USUAL_SCHEMA, database_of, export_of
    from api.foundation.private_files import read_private

    if options.password_file:
        password = read_private(Path(options.password_file), most=_LARGEST_PASSWORD).decode("utf-8", "replace")
    else:
        password = os.environ.get(_ENVIRONMENT_NAME, "")
    url = database_of(options.from_database, password.strip("\r\n"))
    usual = "" if url.get_backend_name() == "sqlite" else USUAL_SCHEMA
    return export_of(url, schema=options.schema or usual)
