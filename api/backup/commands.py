"""The commands for backups. Slow modules are imported when a command runs."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from api.documents.console import print_line
from checklists.plurals import plural

if TYPE_CHECKING:
    from api.backup.archive import Keys, Manifest

_FAILED: Final = 1

BackupFile = Annotated[Path, typer.Argument(help="The backup.")]
KeyFile = Annotated[
    Path | None, typer.Option("--key", help="The file of an age key, created with: caseaudit backup-key FILE")
]
PassphraseFile = Annotated[
    Path | None, typer.Option("--passphrase-file", help="A file with a passphrase, instead of an age key.")
]


def mount(cli: typer.Typer) -> None:
    """Adds the commands to the command line."""
    cli.command("backup")(backup)
    cli.command("backup-key")(backup_key)
    cli.command("verify-backup")(verify_backup)
    cli.command("restore")(restore)


def backup(
    to: Annotated[Path, typer.Argument(help="A folder, or the name of a new file.")],
    recipients: Annotated[
        list[str] | None,
        typer.Option(
            "--recipient",
            help="An age recipient (age1…) whose key opens the backup. Repeat for several.",
            envvar="CASEAUDIT_BACKUP_RECIPIENTS",
        ),
    ] = None,
    passphrase_file: PassphraseFile = None,
    with_trail_key: Annotated[
        bool, typer.Option("--with-trail-key", help="Include the key that signs checkpoints.")
    ] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Then delete old backups in the folder: keep 7 days, 4 weeks, 12 months.")
    ] = False,
) -> None:
    """Write an encrypted backup of the database and its keys, while people go on working."""
    from api.backup.actions import back_up, remove_old_backups
    from api.backup.archive import Keys
    from api.foundation.settings import Settings

    with _reporting_errors():
        keys = Keys(tuple(recipients or ()), _passphrase_in(passphrase_file))
        file, manifest = back_up(Settings(), to=to, keys=keys, with_trail_key=with_trail_key)
        print_line(f"Backup written to {file}.")
        _describe(manifest)
        if keep:
            for old in remove_old_backups(file.parent):
                print_line(f"Deleted {old}.")


def backup_key(to: Annotated[Path, typer.Argument(help="The file to create. Keep it away from the server.")]) -> None:
    """Create an age key that opens backups, and print its recipient, which makes them."""
    from api.backup.archive import BackupError, new_identity
    from api.foundation.private_files import AlreadyThere, write_new

    with _reporting_errors():
        identity, recipient = new_identity()
        try:
            write_new(to, f"# The key of backups. Recipient: {recipient}\n{identity}\n".encode())
        except AlreadyThere as error:
            raise BackupError(str(error)) from None
        print_line(f"Key written to {to}. Without it no backup can be opened: keep two copies, and none on the server.")
        print_line(f"Recipient: {recipient}")


def verify_backup(file: BackupFile, key: KeyFile = None, passphrase_file: PassphraseFile = None) -> None:
    """Open a backup and check every part of it. Nothing is changed. Exits with 1 when it cannot be restored."""
    from api.backup.actions import check_backup
    from api.foundation.settings import Settings

    with _reporting_errors():
        _describe(check_backup(Settings(), file, keys=_keys(key, passphrase_file)))
        print_line("This backup can be restored.")


def restore(file: BackupFile, key: KeyFile = None, passphrase_file: PassphraseFile = None) -> None:
    """Restore a backup into the empty database that CASEAUDIT_DATABASE_URL names."""
    from api.backup.actions import restore_backup
    from api.foundation.keys.database import telling_of_new_key
    from api.foundation.settings import Settings

    settings = Settings()
    with _reporting_errors():
        with telling_of_new_key(settings, print_line):
            restored = restore_backup(settings, file, keys=_keys(key, passphrase_file))
        _describe(restored.manifest)
        for path in restored.files:
            print_line(f"Restored {path}.")
        if restored.needs_trail_key:
            print_line(
                f"Put your copy of the trail key at {settings.trail_key_path} before you start the service: a new key "
                "cannot check older checkpoints."
            )
        if restored.to_erase_again:
            cases = "case that was" if restored.to_erase_again == 1 else "cases that were"
            print_line(
                f"{restored.to_erase_again:,} {cases} erased after this backup was made will be erased again when the "
                "service starts."
            )
        print_line("The backup is restored. Run: caseaudit migrate, caseaudit verify-events, caseaudit serve")


def _keys(key: Path | None, passphrase_file: Path | None) -> "Keys":
    from api.backup.archive import BackupError, Keys

    if key is None and passphrase_file is None:
        raise BackupError("Give --key or --passphrase-file.")
    lines = key.read_text("utf-8").split("\n") if key is not None else []
    identities = (line.strip() for line in lines if line.strip() and not line.startswith("#"))
    return Keys(tuple(identities), _passphrase_in(passphrase_file))


def _passphrase_in(file: Path | None) -> str:
    from api.backup.archive import BackupError

    if file is None:
        return ""
    found = file.read_text("utf-8").rstrip("\r\n")
    if not found:
        raise BackupError(f"{file} is empty. Put a passphrase of six words or more in it.")
    return found


def _describe(manifest: "Manifest") -> None:
    events = sum(manifest.events.values())
    size = sum(part.size for part in manifest.parts)
    organisations = plural(len(manifest.events), "organisation")
    print_line(
        f"Made at {manifest.made_at} by version {manifest.version}: {manifest.database}, {size / 1_000_000:,.1f} MB, "
        f"{organisations}, {events:,} events."
    )


@contextmanager
def _reporting_errors() -> Iterator[None]:
    """Report what cannot be done in a sentence on standard error."""
    from api.backup.archive import BackupError

    try:
        yield
    except BackupError as problem:
        print_line(str(problem), errors=True)
        raise typer.Exit(_FAILED) from None
    except OSError as problem:
        said = f"{problem.filename or 'A file'} cannot be used: {problem.strerror or os.strerror(problem.errno or 0)}."
        print_line(said, errors=True)
        raise typer.Exit(_FAILED) from None
