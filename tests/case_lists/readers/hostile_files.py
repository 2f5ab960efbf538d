"""Files that somebody might send to do harm, or by mistake: each has to be refused, quickly and with a plain reason."""

import io
import zipfile
from collections.abc import Callable, Mapping
from random import Random

from tests.case_lists.exports import annex_a, cin_census, delimited, made_children, table, zipped

_SHEET = "xl/worksheets/sheet1.xml"
_NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LAUGHS = (
    '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">'
    '<!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;"><!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;">]>'
)


def plain() -> bytes:
    """A good workbook, to be spoilt."""
    return annex_a(made_children(60))


def spoilt(parts: Mapping[str, bytes | None], *, base: bytes | None = None) -> bytes:
    """A good workbook with some parts put in place of its own, added, or taken out."""
    with zipfile.ZipFile(io.BytesIO(base or plain())) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    changed: dict[str, bytes | None] = {**files, **parts}
    return zipped({name: content for name, content in changed.items() if content is not None})


def sheet(cells: str, *, before: str = "") -> bytes:
    """The XML of a sheet that holds these rows."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}<worksheet xmlns="{_NAMESPACE}"><sheetData>{cells}</sheetData>'
        "</worksheet>"
    ).encode()


def with_sheet(cells: str, *, before: str = "") -> bytes:
    return spoilt({_SHEET: sheet(cells, before=before)})


def _noise(length: int) -> bytes:
    return Random(5).randbytes(length)


def _uneven_rows(number: int) -> str:
    """Rows that shrink no more than real ones do."""
    random = Random(6)
    return "".join(
        f'<row r="{it}"><c r="A{it}"><v>{random.getrandbits(60)}</v></c></row>' for it in range(1, number + 1)
    )


def _changed_directory(content: bytes, offset: int, value: bytes) -> bytes:
    """With bytes of the first entry of the directory changed."""
    at = content.index(b"PK\x01\x02") + offset
    return content[:at] + value + content[at + len(value) :]


def _many_entries() -> bytes:
    return zipped({f"{number}.csv": b"" for number in range(5_000)})


def _packed(method: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr("cases.csv", delimited(table(made_children(5))))
    return buffer.getvalue()


def _twice_the_same_part() -> bytes:
    return zipped({"cases.csv": b"a,b\n1,2\n", "CASES.csv": b"a,b\n1,2\n"})


def _bomb(size: int) -> bytes:
    return with_sheet(f"<row><c t='inlineStr'><is><t>{' ' * size}</t></is></c></row>")


def _without_end(content: bytes) -> bytes:
    return content[: len(content) * 2 // 3]


def _flipped(content: bytes) -> bytes:
    changed = bytearray(content)
    for at in range(200, len(changed) - 200, 997):
        changed[at] ^= 0x5A
    return bytes(changed)


def _census(child: str, *, before: str = "") -> bytes:
    return f'<?xml version="1.0"?>{before}<Message><Children>{child}</Children></Message>'.encode()


_CHILD = "<Child><ChildIdentifiers><LAchildID>1</LAchildID></ChildIdentifiers><CINdetails/></Child>"

HOSTILE_FILES: list[tuple[str, Callable[[], bytes]]] = [
    ("a bomb of 60 MB in a cell", lambda: _bomb(60 * 2**20)),
    ("a bomb of 110 MB", lambda: with_sheet(" " * (110 * 2**20))),
    ("a million rows", lambda: with_sheet("<row><c><v>1</v></c></row>" * 1_000_000)),
    ("a hundred thousand uneven rows and one", lambda: with_sheet(_uneven_rows(100_001))),
    ("sixteen thousand columns", lambda: with_sheet(f"<row>{'<c><v>1</v></c>' * 16_384}</row>")),
    ("a cell in the farthest corner", lambda: with_sheet('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')),
    (
        "a cell of 10 MB",
        lambda: with_sheet(f"<row><c t='inlineStr'><is><t>{_noise(5 * 2**20).hex()}</t></is></c></row>"),
    ),
    (
        "a shared text of 10 MB",
        lambda: spoilt({"xl/sharedStrings.xml": f"<sst><si><t>{_noise(5 * 2**20).hex()}</t></si></sst>".encode()}),
    ),
    ("a formula", lambda: with_sheet("<row><c><f>1+1</f><v>2</v></c></row>")),
    ("a formula under a prefix", lambda: with_sheet("<row><c><x:f xmlns:x='y'>1+1</x:f><v>2</v></c></row>")),
    ("a shared formula", lambda: with_sheet("<row><c><f t='shared' si='0'/><v>2</v></c></row>")),
    ("macros", lambda: spoilt({"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0" + _noise(500)})),
    (
        "macros by its kind alone",
        lambda: spoilt({"[Content_Types].xml": b"<Types><Override ContentType='x.macroEnabled.main+xml'/></Types>"}),
    ),
    ("a link to another workbook", lambda: spoilt({"xl/externalLinks/externalLink1.xml": b"<externalLink/>"})),
    ("an embedded file", lambda: spoilt({"xl/embeddings/oleObject1.bin": _noise(500)})),
    ("a workbook in the workbook", lambda: spoilt({"xl/media/picture.png": plain()})),
    ("a document type in a sheet", lambda: with_sheet("", before="<!DOCTYPE worksheet SYSTEM 'file:///etc/passwd'>")),
    ("entities in a sheet", lambda: with_sheet("<row><c><v>&e;</v></c></row>", before=_LAUGHS)),
    ("entities in the texts", lambda: spoilt({"xl/sharedStrings.xml": f"{_LAUGHS}<sst>&e;</sst>".encode()})),
    ("a sheet in UTF-16", lambda: spoilt({_SHEET: sheet("").decode().replace("UTF-8", "UTF-16").encode("utf-16")})),
    ("a sheet nested deep", lambda: with_sheet("<a>" * 100_000 + "</a>" * 100_000)),
    ("a tag that never ends", lambda: with_sheet(f"<row a='{_noise(10 * 2**20).hex()}'/>")),
    ("a text that is not there", lambda: with_sheet("<row><c t='s'><v>99999999</v></c></row>")),
    ("a workbook without sheets", lambda: spoilt({"xl/workbook.xml": b"<workbook><sheets/></workbook>"})),
    ("a workbook without its main part", lambda: spoilt({"xl/workbook.xml": None})),
    ("a sheet that is not there", lambda: spoilt({_SHEET: None})),
    ("a name that climbs out", lambda: zipped({"../../cases.csv": b"a,b\n1,2\n"})),
    ("a name from the root", lambda: zipped({"/etc/cases.csv": b"a,b\n1,2\n"})),
    ("a name with a drive", lambda: zipped({"C:cases.csv": b"a,b\n1,2\n"})),
    ("2 parts with the same name", _twice_the_same_part),
    ("five thousand parts", _many_entries),
    ("a zip in a zip", lambda: zipped({"cases.csv": zipped({"cases.csv": b"a,b\n1,2\n"})})),
    ("a workbook in a zip", lambda: zipped({"cases.xlsx": plain()})),
    ("an empty zip", lambda: zipped({})),
    ("a lie about a size", lambda: _changed_directory(plain(), 24, b"\x10\0\0\0")),
    ("a lock of a zip", lambda: _changed_directory(plain(), 8, b"\x01")),
    ("another way of packing", lambda: _packed(zipfile.ZIP_BZIP2)),
    ("a third way of packing", lambda: _packed(zipfile.ZIP_LZMA)),
    ("a workbook cut short", lambda: _without_end(plain())),
    ("a workbook with changed bytes", lambda: _flipped(plain())),
    ("a workbook with something behind", lambda: plain() + b"<script>"),
    ("a workbook that is a PDF too", lambda: b"%PDF-1.7\n" + plain()),
    ("a workbook behind a picture", lambda: b"GIF89a" + plain()),
    ("a workbook behind a line", lambda: b"a,b\n" + plain()),
    ("a PDF", lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + _noise(2000)),
    ("an old workbook", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + _noise(4000)),
    ("an image", lambda: b"\x89PNG\r\n\x1a\n" + _noise(4000)),
    ("a packed file", lambda: b"\x1f\x8b\x08" + _noise(4000)),
    ("a program", lambda: b"MZ\x90\0" + _noise(4000)),
    ("noise", lambda: b"\x07" + _noise(100_000)),
    ("a word-processor file", lambda: zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"})),
    ("an OpenDocument workbook", lambda: zipped({"mimetype": b"application/vnd.oasis", "content.xml": b"<x/>"})),
    ("a table with NUL bytes", lambda: b"Child ID,Status\n1\0,closed\n" * 50),
    ("a table in unmarked UTF-16", lambda: "Child ID,Status\n1,closed\n".encode("utf-16-le") * 50),
    ("a quotation mark without a partner", lambda: b'Child ID,Status\n"' + b"x" * (3 * 2**20)),
    ("a value of 10 MB", lambda: b"Child ID,Status\n" + b"x" * (10 * 2**20) + b",closed\n"),
    (
        "a table of a million rows",
        lambda: b"Child Unique ID,CIN Start Date,CIN Closure Date,Case Status\n" + b"1,,,c\n" * 10**6,
    ),
    (
        "a table of sixteen thousand columns",
        lambda: b",".join(b"c%d" % it for it in range(16_000)) + b"\n" + b"1," * 16_000,
    ),
    ("a table without rows", lambda: b"Child Unique ID,CIN Start Date,CIN Closure Date,Case Status\n"),
    ("a table without headings", lambda: delimited([["4471002", "Amara Quill", "12/03/2015"]] * 5)),
    ("a line of text", lambda: b"nothing to see here"),
    ("JSON", lambda: b'{"cases": [{"child": 1, "status": "closed"}]}'),
    ("a web page", lambda: b"<!doctype html><html><body><table><tr><td>1</td></tr></table></body></html>"),
    ("a picture in XML", lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'),
    ("entities in a census", lambda: _census("<Child>&e;</Child>", before=_LAUGHS)),
    (
        "a file of the server in a census",
        lambda: _census("<Child>&x;</Child>", before="<!DOCTYPE m [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"),
    ),
    ("entities in a census in UTF-16", lambda: _census("<Child>&e;</Child>", before=_LAUGHS).decode().encode("utf-16")),
    ("a census nested deep", lambda: _census("<a>" * 1_000_000)),
    ("a census with a tag that never ends", lambda: _census(f"<Child a='{'x' * (30 * 2**20)}'/>")),
    ("a census with a text of 10 MB", lambda: _census(f"<Child><LAchildID>{'1' * (10 * 2**20)}</LAchildID></Child>")),
    ("a census with a million elements in a child", lambda: _census(f"<Child>{'<a/>' * 1_000_000}</Child>")),
    ("a census of too many children", lambda: _census("<Child/>" * 200_000)),
    ("a census of too many tags", lambda: _census("<a/>" * 15_000_000)),
    ("a census cut short", lambda: _without_end(cin_census(made_children(60)))),
    ("a census with no child", lambda: _census("")),
    ("a census in an unknown encoding", lambda: _census(_CHILD).replace(b'"1.0"', b'"1.0" encoding="x-unknown"')),
    ("nothing", lambda: b""),
    ("white space", lambda: b" \n\t" * 1000),
]
