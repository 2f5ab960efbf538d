"""Many audits filled in away from the network: what is saved is compared, cell by cell, with what was typed."""

import io
import random
import uuid
from collections.abc import Mapping
from typing import Final

import openpyxl
from sqlmodel import select

from api.audits import actions as audits
from api.audits.workbooks.content import COLUMNS, KEEP, SOURCES, parts_of, stored_cells
from checklists.templates.questions import QuestionKind
from models import Audit, CaseFile
from tests.client import Client
from tests.desk import Desk
from tests.factories import an_actor
from tests.page_forms import SeenPage

PATH: Final = "/audits/workbook"
_FIRST_FILLED: Final = 4
# Each is a text that a spreadsheet, its file or a form could change on the way.
_TEXTS: Final = (
    "Seen alone, twice.",
    "=1+1",
    "Line one\nline two\n\nline four",
    "Quoted “so” & <b>so</b>",
    "<r>kept</r>",
    "007",
    "'as typed",
    "0.10",
    "TRUE",
    "éé \U0001f9d2",
)


def fill_in(content: bytes, desk: Desk, chance: random.Random) -> tuple[bytes, dict[str, dict[tuple[str, str], str]]]:
    """The workbook with an answer in every cell that is asked now, and what should be saved of each sheet."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    expected: dict[str, dict[tuple[str, str], str]] = {}
    rows = {row.key: row for part in parts_of(desk.template) for row in part.rows}
    for sheet in book.worksheets:
        if sheet.title in {"Read me", "Lists"}:
            continue
        typed: dict[tuple[str, str], str] = {}
        for cell in sheet["A"]:
            row = rows.get(str(cell.value))
            if row is None or "Not asked now" in str(sheet.cell(cell.row, 2).value):
                continue
            for place, column in enumerate(COLUMNS, start=_FIRST_FILLED):
                if column not in row.columns or column == KEEP:
                    continue
                stored, shown = _answer(desk, row.key, row.choices, column, chance)
                target = sheet.cell(cell.row, place)
                target.value = shown
                target.data_type = "s"
                typed[row.key, column] = stored
        expected[sheet.title.partition(" ")[2]] = typed
    out = io.BytesIO()
    book.save(out)
    return out.getvalue(), expected


def _answer(
    desk: Desk, key: str, choices: Mapping[str, str] | None, column: str, chance: random.Random
) -> tuple[str, str]:
    """What is stored, and what is typed."""
    if column == SOURCES:
        return "on-record family", "Told by the family; On the record"
    if column != "answer":
        text = chance.choice(_TEXTS)
        return text, text
    if choices is not None:
        stored = chance.choice(list(choices))
        return stored, choices[stored]
    kind, _, question = key.partition("/")
    if kind == "question" and desk.template.question(question).kind is QuestionKind.MONTH:
        return "2026-03", "3 2026"
    number = str(chance.randint(1, 400))
    return number, number


def differences_after(desk: Desk, client: Client, chance: random.Random) -> tuple[int, int, list[str]]:
    """How many audits and cells went away and came back, and every difference."""
    content = client.get(f"{PATH}/file").content
    filled, expected = fill_in(content, desk, chance)
    shown = client.post(PATH, data={}, files={"file": ("a.xlsx", filled)}, follow_redirects=False)
    assert shown.status_code == 200, SeenPage(shown).words[:2000]
    fields = {name: (None, value) for name, value in SeenPage(shown).form("/save").items()}
    done = client.post(f"{PATH}/save", files=fields, follow_redirects=False)
    assert done.status_code == 303, SeenPage(done).words[:2000]
    told = []
    with desk.database.reading() as session:
        rows = session.exec(select(Audit.id, CaseFile.reference).where(Audit.case_file_id == CaseFile.id)).all()
    own = {reference: audit_id for audit_id, reference in rows}
    for reference, typed in expected.items():
        now: Mapping[tuple[str, str], str] = _stored(desk, own[reference])
        told += [f"{reference} {cell}" for cell, text in typed.items() if now.get(cell, "") != text]
        told += [f"{reference} {cell}" for cell in now.keys() - typed.keys()]
    return len(expected), sum(map(len, expected.values())), told


def _stored(desk: Desk, audit_id: uuid.UUID) -> dict[tuple[str, str], str]:
    with desk.database.reading() as session:
        return stored_cells(audits.find_audit(session, audit_id=audit_id, by=an_actor(desk.cast.lena)))
