"""Reading an export, which may be damaged or malicious, in a separate process: its memory is freed when it ends.

Run as a module it reads a job and the export from standard input, and writes the outcome, as a line of JSON and the
case list, to standard output. Identifiers stay in that process.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any, BinaryIO, Final

from api.case_lists.pseudonyms.list_file import LARGEST_BYTES, ListFileError, read_case_list, write_case_list
from api.case_lists.pseudonyms.pseudonymising import pseudonymise, withheld_teams
from api.case_lists.readers.outcome import Outcome, from_message, to_message
from api.case_lists.readers.reader import read
from api.documents.reading.limits import LARGEST_FILE, MEGABYTE
from api.documents.reading.refusals import UnreadableError
from api.foundation.own_process import give, limit_this_process, own_process
from checklists.cases import CHILDRENS_WORDS, AgeRange, CaseWords, joined_words
from checklists.characteristics import Characteristic, from_plain, to_plain
from checklists.privacy.pseudonyms import Key

LONGEST_SECONDS: Final = 30
_MOST_PROCESSOR_SECONDS: Final = 25
# A new interpreter uses a tenth of this, and an Annex A of 40,000 children a third.
_MOST_MEMORY: Final = 256 * MEGABYTE
_LARGEST_HEAD: Final = 4 * MEGABYTE
_REFUSED: Final = 3
_TOO_MUCH: Final = "The file is too large to read within the time and memory available. Export fewer months."


def read_in_sandbox(
    content: bytes,
    *,
    name: str = "",
    choices: Mapping[str, str],
    on: date,
    keys: Sequence[Key],
    words: CaseWords = CHILDRENS_WORDS,
    characteristics: Sequence[Characteristic] = (),
) -> Outcome:
    """The outcome of an export, under pseudonyms; no identifier reaches this process.

    Writes nothing to the disk, and takes at most 30 seconds. Raises UnreadableError, also when the process died.
    """
    if len(content) > LARGEST_FILE:
        raise UnreadableError(f"The file is larger than {LARGEST_FILE // MEGABYTE} MB. Export fewer months.")
    job = {
        "bytes": len(content),
        "name": name,
        "choices": dict(choices),
        "on": on.isoformat(),
        "keys": [key.secret.hex() for key in keys],
        "words": None if words is CHILDRENS_WORDS else asdict(words),
        "characteristics": to_plain(characteristics),
    }
    ended, head, rows = _run(json.dumps(job).encode() + b"\n", content)
    try:
        said = json.loads(head)
        if ended == _REFUSED:
            raise UnreadableError(str(said["refused"]))
        if ended == 0:
            return from_message(said, read_case_list(rows, joined_words([words, CHILDRENS_WORDS])) if rows else None)
    except (ValueError, KeyError, TypeError, ListFileError):
        pass
    raise UnreadableError(_TOO_MUCH)


def _run(job: bytes, content: bytes) -> tuple[int, bytes, bytes]:
    """The exit status of the process, the first line that it wrote, and the rest."""
    with own_process(__spec__.name, seconds=LONGEST_SECONDS) as process:
        # It writes nothing before it has read everything, so that neither process waits for the other.
        give(process.stdin, [job, content])
        head = process.stdout.readline(_LARGEST_HEAD) if process.stdout else b""
        rows = process.stdout.read(LARGEST_BYTES + 1) if process.stdout else b""
        return process.wait(), head, rows


def _read_here(given: BinaryIO, answer: BinaryIO) -> int:
    job = json.loads(given.readline())
    content = given.read(job["bytes"])
    on = date.fromisoformat(job["on"])
    keys = [Key(bytes.fromhex(secret)) for secret in job["keys"]]
    words = _words_from(job.get("words"))
    try:
        reading = read(
            content,
            name=job["name"],
            choices=job["choices"],
            on=on,
            words=words,
            characteristics=from_plain(job["characteristics"]),
        )
        withheld = withheld_teams(reading)
        whole = not reading.questions and reading.cases
        rows = write_case_list(pseudonymise(reading, keys=keys, on=on, words=words)) if whole else b""
    except UnreadableError as refused:
        answer.write(_line({"refused": str(refused)}))
        return _REFUSED
    answer.write(_line(to_message(reading, withheld, words)))
    answer.write(rows)
    return 0


def _words_from(said: Mapping[str, Any] | None) -> CaseWords:
    if said is None:
        return CHILDRENS_WORDS
    return CaseWords(**{**said, "ages": tuple(AgeRange(**each) for each in said["ages"])})


def _line(said: Mapping[str, Any]) -> bytes:
    return json.dumps(said).encode() + b"\n"


def _set_limits() -> None:
    limit_this_process(memory=_MOST_MEMORY, processor_seconds=_MOST_PROCESSOR_SECONDS)


if __name__ == "__main__":
    _set_limits()
    sys.exit(_read_here(sys.stdin.buffer, sys.stdout.buffer))
