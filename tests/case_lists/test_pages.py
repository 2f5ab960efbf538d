"""The page of case lists: looked at first, asked once, taken in whole; nothing that a browser sends back is trusted."""

import json
import zlib
from datetime import date, timedelta
from pathlib import Path

import pytest
import time_machine
from sqlmodel import SQLModel, select, update

from api.case_lists import drafts
from api.case_lists.carried_files import CarriedFiles, open_sealed
from api.case_lists.pseudonyms import choices_file, key_file
from api.case_lists.pseudonyms.list_file import read_case_list
from models import CaseFile, CaseList, CaseListDraft, ReadingChoice, Role, now
from tests.case_lists import exports
from tests.case_lists.exports import ON, TABLE_CHOICES
from tests.client import Client
from tests.desk import Desk
from tests.factories import a_person
from tests.page_forms import SeenPage
from tests.uploading import everything_stored

PAGE = "/case-lists/new"
DAY = {"on-day": f"{ON.day}", "on-month": f"{ON.month}", "on-year": f"{ON.year}"}


@pytest.fixture
def key(tmp_path: Path) -> bytes:
    key_file.create_key_file(tmp_path / "council.key", on=date(2026, 1, 1))
    return (tmp_path / "council.key").read_bytes()


def stored(desk: Desk, model: type[SQLModel]) -> int:
    with desk.database.reading() as session:
        return len(session.exec(select(model)).all())


def looked_at(lena: Client, content: bytes, key: bytes, **fields: str) -> SeenPage:
    files = {"file": ("export", content), "key_file": ("key", key)}
    return SeenPage(lena.post(PAGE, data={**DAY, **fields}, files=files))


def teams_of(page: SeenPage, answer: str) -> dict[str, str]:
    names = {child.team for child in exports.made_children(40)} | {"Team not recorded"}
    return {f"team:{name}": answer for name in names if f"{name}, " in page.words}


@pytest.mark.both_in_trials
def test_a_table_of_the_councils_own_is_asked_about_once(desk: Desk, lena: Client, key: bytes) -> None:
    table = exports.table_csv(exports.made_children(40))
    asked = looked_at(lena, table, key)
    assert "Answer the questions about the file" in asked.words
    answers = {f"choice:{name}": f"={answer}" for name, answer in TABLE_CHOICES.items()}
    looked = looked_at(lena, table, key, **answers)
    assert "40 cases, all under pseudonyms" in looked.words
    assert stored(desk, CaseFile) == stored(desk, ReadingChoice) == 0
    taken = lena.post(PAGE, data={**looked.form(PAGE), **looked.forms[-2].fields, **teams_of(looked, "make")})
    assert taken.status_code == 303, SeenPage(taken).words
    assert stored(desk, CaseFile) == 40
    again = looked_at(lena, table, key)
    assert "40 cases, all under pseudonyms" in again.words
    assert "Answer the questions about the file" not in again.words


@pytest.mark.both_in_trials
def test_files_need_not_be_selected_again_to_answer_a_question(desk: Desk, lena: Client, key: bytes) -> None:
    table = exports.table_csv(exports.made_children(40))
    asked = looked_at(lena, table, key)
    carried = asked.forms[-1].fields["carried"]
    answers = {f"choice:{name}": f"={answer}" for name, answer in TABLE_CHOICES.items()}
    sent = {**DAY, **answers, "carried": carried}
    looked = SeenPage(lena.post(PAGE, data=sent, files={"none": b""}))
    assert "40 cases, all under pseudonyms" in looked.words
    # It can be read in the session that uploaded it only, for half an hour, and never when it was changed.
    for other in (desk.browser(desk.cast.lena), desk.browser(desk.cast.omar)):
        refused = other.post(PAGE, data=sent, files={"none": b""})
        assert (refused.status_code, "Select the files again." in refused.text) == (422, True)
    changed = {**sent, "carried": carried[:-9] + "AAAAAAAA="}
    assert lena.post(PAGE, data=changed, files={"none": b""}).status_code == 422
    with time_machine.travel(now() + timedelta(minutes=31)):
        assert open_sealed(carried, session_secret=lena.cookies["caseaudit"]) is None
    assert open_sealed(carried, session_secret=lena.cookies["caseaudit"]) == CarriedFiles(table, key)


