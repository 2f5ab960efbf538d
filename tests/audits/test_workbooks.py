"""Audits go into an Excel workbook, are filled in away from the network, and are saved as the form saves them."""

import base64
import io
import json
import random
import re
import uuid
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from api.allocation.actions import Allocation, allocate
from api.audits.scoring import actions as scores
from api.audits.scoring.actions import NewScore
from api.audits.submission import actions as submissions
from api.audits.workbooks.checking import key_of_typed
from checklists.templates.template_file import check_template
from models import AuditMode
from tests.audits.asking_desk import stored_answers, template_of_questions
from tests.audits.workbook_round_trip import differences_after
from tests.checklists.full_template import full_template
from tests.client import Client
from tests.desk import Desk, a_desk
from tests.factories import an_actor
from tests.page_forms import SeenPage

PATH = "/audits/workbook"
COLUMNS = {"answer": 4, "text": 5, "impact": 6, "evidence": 7, "sources": 8, "keep": 9}
TEMPLATE = check_template(full_template())


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    with a_desk(database_url, template=TEMPLATE) as made:
        made.app.state.settings = made.app.state.settings.model_copy(update={"trail_key_file": tmp_path / "trail-key"})
        yield made


class Book:
    """A downloaded workbook, as another program opens, fills in and saves it."""

    def __init__(self, client: Client) -> None:
        answer = client.get(f"{PATH}/file")
        assert answer.status_code == 200, answer.text
        self.content = answer.content
        self.book = openpyxl.load_workbook(io.BytesIO(answer.content))

    @property
    def sheets(self) -> list[Any]:
        return [self.book[name] for name in self.book.sheetnames if name not in {"Read me", "Lists"}]

    def sheet(self, reference: str) -> Any:
        return next(sheet for sheet in self.sheets if sheet.title.endswith(reference))

    @staticmethod
    def cell(sheet: Any, row: str, column: str = "answer") -> Any:
        number = next(cell.row for cell in sheet["A"] if cell.value == row)
        return sheet.cell(number, COLUMNS[column])

    def put(self, sheet: Any, row: str, column: str = "answer", *, value: Any) -> None:
        self.cell(sheet, row, column).value = value

    def saved(self) -> bytes:
        out = io.BytesIO()
        self.book.save(out)
        return out.getvalue()


def upload(client: Client, content: bytes) -> Any:
    return client.post(PATH, data={}, files={"file": ("a.xlsx", content)}, follow_redirects=False)


def save(client: Client, shown: Any, **choices: str) -> Any:
    """Press the button of the page that shows what is changed. `choices`: what to keep, by the name of the field."""
    fields = {**SeenPage(shown).form("/save"), **choices}
    files = {name: (None, value) for name, value in fields.items()}
    return client.post(f"{PATH}/save", files=files, follow_redirects=False)


def words_of(answer: Any) -> str:
    return SeenPage(answer).words


def filled(book: Book, sheet: Any) -> None:
    book.put(sheet, "theme/voice", value="Good")
    book.put(sheet, "theme/voice", "text", value="Seen alone.\nTwice.  ")
    book.put(sheet, "theme/voice", "evidence", value="=not a formula")
    book.cell(sheet, "theme/voice", "evidence").data_type = "s"
    book.put(sheet, "theme/voice", "sources", value="Observed; On the record")
    book.put(sheet, "question/seen-alone", value="yes")
    book.put(sheet, "question/where", value="At school")
    book.put(sheet, "question/visits", value=7)
    book.put(sheet, "question/chronology", value="3 2026")
    book.put(sheet, "theme/history", value="Not evidenced")
    book.put(sheet, "theme/history", "text", value="Nothing on file.")
    book.put(sheet, "fact/open-for", value="Under 6 months")
    book.put(sheet, "synopsis", "text", value="A school age child.")
    book.put(sheet, "works_well", "text", value="Visits in time.")
    book.put(sheet, "minutes", value=95)
    book.put(sheet, "mode", value="With family")
    book.put(sheet, "overall", value="Good")
    book.put(sheet, "overall", "text", value="Heard throughout.")


