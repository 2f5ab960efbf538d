"""The key of an encrypted database: from a file of its own, from the environment, or from a command."""

import shlex
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Final

from api.foundation.key_files import make_key_file
from api.foundation.private_files import NotPrivate, read_private
from api.foundation.settings import Settings
from models.storage.database import Database, open_database
from models.storage.encryption.key import DatabaseKey
from models.storage.sqlite_engine import KeyProblem, can_encrypt, check_address, check_key, is_encrypted

COMMAND_SECONDS: Final = 30
_LONGEST_TEXT: Final = 200


def open_own(settings: Settings) -> Database:
    """The database of these settings, opened with its key. Raises UnsafeDatabase, KeyProblem."""
    return open_database(settings.database_url, key_of(settings), standby_url=settings.standby_url)


def key_of(settings: Settings) -> DatabaseKey | None:
    """The key of the database; None for one that is not encrypted. For a new database, this may create the key.

    A new SQLite database is encrypted where this installation can, unless the settings say otherwise. Call it before
    this process opens the database: see `is_encrypted`. Raises UnsafeDatabase, KeyProblem.
    """
    path = settings.sqlite_path
    if path is None:
        return None
    check_address(settings.database_url)
    match is_encrypted(path):
        case True:
            return _key_that_opens(settings, path)
        case False:
            if settings.database_encryption == "required" or _is_given(settings):
                raise KeyProblem(
                    f"{path.name} is not encrypted, and the settings ask for an encrypted database. Stop the service, "
                    "then run: caseaudit encrypt-database"
                )
            return None
        case None:
            return _key_of_new(settings, path)


@contextmanager
def telling_of_new_key(settings: Settings, tell: Callable[[str], None]) -> Iterator[None]:
    """When the key of the database is created in the block, tell the operator where it is, and to keep a copy."""
    was_there = settings.database_key_path.exists()
    yield
    if settings.keeps_key_in_file and not was_there and settings.database_key_path.exists():
        tell(
            f"The database is encrypted. Its key is at {settings.database_key_path}: keep a copy of it elsewhere. "
            "Without the key nothing opens the database."
        )


def key_to_encrypt_with(settings: Settings) -> DatabaseKey:
    """The key for a database that is to be encrypted, created where there is no file. Raises KeyProblem."""
    if not can_encrypt():
        raise KeyProblem(
            "This installation cannot encrypt a database, because it has no sqlcipher3. Install it, use a Python for "
            "which it has a wheel, or encrypt the disk."
        )
    if settings.keeps_key_in_file:
        try:
            make_key_file(settings.database_key_path, bytes.fromhex(DatabaseKey.new().digits))
        except OSError as error:
            raise KeyProblem(f"{settings.database_key_path} cannot be created: {error.strerror}.") from None
    return _only_key(settings)


def next_key_path(settings: Settings) -> Path:
    """Where the next key is while the key is being changed."""
    return settings.database_key_path.with_name(f"{settings.database_key_path.name}.next")


def key_in_file(path: Path) -> DatabaseKey:
    """The key in this file, which its owner alone may read. Raises KeyProblem."""
    try:
        return _key_in(read_private(path, most=_LONGEST_TEXT).decode("ascii", "replace"), str(path))
    except NotPrivate as problem:
        raise KeyProblem(str(problem)) from None
    except OSError as error:
        raise KeyProblem(f"{path} cannot be read: {error.strerror}.") from None


def _key_of_new(settings: Settings, path: Path) -> DatabaseKey | None:
    asks = settings.database_encryption == "required" or _is_given(settings)
    if settings.database_encryption == "off" or not (can_encrypt() or asks):
        return None
    if not path.parent.is_dir():  # SQLite says so when it is opened
        return None
    return key_to_encrypt_with(settings)


def _is_given(settings: Settings) -> bool:
    """Whether the settings name a key, instead of leaving it to the service."""
    is_named = not settings.keeps_key_in_file or settings.database_key_file is not None
    return is_named and settings.database_encryption != "off"


def _key_that_opens(settings: Settings, path: Path) -> DatabaseKey:
    """The key; after a change of key that was interrupted, the next one where that opens the database."""
    following = next_key_path(settings)
    if settings.keeps_key_in_file and following.exists():
        with suppress(KeyProblem):
            key = key_in_file(following)
            check_key(path, key)
            with suppress(OSError):  # a role that may only read leaves it in place
                following.replace(settings.database_key_path)
            return key
    if settings.keeps_key_in_file and not settings.database_key_path.exists():
        raise KeyProblem(
            f"{path.name} is encrypted, and there is no key at {settings.database_key_path}. Put your copy of the key "
            "there, or restore a backup, which needs no other key than its own."
        )
    key = _only_key(settings)
    check_key(path, key)
    return key


def _only_key(settings: Settings) -> DatabaseKey:
    if settings.database_key.get_secret_value():
        return _key_in(settings.database_key.get_secret_value(), "CASEAUDIT_DATABASE_KEY")
    if settings.database_key_command:
        return _key_in(_said_by(settings.database_key_command), "The output of CASEAUDIT_DATABASE_KEY_COMMAND")
    return key_in_file(settings.database_key_path)


def _key_in(text: str, about: str) -> DatabaseKey:
    try:
        return DatabaseKey(text.strip().lower())
    except ValueError:
        raise KeyProblem(
            f"{about} is not a database key, which has 64 hexadecimal digits. A new one: openssl rand -hex 32"
        ) from None


@cache
def _said_by(command: str) -> str:
    """The output of a command, such as that of a key store. Its errors are shown unchanged."""
    try:
        done = subprocess.run(  # noqa: S603 - the operator's own command, and no shell
            shlex.split(command),
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            timeout=COMMAND_SECONDS,
        )
    except subprocess.TimeoutExpired:
        reason = f"gave no key in {COMMAND_SECONDS} seconds"
    except subprocess.CalledProcessError as error:
        reason = f"ended with {error.returncode}"
    except (OSError, ValueError) as error:
        reason = f"cannot be run ({getattr(error, 'strerror', None) or error})"
    else:
        return done.stdout.decode("ascii", "replace")
    raise KeyProblem(f"CASEAUDIT_DATABASE_KEY_COMMAND {reason}. Run it by hand as the user of the service.")