def test_a_refusal_keeps_the_files_that_are_not_at_fault(lena: Client, key: bytes) -> None:
    book = exports.annex_a(exports.made_children(12))
    page = SeenPage(lena.post(PAGE, data={}, files={"file": ("export", book)}))
    assert "You do not need to select the case list or export again." in page.words
    sent = {**DAY, "carried": page.forms[-1].fields["carried"]}
    assert "12 cases" in SeenPage(lena.post(PAGE, data=sent, files={"key_file": ("key", key)})).words
    unreadable = looked_at(lena, b"%PDF-1.7", key)
    assert "You do not need to select the key file again." in unreadable.words


def test_the_page_of_questions_shows_nothing_of_the_export_and_nothing_is_stored(
    desk: Desk, lena: Client, key: bytes
) -> None:
    children = exports.made_children(40)
    asked = lena.post(PAGE, data=DAY, files={"file": ("export", exports.table_csv(children)), "key_file": ("key", key)})
    secret = json.loads(key)["keys"][0]["secret"]
    for canary in (secret, *(child.identifier for child in children)):
        assert canary not in asked.text
        assert canary not in everything_stored(desk.database)


@pytest.mark.both_in_trials
def test_answers_are_downloaded_and_the_command_uses_them(desk: Desk, lena: Client, key: bytes, tmp_path: Path) -> None:
    assert "Download your answers" not in lena.get("/case-lists").text
    table = exports.table_csv(exports.made_children(40))
    answers = {f"choice:{name}": f"={answer}" for name, answer in TABLE_CHOICES.items()}
    looked = looked_at(lena, table, key, **answers)
    lena.post(PAGE, data={**looked.form(PAGE), **looked.forms[-2].fields, **teams_of(looked, "make")})
    assert "Download your answers" in lena.get("/case-lists").text
    downloaded = lena.get("/case-lists/answers.json")
    assert lena.get("/api/v1/case-list-answers").json()["choices"] == TABLE_CHOICES
    (tmp_path / "answers.json").write_bytes(downloaded.content)
    assert choices_file.load(tmp_path / "answers.json") == TABLE_CHOICES


@pytest.mark.both_in_trials
def test_a_key_is_created_downloaded_once_and_never_stored(desk: Desk, lena: Client) -> None:
    form = SeenPage(lena.get("/case-lists/key")).form("/case-lists/key")
    made, again = (lena.post("/case-lists/key", data=form) for _ in range(2))
    (it,) = key_file.parse_keys(made.content)
    assert made.headers["content-disposition"] == f'attachment; filename="council-key-{it.id}.json"'
    assert (again.status_code, again.headers["location"]) == (303, "/case-lists/key?again=1")
    assert "this service keeps no copy" in SeenPage(lena.get("/case-lists/key?again=1")).words
    repeated = {"Idempotency-Key": "one"}
    first, second = (lena.post("/api/v1/case-list-keys", headers=repeated).json() for _ in range(2))
    (other,) = key_file.parse_keys(first["file"].encode())
    assert second == {"id": first["id"], "file": None}
    stored = everything_stored(desk.database)
    assert all(each.secret.hex() not in stored for each in (it, other))
    assert it.id in stored
    assert desk.events().count("case-list.key-made") == 2


def test_a_team_that_is_not_said_is_asked_for_beside_its_name_and_what_was_chosen_stays(
    desk: Desk, lena: Client, key: bytes
) -> None:
    looked = looked_at(lena, exports.annex_a(exports.made_children(40)), key)
    form = looked.forms[-2].fields
    first, *_ = chosen = teams_of(looked, "make")
    refused = SeenPage(lena.post(PAGE, data={**form, **chosen, first: ""}))
    assert "Select a team, or select to add a new team." in refused.words
    assert stored(desk, CaseList) == 0
    taken = lena.post(PAGE, data={**refused.forms[-2].fields, **chosen})
    assert taken.status_code == 303


@pytest.mark.fast
@pytest.mark.both_databases
def test_the_list_that_caseaudit_wrote_needs_no_key(desk: Desk, lena: Client, key: bytes) -> None:
    looked_at(lena, exports.annex_a(exports.made_children(12)), key)
    written = kept(desk)
    plain = SeenPage(lena.post(PAGE, files={"file": ("case-list.csv", written)}))
    assert "12 cases, all under pseudonyms" in plain.words


