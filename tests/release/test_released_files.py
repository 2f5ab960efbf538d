"""Every file of a snapshot has the numbers that the snapshot stores, and no other.

So what holds for the stored content, which the attackers read, holds for the files: page, JSON, CSV, Excel, Word, PDF.
"""

import csv
import html
import io
import json
import random
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations
from typing import Any, Final

import docx
import pypdf
import pytest
from openpyxl import load_workbook
from sqlalchemy import text

from api.release.briefings import actions as briefings
from models import Snapshot
from tests.client import Client
from tests.desk import Desk
from tests.factories import an_actor
from tests.filling import fill_round, teams_of
from tests.guards_aside import guards_aside
from tests.release.test_snapshots import make

CELLS = 10
HIDDEN = "c"
KINDS: Final = ("csv", "xlsx", "docx", "pdf")
Numbers = tuple[str, str]
# Of the charts, in per cent.
AXIS: Final = {"0", "20", "40", "60", "80", "100"}
NUMERAL: Final = re.compile(r"\d[\d,]*(?:\.\d+)?")


@pytest.fixture
def snapshot(desk: Desk) -> Snapshot:
    fill_round(desk, teams_of(desk, "South locality"), audits=90, seed=1)
    return make(desk)


def shown(number: int | None) -> str:
    return HIDDEN if number is None else str(number)


def themes_of(rows: Sequence[Sequence[Any]], titles: Mapping[str, str]) -> dict[str, Numbers]:
    """Applicable answers and answers below, of each theme that a table of themes has."""
    place = next(number for number, row in enumerate(rows) if row and row[0] == "Theme" and "Applicable" in row)
    heading = list(rows[place])
    applicable, below = heading.index("Applicable"), heading.index("Answers below")
    found = {}
    for row in rows[place + 1 :]:
        if not row or row[0] not in titles:
            break
        found[titles[row[0]]] = (str(row[applicable]), str(row[below]))
    return found


def rows_of(kind: str, content: bytes) -> list[list[Any]]:
    """The rows of all tables of a file, one after another."""
    if kind == "csv":
        return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    if kind == "xlsx":
        workbook = load_workbook(io.BytesIO(content), read_only=True)
        return [list(row) for sheet in workbook for row in sheet.iter_rows(values_only=True)]
    return [
        [cell.text for cell in row.cells] for table in docx.Document(io.BytesIO(content)).tables for row in table.rows
    ]


def texts_in(kind: str, content: bytes) -> str:
    """Every text of a file, also where no reader looks: properties, comments, hidden sheets, values behind charts."""
    if kind == "csv":
        return content.decode("utf-8-sig")
    if kind == "pdf":
        reader = pypdf.PdfReader(io.BytesIO(content))
        assert not reader.attachments
        ours = {"/CreationDate", "/ModDate", "/Creator", "/Producer"}  # when, and the version of the compiler
        named = [str(value) for name, value in (reader.metadata or {}).items() if name not in ours]
        return " ".join([*named, *(page.extract_text() for page in reader.pages)])
    # Styles hold sizes, and a theme the names of fonts. Of a workbook, the sheets are read as they are shown.
    wanted = re.compile(r"docProps/core|word/(?!styles|theme|font|settings|numbering)|xl/(charts|comments)")
    found = [str(each) for row in rows_of(kind, content) for each in row if each is not None] if kind == "xlsx" else []
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        for name in filter(wanted.match, parts.namelist()):
            if name.endswith(".xml"):
                found += re.findall(r">([^<]+)<", html.unescape(parts.read(name).decode()))
    found = [each for each in found if not re.fullmatch(r"[\d-]+T00:00:00Z", each)]  # the day
    return " ".join(found)


def numerals(said: str) -> set[str]:
    """The numbers in a text, each in one spelling."""
    return {format(float(each.rstrip(",").replace(",", "")), ".9g") for each in NUMERAL.findall(said)}


def texts_of(document: Any) -> Iterator[str]:
    """Every text of a document as JSON, and the numbers that its cells stand for."""
    if isinstance(document, dict):
        for each in document.values():
            yield from texts_of(each)
    elif isinstance(document, list):
        for each in document:
            yield from texts_of(each)
    elif document is not None:
        yield str(document)


