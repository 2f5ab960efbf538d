"""Reading a document that may be damaged or hostile in a process of its own, with limits on memory and time.

Run as a module it reads the document from standard input, and writes its lines as JSON to standard output.
"""

import json
import sys
from dataclasses import asdict
from typing import Final

from api.foundation.own_process import answer_of, limit_this_process
from api.from_documents.formats import LARGEST_FILE, MEGABYTE, UnreadableError, read_lines
from checklists.outlines.lines import Line, LineKind

_SECONDS: Final = 20
_MOST_MEMORY: Final = 256 * MEGABYTE
_LARGEST_ANSWER: Final = 8 * MEGABYTE
_TOO_MUCH: Final = "The file could not be read within the time and memory available. Paste the text that you need."


def read_in_sandbox(content: bytes) -> tuple[Line, ...]:
    """The lines of a document. Writes nothing to the disk. Raises UnreadableError, also when the process died."""
    if len(content) > LARGEST_FILE:
        raise UnreadableError(f"The file is larger than {LARGEST_FILE // MEGABYTE} MB. Paste the text that you need.")
    try:
        said = json.loads(answer_of(__spec__.name, content, seconds=_SECONDS, largest=_LARGEST_ANSWER))
        if "lines" in said:
            return tuple(
                Line(
                    str(line["text"]),
                    LineKind(line["kind"]),
                    int(line["depth"]),
                    int(line["number"]),
                    int(line["page"]),
                )
                for line in said["lines"]
            )
        raise UnreadableError(str(said["refused"]))
    except (ValueError, KeyError, TypeError):
        raise UnreadableError(_TOO_MUCH) from None


def _read_here() -> None:
    try:
        said: dict[str, object] = {"lines": [asdict(line) for line in read_lines(sys.stdin.buffer.read())]}
    except UnreadableError as refused:
        said = {"refused": str(refused)}
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    limit_this_process(memory=_MOST_MEMORY, processor_seconds=_SECONDS)
    _read_here()
