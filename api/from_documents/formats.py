"""The lines of a PDF, a Word document, a web page or plain text, from bytes that may be hostile. Nothing is fetched."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from typing import Final
from xml.etree import ElementTree as ET

from api.from_documents.pdf import UnreadablePdfError, lines_of_pdf
from checklists.outlines.lines import Line, LineKind, lines_of_text, numbered

MEGABYTE: Final = 2**20
LARGEST_FILE: Final = 10 * MEGABYTE
_LARGEST_UNPACKED: Final = 40 * MEGABYTE
_MOST_ENTRIES: Final = 2_000
_ENCRYPTED: Final = 0x1
_WORD: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DOCUMENT: Final = "word/document.xml"
_DAMAGED: Final = "The file is damaged or is not a Word document (.docx). Save it again, or paste its text."
_HEADING_STYLE: Final = re.compile(r"(?:heading|title)\s*(\d?)", re.IGNORECASE)


class UnreadableError(Exception):
    """A file that cannot be read, with what to do about it."""


def read_lines(content: bytes) -> tuple[Line, ...]:
    """The lines of a file. Its content decides what kind of file it is, not its name. Raises UnreadableError."""
    if len(content) > LARGEST_FILE:
        raise UnreadableError(f"The file is larger than {LARGEST_FILE // MEGABYTE} MB. Paste the text that you need.")
    if content.startswith(b"%PDF"):
        try:
            return numbered(lines_of_pdf(content))
        except UnreadablePdfError as refused:
            raise UnreadableError(str(refused)) from None
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnreadableError("This is an older Word document (.doc). Save it as .docx, or paste its text.")
    if content.startswith(b"PK"):
        return numbered(_lines_of_word(content))
    text = _decoded(content)
    if re.search(r"<(?:html|body|h[1-6]|p|li|!doctype)\b", text[:20_000], re.IGNORECASE):
        page = _Page()
        page.feed(text)
        page.close()
        return numbered(page.found())
    return lines_of_text(text)


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "utf-16") if content.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig",):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    if b"\0" in content:
        raise UnreadableError("This is not a text, a web page or a Word document. Paste the text that you need.")
    return content.decode("cp1252", errors="replace")


def _lines_of_word(content: bytes) -> list[Line]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if len(entries) > _MOST_ENTRIES or sum(entry.file_size for entry in entries) > _LARGEST_UNPACKED:
                raise UnreadableError("The document is too large to read. Paste the text that you need.")
            if any(entry.flag_bits & _ENCRYPTED for entry in entries):
                raise UnreadableError("The document has a password. Save a copy without a password.")
            if any("vbaproject" in entry.filename.casefold() for entry in entries):
                raise UnreadableError("The document contains macros. Save it as .docx without macros.")
            written = archive.read(_DOCUMENT)
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError, OSError, NotImplementedError, zlib.error) as problem:
        raise UnreadableError(_DAMAGED) from problem
    if b"<!DOCTYPE" in written or b"<!ENTITY" in written or not written.lstrip(b"\xef\xbb\xbf \r\n").startswith(b"<"):
        raise UnreadableError(_DAMAGED)
    try:
        body = ET.fromstring(written)  # noqa: S314 - no document type, so no entities; in a process with limits
    except ET.ParseError as problem:
        raise UnreadableError(_DAMAGED) from problem
    return [line for line in _with_pages(body) if line.text.strip()]


def _with_pages(body: ET.Element) -> Iterator[Line]:
    """Every paragraph, with its page where the document says where its pages break."""
    breaks = next(body.iter(f"{_WORD}lastRenderedPageBreak"), None) is not None
    page = 1 if breaks else 0
    for paragraph in body.iter(f"{_WORD}p"):
        began = page + _breaks_before_text(paragraph) if breaks else 0
        yield replace(_line_of(paragraph), page=began)
        page += sum(1 for _ in paragraph.iter(f"{_WORD}lastRenderedPageBreak"))


def _breaks_before_text(paragraph: ET.Element) -> int:
    before = 0
    for run in paragraph.iter():
        if run.tag == f"{_WORD}t" and (run.text or "").strip():
            break
        before += run.tag == f"{_WORD}lastRenderedPageBreak"
    return before


def _line_of(paragraph: ET.Element) -> Line:
    text = "".join(
        (run.text or "") if run.tag == f"{_WORD}t" else " "
        for run in paragraph.iter()
        if run.tag in {f"{_WORD}t", f"{_WORD}br", f"{_WORD}tab"}
    )
    style = _value(paragraph, "pStyle")
    if found := _HEADING_STYLE.match(style):
        return Line(text, LineKind.HEADING, int(found.group(1) or 1) - 1)
    listed = paragraph.find(f"{_WORD}pPr/{_WORD}numPr")
    if listed is not None or "list" in style.casefold():
        level = "" if listed is None else _value(paragraph, "numPr/ilvl")
        return Line(text, LineKind.BULLET, int(level) if level.isdecimal() else 0)
    own = lines_of_text(text)
    return own[0] if len(own) == 1 else Line(text)


def _value(paragraph: ET.Element, path: str) -> str:
    found = paragraph.find(f"{_WORD}pPr/" + "/".join(f"{_WORD}{step}" for step in path.split("/")))
    return "" if found is None else found.get(f"{_WORD}val", "")


class _Page(HTMLParser):
    """The blocks of a web page: headings, items of lists and paragraphs."""

    _SKIPPED: Final = frozenset({"script", "style", "head", "nav", "footer", "template", "noscript", "svg"})
    _ENDS_A_BLOCK: Final = frozenset(
        {"p", "div", "li", "tr", "td", "th", "section", "article", "br", "ul", "ol", "dd", "dt"}
    )

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[Line] = []
        self._text: list[str] = []
        self._kind, self._depth = LineKind.TEXT, 0
        self._lists = 0
        self._skipping = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - named by the parser
        if tag in self._SKIPPED:
            self._skipping += 1
        elif re.fullmatch("h[1-6]", tag):
            self._begin(LineKind.HEADING, int(tag[1]) - 1)
        elif tag in {"ul", "ol"}:
            self._begin(LineKind.TEXT, 0)
            self._lists += 1
        elif tag == "li":
            self._begin(LineKind.BULLET, max(0, self._lists - 1))
        elif tag in self._ENDS_A_BLOCK and self._kind is LineKind.TEXT:
            self._begin(LineKind.TEXT, 0)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._SKIPPED:
            self._skipping = max(0, self._skipping - 1)
        elif re.fullmatch("h[1-6]", tag) or tag == "li" or (tag in self._ENDS_A_BLOCK and self._kind is LineKind.TEXT):
            self._begin(LineKind.TEXT, 0)
        if tag in {"ul", "ol"}:
            self._lists = max(0, self._lists - 1)

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            self._text.append(data)

    def found(self) -> list[Line]:
        """Every block so far."""
        self._begin(LineKind.TEXT, 0)
        return self._lines

    def _begin(self, kind: LineKind, depth: int) -> None:
        text = " ".join("".join(self._text).split())
        if text:
            self._lines.append(Line(text, self._kind, self._depth))
        self._text.clear()
        self._kind, self._depth = kind, depth