def test_every_file_has_the_stored_numbers_and_no_other(desk: Desk, snapshot: Snapshot) -> None:
    lena = desk.browser(desk.cast.lena)
    titles = {theme.title: theme.key for theme in desk.template.themes}
    stored = json.loads(snapshot.content)["groups"]
    hidden = 0
    for filters, _, cells in random.Random(1).sample(stored, CELLS):
        expected = {
            key: (shown(applicable), shown(below))
            for key, (applicable, below) in zip(desk.template.theme_keys, cells, strict=False)
        }
        hidden += sum(HIDDEN in numbers for numbers in expected.values())
        path, params = f"/api/v1/snapshots/{snapshot.id}/report", dict(filters)
        document = lena.get(path, params=params).json()
        tables = [section["table"] for section in document["sections"] if section["table"]]
        themes = next(table for table in tables if table["key"] == "themes")
        as_json = [themes["columns"], *([cell["text"] for cell in row] for row in themes["rows"])]
        assert themes_of(as_json, titles) == expected, filters
        for kind in KINDS:
            answer = lena.get(f"{path}.{kind}", params=params)
            assert answer.status_code == 200
            if kind == "pdf":
                assert_of_pdf(answer.content, as_json)
            else:
                assert themes_of(rows_of(kind, answer.content), titles) == expected, (kind, filters)
    assert hidden > 0


def assert_of_pdf(content: bytes, table: Sequence[Sequence[str]]) -> None:
    """Each row of the table is on a page, cell after cell."""
    pages = pypdf.PdfReader(io.BytesIO(content)).pages
    said = "".join("".join(page.extract_text().split()) for page in pages)
    for row in table[1:]:
        assert "".join("".join(row).split()) in said, row


def test_no_file_has_a_number_that_the_json_has_not_wherever_it_stands(desk: Desk, snapshot: Snapshot) -> None:
    lena = desk.browser(desk.cast.lena)
    lead = an_actor(desk.cast.lena)
    with desk.database.writing() as session:
        briefing = briefings.create_briefing(session, snapshot_id=snapshot.id, title="What we learned", by=lead).id
    for path in (f"/api/v1/snapshots/{snapshot.id}/report", f"/api/v1/briefings/{briefing}/document"):
        document = lena.get(path).json()
        known = numerals(" ".join(texts_of(document)))
        known |= {format(float(each) / 100, ".9g") for each in known}  # a chart has 90% as 0.9
        known |= {str(more - less) for more, less in pairs_of_counts(document)}  # and says how many do meet it
        day = document["made_on"]
        for kind in KINDS:
            said = texts_in(kind, lena.get(f"{path}.{kind}").content)
            axis = AXIS if kind == "pdf" else set()
            unknown = {each for each in numerals(said) - known - axis if not is_of_the_page(each, day)}
            assert unknown == set(), (path, kind)


def pairs_of_counts(document: Any) -> Iterator[tuple[int, int]]:
    """Two counts of one row of a table."""
    for section in document["sections"]:
        for row in section["table"]["rows"] if section["table"] else ():
            yield from permutations([cell["number"] for cell in row if cell["kind"] == "count"], 2)


def is_of_the_page(numeral: str, day: str) -> bool:
    """Parts of the date."""
    return numeral in {str(int(part)) for part in day.split("-")}


def test_files_stay_the_same_when_every_answer_behind_them_is_another(desk: Desk, snapshot: Snapshot) -> None:
    """They are written from what the snapshot stores, their charts and properties too: true answers are not asked."""
    lena, lead = desk.browser(desk.cast.lena), an_actor(desk.cast.lena)
    with desk.database.writing() as session:
        briefing = briefings.create_briefing(session, snapshot_id=snapshot.id, title="What we learned", by=lead).id
    before = every_answer(lena, snapshot, str(briefing))
    with desk.database.writing() as session, guards_aside(session.connection()):
        for change in (
            "UPDATE audit SET answers = substr('aaaaaaaaaaaaaaaa', 1, length(answers)), sampling_weight = 7",
            "UPDATE score SET answer = 'outstanding'",
            "UPDATE snapshot_audit SET answers = '', copied = ''",
        ):
            session.execute(text(change))
    assert every_answer(lena, snapshot, str(briefing)) == before


def every_answer(lena: Client, snapshot: Snapshot, briefing: str) -> dict[str, bytes]:
    filters = json.loads(snapshot.content)["groups"][5][0]
    of_snapshot, of_briefing = f"/api/v1/snapshots/{snapshot.id}/report", f"/api/v1/briefings/{briefing}/document"
    paths = [f"/snapshots/{snapshot.id}", f"/briefings/{briefing}", of_snapshot, of_briefing]
    paths += [f"{path}.{kind}" for path in (of_snapshot, of_briefing) for kind in KINDS]
    found = {path: lena.get(path).content for path in paths}
    found |= {
        f"{of_snapshot}.{kind} {filters}": lena.get(f"{of_snapshot}.{kind}", params=filters).content for kind in KINDS
    }
    return {path: FRESH.sub(b"", content) for path, content in found.items()}


# Of pages: what is new each time.
FRESH: Final = re.compile(rb'name="(?:key|seed)" value="[^"]*"|data-session-absolute="\d+"')
