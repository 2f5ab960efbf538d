"""Encrypting the service's own database, decrypting it, and changing its key, while no server uses it."""

from pathlib import Path

from api.foundation.keys.database import key_in_file, key_of, key_to_encrypt_with, next_key_path
from api.foundation.private_files import AlreadyThere, write_new, write_over
from api.foundation.settings import Settings
from models.storage.encryption import rewriting
from models.storage.encryption.key import DatabaseKey
from models.storage.sqlite_engine import KeyProblem, check_address, is_encrypted


def check_is_there(settings: Settings) -> None:
    """Raise KeyProblem unless the settings name an SQLite database that exists."""
    path = settings.sqlite_path
    if path is None:
        raise KeyProblem("PostgreSQL is encrypted by its host: docs/encryption.md says how.")
    if is_encrypted(path) is None:
        raise KeyProblem(f"There is no database at {path.name}. Set CASEAUDIT_DATABASE_URL to it.")


def encrypt(settings: Settings) -> None:
    """Encrypt the database, with a key that is created if there is none. Raises KeyProblem."""
    path = check_address(settings.database_url).resolve()
    if is_encrypted(path):
        raise KeyProblem(f"{path.name} is encrypted already. Another key: caseaudit change-database-key")
    rewriting.rewrite(path, None, key_to_encrypt_with(settings))


def decrypt(settings: Settings) -> None:
    """Decrypt the database; its key stays where it is. Raises KeyProblem."""
    path = check_address(settings.database_url).resolve()
    if not is_encrypted(path):
        raise KeyProblem(f"{path.name} is not encrypted.")
    rewriting.rewrite(path, key_of(settings), None)


def change_key(settings: Settings, new_key_file: Path | None = None) -> None:
    """Give the database a new key. Raises KeyProblem.

    Where the key is in a file, the new one is beside it before the database has it, and in its place afterwards: killed
    at any moment, one of the two opens the database, and the next start uses that. Elsewhere the operator changes it.
    """
    path = check_address(settings.database_url).resolve()
    key = key_of(settings) if is_encrypted(path) else None
    if key is None:
        raise KeyProblem(f"{path.name} is not encrypted. Run: caseaudit encrypt-database")
    if not settings.keeps_key_in_file and new_key_file is None:
        raise KeyProblem(
            "The service does not get its key from a file, so this command cannot change it there. Create a new key "
            "(openssl rand -hex 32) in a file for its owner alone, and run: caseaudit change-database-key "
            "--new-key-file FILE"
        )
    new = DatabaseKey.new() if new_key_file is None else key_in_file(new_key_file)
    if not settings.keeps_key_in_file:
        rewriting.give_other_key(path, key, new)
        return
    following = next_key_path(settings)
    _check_key_file_can_be_replaced(settings, key)
    following.unlink(missing_ok=True)  # of a run that was killed: it opens nothing
    write_new(following, f"{new.digits}\n".encode())
    rewriting.give_other_key(path, key, new)
    following.replace(settings.database_key_path)


def _check_key_file_can_be_replaced(settings: Settings, key: DatabaseKey) -> None:
    """Put the key that opens the database into its file, in the same way as a new one later. Raises KeyProblem.

    Where that is not possible, as for a file that a container has as a volume, the key of an earlier change may be in
    the file of the next key alone, and must not be removed there.
    """
    file = settings.database_key_path
    try:
        write_over(file, f"{key.digits}\n".encode())
    except (OSError, AlreadyThere) as error:
        reason = error.strerror if isinstance(error, OSError) else "another command is changing it"
        raise KeyProblem(
            f"{file} cannot be replaced: {reason}. Nothing was changed. Set CASEAUDIT_DATABASE_KEY_FILE to a file in a "
            "folder in which the service may write, and put the key there."
        ) from None
