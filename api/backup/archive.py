"""The file of a backup: an encrypted archive of a manifest and the parts that the manifest lists with their hashes.

The archive is a tar stream, encrypted in the age format (age-encryption.org/v1) for the holders of age keys. With a
passphrase it is encrypted for a key that is used once; a first line and that key, encrypted under the passphrase, come
before it. Every byte is authenticated: a file that was cut or changed does not open.
"""

import io
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Any, Final

from pydantic import BaseModel, Field, ValidationError

from api.backup.work_folder import OWNER_ONLY, Part, WorkFolder, copy_of, drain, encrypt, piped
from models.storage.failures import is_about_the_disk

FORMAT: Final = "caseaudit-backup/1"
MANIFEST: Final = "manifest.json"
# The kind of a database, and the part that holds it.
SQLITE: Final = "sqlite"
DATABASE: Final = "database"
_WITH_PASSPHRASE: Final = b"caseaudit-backup/1 passphrase "
# An age file that holds one key takes less.
_LONGEST_KEY: Final = 4096
_LONGEST_MANIFEST: Final = 1024 * 1024


class BackupError(Exception):
    """A backup cannot be made or used; says why and what to do."""


class Manifest(BaseModel):
    """What a backup holds, and where it comes from.

    `revision`: the migration that the database is at. `events`: how many events the trail of each organisation has.
    `database_key`: of an encrypted SQLite database, made for this backup alone: who can open the backup cannot open the
    database that runs.
    """

    format: str = FORMAT
    made_at: str
    version: str
    database: str
    revision: str
    events: dict[int, int]
    parts: list[Part]
    database_key: str = Field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Keys:
    """Who can open a backup: anybody with one of these age keys, or who knows the passphrase.

    To make a backup, `age` holds recipients (age1…); to open one, identities (AGE-SECRET-KEY-1…).
    """

    age: tuple[str, ...] = ()
    passphrase: str = ""


def write_archive(to: IO[bytes], manifest: Manifest, folder: WorkFolder, keys: Keys) -> None:
    """Write the parts of the manifest as an encrypted archive. Raises BackupError for an invalid recipient."""
    from pyrage import EncryptError, passphrase, x25519

    recipients = check_recipients(keys.age)
    if keys.passphrase:
        once = x25519.Identity.generate()
        wrapped = passphrase.encrypt(str(once).encode(), keys.passphrase)
        to.write(_WITH_PASSPHRASE + f"{len(wrapped)}\n".encode() + wrapped)
        recipients = [once.to_public()]
    try:
        with piped(lambda pipe: _write_tar(pipe, manifest, folder)) as archive:
            encrypt(archive, to, recipients)
    except EncryptError as error:
        raise BackupError(f"The backup cannot be encrypted: {error}") from None


def check_recipients(texts: Sequence[str]) -> list[Any]:
    """These age recipients. Raises BackupError for an invalid one."""
    from pyrage import RecipientError, x25519

    try:
        return [x25519.Recipient.from_str(each) for each in texts]
    except RecipientError:
        raise BackupError("This is not an age recipient. A recipient starts with age1.") from None


def read_archive(source: IO[bytes], keys: Keys, into: WorkFolder) -> Manifest:
    """Decrypt an archive and put its parts into a folder, each checked against the manifest.

    Raises BackupError when no key opens it, and when it is damaged or of an unknown format, and OSError when the folder
    or the archive has a disk that is full or fails. What is in the folder then is to be thrown away.
    """
    from pyrage import DecryptError, decrypt_io

    identities = _identities(source, keys)
    try:
        with piped(lambda pipe: decrypt_io(source, pipe, identities)) as archive:
            manifest = _read_tar(archive, into)
            drain(archive)
    except DecryptError as error:
        raise _cannot_open(error) from None
    except (tarfile.TarError, OSError, EOFError) as error:
        if is_about_the_disk(error):
            raise  # which says nothing against the backup
        raise BackupError(f"This file is damaged or is not a backup: {error}") from None
    return manifest