def test_a_list_that_was_spoilt_is_refused_with_its_lines(desk: Desk, lena: Client, key: bytes) -> None:
    looked_at(lena, exports.annex_a(exports.made_children(12)), key)
    spoilt = kept(desk).decode().replace("child-in-need", "in need of help").encode()
    refused = lena.post(PAGE, files={"file": ("case-list.csv", spoilt)})
    assert refused.status_code == 422
    assert "Line " in SeenPage(refused).words
    assert "in need of help" not in refused.text


@pytest.mark.parametrize("sent", ["", "nonsense", "0" * 64])
def test_what_a_browser_made_up_is_not_taken_in(desk: Desk, lena: Client, sent: str) -> None:
    refused = lena.post(PAGE, data={"draft": sent, "key": "one"})
    assert refused.status_code == 422
    assert "Select the file" in SeenPage(refused).words


def test_neither_the_browser_nor_what_it_sends_back_carries_the_list(desk: Desk, lena: Client, key: bytes) -> None:
    looked = looked_at(lena, exports.annex_a(exports.made_children(40)), key)
    sent = {**looked.forms[-2].fields, **teams_of(looked, "make"), "key": "one"}
    with desk.database.reading() as session:
        assert all(case.reference not in looked.words for case in read_case_list(kept(desk)).cases)
        assert session.exec(select(CaseFile)).all() == []
    assert len(repr(sent)) < 2_000
    assert lena.post(PAGE, data=sent).status_code == 303
    assert stored(desk, CaseFile) == 40
    assert stored(desk, CaseListDraft) == 0
    assert lena.post(PAGE, data=sent).status_code == 303  # the same form again: answered as before
    assert lena.post(PAGE, data={**sent, "key": "another"}).status_code == 422


@pytest.mark.both_databases
def test_of_two_lists_that_one_person_looked_at_the_last_is_kept(desk: Desk, lena: Client, key: bytes) -> None:
    first = looked_at(lena, exports.annex_a(exports.made_children(12)), key)
    looked_at(lena, exports.annex_a(exports.made_children(13)), key)
    assert stored(desk, CaseListDraft) == 1
    refused = lena.post(PAGE, data={**first.forms[-2].fields, **teams_of(first, "make")})
    assert (refused.status_code, stored(desk, CaseFile)) == (422, 0)
    assert "you have previewed another" in SeenPage(refused).words


def test_nobody_takes_in_what_somebody_else_looked_at(desk: Desk, lena: Client, key: bytes) -> None:
    looked = looked_at(lena, exports.annex_a(exports.made_children(12)), key)
    other = a_person(desk.database, desk.cast.organisation, roles={Role.QUALITY_LEAD}, name="Luca")
    for person in (other, desk.cast.omar):
        refused = desk.browser(person).post(PAGE, data={**looked.forms[-2].fields, **teams_of(looked, "make")})
        assert refused.status_code == 422
    assert stored(desk, CaseFile) == 0


@pytest.mark.both_databases
def test_a_list_that_nobody_took_in_is_deleted_after_a_day(desk: Desk, lena: Client, key: bytes) -> None:
    looked_at(lena, exports.annex_a(exports.made_children(12)), key)
    drafts.delete_old_drafts(desk.database)
    assert stored(desk, CaseListDraft) == 1
    with desk.database.writing() as session:
        session.execute(update(CaseListDraft).values(made_at=now() - timedelta(hours=25)))
    drafts.delete_old_drafts(desk.database)
    assert stored(desk, CaseListDraft) == 0


def kept(desk: Desk) -> bytes:
    """The list that somebody looked at, as the file that it could be."""
    with desk.database.reading() as session:
        return zlib.decompress(session.exec(select(CaseListDraft.content)).one())


def test_a_key_file_that_is_none_and_a_missing_file_are_said_at_their_fields(desk: Desk, lena: Client) -> None:
    none = lena.post(PAGE, data=DAY)
    assert (none.status_code, "Select a file" in none.text) == (422, True)
    book = exports.annex_a(exports.made_children(12))
    wrong = looked_at(lena, book, b"not a key")
    assert "not a complete key file." in wrong.words
