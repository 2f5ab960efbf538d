"""Every file of a snapshot has the numbers that the snapshot stores, and no other.

So what holds for the stored content, which the attackers read, holds for the files.
"""

import csv
import io
import json
import random
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from openpyxl import load_workbook

from tests.desk import Desk, a_desk
from tests.filling import fill_round, teams_of
from tests.release.test_snapshots import make

CELLS = 10
HIDDEN = "c"
Numbers = tuple[str, str]


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with a_desk(database_url) as made:
        yield made


def shown(number: int | None) -> str:
    return HIDDEN if number is None else str(number)


def themes_of(rows: Sequence[Sequence[Any]], titles: dict[str, str]) -> dict[str, Numbers]:
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


def test_every_file_has_the_stored_numbers_and_no_other(desk: Desk) -> None:
    teams = teams_of(desk, "South locality")
    fill_round(desk, teams, audits=90, seed=1)
    snapshot, lena = make(desk), desk.browser(desk.cast.lena)
    titles = {theme.title: theme.key for theme in desk.template.themes}
    stored = json.loads(snapshot.content)["groups"]
    hidden = 0
    for filters, _, cells in random.Random(1).sample(stored, CELLS):
        expected = {
            key: (shown(applicable), shown(below))
            for key, (applicable, below) in zip(desk.template.theme_keys, cells, strict=False)
        }
        hidden += sum(HIDDEN in numbers for numbers in expected.values())
        answers = {
            ending: lena.get(f"/api/v1/snapshots/{snapshot.id}/report{ending}", params=dict(filters))
            for ending in ("", ".csv", ".xlsx")
        }
        assert {answer.status_code for answer in answers.values()} == {200}
        tables = [section["table"] for section in answers[""].json()["sections"] if section["table"]]
        themes = next(table for table in tables if table["key"] == "themes")
        as_json = [themes["columns"], *([cell["text"] for cell in row] for row in themes["rows"])]
        as_csv = list(csv.reader(io.StringIO(answers[".csv"].text.removeprefix("\ufeff"))))
        workbook = load_workbook(io.BytesIO(answers[".xlsx"].content), read_only=True)
        sheets = [[list(row) for row in sheet.iter_rows(values_only=True)] for sheet in workbook]
        as_xlsx = next(
            rows for rows in sheets if any(row and row[0] == "Theme" and "Applicable" in row for row in rows)
        )
        for rows in (as_json, as_csv, as_xlsx):
            assert themes_of(rows, titles) == expected, filters
    assert hidden > 0