@pytest.mark.both_databases
def test_what_is_filled_in_away_is_saved_as_the_form_would_save_it(desk: Desk, asha: Client) -> None:
    audit_id, other = desk.an_audit(harms=(), reference="CASE-001"), desk.an_audit(harms=(), reference="CASE-002")
    book = Book(asha)
    filled(book, book.sheet("CASE-001"))
    shown = upload(asha, book.saved())
    assert shown.status_code == 200, shown.text
    assert "It changes 1 audit. Nothing is saved yet. 1 audit without a change." in words_of(shown)
    assert desk.stored(audit_id) == {}
    done = save(asha, shown)
    assert (done.status_code, done.headers["location"]) == (303, "/audits"), done.text
    assert desk.stored(audit_id) == {
        "voice": ("good", "Seen alone.\nTwice.", "", "=not a formula"),
        "history": ("not-evidenced", "Nothing on file.", "", ""),
    }
    assert stored_answers(desk, audit_id) == {
        "seen-alone": "yes",
        "where": "school",
        "visits": "7",
        "chronology": "2026-03",
    }
    found = desk.find(audit_id)
    assert found.scores["voice"].sources == "on-record seen"
    assert found.audit.mode is AuditMode.WITH_FAMILY
    assert (found.audit.overall_override, found.audit.override_reason) == ("good", "Heard throughout.")
    assert desk.stored(other) == {}
    kinds = desk.events()
    assert kinds.count("audit.workbook-uploaded") == 1
    assert kinds.count("audit.workbook-downloaded") == 2
    again = Book(asha)
    assert again.cell(again.sheet("CASE-001"), "question/where").value == "At school"
    assert again.cell(again.sheet("CASE-001"), "theme/voice", "sources").value == "On the record; Observed"
    assert "It changes nothing." in words_of(upload(asha, again.saved()))
    assert "It changes nothing." in words_of(upload(asha, book.saved())), "the same workbook again has no effect"


def test_a_sheet_offers_the_answers_shows_descriptors_and_is_locked_but_for_what_is_filled_in(
    desk: Desk, asha: Client
) -> None:
    desk.an_audit(harms=(), reference="CASE-001")
    book = Book(asha)
    (sheet,) = book.sheets
    assert sheet.protection.sheet
    answer, question = book.cell(sheet, "theme/voice"), sheet.cell(book.cell(sheet, "theme/voice").row, 2)
    assert (answer.protection.locked, question.protection.locked) == (False, True)
    offered = {str(each.sqref): each.formula1 for each in sheet.data_validations.dataValidation}
    place = re.fullmatch(r"'?Lists'?!\$([A-Z])\$1:\$\1\$(\d+)", offered[answer.coordinate])
    assert place is not None
    labels = [cell.value for cell in book.book["Lists"][place[1]] if cell.value]
    assert len(labels) == int(place[2])
    assert labels[:4] == ["Outstanding", "Good", "Requires improvement", "Inadequate"]
    guidance = sheet.cell(answer.row, 3).value
    assert "Inadequate: " in guidance
    assert sheet.column_dimensions["A"].hidden
    assert "family views" in " ".join(str(cell.value) for cell in book.book["Read me"]["A"]), (
        "what is left out is named"
    )


Change = Callable[[Book, Any], None]


def put(row: str, column: str, value: object) -> Change:
    return lambda book, sheet: book.put(sheet, row, column, value=value)


@pytest.mark.parametrize(
    ("change", "place", "said"),
    [
        (put("theme/voice", "answer", "Splendid"), ("theme/voice", "answer"), "Select an option from the list"),
        (put("theme/voice", "text", "Only a text."), ("theme/voice", "answer"), "Select an answer"),
        (put("question/visits", "answer", "a few"), ("question/visits", "answer"), "Enter a whole number of days"),
        (put("question/where", "answer", "At home"), ("question/where", "answer"), "does not apply to this case"),
        (put("theme/plan", "answer", "Good"), ("theme/plan", "answer"), "does not apply to this case"),
        (put("works_well", "text", "Call 07700 900123"), ("works_well", "text"), "a telephone number"),
        (put("synopsis", "text", "word " * 151), ("synopsis", "text"), "150 words or fewer"),
        (put("minutes", "answer", "long"), ("minutes", "answer"), "Enter whole minutes"),
        (put("overall", "answer", "Good"), ("overall", "text"), "Enter a reason for your overall judgement"),
        (put("fact/open-for", "answer", "=1+1"), ("fact/open-for", "answer"), "This cell has a formula."),
        (put("minutes", "text", "stray"), ("minutes", "text"), "This is not asked here."),
        (put("works_well", "text", date(2026, 3, 4)), ("works_well", "text"), "This cell holds a date."),
    ],
)  # fmt: skip
def test_a_fault_names_its_sheet_and_cell_and_nothing_is_saved(
    desk: Desk, asha: Client, change: Change, place: tuple[str, str], said: str
) -> None:
    audit_id = desk.an_audit(harms=(), reference="CASE-001")
    book = Book(asha)
    (sheet,) = book.sheets
    book.put(sheet, "theme/history", value="Good")
    change(book, sheet)
    answer = upload(asha, book.saved())
    assert answer.status_code == 422
    assert 'id="file-error"' in answer.text
    cell = book.cell(sheet, *place).coordinate
    assert f"Sheet “1 CASE-001”, cell {cell}: " in words_of(answer)
    assert said in words_of(answer)
    assert desk.stored(audit_id) == {}