def new_identity() -> tuple[str, str]:
    """A new age key: the identity, which opens backups, and its recipient, for which they are made."""
    from pyrage import x25519

    identity = x25519.Identity.generate()
    return str(identity), str(identity.to_public())


def _identities(source: IO[bytes], keys: Keys) -> Sequence[Any]:
    from pyrage import DecryptError, IdentityError, passphrase, x25519

    start = source.read(len(_WITH_PASSPHRASE))
    if start != _WITH_PASSPHRASE:
        source.seek(0)
        if not keys.age:
            raise BackupError("This backup was not made with a passphrase. Give the file of an age key instead.")
        try:
            return [x25519.Identity.from_str(each) for each in keys.age]
        except IdentityError:
            raise BackupError("This is not an age key. It starts with AGE-SECRET-KEY-1.") from None
    if not keys.passphrase:
        raise BackupError("This backup was made with a passphrase. Give the file of the passphrase.")
    length = source.readline(10).rstrip(b"\n")
    if not length.isdigit() or int(length) > _LONGEST_KEY:
        raise BackupError("This file is damaged or is not a backup.")
    try:
        once = passphrase.decrypt(source.read(int(length)), keys.passphrase)
        return [x25519.Identity.from_str(once.decode())]
    except DecryptError as error:
        raise _cannot_open(error) from None
    except (IdentityError, ValueError):
        raise BackupError("This file is damaged or is not a backup.") from None


def _cannot_open(error: Exception) -> BackupError:
    if "No matching keys" in str(error):
        return BackupError("This key does not open the backup.")
    if "passphrase" in str(error).lower() or "decryption failed" in str(error).lower():
        return BackupError("This passphrase or key does not open the backup, or the backup is damaged.")
    return BackupError(f"This file is damaged or is not a backup: {error}")


def _write_tar(to: IO[bytes], manifest: Manifest, folder: WorkFolder) -> None:
    with tarfile.open(fileobj=to, mode="w|", format=tarfile.PAX_FORMAT) as archive:
        text = manifest.model_dump_json(indent=1).encode()
        archive.addfile(_entry(MANIFEST, len(text)), io.BytesIO(text))
        for part in manifest.parts:
            with folder.reading(part.name) as content:
                archive.addfile(_entry(part.name, part.size), content)


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, OWNER_ONLY
    return entry


def _read_tar(archive: IO[bytes], into: WorkFolder) -> Manifest:
    with tarfile.open(fileobj=archive, mode="r|") as entries:
        first = entries.next()
        if first is None or first.name != MANIFEST or first.size > _LONGEST_MANIFEST:
            raise BackupError("This is not a backup of Case Audit.")
        manifest = _manifest_in(_contents(entries, first).read())
        expected = {part.name: part for part in manifest.parts}
        while (entry := entries.next()) is not None:
            part = expected.pop(entry.name, None)
            if part is None or not entry.isfile() or "/" in entry.name:
                raise BackupError("This file is damaged: it has a part that its manifest does not list.")
            add = into.add_as_it_is if _is_read_by_sqlite(manifest, part) else into.add
            if add(part.name, copy_of(_contents(entries, entry))) != part:
                raise BackupError(f"This file is damaged: {part.name} is not what its manifest says.")
    missing = [*expected, *({DATABASE} - into.parts.keys() - expected.keys())]
    if missing:
        raise BackupError(f"This file is damaged: {', '.join(missing)} is missing.")
    return manifest


def _is_read_by_sqlite(manifest: Manifest, part: Part) -> bool:
    return (manifest.database, part.name) == (SQLITE, DATABASE)


def _contents(entries: tarfile.TarFile, entry: tarfile.TarInfo) -> IO[bytes]:
    found = entries.extractfile(entry)
    if found is None:
        raise BackupError("This file is damaged: it has a part that is not a file.")
    return found


def _manifest_in(text: bytes) -> Manifest:
    try:
        manifest = Manifest.model_validate_json(text)
    except ValidationError:
        raise BackupError("This backup has no manifest that this version of Case Audit can read.") from None
    if manifest.format != FORMAT:
        raise BackupError("This backup was made by a newer version of Case Audit. Install that version first.")
    return manifest
