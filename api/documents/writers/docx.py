"""A document as a word-processor file: real headings, header rows that repeat, charts as pictures with their words."""

import html
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import Any, Final

import docx
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Pt, RGBColor

from api.documents.document import Chart, Document, Section, Table, Tone
from api.documents.writers.printable import printable

FILLS: Final = {Tone.GOOD: "DCF1E7", Tone.UNSURE: "ECE4F1", Tone.BAD: "FBE3E0", Tone.FEW: "F1F2F3"}
WIDE_COLUMNS: Final = 8
TEXT_WIDTH: Final = Cm(17)


def write_docx(given: tuple[Document, Sequence[bytes]]) -> bytes:
    """A document, and the pictures of its charts, as `pictures_of` draws them: A4, en-GB, the marking in the header of
    every page; tables of many columns are on landscape pages.
    """
    document, drawn = given
    made = docx.Document()
    _set_up(made, document)
    made.add_heading(printable(document.title), level=1)
    if document.subtitle:
        made.add_paragraph(printable(document.subtitle))
    _facts(made, document.facts)
    pictures = iter(drawn)
    for section in document.sections:
        _section(made, section, pictures, whole=section is document.sections[-1])
    out = io.BytesIO()
    made.save(out)
    return _dated(out, document.made_on)


def _dated(written: io.BytesIO, day: date) -> bytes:
    """The file with `day` as the date of every part, since python-docx uses the current time."""
    out = io.BytesIO()
    with zipfile.ZipFile(written) as parts, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as dated:
        for part in parts.infolist():
            entry = zipfile.ZipInfo(part.filename, (max(day.year, 1980), day.month, day.day, 0, 0, 0))
            dated.writestr(entry, parts.read(part), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _set_up(made: Any, document: Document) -> None:
    normal = made.styles["Normal"]
    normal.font.name, normal.font.size = "Arial", Pt(11)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "en-GB")
    normal.element.get_or_add_rPr().append(language)
    for level in (1, 2):
        style = made.styles[f"Heading {level}"]
        style.font.name, style.font.color.rgb = "Arial", RGBColor(0x0B, 0x0C, 0x0C)
        style.element.rPr.rFonts.set(qn("w:asciiTheme"), "")
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            style.element.rPr.rFonts.attrib.pop(qn(f"w:{theme}"), None)
    page = made.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = Cm(2)
    header = page.header.paragraphs[0]
    header.add_run(printable(document.marking)).font.size = Pt(8)
    _footer(page, document.title)
    properties = made.core_properties
    properties.title, properties.author = printable(document.title)[:255], ""
    properties.language, properties.comments = "en-GB", printable(document.marking)[:255]
    properties.created = properties.modified = datetime.combine(document.made_on, time())


def _facts(made: Any, facts: Sequence[tuple[str, str]]) -> None:
    """A line for each fact about where the document comes from, its name in bold."""
    for name, words in facts:
        paragraph = made.add_paragraph()
        paragraph.paragraph_format.space_after = Pt(2)
        paragraph.add_run(f"{name}: ").bold = True
        paragraph.add_run(printable(words))


def _footer(page: Any, title: str) -> None:
    """The title and "Page n of m", which the word processor counts, at the right of every page however it is turned."""
    line = page.footer.paragraphs[0]
    line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    line.add_run(f"{printable(title)}. Page ").font.size = Pt(8)
    _field(line, "PAGE")
    line.add_run(" of ").font.size = Pt(8)
    _field(line, "NUMPAGES")


def _field(line: Any, name: str) -> None:
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), name)
    run = line.add_run("1")
    run.font.size = Pt(8)
    field.append(run._r)  # noqa: SLF001 - python-docx knows no fields
    line._p.append(field)  # noqa: SLF001


def _section(made: Any, section: Section, pictures: Iterator[bytes], *, whole: bool) -> None:
    """Write a section. `whole`: keep it on one page if it has words only."""
    wide = section.table is not None and len(section.table.columns) > WIDE_COLUMNS
    turned = _turn_page(made, landscape=wide and section.chart is None)
    heading = made.add_heading(printable(section.heading), level=2)
    # As in the PDF, a wide table begins at the top of a page.
    heading.paragraph_format.page_break_before = wide and section.chart is None and not turned
    texts = [
        *(made.add_paragraph(printable(text)) for text in section.paragraphs),
        *(made.add_paragraph(printable(text), style="List Bullet") for text in section.points),
    ]
    if section.is_short_table or (whole and section.is_short_text):
        for paragraph in texts if section.table else texts[:-1]:
            paragraph.paragraph_format.keep_with_next = True
    if section.chart is not None:
        _chart(made, section.chart, next(pictures))
    if section.table is not None:
        _turn_page(made, landscape=wide)
        _table(made, section.table, small=wide, whole=section.is_short_table)


def _turn_page(made: Any, *, landscape: bool) -> bool:
    """Switch between portrait and landscape if needed. Returns whether that began a new page."""
    page = made.sections[-1]
    if landscape == (page.orientation == WD_ORIENT.LANDSCAPE):
        return False
    page = made.add_section(WD_SECTION.NEW_PAGE)
    page.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
    page.page_width, page.page_height = page.page_height, page.page_width
    return True