def test_a_name_may_stay_for_a_reason_that_is_given_in_its_row(desk: Desk, asha: Client) -> None:
    audit_id = desk.an_audit(harms=(), reference="CASE-001")
    book = Book(asha)
    (sheet,) = book.sheets
    book.put(sheet, "theme/voice", value="Good")
    book.put(sheet, "theme/voice", "text", value="Mrs Okonkwo visited.")
    refused = upload(asha, book.saved())
    assert "select a reason to keep it" in words_of(refused)
    assert "Okonkwo" not in refused.text
    reason = "It identifies a professional in their work, where this is necessary, and not a child or family"
    book.put(sheet, "theme/voice", "keep", value=reason)
    assert save(asha, upload(asha, book.saved())).status_code == 303
    assert desk.stored(audit_id)["voice"][1] == "Mrs Okonkwo visited."
    assert "name.kept" in desk.events()


@pytest.mark.both_in_trials
def test_what_was_changed_meanwhile_is_shown_beside_it_and_a_person_chooses(desk: Desk, asha: Client) -> None:
    audit_id = desk.an_audit(harms=(), reference="CASE-001")
    book = Book(asha)
    (sheet,) = book.sheets
    for theme in ("voice", "history"):
        book.put(sheet, f"theme/{theme}", value="Good")
        book.put(sheet, f"theme/{theme}", "text", value=f"{theme} in the workbook")
    book.put(sheet, "theme/review", value="Good")
    meanwhile = [NewScore(theme, "inadequate", f"{theme} on the page", version=0) for theme in ("voice", "history")]
    with desk.database.writing() as session:
        scores.score_themes(session, audit_id=audit_id, scores=meanwhile, by=an_actor(desk.cast.asha))
    shown = upload(asha, book.saved())
    for words in ("voice in the workbook", "voice on the page", "Keep the workbook", "Keep the saved version"):
        assert words in words_of(shown)
    voice, history = f"keep:{audit_id}/theme/voice", f"keep:{audit_id}/theme/history"
    undecided = save(asha, shown, **{voice: choice_of_typed(shown, voice)})
    assert undecided.status_code == 422
    assert "Select which version to keep for “History”" in words_of(undecided)
    assert set(desk.stored(audit_id)) == {"voice", "history"}, "nothing is saved while something is undecided"
    done = save(
        asha,
        undecided,
        **{voice: choice_of_typed(shown, voice), history: "saved"},
    )
    assert done.status_code == 303, done.text
    stored = desk.stored(audit_id)
    assert stored["voice"][1] == "voice in the workbook"
    assert stored["history"][1] == "history on the page"
    assert stored["review"][0] == "good"


def choice_of_typed(shown: Any, name: str) -> str:
    """What the page sends for “Keep the workbook”."""
    found = re.search(rf'<input[^>]*name="{re.escape(name)}"[^>]*value="(typed:\w+)"', shown.text)
    assert found is not None
    return found[1]


