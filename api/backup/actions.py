"""Making, checking and restoring backups."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Final

from api.backup.archive import SQLITE, BackupError, Keys, Manifest, read_archive, write_archive
from api.backup.copying import (
    Copied,
    CopyKeys,
    check_copy,
    check_is_empty,
    copy_database,
    restore_database,
)
from api.backup.work_folder import WorkFolder, copy_of
from api.erasure import erased_cases
from api.foundation.keys.database import key_of
from api.foundation.private_files import AlreadyThere, write_new
from api.foundation.settings import Settings
from api.foundation.systems.locks import locked
from checklists.backups import backups_to_keep
from models import now
from models.storage.encryption.key import DatabaseKey
from models.storage.migrating import is_known_revision
from models.storage.sqlite_engine import KeyProblem, can_encrypt

ENDING: Final = ".backup"
_UNFINISHED: Final = ".unfinished"
_WORK_FOLDER: Final = ".caseaudit-backup-"
# What was not written on for so long is of a process that was killed.
_LEFT_AFTER: Final = timedelta(days=1)
_NAMED: Final = f"caseaudit-%Y%m%dT%H%M%SZ{ENDING}"
# Without it, a person who finds a backup cannot sign in the service's name; so it is kept apart, unless asked for.
_TRAIL_KEY: Final = "trail-key"
_TRAIL_MEMORY: Final = "trail-key.newest"
_CHECKPOINTS: Final = "checkpoints"
_TERMS_KEY: Final = "risky-terms-key"
_ERASED_CASES: Final = "erased-cases"


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored; `files`: the key files that came with it. `needs_trail_key`: the key is to be put back.

    `to_erase_again`: how many cases were erased after the backup was made, which the next start erases again.
    """

    manifest: Manifest
    files: tuple[Path, ...]
    needs_trail_key: bool
    to_erase_again: int = 0


def back_up(settings: Settings, *, to: Path, keys: Keys, with_trail_key: bool = False) -> tuple[Path, Manifest]:
    """Write a backup to a new file, or to a folder under a name with the time; complete or not at all.

    The checkpoints come with it, the trail's key only when asked for. Raises BackupError.
    """
    if not keys.age and not keys.passphrase:
        raise BackupError("Give at least one age recipient, or a passphrase.")
    made_at = now()
    file = to / made_at.strftime(_NAMED) if to.is_dir() else to
    if file.exists():
        raise BackupError(f"{file} already exists and was not overwritten. Choose another file name.")
    with _work_folder(settings) as folder:
        # Before the database: a checkpoint that is copied is of an event that is copied.
        _copy_keys(settings, folder, with_trail_key=with_trail_key)
        key = _key_of_existing(settings)
        copy_keys = CopyKeys(key, DatabaseKey.new()) if key else None
        copied = copy_database(settings.database_url, folder, copy_keys)
        manifest = Manifest(
            made_at=made_at.astimezone(UTC).isoformat(timespec="seconds"),
            version=version("caseaudit"),
            database=copied.kind,
            revision=copied.revision,
            events=copied.events,
            parts=list(folder.parts.values()),
            database_key=copy_keys.copy.digits if copy_keys else "",
        )
        _write_file(file, manifest, folder, keys)
    return file, manifest


def remove_old_backups(folder: Path) -> list[Path]:
    """Delete the backups of a folder that are not to be kept, by the time in their names; which they were.

    What a process that was killed left unfinished goes too, a day later.
    """
    for path in folder.glob(f".*{_UNFINISHED}"):
        began = _time_in(path.name.removeprefix(".").removesuffix(_UNFINISHED))
        if began is not None and now() - began > _LEFT_AFTER:
            path.unlink(missing_ok=True)
    made = {path: at for path in folder.glob(f"*{ENDING}") if (at := _time_in(path.name)) is not None}
    kept = backups_to_keep(made.values(), now())
    removed = sorted(path for path, at in made.items() if at not in kept)
    for path in removed:
        path.unlink()
    return removed


