"""Reading an export of a case system: its format is recognised by its content, never by its name."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import PurePosixPath
from typing import Final

from api.case_lists.readers.cells.headings import possible_headings
from api.case_lists.readers.files.delimited import delimited_sheet
from api.case_lists.readers.formats import cin_census, ssda903
from api.case_lists.readers.formats.recognising import Recognised, choose_among, recognise
from api.case_lists.readers.formats.tables import read_table
from api.case_lists.readers.merging import CaseRecord, Weight, merge
from api.case_lists.readers.questions import MOST_QUESTIONS, QuestionLog
from api.case_lists.readers.result import ExportContent, Format, Question, RefusedRow, SheetRead
from api.case_lists.readers.rows import ReadState, read_part
from api.documents.reading.archive import Archive
from api.documents.reading.limits import LARGEST_FILE, MEGABYTE, MOST_TAGS
from api.documents.reading.refusals import UnreadableError
from api.documents.reading.sheets import Sheet
from api.documents.reading.workbook import Workbook
from api.documents.reading.workbook_check import check_workbook
from api.documents.reading.xml_stream import root_of
from checklists.cases import CHILDRENS_WORDS, CaseWords
from checklists.characteristics import Characteristic

_CHUNK: Final = 64 * 1024
_OTHER_KINDS: Final = {
    b"%PDF": "a PDF",
    b"\xd0\xcf\x11\xe0": "an old-format workbook (.xls) or has a password. Save it as .xlsx without a password",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"GIF8": "an image",
    b"RIFF": "an image or a recording",
    b"\x1f\x8b": "compressed (gzip). Decompress it first",
    b"7z\xbc\xaf": "compressed (7z). Decompress it first",
    b"Rar!": "compressed (rar). Decompress it first",
    b"MZ": "a program",
    b"\x7fELF": "a program",
    b"{\\rtf": "a word-processor file",
}
_OTHER_PACKED_KINDS: Final = {
    "xl/workbook.bin": "a binary workbook (.xlsb). Save it as .xlsx",
    "word/document.xml": "a word-processor file",
    "ppt/presentation.xml": "a presentation",
    "content.xml": "an OpenDocument workbook. Save it as .xlsx",
}
_SEND: Final = "Send an Annex A workbook, a census, a return, or a table as .xlsx or .csv."
_NOT_FOR_READING: Final = ("__MACOSX/", ".DS_Store", "Thumbs.db")
_WHICH_SHEET: Final = "sheet"
_NOT_COMPARED: Final = re.compile(r"[\W_]+")


def read(
    content: bytes,
    *,
    name: str = "",
    choices: Mapping[str, str] | None = None,
    on: date,
    words: CaseWords = CHILDRENS_WORDS,
    characteristics: Sequence[Characteristic] = (),
) -> ExportContent:
    """What an export says of its cases on a day.

    `choices` are answers to questions of an earlier reading by their keys; unknown keys are ignored. `words`: what a
    council's own table may say of a case; formats of the Department for Education speak of children. `characteristics`:
    what further columns of a table may say. Nothing is written anywhere. Raises UnreadableError when the file as a
    whole is damaged, malicious, too large or of another kind.
    """
    given = choices or {}
    gathered = ReadState(QuestionLog(given, words), on, characteristics=characteristics)
    if not content.strip():
        raise UnreadableError("The file is empty.")
    if len(content) > LARGEST_FILE:
        raise UnreadableError(f"The file is larger than {LARGEST_FILE // MEGABYTE} MB. Export fewer months.")
    for sign, kind in _OTHER_KINDS.items():
        if content.startswith(sign):
            raise UnreadableError(f"The file is {kind}. {_SEND}")
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _read_archive(Archive(content), given, gathered)
    if _is_xml(content):
        return _read_xml(content, gathered)
    return _read_sheets([delimited_sheet(content, name or "The file")], given, gathered)


def _read_archive(archive: Archive, choices: Mapping[str, str], gathered: ReadState) -> ExportContent:
    for part, kind in _OTHER_PACKED_KINDS.items():
        if part in archive.names:
            raise UnreadableError(f"The file is {kind}. {_SEND}")
    if "[Content_Types].xml" in archive.names:
        check_workbook(archive)
        return _read_sheets(Workbook(archive).sheets(), choices, gathered)
    archive.check_for_archives()
    names = [it for it in archive.names if not it.startswith(_NOT_FOR_READING) and not it.endswith(_NOT_FOR_READING)]
    contents = {it: archive.read(it) for it in names}
    if len(contents) == 1 and _is_xml(only := next(iter(contents.values()))):
        return _read_xml(only, gathered)
    if not contents or any(map(_is_xml, contents.values())):
        raise UnreadableError("The zip file must contain only .csv tables, or only 1 XML file.")
    sheets = [delimited_sheet(content, PurePosixPath(it).name[:80]) for it, content in contents.items()]
    return _read_sheets(sheets, choices, gathered)


def _read_xml(content: bytes, gathered: ReadState) -> ExportContent:
    if content.count(b"<") > MOST_TAGS:
        raise UnreadableError("The file is too large to read. Export fewer months.")
    root = root_of(_chunks(content))
    if not content[-1000:].rstrip(b"\0 \r\n\t").endswith(b">"):
        raise UnreadableError("The file is incomplete. Export it again.")
    if root == "Message":
        cin_census.read_xml(_chunks(content), gathered)
        return _outcome(Format.CIN_CENSUS, gathered)
    if root == "EXPSSDA903":
        ssda903.read_xml(_chunks(content), gathered)
        return _outcome(Format.SSDA903, gathered)
    raise UnreadableError(f"The file is XML, but neither a children in need census nor an SSDA903 return. {_SEND}")


def _read_sheets(sheets: Sequence[Sheet], choices: Mapping[str, str], gathered: ReadState) -> ExportContent:
    form, parts = recognise(sheets)
    if form is None:
        return _read_table(sheets, choices, gathered)
    usable = [it.part for it in parts if isinstance(it, Recognised)]
    if all(part.weight is Weight.FACT for part in usable):
        raise UnreadableError(
            f"The export contains only “{usable[0].name}”, which does not give the status of cases. Send this "
            "table and the tables of episodes in one .zip file."
        )
    # A return has a table of episodes for each year; other exports have one of each kind.
    for it in choose_among(parts, gathered.asking, one_sheet_a_list=form is not Format.SSDA903):
        if isinstance(it, Recognised):
            read_part(it.part, it.sheet, it.headings, gathered)
        else:
            sheet, why = it
            gathered.sheets.append(SheetRead(sheet.name, 0, {}, not_read=why))
    return _outcome(form, gathered)


def _read_table(sheets: Sequence[Sheet], choices: Mapping[str, str], gathered: ReadState) -> ExportContent:
    filled = {sheet.name: sheet for sheet in sheets if possible_headings(sheet)}
    if not filled:
        raise UnreadableError("The file has no rows.")
    chosen = filled.get(choices.get(_WHICH_SHEET, "")) if len(filled) > 1 else next(iter(filled.values()))
    if chosen is None:
        options = {name: f"{name} (hidden)" if sheet.is_hidden else name for name, sheet in filled.items()}
        question = Question(_WHICH_SHEET, "Which sheet contains the cases?", options)
        return ExportContent(Format.TABLE, (), (), (question,))
    return _outcome(Format.TABLE, gathered, read_table(chosen, choices, gathered))


def _outcome(form: Format, gathered: ReadState, questions: Sequence[Question] = ()) -> ExportContent:
    asking = gathered.asking
    questions = (*questions, *asking.questions())
    if len(questions) > MOST_QUESTIONS:
        raise UnreadableError(f"More than {MOST_QUESTIONS} values in the export are not recognised. Check its columns.")
    if not gathered.rows and not questions:
        raise UnreadableError("The export contains no cases: there are no rows below the headings.")
    cases, refused = merge(gathered.case_records, asking.concerned(), asking.words)
    return ExportContent(
        form,
        gathered.sheets,
        cases,
        questions,
        (*gathered.refused, *asking.refused(), *refused),
        (*gathered.remarks, *_nearly_the_same(gathered.case_records)),
    )


def _nearly_the_same(records: Sequence[CaseRecord]) -> list[RefusedRow]:
    """A remark for each identifier that differs from an earlier one only in leading zeros, case or punctuation."""
    first: dict[str, CaseRecord] = {}
    seen, remarks = set[str](), []
    for it in records:
        child = it.child.casefold()
        if child in seen:
            continue
        seen.add(child)
        before = first.setdefault(_NOT_COMPARED.sub("", child).lstrip("0"), it)
        if before.child.casefold() != child:
            words = (
                f"This identifier and the one in row {before.place.row} differ only in leading zeros or punctuation. "
                "They are read as two people. If they are one, correct the identifier."
            )
            remarks.append(RefusedRow(it.place, "", words))
    return remarks


def _is_xml(content: bytes) -> bool:
    start = content[:1000]
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return start.decode("utf-16", errors="ignore").lstrip().startswith("<")
    return start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b"<", b"\0<", b"<\0"))


def _chunks(content: bytes) -> Iterable[bytes]:
    view = memoryview(content)
    return (bytes(view[start : start + _CHUNK]) for start in range(0, len(content), _CHUNK))