def _chart(made: Any, chart: Chart, image: bytes) -> None:
    picture = made.add_picture(io.BytesIO(image), width=TEXT_WIDTH)
    described = picture._inline.docPr  # noqa: SLF001 - python-docx has no other way to the alternative text
    described.set("descr", printable(chart.description))
    described.set("title", printable(chart.title))
    made.paragraphs[-1].paragraph_format.keep_with_next = True
    made.add_paragraph().add_run(printable(chart.title)).font.size = Pt(9)


def _table(made: Any, table: Table, *, small: bool, whole: bool) -> None:
    """Write a table; a `whole` one is not divided between two pages."""
    caption = made.add_paragraph()
    caption.add_run(printable(table.caption)).bold = True
    caption.paragraph_format.keep_with_next = True
    caption.paragraph_format.space_after = Pt(3)
    if table.legend:
        legend = made.add_paragraph()
        legend.add_run(printable(table.legend)).font.size = Pt(9)
        legend.paragraph_format.keep_with_next = True
        legend.paragraph_format.space_after = Pt(3)
    grid = made.add_table(rows=1, cols=len(table.columns), style="Table Grid")
    size = Pt(8 if small else 9)
    for cell, column in zip(grid.rows[0].cells, table.columns, strict=True):
        _write(cell, column.label, Pt(7.5) if small else size, bold=True, numeric=column.numeric)
    repeat = OxmlElement("w:tblHeader")
    repeat.set(qn("w:val"), "true")
    grid.rows[0]._tr.get_or_add_trPr().append(repeat)  # noqa: SLF001 - nor to a header row that repeats
    _widen_first_column(grid)
    if small:
        _narrow_margins(grid)
    if whole and table.rows:
        for cell in grid.rows[0].cells:
            cell.paragraphs[0].paragraph_format.keep_with_next = True
    _add_rows(grid, table, size, whole=whole)
    made.add_paragraph()


def _add_rows(grid: Any, table: Table, size: Any, *, whole: bool) -> None:
    """Add the rows below the header, each kept whole.

    As text: through python-docx each cell takes a millisecond, and a report has thousands.
    """
    widths = [cell._tc.tcPr.tcW.get(qn("w:w")) for cell in grid.rows[0].cells]  # noqa: SLF001 - nor to what it stored
    numeric = [column.numeric for column in table.columns]
    run = f'<w:r><w:rPr><w:b w:val="0"/><w:sz w:val="{int(size.pt * 2)}"/></w:rPr>'
    for place, row in enumerate(table.rows, start=1):
        keep = "<w:keepNext/>" if whole and place < len(table.rows) else ""
        cells = []
        for shown, width, is_numeric in zip(row, widths, numeric, strict=True):
            mark = table.mark_of(shown)
            fill = FILLS.get(shown.tone, "")
            shade = f'<w:shd w:val="clear" w:color="auto" w:fill="{fill}"/>' if fill else ""
            about = keep + ('<w:jc w:val="right"/>' if is_numeric else "")
            words = _as_xml(f"{mark} {shown.text}" if mark else shown.text)
            cells.append(
                f'<w:tc><w:tcPr><w:tcW w:type="dxa" w:w="{width}"/>{shade}</w:tcPr>'
                f"<w:p>{f'<w:pPr>{about}</w:pPr>' if about else ''}{run}{words}</w:r></w:p></w:tc>"
            )
        grid._tbl.append(  # noqa: SLF001 - python-docx takes rows only cell by cell
            parse_xml(f"<w:tr {nsdecls('w')}><w:trPr><w:cantSplit/></w:trPr>{''.join(cells)}</w:tr>")
        )


def _as_xml(text: str) -> str:
    """A text as the content of a run: its line breaks and tabs are elements."""
    parts = re.split(r"(\n|\t)", printable(text).replace("\r\n", "\n").replace("\r", "\n"))
    elements = {"\n": "<w:br/>", "\t": "<w:tab/>"}
    return "".join(
        elements.get(part) or f'<w:t xml:space="preserve">{html.escape(part, quote=False)}</w:t>'
        for part in parts
        if part
    )


def _widen_first_column(grid: Any) -> None:
    """Make the first column twice as wide as the others, within the same table width."""
    part = sum(column.width for column in grid.columns) // (len(grid.columns) + 1)
    grid.autofit = False
    for place, column in enumerate(grid.columns):
        column.width = part if place else 2 * part
        for cell in column.cells:
            cell.width = column.width


def _narrow_margins(grid: Any) -> None:
    """Narrow the cell margins so that headings of many columns fit without breaking words."""
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), "40")
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    look = grid._tbl.tblPr.find(qn("w:tblLook"))  # noqa: SLF001 - python-docx has no way to the margins of cells
    look.addprevious(margins)


def _write(cell: Any, text: str, size: Any, *, bold: bool = False, numeric: bool = False) -> None:
    paragraph = cell.paragraphs[0]
    run = paragraph.add_run(printable(text))
    run.font.size, run.bold = size, bold
    if numeric:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
