"""A document as a tagged PDF (PDF/UA-1): the compiler refuses a figure without alternative text."""

import json
import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from api.documents.document import Document, Section
from api.documents.writers.printable import printable
from api.documents.writers.typeset import TypesettingError, typeset

TEMPLATE: Final = Path(__file__).with_name("pdf.typ")
# Of charts in files that take no vector drawings.
DOTS_PER_INCH: Final = 130
# The rules of the style sheet for charts, for files; a test compares the two.
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
# What the compiler says of text that PDF/UA does not allow, and how it writes what cannot be seen.
_NOT_HELD: Final = re.compile(r'the text (?:contains the disallowed codepoint )?`"(.*?)"`')
_ESCAPE: Final = re.compile(r"\\u\{([0-9a-f]+)\}")
# All but Latin, Greek, Cyrillic and the usual punctuation, which the compiler's text font surely holds.
_UNSURE: Final = re.compile(
    "[^\t\n\r -~\u00a0-\u017f\u0391-\u03a1\u03a3-\u03c9\u0410-\u044f\u2013\u2014\u2018-\u201d\u2026\u20ac\u2212]"
)
_CLASS: Final = re.compile(r'class="(app-chart__\w+)"')


def write_pdf(document: Document) -> bytes:
    """The document as a PDF on A4, the marking at the head of every page, wide tables on landscape pages.

    Raises TypesettingError.
    """
    (made,) = _compiled(document, format="pdf", pdf_standards=["ua-1"])
    return made


def pictures_of(document: Document) -> list[bytes]:
    """Its charts as PNG images, in their order. Raises TypesettingError."""
    charts = [section.chart.svg for section in document.sections if section.chart is not None]
    return charts_as_images(charts, ppi=DOTS_PER_INCH) if charts else []


def charts_as_images(charts: Sequence[str], *, ppi: float) -> list[bytes]:
    """SVG charts as PNG images, drawn without the style sheet."""
    plain = [self_contained(_text(svg)) for svg in charts]
    return typeset(TEMPLATE.with_name("charts.typ"), {"charts": json.dumps(plain)}, format="png", ppi=ppi)


def _compiled(document: Document, **options: Any) -> list[bytes]:
    """Compile; characters that the compiler has no font for become U+FFFD, so that they do not fail a report."""
    data = _data(document)
    try:
        return _typeset(data, options)
    except TypesettingError as error:
        named = _not_held(error)
    try:
        return _typeset(_in_all_texts(data, partial(_without, named)), options)
    except TypesettingError as error:
        # The compiler names some scripts in part only, or not at all inside a chart.
        _not_held(error)
    return _typeset(_in_all_texts(data, partial(_UNSURE.sub, "\ufffd")), options)


def _typeset(data: dict[str, Any], options: dict[str, Any]) -> list[bytes]:
    return typeset(TEMPLATE, {"document": json.dumps(data)}, **options)


def _not_held(error: TypesettingError) -> list[str]:
    """The texts that the compiler could not print, longest first, since one may contain another.

    Raises the error again when it has another cause.
    """
    named = _NOT_HELD.findall(error.diagnostic)
    if not named:
        raise error
    seen = {_ESCAPE.sub(lambda found: chr(int(found[1], 16)), words) for words in named} - {""}
    return sorted(seen, key=lambda words: (-len(words), words))


def _without(words: list[str], text: str) -> str:
    for each in words:
        text = text.replace(each, "\ufffd")
    return text


def _in_all_texts(data: Any, change: Callable[[str], str]) -> Any:
    if isinstance(data, str):
        return change(data)
    if isinstance(data, dict):
        return {key: _in_all_texts(each, change) for key, each in data.items()}
    if isinstance(data, list):
        return [_in_all_texts(each, change) for each in data]
    return data


def self_contained(svg: str) -> str:
    """The SVG with its classes replaced by attributes, for use without the style sheet."""
    return _CLASS.sub(lambda found: LOOKS.get(found[1], ""), svg)


def _text(text: str) -> str:
    return printable(text).translate(_FULL_WIDTH)


def _data(document: Document) -> dict[str, Any]:
    return {
        "title": _text(document.title),
        "subtitle": _text(document.subtitle),
        "marking": _text(document.marking),
        "made_on": document.made_on.isoformat(),
        "facts": [[_text(name), _text(words)] for name, words in document.facts],
        "sections": [_section(section, whole=section is document.sections[-1]) for section in document.sections],
    }


def _section(section: Section, *, whole: bool) -> dict[str, Any]:
    chart, table = section.chart, section.table
    return {
        # A short table is read at one sight. The last section is not divided either: few lines of it alone on the
        # last page read like a mistake.
        "whole": section.is_short_table or (whole and section.is_short_text),
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
            "legend": _text(table.legend),
            "columns": [{"label": _text(column.label), "numeric": column.numeric} for column in table.columns],
            "rows": [
                [
                    {"text": _text(cell.text), "tone": cell.tone.value, "mark": _text(table.mark_of(cell))}
                    for cell in row
                ]
                for row in table.rows
            ],
        },
    }
