"""A report in each form in which a person or a program may read it, compared with the document that it is made from."""

import html
from collections.abc import Mapping
from typing import Any

from api.documents.document import Document
from tests.client import Client
from tests.documents.read_back import (
    Cells,
    cells_of,
    from_csv,
    from_docx,
    from_page,
    from_xlsx,
    squeezed,
    text_of_pdf,
)


def check_every_form(client: Client, document: Document, path: str, *, page_at: str = "") -> None:
    """Every cell, sentence and description of a chart, in each form in which a person or a program may read it."""
    plain, marked = cells_of(document), cells_of(document, marks=True)
    told = client.get(f"/api/v1{path}").json()
    # Agreement has a form of its own for programs.
    assert "sections" not in told or from_json(told) == plain
    files = {kind: client.get(f"{path}.{kind}").content for kind in ("csv", "xlsx", "docx", "pdf")}
    assert from_csv(files["csv"], document) == plain
    assert from_xlsx(files["xlsx"], document) == marked
    assert from_docx(files["docx"], document) == marked
    printed = text_of_pdf(files["pdf"])
    for row in (row for table in marked for row in table):
        assert squeezed("".join(row)) in printed, row
    answer = client.get(page_at or path)
    assert answer.status_code == 200
    page = answer.text
    shown, said = from_page(page), squeezed(html.unescape(page))
    by_caption = dict(zip((table.caption for table in document.tables), marked, strict=True))
    # A page shows one breakdown at a time.
    missing = {caption for caption in by_caption.keys() - shown.keys() if " by " not in caption}
    assert not missing
    for caption in by_caption.keys() & shown.keys():
        assert shown[caption] == [[" ".join(cell.split()) for cell in row] for row in by_caption[caption]], caption
    for section in document.sections:
        for words in (*section.paragraphs, *section.points):
            assert squeezed(words) in printed, words
            if section.sheet != "breakdowns":
                assert squeezed(words) in said, words
        if section.chart is not None and section.table is not None:
            shares = section.table.place_of(section.chart.column)
            for cells in section.table.rows:
                if cells[shares].text:
                    described = section.chart.description.partition(f"{cells[0].text}: ")[2].partition(". ")[0]
                    assert cells[shares].text in described, cells[0].text


def from_json(document: Mapping[str, Any]) -> list[Cells]:
    tables = [section["table"] for section in document["sections"] if section["table"]]
    return [[table["columns"], *([cell["text"] for cell in row] for row in table["rows"])] for table in tables]
