"""A document as a tagged PDF (PDF/UA-1): the compiler refuses a figure without alternative text."""

import json
import re
from pathlib import Path
from typing import Any, Final

import typst

from api.reports.document import Document, Section
from api.reports.writers.printable import printable

TEMPLATE: Final = Path(__file__).with_name("pdf.typ")
# What the style sheet says of a chart, for where there is none.
LOOKS: Final = {
    "app-chart__meets": 'fill="#0f7a52"',
    "app-chart__below": 'fill="#ca3535"',
    "app-chart__unsure": 'fill="#53284f"',
    "app-chart__few": 'fill="#ffffff" stroke="#484949" stroke-width="2"',
    "app-chart__interval": 'stroke="#0b0c0c" stroke-width="2" fill="none"',
    "app-chart__target": 'stroke="#0b0c0c" stroke-width="2" stroke-dasharray="5 4" fill="none"',
    "app-chart__grid": 'stroke="#cecece" stroke-width="1" fill="none"',
    "app-chart__limit": 'stroke="#484949" stroke-width="1" stroke-dasharray="2 3" fill="none"',
    "app-chart__line": 'stroke="#12344d" stroke-width="2" fill="none"',
    "app-chart__mean": 'stroke="#12344d" stroke-width="1" fill="none"',
    "app-chart__point": 'fill="#12344d"',
    "app-chart__label": 'font-weight="bold"',
}
# The compiler's fonts have Latin, Greek, Cyrillic and Hebrew, and no full-width forms: those are printed as usual ones.
_FULL_WIDTH: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_CLASS: Final = re.compile(r'class="(app-chart__\w+)"')


def write_pdf(document: Document) -> bytes:
    """A4, en-GB, the marking at the head of every page, wide tables on landscape pages; fonts of the compiler alone."""
    made = _compiled(document, format="pdf", pdf_standards=["ua-1"])
    assert isinstance(made, bytes)  # noqa: S101 - a PDF is one file, however many pages it has
    return made


def pages_as_images(document: Document, *, ppi: float = 80) -> list[bytes]:
    """The same pages as PNG images."""
    made = _compiled(document, format="png", ppi=ppi)
    return [made] if isinstance(made, bytes) else list(made)


def _compiled(document: Document, **options: Any) -> Any:
    data = json.dumps(_data(document))
    return typst.compile(str(TEMPLATE), ignore_system_fonts=True, sys_inputs={"document": data}, **options)


def self_contained(svg: str) -> str:
    """The chart with its looks inside it."""
    return _CLASS.sub(lambda found: LOOKS.get(found[1], ""), svg)


def _text(text: str) -> str:
    return printable(text).translate(_FULL_WIDTH)


def _data(document: Document) -> dict[str, Any]:
    return {
        "title": _text(document.title),
        "subtitle": _text(document.subtitle),
        "marking": _text(document.marking),
        "made_on": document.made_on.isoformat(),
        "sections": [_section(section) for section in document.sections],
    }


def _section(section: Section) -> dict[str, Any]:
    chart, table = section.chart, section.table
    return {
        "heading": _text(section.heading),
        "paragraphs": [_text(text) for text in section.paragraphs],
        "points": [_text(text) for text in section.points],
        "chart": None
        if chart is None
        else {
            "title": _text(chart.title),
            "description": _text(chart.description),
            "svg": self_contained(_text(chart.svg)),
        },
        "table": None
        if table is None
        else {
            "caption": _text(table.caption),
            "columns": [{"label": _text(column.label), "numeric": column.numeric} for column in table.columns],
            "rows": [[{"text": _text(cell.text), "tone": cell.tone.value} for cell in row] for row in table.rows],
        },
    }