def test_the_choice_is_asked_again_when_the_saved_version_changed_after_it_was_shown(desk: Desk, asha: Client) -> None:
    audit_id = desk.an_audit(harms=(), reference="CASE-001")
    book = Book(asha)
    (sheet,) = book.sheets
    book.put(sheet, "theme/voice", value="Good")
    book.put(sheet, "theme/voice", "text", value="In the workbook")
    desk.answer(audit_id, "good", "voice", rationale="On the page")
    shown, name = upload(asha, book.saved()), f"keep:{audit_id}/theme/voice"
    desk.answer(audit_id, "good", "voice", rationale="On the page again")
    again = save(asha, shown, **{name: choice_of_typed(shown, name)})
    assert again.status_code == 422
    assert "On the page again" in words_of(again)
    assert desk.stored(audit_id)["voice"][1] == "On the page again"
    assert save(asha, again, **{name: choice_of_typed(again, name)}).status_code == 303
    assert desk.stored(audit_id)["voice"][1] == "In the workbook"


def rename_a_row(_book: Book, sheet: Any) -> None:
    sheet["A5"].value = "theme/another"


def remove_a_row(_book: Book, sheet: Any) -> None:
    sheet.delete_rows(sheet.max_row)


def write_below(_book: Book, sheet: Any) -> None:
    sheet.cell(sheet.max_row + 2, COLUMNS["text"]).value = "Written below."


def write_a_row_twice(_book: Book, sheet: Any) -> None:
    sheet.cell(sheet.max_row + 1, 1).value = "theme/voice"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (rename_a_row, "The rows of this sheet are not as they were."),
        (remove_a_row, "The rows of this sheet are not as they were."),
        (write_below, "This row was not in the sheet that you downloaded."),
        (write_a_row_twice, "This row was not in the sheet that you downloaded."),
    ],
)
def test_what_was_written_in_other_rows_is_not_left_out_silently(
    desk: Desk, asha: Client, change: Change, said: str
) -> None:
    desk.an_audit(harms=(), reference="CASE-001")
    book = Book(asha)
    change(book, book.sheets[0])
    refused = upload(asha, book.saved())
    assert refused.status_code == 422
    assert said in words_of(refused)


def test_a_label_is_understood_before_a_key_of_the_same_word() -> None:
    assert key_of_typed({"1": "2", "2": "1"}, " 1") == "2"
    assert key_of_typed({"1": "Good", "2": "Poor"}, "1") == "1"
    assert key_of_typed({"1": "Good"}, "Fair") is None


def test_many_errors_are_counted_and_the_first_are_listed(desk: Desk, asha: Client) -> None:
    for number in range(6):
        desk.an_audit(harms=(), reference=f"CASE-{number:03}")
    book = Book(asha)
    for sheet in book.sheets:
        for row in range(5, 15):
            sheet.cell(row, COLUMNS["evidence"]).value = "=1+1"
    refused = upload(asha, book.saved())
    assert "There are 60 errors in this workbook. The first 50 are listed." in words_of(refused)
    assert words_of(refused).count("This cell has a formula.") == 50


def test_more_sheets_than_a_workbook_has_are_refused(desk: Desk, asha: Client) -> None:
    desk.an_audit(harms=(), reference="CASE-001")
    book = Book(asha)
    book.put(book.sheets[0], "theme/voice", value="Good")
    fields = SeenPage(upload(asha, book.saved())).form("/save")
    fields["sheets"] = json.dumps(json.loads(fields["sheets"]) * 101)
    refused = asha.post(f"{PATH}/save", files={name: (None, value) for name, value in fields.items()})
    assert refused.status_code == 422
    assert "more than 100 sheets" in words_of(refused)


@pytest.mark.both_in_trials
def test_a_sheet_comes_back_only_to_its_own_audit_and_auditor(desk: Desk, asha: Client) -> None:
    first, second = desk.an_audit(harms=(), reference="CASE-001"), desk.an_audit(harms=(), reference="CASE-002")
    book = Book(asha)
    one = book.sheet("CASE-001")
    book.put(one, "theme/voice", value="Good")
    unsigned, twice, someone = book.saved(), Book(asha), desk.browser(desk.cast.ben)
    one["A1"].value = one["A1"].value[:-3] + "abc"
    assert "The hidden cells of this sheet are not as they were written." in words_of(upload(asha, book.saved()))
    sheets = twice.sheets
    sheets[1]["A1"].value = sheets[0]["A1"].value
    assert "There are 2 sheets of this audit." in words_of(upload(asha, twice.saved()))
    refused = upload(someone, unsigned)
    assert refused.status_code == 422
    assert "This sheet is of another auditor’s audit." in words_of(refused)
    assert desk.stored(first) == desk.stored(second) == {}


