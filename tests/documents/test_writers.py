"""Files of a document: every kind holds the very same cells, nothing in them runs, and a PDF can be read aloud."""

import csv
import html
import io
import random
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pypdf
import pytest
import time_machine
from hypothesis import example, given
from hypothesis import strategies as st
from rich.console import Console
from xlsxwriter.worksheet import Worksheet

from api.documents.document import (
    NOTHING,
    Cell,
    Chart,
    Column,
    Document,
    Kind,
    Origin,
    Section,
    Table,
    Tone,
    count,
    file_name,
    percent,
    points,
    share_of,
    text,
)
from api.documents.json_document import DocumentOut
from api.documents.terminal import print_document
from api.documents.writers.csv import CsvLines, write_csv
from api.documents.writers.pdf import write_pdf
from api.documents.writers.printable import FORMULA_STARTS, plain_cell, printable
from api.documents.writers.xlsx import write_xlsx
from api.reports.gaps.chart import NARROW, WIDE, gap_chart
from checklists.reports.gaps import theme_gaps
from checklists.templates.library import load_library_template
from tests.documents.in_word import in_word
from tests.documents.read_back import cells_of, from_csv, from_docx, from_xlsx, squeezed, text_of_pdf
from tests.thorough import chance_of, many, some_of

TEMPLATE = load_library_template("scr-themes", 2)
WORDS = ("Neglect", "Voice of the child", "No clear change", "Überblick", "“quoted”", "a < b & c", "naïve — dash")
# Of each of four parts; together they are many enough for every kind of cell.
DOCUMENTS_OF_A_PART = 12
DAY = date(2026, 3, 31)
# Unlike any word of ours, so that what is looked for in the text of a PDF cannot be found by chance.
HOSTILE = (
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\x00=1+1",
    "\uff1d1+1",
    "=cmd|'/c calc'!A0",
    '=HYPERLINK("http://127.0.0.1/","x")',
    "{=1+1}",
    "http://127.0.0.1/x",
    "mailto:x@example.org",
    " =1+1",
    "'=1+1",
    '"=1+1',
    '#read("/etc/passwd")',
    "*bold* _it_ $x$ ]]> <script>alert(1)</script>",
    "&amp;{{ 7*7 }}\x0b\ufffe",
)


def a_cell(chance: random.Random) -> Cell:
    tone = chance.choice(list(Tone))
    kinds: list[Callable[[], Cell]] = [
        lambda: text(chance.choice(WORDS), tone=tone),
        lambda: count(chance.choice((0, 5, 45, 1_200, 20_000))),
        lambda: percent(Fraction(chance.randrange(101), 100), tone=tone),
        lambda: percent(Fraction(chance.randrange(1001), 1000), digits=1),
        lambda: points(Fraction(chance.randrange(-900, 900), 1000), signed=chance.random() < 0.5),
        lambda: Cell("c", Kind.HIDDEN),
        lambda: Cell(f"{chance.randrange(10, 400, 5)} less c", Kind.HIDDEN),
        lambda: NOTHING,
    ]
    return chance.choice(kinds)()


def a_chart(chance: random.Random) -> Chart:
    tallies = {(key, "good"): chance.randrange(1, 40) for key in TEMPLATE.theme_keys}
    target = Fraction(9, 10)
    gaps = theme_gaps(TEMPLATE, tallies, audits=60, target=target, minimum=5)
    wide, narrow = (gap_chart(gaps, target=target, title="Shares", layout=each) for each in (WIDE, NARROW))
    return Chart("shares", "Shares", "Every theme met the standard.", wide, narrow, "Column 1", 0.9)


