"""Reading XML as a stream: no document type, no entities, and limits of depth and length."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol
from xml.parsers import expat

from api.documents.reading.limits import LONGEST_CELL, MOST_ROWS
from api.documents.reading.refusals import UnreadableError

_DEEPEST: Final = 60
# Expat before 2.6 parses an unfinished tag again with every chunk: the time would grow quadratically.
_LONGEST_TAG: Final = 1024 * 1024
_BUFFER: Final = 64 * 1024
_MOST_IN_A_RECORD: Final = 20_000
_DAMAGED: Final = "The file is not complete XML: it is damaged or incomplete. Export it again."


class ElementHandler(Protocol):
    """Receives elements as they are parsed, by their names without a prefix."""

    def opened(self, name: str, attributes: Mapping[str, str]) -> None: ...

    def closed(self, name: str) -> None: ...

    def text(self, text: str) -> None: ...


def stream_elements(chunks: Iterable[bytes], listener: ElementHandler) -> Iterator[None]:
    """Pass every element to a handler; a step of the iterator is a chunk of bytes.

    Raises UnreadableError for XML that is not well-formed, declares a document type, or is nested too deep.
    """
    parser = expat.ParserCreate()
    depth = 0

    def opened(name: str, attributes: Mapping[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise UnreadableError("The file is nested more deeply than any export. Export it again.")
        listener.opened(name.rpartition(":")[2] if ":" in name else name, attributes)

    def closed(name: str) -> None:
        nonlocal depth
        depth -= 1
        listener.closed(name.rpartition(":")[2] if ":" in name else name)

    parser.buffer_text = True
    parser.buffer_size = _BUFFER
    parser.StartElementHandler = opened
    parser.EndElementHandler = closed
    parser.CharacterDataHandler = listener.text
    parser.StartDoctypeDeclHandler = _refuse_document_type
    return _fed(parser, chunks)


def _fed(parser: Any, chunks: Iterable[bytes]) -> Iterator[None]:
    fed = 0
    try:
        for chunk in chunks:
            parser.Parse(chunk, False)
            fed += len(chunk)
            if fed - max(parser.CurrentByteIndex, 0) > _LONGEST_TAG:
                raise UnreadableError("A part of the file is longer than in any export. Export it again.")
            yield
        parser.Parse(b"", True)
    except (expat.ExpatError, LookupError, ValueError) as problem:
        # The parser's own message may contain a piece of the file.
        raise UnreadableError(_DAMAGED) from problem
    yield


def _refuse_document_type(*_: object) -> None:
    raise UnreadableError("The file declares a document type (DOCTYPE), which is not allowed. The file was not read.")


@dataclass(slots=True)
class Element:
    """An element of a record, with its content."""

    name: str
    children: list["Element"] = field(default_factory=list)
    text: str = ""

    def all(self, name: str) -> list["Element"]:
        return [child for child in self.children if child.name == name]

    def text_of(self, *names: str) -> str:
        """The text of the first child that has one of these names and is not empty."""
        return next((child.text for child in self.children if child.name in names and child.text), "")


class _Records:
    """Keeps the content of elements with one name, and discards everything else."""

    def __init__(self, name: str) -> None:
        self.ready: list[Element] = []
        self.root = ""
        self._name = name
        self._open: list[Element] = []
        self._size = 0

    def opened(self, name: str, _attributes: Mapping[str, str]) -> None:
        self.root = self.root or name
        if self._open:
            self._size += 1
            if self._size > _MOST_IN_A_RECORD:
                raise UnreadableError("A child's record in the file is larger than in any export. Export it again.")
            child = Element(name)
            self._open[-1].children.append(child)
            self._open.append(child)
        elif name == self._name:
            self._open, self._size = [Element(name)], 0

    def closed(self, _name: str) -> None:
        if self._open:
            done = self._open.pop()
            done.text = done.text.strip()
            if not self._open:
                self.ready.append(done)

    def text(self, text: str) -> None:
        if self._open:
            element = self._open[-1]
            if len(element.text) + len(text) > LONGEST_CELL:
                raise UnreadableError("A text in the file is longer than in any export. Export it again.")
            element.text += text


def records(chunks: Iterable[bytes], name: str) -> Iterator[Element]:
    """Every element of this name with its content, one after the other. Raises UnreadableError beyond MOST_ROWS."""
    listener = _Records(name)
    number = 0
    for _ in stream_elements(chunks, listener):
        number += len(listener.ready)
        if number > MOST_ROWS:
            raise UnreadableError(f"The file contains more than {MOST_ROWS:,} children. Export fewer months.")
        yield from listener.ready
        listener.ready.clear()


def root_of(chunks: Iterable[bytes]) -> str:
    """The name of the outermost element. Raises UnreadableError when none begins in the first chunks."""
    listener = _Records("")
    for _ in stream_elements(chunks, listener):
        if listener.root:
            return listener.root
    raise UnreadableError(_DAMAGED)