def newest_backup(folder: Path) -> datetime | None:
    """When the newest backup of a folder was made, in UTC, by the time in its name; None without a backup.

    A backup dated in the future was made while the clock was wrong, and does not count: otherwise none would be due
    until then.
    """
    made = (at for path in folder.glob(f"*{ENDING}") if (at := _time_in(path.name)) is not None)
    return max((at for at in made if at <= now()), default=None)


def check_backup(settings: Settings, file: Path, *, keys: Keys) -> Manifest:
    """Open a backup, compare every part with its hash and check its database; changes nothing. Raises BackupError."""
    with _work_folder(settings) as folder:
        return _opened(file, keys, folder)


def restore_backup(settings: Settings, file: Path, *, keys: Keys) -> Restored:
    """Restore a backup into the empty place that the settings name, completely or not at all.

    Afterwards nobody is signed in, and one-time links that were not used no longer work. Raises BackupError when the
    place is not empty, another key file is there, another restores there, or the backup cannot be used; then nothing
    has changed.
    """
    with _place_held(settings), _work_folder(settings) as folder:
        check_is_empty(settings.database_url)
        manifest = _opened(file, keys, folder)
        if (manifest.database == SQLITE) != (settings.sqlite_path is not None):
            raise BackupError(
                f"This is a backup of {manifest.database}. Set CASEAUDIT_DATABASE_URL to one of that kind."
            )
        places = _key_files(settings)
        new = {name: path for name, path in places.items() if name in folder.parts}
        erased = new.pop(_ERASED_CASES, None)
        for name, path in new.items():
            if path.exists() and path.read_bytes() != folder.content(name):
                raise BackupError(f"There is another file at {path}. Move it away first, and keep it.")
        files: list[Path] = []
        try:
            for name, path in new.items():
                if not path.exists():
                    files.append(_put(folder.content(name), path))
            with _key_of_new(settings) as new_key:
                restore_database(settings.database_url, folder, key=_key_of_copy(manifest), new_key=new_key)
        except BaseException:
            if _is_still_empty(settings):  # else a service was started there meanwhile, and needs them
                for path in files:
                    path.unlink()
            raise
        if erased is not None:
            # Never in place of the file that is there: it knows what was erased since.
            erased_cases.merge(erased, erased_cases.lines_of(folder.content(_ERASED_CASES)))
    return Restored(
        manifest,
        tuple(files),
        needs_trail_key=not places[_TRAIL_KEY].exists(),
        to_erase_again=erased_cases.erased_after(places[_ERASED_CASES], manifest.made_at),
    )


@contextmanager
def _place_held(settings: Settings) -> Iterator[None]:
    """Let nobody else restore into the same place, nor a service of an SQLite database start there.

    Otherwise, the second would fail, and remove keys that the first has found there and relies on.
    """
    database = settings.sqlite_path
    file = settings.trail_key_path if database is None else database.resolve()
    held = file.with_name(f"{file.name}.{'restoring' if database is None else 'serving'}")
    with ExitStack() as holds:
        try:
            holds.enter_context(locked(held, waits=False))
        except BlockingIOError:
            raise BackupError(
                "Another restore, or a service, is using this place. Wait until the restore has ended, or stop the "
                "service."
            ) from None
        except FileNotFoundError:
            raise BackupError(f"The folder {held.parent} does not exist. Create it, then restore again.") from None
        except OSError as error:
            raise BackupError(f"{held} cannot be created: {error.strerror or error}.") from None
        yield


def _is_still_empty(settings: Settings) -> bool:
    try:
        check_is_empty(settings.database_url)
    except BackupError:
        return False
    return True


def _opened(file: Path, keys: Keys, folder: WorkFolder) -> Manifest:
    try:
        source = file.open("rb")
    except OSError as error:
        raise BackupError(f"{file} cannot be read: {error.strerror}.") from None
    with source:
        manifest = read_archive(source, keys, folder)
    if not is_known_revision(manifest.revision):
        raise BackupError(
            f"This backup was made by version {manifest.version}, which is newer than this one. Install it first."
        )
    key = _key_of_copy(manifest)
    if key is not None and not can_encrypt():
        raise BackupError("The database in this backup is encrypted, and this installation has no sqlcipher3.")
    found = check_copy(manifest.database, folder, key)
    if found is not None and found != Copied(manifest.database, manifest.revision, manifest.events):
        raise BackupError("The database in this backup is not what its manifest says.")
    return manifest


