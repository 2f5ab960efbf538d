"""Zip files, whose directory is checked before anything is unpacked."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from api.documents.reading.limits import HIGHEST_RATIO, LARGEST_UNPACKED, MEGABYTE
from api.documents.reading.refusals import UnreadableError

_CHUNK: Final = 64 * 1024
_MOST_ENTRIES: Final = 2_000
_LARGEST_DIRECTORY: Final = MEGABYTE
_END: Final = struct.Struct("<4s4H2LH")
_END_SIGN: Final = b"PK\x05\x06"
_END_SIGN_64: Final = b"PK\x06\x07"
_LONGEST_COMMENT: Final = 65_535
_ENCRYPTED: Final = 0x1
_ARCHIVES: Final = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"BZh", b"\xfd7zXZ")
_DAMAGED: Final = "The file is damaged or incomplete. Export it again and check that the copy is complete."
_TOO_LARGE: Final = "The unzipped file is too large to read. Export fewer months, or one list at a time."


class Archive:
    """A zip file whose directory has been checked. Entries are read as streams and never written anywhere."""

    def __init__(self, content: bytes) -> None:
        """Raises UnreadableError for a damaged, encrypted, too large or malicious archive."""
        _check_end(content)
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(content))
        except (zipfile.BadZipFile, ValueError, EOFError, OSError, NotImplementedError, struct.error) as problem:
            raise UnreadableError(_DAMAGED) from problem
        entries = [entry for entry in self._zip.infolist() if not entry.is_dir()]
        for entry in entries:
            _check_entry(entry)
        if sum(entry.file_size for entry in entries) > LARGEST_UNPACKED:
            raise UnreadableError(_TOO_LARGE)
        self.names: Final = tuple(entry.filename for entry in entries)
        if len({name.casefold() for name in self.names}) < len(self.names):
            raise UnreadableError("The file contains 2 parts with the same name. Export it again.")

    def chunks(self, name: str) -> Iterator[bytes]:
        """The unpacked bytes of an entry, piece by piece. Raises UnreadableError when it is damaged."""
        try:
            with self._zip.open(name) as stream:
                while chunk := stream.read(_CHUNK):
                    yield chunk
        except (KeyError, zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, struct.error) as problem:
            raise UnreadableError(_DAMAGED) from problem

    def check_for_archives(self) -> None:
        """Raises UnreadableError when an entry is itself an archive."""
        for name in self.names:
            first = next(self.chunks(name), b"")
            if first.startswith(_ARCHIVES):
                raise UnreadableError("The file contains another zip file. Remove that file and send it separately.")

    def read(self, name: str) -> bytes:
        """The whole entry."""
        return b"".join(self.chunks(name))


def _check_end(content: bytes) -> None:
    """The directory must be complete, at the very end, and small enough to check."""
    tail_start = max(0, len(content) - _LONGEST_COMMENT - _END.size)
    at = content.rfind(_END_SIGN, tail_start)
    if at < 0 or len(content) - at < _END.size:
        raise UnreadableError(_DAMAGED)
    _, disk, _, _, entries, size, offset, comment = _END.unpack_from(content, at)
    if at + _END.size + comment != len(content) or disk != 0:
        raise UnreadableError(_DAMAGED)
    if entries > _MOST_ENTRIES or size > _LARGEST_DIRECTORY or content[at - 20 : at - 16] == _END_SIGN_64:
        raise UnreadableError("The file contains too many parts for an export. Export it again.")
    # Bytes before the first entry would mean that the file has a second format as well.
    if offset + size != at:
        raise UnreadableError(_DAMAGED)


def _check_entry(entry: zipfile.ZipInfo) -> None:
    path = PurePosixPath(entry.orig_filename)
    if path.is_absolute() or ".." in path.parts or any(it in entry.orig_filename for it in ("\\", ":", "\0")):
        raise UnreadableError("The file contains a part with an unsafe name. Nothing was unzipped.")
    if entry.flag_bits & _ENCRYPTED:
        raise UnreadableError("The file has a password. Save a copy without a password.")
    if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise UnreadableError("The file uses an unsupported type of compression. Export it again.")
    if entry.file_size > MEGABYTE and entry.file_size > HIGHEST_RATIO * entry.compress_size:
        raise UnreadableError(_TOO_LARGE)