def a_document(seed: int, *, charts: bool = False) -> Document:
    chance = random.Random(seed)
    sections = []
    for place in range(chance.choice((1, 2, 3))):
        columns = tuple(
            Column(f"Column {number}", numeric=number > 0) for number in range(chance.choice((2, 4, 9, 12)))
        )
        rows = tuple(
            (text(chance.choice(WORDS)), *(a_cell(chance) for _ in columns[1:])) for _ in range(chance.randrange(1, 9))
        )
        table = Table(f"table-{place}", f"Caption {place}", columns, rows, heat=chance.random() < 0.5)
        sections.append(
            Section(
                f"Heading {place}",
                paragraphs=("A paragraph.",),
                points=("A point.", "Another."),
                chart=a_chart(chance) if charts else None,
                table=table,
                sheet=chance.choice(("summary", "themes", "breakdowns")),
            )
        )
    origin = Origin("North Council", ("Spring round",), (DAY, DAY), "Lena, quality lead", "58 of 60 audits.")
    return Document(f"Title {seed}", "A subtitle", "Internal: not to be passed on.", DAY, tuple(sections), origin)


@pytest.mark.parametrize("part", range(4))
def test_every_kind_of_file_holds_the_same_cells(part: int, record_property: Callable[[str, object], None]) -> None:
    """A sixth of the documents, another one each day; `make trials` writes them all."""
    alike = 0
    every = range(part * DOCUMENTS_OF_A_PART, (part + 1) * DOCUMENTS_OF_A_PART)
    drawn = chance_of(f"documents {part}").sample(every, many(DOCUMENTS_OF_A_PART // 6, thorough=len(every)))
    for seed in drawn:
        document = a_document(seed)
        assert from_csv(write_csv(document), document) == cells_of(document)
        wanted = cells_of(document, marks=True)
        assert from_xlsx(write_xlsx(document), document) == wanted
        assert from_docx(in_word(document), document) == wanted
        told = text_of_pdf(write_pdf(document))
        for table in wanted:
            # Row by row: where a table breaks over two pages, its head and the page's own words come between.
            for row in table:
                assert squeezed("".join(row)) in told
        alike += 1
    record_property("figure", f"Exits read back alike, part {part + 1} of 4: {alike} of {len(drawn)} documents")


def hostile(words: str) -> Document:
    """A document with these words in every text that it has."""
    section = a_document(3).sections[0]
    table = section.table
    assert table is not None
    changed = replace(
        section,
        heading=words,
        paragraphs=(words,),
        points=(words,),
        table=replace(
            table,
            caption=words,
            # Each heading begins with the words, and no two are the same: a chart names its column.
            columns=tuple(replace(column, label=words + "." * place) for place, column in enumerate(table.columns)),
            rows=((text(words), *table.rows[0][1:]), *table.rows[1:]),
        ),
        chart=replace(a_chart(random.Random(1)), title=words, description=words, column=f"{words}."),
    )
    return Document(words, words, words, DAY, (changed,), Origin(words, (words,), (DAY, DAY), words, words))


@pytest.mark.parametrize("words", HOSTILE, ids=HOSTILE.index)
def test_no_text_becomes_a_formula_or_a_link(words: str) -> None:
    document = hostile(words)
    with zipfile.ZipFile(io.BytesIO(write_xlsx(document))) as book:
        for name in book.namelist():
            xml = book.read(name).decode()
            if name.startswith("xl/worksheets/sheet"):
                assert "<f>" not in xml
                assert "<f " not in xml
                assert "<hyperlink" not in xml
                assert 't="str"' not in xml
            assert 'TargetMode="External"' not in xml
    for line in csv.reader(io.StringIO(write_csv(document).decode("utf-8-sig"), newline="")):
        for cell in line:
            number = re.fullmatch(r"[+-][0-9.]+", cell)
            assert number or not cell.replace("\x00", "").lstrip(" ").startswith(FORMULA_STARTS)
    with zipfile.ZipFile(io.BytesIO(in_word(document))) as file:
        assert not any(
            'TargetMode="External"' in file.read(name).decode() for name in file.namelist() if name.endswith(".rels")
        )
        assert b"<w:hyperlink" not in file.read("word/document.xml")
        assert b"<w:instrText" not in file.read("word/document.xml")


@pytest.mark.parametrize(
    "words",
    [
        *("=1+1", "+1", "-1", "@SUM(A1)", "  =1", "\x00=1", " \x00 =1"),
        *("\uff1d1", "\uff0b1", "\uff0d1", "\uff201"),
    ],
)
def test_what_begins_like_a_formula_in_any_script_gets_an_apostrophe(words: str) -> None:
    assert plain_cell(words) == f"'{words}"


@pytest.mark.parametrize(
    ("words", "plain"),
    [
        ("a;=1+1", "a;'=1+1"),
        ("a\t=1", "a\t'=1"),
        ("a|@SUM(A1)", "a|'@SUM(A1)"),
        ("a\r\n-1", "a\r\n'-1"),
        ('a; "" =1', 'a; "" \'=1'),
        ("\t=1", "'\t'=1"),
        (";;\uff1d1", ";;'\uff1d1"),
        ("a;\u2003+1", "a;\u2003'+1"),
    ],
)
def test_a_formula_after_a_separator_in_a_text_gets_an_apostrophe_too(words: str, plain: str) -> None:
    assert plain_cell(words) == plain


STARTS = tuple(start for start in FORMULA_STARTS if start not in "\t\r\n")
TRICKY = st.text(st.sampled_from(";,\t|\r\n\"'=+-@\uff1d \x00\xa0a1"), max_size=12)


@given(st.lists(st.lists(TRICKY, min_size=1, max_size=4), min_size=1, max_size=3))
@example([["a", "b;=1+1"]])
@example([["a", 'b;"=1+1']])
@example([["a", 'b\n"=1+1'], ["c;"]])
@example([["\xa0=1"]])
def test_no_text_becomes_a_formula_whatever_separator_the_file_is_read_with(lines: list[list[str]]) -> None:
    out = io.StringIO(newline="")
    writer = CsvLines(out)
    for line in lines:
        writer.write(line)
    written = out.getvalue()
    for separator in (",", ";", "\t", "|"):
        for line in csv.reader(io.StringIO(written, newline=""), delimiter=separator):
            assert not any(cell.replace("\x00", "").strip().startswith(STARTS) for cell in line)
    # A reader that knows no quotes at all.
    for separator in (";", "\t", "|"):
        for cell in re.split(f"[\r\n{separator}]", written):
            assert not cell.replace("\x00", "").strip(" \xa0").startswith(STARTS)


@given(st.lists(TRICKY, min_size=1, max_size=4))
def test_a_text_that_no_spreadsheet_would_run_is_read_as_it_was_written(line: list[str]) -> None:
    out = io.StringIO(newline="")
    CsvLines(out).write(line)
    (read,) = csv.reader(io.StringIO(out.getvalue(), newline=""))
    assert read == [plain_cell(printable(text)) for text in line]


def test_a_line_has_its_texts_in_quotes_and_its_numbers_as_they_are() -> None:
    out = io.StringIO(newline="")
    CsvLines(out).write(("North, one", 5, 2.5, None, ""))
    assert out.getvalue() == '"North, one",5,2.5,"",""\r\n'


def test_only_one_module_writes_csv() -> None:
    api = Path(__file__).parent.parent.parent / "api"
    named = re.compile(r"csv\.(writer|DictWriter)|from csv import")
    found = [str(file.relative_to(api)) for file in api.rglob("*.py") if named.search(file.read_text("utf-8"))]
    # And one writes the rows of a database for our own reader, which nobody opens: identifiers must stay as they are.
    assert sorted(found) == ["case_lists/databases/reading.py", "documents/writers/csv.py"]


@pytest.mark.parametrize("words", ["", "a=1", "'=1", "1-2", "a, -1", "a;b", 5, -5])
def test_what_does_not_begin_like_a_formula_stays_as_it_is(words: str | int) -> None:
    assert plain_cell(words) == words


def test_only_a_figure_of_the_service_begins_with_a_sign_in_a_csv() -> None:
    table = Table(
        "t", "Table", (Column("a"), Column("b")), ((points(Fraction(-31, 1000)), Cell("-1+cmd()", Kind.DECIMAL)),)
    )
    document = Document("Title", "Subtitle", "Marking", DAY, (Section("Heading", table=table),))
    cells = list(csv.reader(io.StringIO(write_csv(document).decode("utf-8-sig"), newline="")))[-1]
    assert cells == [points(Fraction(-31, 1000)).text, "'-1+cmd()"]
    assert cells[0] == "-3.1"


@pytest.mark.parametrize("words", ["=1+1", "http://example.org", "mailto:a@example.org", "1234"])
def test_a_workbook_takes_no_text_for_anything_else_even_where_it_is_not_written_as_text(
    words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Worksheet, "write_string", lambda self, *cell: self.write(*cell))
    content = write_xlsx(hostile(words))
    assert words in text_of_xlsx(content)
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        sheets = [parts.read(name).decode() for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
    assert not any("<hyperlink" in sheet or "<f>" in sheet for sheet in sheets)


@pytest.mark.parametrize("words", some_of(HOSTILE, 7, of="hostile words in a PDF"), ids=HOSTILE.index)
def test_every_text_is_told_literally_and_none_of_it_runs(words: str) -> None:
    wanted = squeezed(printable(words))
    document = hostile(words)
    assert wanted in squeezed(text_of_xlsx(write_xlsx(document)))
    assert wanted in squeezed(text_of_docx(in_word(document)))
    # Latin letters in their full-width form are printed in the usual one.
    pdf, printed = text_of_pdf(write_pdf(document)), wanted.replace("\uff1d", "=")
    for character in '\ufffd"':
        pdf, printed = pdf.replace(character, ""), printed.replace(character, "")
    assert printed in pdf
    assert "root:" not in pdf


def text_of_xlsx(content: bytes) -> str:
    """The words in the cells and charts of a workbook; each of them must be stored as words."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        charts = [parts.read(name).decode() for name in parts.namelist() if name.startswith("xl/charts/chart")]
    in_charts = [
        html.unescape(words) for xml in charts for words in re.findall(r"<a:t[^>]*>(.*?)</a:t>", xml, re.DOTALL)
    ]
    return "\n".join([*(str(cell.value) for cell in cells), *in_charts])


def text_of_docx(content: bytes) -> str:
    """The words on the pages of a word-processor file, the header's among them."""
    read = docx.Document(io.BytesIO(content))
    cells = [cell.text for table in read.tables for row in table.rows for cell in row.cells]
    headers = [paragraph.text for paragraph in read.sections[0].header.paragraphs]
    return "\n".join([*headers, *(paragraph.text for paragraph in read.paragraphs), *cells])


SCRIPTS = ["😀", "漢字", "한국어", "বাংলা", "ਪੰਜਾਬੀ", "ไทย", "\ufeff", "\x92", "\u0378", "a\u0378", "हिन्दी", "مرحبا"]


@pytest.mark.parametrize("words", some_of(SCRIPTS, 4, of="words that a font lacks"))
def test_a_pdf_is_written_whatever_its_fonts_lack_and_keeps_every_other_word(words: str) -> None:
    plain = a_document(1, charts=True)
    section = plain.sections[0]
    assert section.chart is not None
    drawn = replace(section.chart, title=words, description=words, svg=section.chart.svg.replace("Neglect", words))
    assert drawn.svg != section.chart.svg
    document = replace(
        plain,
        title=f"Before {words} after",
        marking=words,
        sections=(replace(section, paragraphs=(f"Überall — {words} ŵ",), chart=drawn), *plain.sections[1:]),
    )
    told = text_of_pdf(write_pdf(document))
    assert "Before" in told
    assert "Überall—" in told
    for table in cells_of(document):
        for row in table:
            assert squeezed("".join(row)) in told


def elements(node: Any) -> Iterator[Any]:
    """Every element of a PDF's structure tree."""
    node = node.get_object()
    if isinstance(node, list):
        for each in node:
            yield from elements(each)
    elif isinstance(node, dict):
        if "/S" in node:
            yield node
        if "/K" in node:
            yield from elements(node["/K"])


def test_a_pdf_is_tagged_named_and_says_every_figure_in_words() -> None:
    document = a_document(1, charts=True)
    read = pypdf.PdfReader(io.BytesIO(write_pdf(document)))
    root: Any = read.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert str(root["/Lang"]) == "en-GB"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert read.metadata is not None
    assert read.metadata.title == document.title
    tree = list(elements(root["/StructTreeRoot"]["/K"]))
    kinds = {str(element["/S"]) for element in tree}
    assert {"/H1", "/H2", "/P", "/Table", "/TR", "/TH", "/TD", "/Figure", "/L"} <= kinds
    figures = [element for element in tree if element["/S"] == "/Figure"]
    assert len(figures) == sum(section.chart is not None for section in document.sections)
    assert all(str(figure["/Alt"]) for figure in figures)


def test_a_figure_without_words_is_refused() -> None:
    document = a_document(1, charts=True)
    mute = replace(document.sections[0], chart=replace(a_chart(random.Random(1)), description=""))
    with pytest.raises(Exception, match="alt"):
        write_pdf(replace(document, sections=(mute,)))


def test_the_same_document_makes_the_same_file() -> None:
    document = a_document(7, charts=True)
    assert write_pdf(document) == write_pdf(document)
    assert write_csv(document) == write_csv(document)
    with time_machine.travel("2026-04-01 12:00"):
        workbook, word = write_xlsx(document), in_word(document)
    with time_machine.travel("2026-05-02 13:01"):
        assert write_xlsx(document) == workbook
        assert in_word(document) == word


def test_a_chart_in_a_workbook_draws_the_target_and_never_a_held_back_figure_as_nought() -> None:
    columns = (Column("Theme"), Column("Meets the standard", numeric=True))
    rows = (
        (text("Neglect"), percent(Fraction(7, 20))),
        (text("Escalation"), Cell("c", Kind.HIDDEN)),
        (text("Voice of the child"), NOTHING),
    )
    chart_of_shares = replace(a_chart(random.Random(1)), column="Meets the standard")
    section = Section("Themes", chart=chart_of_shares, table=Table("themes", "Themes", columns, rows))
    content = write_xlsx(Document("Title", "", "Internal", DAY, (section,)))
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        chart = parts.read("xl/charts/chart1.xml").decode()
    target, shares = re.findall(r"<c:ser>.*?</c:ser>", chart)
    assert "Target 90%" in target
    assert re.findall(r"<c:v>([0-9.]+)</c:v>", target) == ["0.9"] * 3
    held_back, nothing = re.findall(r"<c:dLbl>.*?</c:dLbl>", shares)
    assert '<c:idx val="1"/>' in held_back
    assert "<a:t>c</a:t>" in held_back
    assert '<c:idx val="2"/>' in nothing
    assert '<c:delete val="1"/>' in nothing


def test_long_words_in_a_workbook_wrap_in_rows_that_are_high_enough() -> None:
    words = "Said at length, so that one line does not hold it. " * 8
    for table in (None, a_document(3).sections[0].table):
        book = openpyxl.load_workbook(
            io.BytesIO(write_xlsx(Document("Title", "", "Internal", DAY, (Section("H", (words,), table=table),))))
        )
        sheet = book["Summary"]
        row = next(cells for cells in sheet.iter_rows() if cells[0].value == words)
        assert row[0].alignment.wrap_text
        assert sheet.row_dimensions[row[0].row].height >= 4 * 15


def test_every_file_says_whose_it_is_what_was_counted_who_made_it_and_when() -> None:
    document = a_document(7)
    facts = [f"{name}: {words}" for name, words in document.facts]
    assert facts == [
        "Organisation: North Council",
        "Round: Spring round",
        "Period under review: 31 March 2026 to 31 March 2026",
        "Counted: 58 of 60 audits.",
        "Created by: Lena, quality lead",
        "Date: 31 March 2026",
    ]
    printed = Console(file=io.StringIO(), width=200)
    print_document(document, printed)
    assert isinstance(printed.file, io.StringIO)
    for fact in facts:
        assert squeezed(fact) in text_of_pdf(write_pdf(document))
        assert fact in text_of_docx(in_word(document))
        assert fact in text_of_xlsx(write_xlsx(document))
        assert ",".join(f'"{each}"' for each in fact.split(": ", 1)) in write_csv(document).decode("utf-8-sig")
        assert fact in printed.file.getvalue()
    told = DocumentOut.of(document).model_dump(mode="json")["origin"]
    assert told == {
        "organisation": "North Council",
        "rounds": ["Spring round"],
        "period_from": "2026-03-31",
        "period_to": "2026-03-31",
        "made_by": "Lena, quality lead",
        "counted": "58 of 60 audits.",
    }


def test_every_page_has_its_number_and_how_many_there_are() -> None:
    document = a_document(7)
    pages = pypdf.PdfReader(io.BytesIO(write_pdf(document))).pages
    for place, page in enumerate(pages, 1):
        assert f"Page {place} of {len(pages)}" in " ".join(page.extract_text().split())
    with zipfile.ZipFile(io.BytesIO(in_word(document))) as file:
        footer = "".join(file.read(name).decode() for name in file.namelist() if name.startswith("word/footer"))
    assert 'w:instr="PAGE"' in footer
    assert 'w:instr="NUMPAGES"' in footer
    for sheet in openpyxl.load_workbook(io.BytesIO(write_xlsx(document))).worksheets:
        assert sheet.oddFooter.right.text == "Page &P of &N"


@pytest.mark.parametrize(("rows", "pages"), [(10, 1), (44, 1), (50, 1), (75, 2), (95, 2), (125, 3)])
def test_a_sheet_is_printed_a_little_smaller_rather_than_with_a_nearly_empty_last_page(rows: int, pages: int) -> None:
    columns = (Column("Theme"), Column("Meets", numeric=True))
    table = Table("t", "Table", columns, ((text("Neglect"), text("80%")),) * rows)
    document = replace(a_document(1), sections=(Section("Themes", table=table),))
    (sheet,) = openpyxl.load_workbook(io.BytesIO(write_xlsx(document))).worksheets
    assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight or 1) == (1, pages)


@pytest.mark.parametrize(
    ("about", "name"),
    [
        ("Spring round", "gap-report-spring-round-2026-03-31"),
        ("Überblick: “Children’s” 2026/27", "gap-report-uberblick-childrens-2026-27-2026-03-31"),
        ("../../etc/passwd\r\nX: 1", "gap-report-etc-passwd-x-1-2026-03-31"),
        ("漢字", "gap-report-2026-03-31"),
        ("", "gap-report-2026-03-31"),
        ("word " * 30, "gap-report-" + "word-" * 12 + "2026-03-31"),
        ("x" * 90, "gap-report-" + "x" * 60 + "-2026-03-31"),
    ],
)
def test_a_file_name_says_what_it_is_and_is_safe_everywhere(about: str, name: str) -> None:
    assert file_name("gap-report", about, DAY) == name


@pytest.mark.parametrize("rows", some_of(range(1, 90, 4), 6, of="rows before a last page"))
def test_the_last_page_is_never_nearly_empty(rows: int) -> None:
    table = Table(
        "t", "Table", (Column("Theme"), Column("Meets", numeric=True)), ((text("Neglect"), text("80%")),) * rows
    )
    last = Section("Method and definitions", points=tuple("A definition that is one line long." for _ in range(6)))
    document = replace(a_document(1), sections=(Section("Themes", table=table), last))
    lines = [len(page.extract_text().splitlines()) for page in pypdf.PdfReader(io.BytesIO(write_pdf(document))).pages]
    # The marking at the head and the two parts of the foot are lines too.
    assert lines[-1] - 3 >= 5


def test_every_sheet_page_and_file_bears_the_marking() -> None:
    document = replace(a_document(7), marking="Released & checked")
    for sheet in openpyxl.load_workbook(io.BytesIO(write_xlsx(document))).worksheets:
        assert sheet["A3"].value == document.marking
        assert sheet.oddHeader.left.text == "Released && checked"
        assert sheet.oddHeader.left.size == 8
    for page in pypdf.PdfReader(io.BytesIO(write_pdf(document))).pages:
        assert squeezed(document.marking) in squeezed(page.extract_text())
    read = docx.Document(io.BytesIO(in_word(document)))
    assert all(section.header.paragraphs[0].text == document.marking for section in read.sections)
    assert write_csv(document).decode("utf-8-sig").splitlines()[2] == f'"{document.marking}"'


def test_a_word_processor_file_has_headings_repeated_heads_its_language_and_no_author() -> None:
    document = a_document(1, charts=True)
    read: Any = docx.Document(io.BytesIO(in_word(document)))
    assert [each.text for each in read.paragraphs if each.style.name == "Heading 1"] == [document.title]
    headings = [each.text for each in read.paragraphs if each.style.name == "Heading 2"]
    assert headings == [section.heading for section in document.sections]
    assert all(table.rows[0]._tr.trPr.xpath("w:tblHeader") for table in read.tables)
    properties = read.core_properties
    assert (properties.title, properties.author, properties.language) == (document.title, "", "en-GB")
    described = [shape._inline.docPr.get("descr") for shape in read.inline_shapes]
    assert described == [section.chart.description for section in document.sections if section.chart is not None]


def test_wide_tables_lie_on_landscape_pages_with_no_empty_page_between() -> None:
    wide = Table("wide", "Wide", tuple(Column(str(number)) for number in range(10)), ((text("x"),) * 10,))
    sections = [Section("Words", ("Words.",)), *[Section("Wide", table=wide)] * 3, Section("Words", ("Words.",))]
    document = Document("Title", "", "Internal", DAY, tuple(sections))
    pages = pypdf.PdfReader(io.BytesIO(write_pdf(document))).pages
    assert [page.mediabox.width > page.mediabox.height for page in pages] == [False, True, True, True, False]
    read: Any = docx.Document(io.BytesIO(in_word(document)))
    assert [section.page_width > section.page_height for section in read.sections] == [False, True, False]


def test_charts_have_their_words_in_every_file() -> None:
    document = a_document(1, charts=True)
    described = document.sections[0].chart
    assert described is not None
    for content in (in_word(document), write_xlsx(document)):
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            assert any(described.description in file.read(name).decode("utf-8", "replace") for name in file.namelist())


def test_a_share_of_few_cases_stands_after_its_numbers_in_every_kind_of_file() -> None:
    cells = {(7, 9): "7 of 9 (78%)", (19, 19): "19 of 19 (100%)", (15, 20): "75%", (0, 0): ""}
    for (number, of), words in cells.items():
        assert share_of(number, of).text == words
    assert share_of(150, 200, few=True).text == "150 of 200 (75%)"
    assert share_of(2, 3, digits=1).text == "2 of 3 (66.7%)"
    columns = (Column("Theme"), Column("Drawn", numeric=True), Column("Not drawn", numeric=True))
    rows = ((text("Voice"), share_of(7, 9), share_of(2, 3)), (text("Plan"), share_of(15, 20), share_of(30, 40)))
    chart = replace(a_chart(random.Random(1)), column="Drawn")
    section = Section("Themes", chart=chart, table=Table("themes", "Every theme", columns, rows))
    document = Document("Title", "", "Internal.", DAY, (section,))
    assert "7 of 9 (78%)" in write_csv(document).decode("utf-8-sig")
    assert "7of9(78%)" in text_of_pdf(write_pdf(document))
    assert from_docx(in_word(document), document)[0][1] == ["Voice", "7 of 9 (78%)", "2 of 3 (67%)"]
    sheet = openpyxl.load_workbook(io.BytesIO(write_xlsx(document))).worksheets[0]
    found = {cell.value: cell.number_format for row in sheet.iter_rows() for cell in row}
    # What a chart draws is a number that says of how many; the others are texts.
    assert found[0.78] == '"7 of 9 ("0%")"'
    assert "2 of 3 (67%)" in found
    assert found[0.75] == "0%"
    with zipfile.ZipFile(io.BytesIO(write_xlsx(document))) as book:
        assert "7 of 9 (78%)" in book.read("xl/charts/chart1.xml").decode()