def test_an_audit_that_was_submitted_meanwhile_is_refused_as_a_whole_workbook(desk: Desk, asha: Client) -> None:
    first, second = desk.an_audit(harms=(), reference="CASE-001"), desk.an_audit(harms=(), reference="CASE-002")
    book = Book(asha)
    book.put(book.sheet("CASE-001"), "theme/voice", value="Good")
    book.put(book.sheet("CASE-002"), "theme/voice", value="Good")
    shown = upload(asha, book.saved())
    withdraw(desk, second)
    refused = save(asha, shown)
    assert refused.status_code == 422
    assert "This audit has been withdrawn" in words_of(refused)
    assert desk.stored(first) == {}
    del book.book[book.sheet("CASE-002").title]
    assert save(asha, upload(asha, book.saved())).status_code == 303
    assert set(desk.stored(first)) == {"voice"}


def withdraw(desk: Desk, audit_id: uuid.UUID) -> None:
    lena = an_actor(desk.cast.lena)
    with desk.database.writing() as session:
        version = desk.find(audit_id).audit.version
        submissions.withdraw(session, audit_id=audit_id, reason="Not needed.", version=version, by=lena)


@pytest.mark.both_in_trials
def test_a_program_checks_a_workbook_and_saves_its_sheets(desk: Desk, asha: Client) -> None:
    audit_id = desk.an_audit(harms=(), reference="CASE-001")
    file = asha.get("/api/v1/audit-workbook")
    assert file.status_code == 200
    book = Book(asha)
    (sheet,) = book.sheets
    filled(book, sheet)
    body = {"file": base64.b64encode(book.saved()).decode()}
    (checked,) = asha.post("/api/v1/audit-workbooks", json=body).json()["audits"]
    assert checked["audit_id"] == str(audit_id)
    assert "theme/voice" in checked["changes"]
    assert checked["conflicts"] == {}
    path, headers = f"/api/v1/audits/{audit_id}/sheet", {"Idempotency-Key": "one"}
    sent = {"sheet": checked["sheet"]}
    saved = asha.post(path, json=sent, headers=headers)
    assert saved.json() == {"saved": checked["changes"]}, saved.text
    assert asha.post(path, json=sent, headers=headers).json() == saved.json()
    other = desk.an_audit(harms=())
    wrong = asha.post(f"/api/v1/audits/{other}/sheet", json=sent, headers={"Idempotency-Key": "two"})
    assert wrong.status_code == 422
    bad = {"sheet": {**checked["sheet"], "cells": {"theme/voice": {"answer": "Splendid"}}}}
    assert asha.post(path, json=bad, headers={"Idempotency-Key": "three"}).status_code == 422
    refused = asha.post("/api/v1/audit-workbooks", json={"file": base64.b64encode(b"hello").decode()})
    assert refused.status_code == 422
    assert "not an Excel workbook" in refused.json()["detail"]


def test_audits_of_every_kind_of_question_come_back_as_they_were_typed(
    tmp_path: Path, migrated_sqlite_file: Path
) -> None:
    file = tmp_path / "desk.sqlite3"
    file.write_bytes(migrated_sqlite_file.read_bytes())
    with a_desk(f"sqlite:///{file}", template=template_of_questions(12, themes=6)) as desk:
        for number in range(3):
            desk.an_audit(harms=(), reference=f"CASE-00{number}")
        audits, cells, told = differences_after(desk, desk.browser(desk.cast.asha), random.Random(1))
        assert (audits, told) == (3, [])
        assert cells > 100


def test_a_workbook_says_nothing_of_another_reading_of_its_case(desk: Desk, asha: Client) -> None:
    audit_id, ben = desk.an_audit(harms=(), reference="CASE-001"), desk.cast.ben
    alone = asha.get(f"{PATH}/file").content
    case_file_id = desk.find(audit_id).case_file.id
    with desk.database.writing() as session:
        allocation = Allocation(case_file_id, ben.id)
        other = allocate(session, round_id=desk.round_id, allocation=allocation, by=an_actor(desk.cast.lena)).id
    desk.answer(other, "good", "voice", rationale="What Ben wrote.", by=ben)
    assert asha.get(f"{PATH}/file").content == alone
    (sheet,) = Book(desk.browser(ben)).sheets
    assert Book.cell(sheet, "theme/voice", "text").value == "What Ben wrote."