def _key_of_existing(settings: Settings) -> DatabaseKey | None:
    """The key of the database that is backed up; None where it is not encrypted, or not there."""
    if settings.sqlite_path is None or not settings.sqlite_path.exists():
        return None
    try:
        return key_of(settings)
    except KeyProblem as problem:
        raise BackupError(str(problem)) from None


def _key_of_copy(manifest: Manifest) -> DatabaseKey | None:
    try:
        return DatabaseKey(manifest.database_key) if manifest.database_key else None
    except ValueError:
        raise BackupError("The manifest of this backup has a key that is none.") from None


@contextmanager
def _key_of_new(settings: Settings) -> Iterator[DatabaseKey | None]:
    """The key of a database that is restored: as of a new one. One that was made for it goes again if that fails."""
    file, database = settings.database_key_path, settings.sqlite_path
    was_there = file.exists()
    try:
        yield key_of(settings)
    except BaseException as problem:
        if not was_there and database is not None and not database.exists():
            file.unlink(missing_ok=True)
        if isinstance(problem, KeyProblem):
            raise BackupError(str(problem)) from None
        raise


def _key_files(settings: Settings) -> dict[str, Path]:
    return {
        _TRAIL_KEY: settings.trail_key_path,
        _TRAIL_MEMORY: settings.trail_memory_path,
        _CHECKPOINTS: settings.trail_checkpoints_path,
        _TERMS_KEY: settings.risky_terms_key_path,
        _ERASED_CASES: settings.erased_cases_path,
    }


def _copy_keys(settings: Settings, folder: WorkFolder, *, with_trail_key: bool) -> None:
    for name, path in _key_files(settings).items():
        if path.exists() and (with_trail_key or name not in {_TRAIL_KEY, _TRAIL_MEMORY}):
            with path.open("rb") as file:
                folder.add(name, copy_of(file))


def _write_file(file: Path, manifest: Manifest, folder: WorkFolder, keys: Keys) -> None:
    """Write beside the file under another name first: what bears the name of a backup is one."""
    unfinished = file.with_name(f".{file.name}{_UNFINISHED}")
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            write_archive(out, manifest, folder, keys)
            out.flush()
            os.fsync(out.fileno())
        unfinished.rename(file)  # not a link: folders on other machines often have none
    except FileExistsError:
        raise BackupError(
            f"{file} is being written, or writing was interrupted. If nothing is, remove {unfinished}."
        ) from None
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise BackupError(f"{file} cannot be written: {error.strerror}.") from None
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def _put(content: bytes, to: Path) -> Path:
    try:
        write_new(to, content)
    except AlreadyThere as error:
        raise BackupError(str(error)) from None
    return to


def _time_in(name: str) -> datetime | None:
    try:
        return datetime.strptime(name, _NAMED).replace(tzinfo=UTC)
    except ValueError:
        return None


@contextmanager
def _work_folder(settings: Settings) -> Iterator[WorkFolder]:
    """A folder for its owner alone: beside an SQLite database, else where temporary files are.

    One that a process that was killed left goes, when nothing was written in it for a day.
    """
    beside = settings.sqlite_path.parent if settings.sqlite_path is not None else Path(tempfile.gettempdir())
    for left in beside.glob(f"{_WORK_FOLDER}*"):
        _remove_if_left(left)
    try:
        with tempfile.TemporaryDirectory(prefix=_WORK_FOLDER, dir=beside) as folder:
            yield WorkFolder(Path(folder))
    except FileNotFoundError as error:
        raise BackupError(f"The folder {error.filename} does not exist.") from None


def _remove_if_left(folder: Path) -> None:
    with suppress(OSError):  # another process may be removing it, or it is of another service
        written_at = max(each.stat().st_mtime for each in (folder, *folder.iterdir()))
        if time.time() - written_at > _LEFT_AFTER.total_seconds():
            shutil.rmtree(folder)
