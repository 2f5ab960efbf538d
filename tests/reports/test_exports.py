"""Long exports: asked for, written in the background, followed, left and come back to."""

import csv
import errno
import io
import re
import time
import uuid
import zipfile
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, col, select, update

from api.allocation.actions import Allocation, allocate
from api.foundation.permissions import Permission
from api.foundation.problems import NotAllowed, NotFound
from api.foundation.settings import Settings
from api.moderation import actions as moderation
from api.moderation.actions import AnswerReview, OverallReview
from api.reports.exports import actions as exports
from api.reports.exports.actions import SILENT_AFTER
from api.reports.gaps.queries import gap_report
from checklists.templates.library import load_library_template
from models import Audit, Export, ExportFile, ExportState, Role, Score, now
from models.storage.slots import Busy
from tests.client import Client
from tests.desk import Desk, a_desk
from tests.factories import a_person, an_actor
from tests.filling import fill_round, teams_of
from tests.live import a_ground, serving
from tests.page_forms import SeenPage


def text_of(content: bytes, name: str) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return packed.read(name).decode("utf-8-sig")


def rows_of(content: bytes, name: str = "answers.csv") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text_of(content, name), newline="")))


def exported(desk: Desk, *, has_names: bool = False) -> bytes:
    """The file of an export that Lena asks for."""
    lena = an_actor(desk.cast.lena)
    with desk.database.writing() as session:
        asked = exports.request_export(session, round_id=desk.round_id, has_names=has_names, by=lena).id
    exports.write_next_export(desk.database, Settings())
    with desk.database.reading() as session:
        return exports.fetch_export(session, export_id=asked, by=lena).content


@pytest.mark.fast
@pytest.mark.both_databases
def test_every_counted_answer_is_in_the_file_with_its_words(
    desk: Desk, lena: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In two full pieces and one that is not."""
    monkeypatch.setattr(exports, "AUDITS_OF_A_PIECE", 25)
    filled = fill_round(desk, teams_of(desk), audits=60, seed=2)
    asked = lena.post(f"/rounds/{desk.round_id}/export", data={"key": "one"})
    assert asked.status_code == 303
    page = asked.headers["location"]
    waiting = lena.get(page)
    assert "Check progress" in waiting.text
    assert "The export will start shortly." in waiting.text
    assert lena.get(f"{page}/file").status_code == 409
    claimed = exports.claim_export(desk.database)
    assert claimed is not None
    assert exports.claim_export(desk.database) is None
    exports.write_export(desk.database, claimed)
    assert "Check progress" not in lena.get(page).text
    assert page in lena.get("/exports").text
    assert page in SeenPage(lena.get("/exports")).links
    answer = lena.get(f"{page}/file")
    name = f"answers-spring-round-{now():%Y-%m-%d}.zip"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    rows = rows_of(answer.content)
    assert len(rows) == 60 * 4
    found = sorted((row["theme_key"], row["counted_answer"], row["rationale"]) for row in rows)
    assert found == sorted(
        (theme, answer, f"Seen: {answer}.") for said in filled for theme, answer in said.answers.items()
    )
    assert len(rows_of(answer.content, "audits.csv")) == 60


def test_no_words_of_an_answer_become_a_formula(desk: Desk) -> None:
    audit_id = desk.an_audit()
    desk.answer(audit_id, rationale='=HYPERLINK("http://example.org")')
    desk.submit(audit_id)
    assert {row["rationale"] for row in rows_of(exported(desk))} == {'\'=HYPERLINK("http://example.org")'}


def test_an_export_is_for_whoever_asked_and_leaves_out_what_they_are_blind_to(desk: Desk) -> None:
    lena = an_actor(desk.cast.lena)
    reader = a_person(desk.database, desk.cast.organisation, name="Rae", roles={Role.AUDITOR})
    reading_lead = replace(an_actor(reader), roles=frozenset({Role.AUDITOR, Role.QUALITY_LEAD}))
    audit_id = desk.an_audit()
    desk.answer(audit_id)
    desk.submit(audit_id)
    with desk.database.writing() as session:
        case = session.get_one(Audit, (desk.cast.organisation.id, audit_id)).case_file_id
        allocate(session, round_id=desk.round_id, allocation=Allocation(case, reader.id, 2), by=lena)
        asked = {
            by.id: exports.request_export(session, round_id=desk.round_id, by=by).id for by in (lena, reading_lead)
        }
        # A program of hers that may read reports, and no audits.
        program = replace(lena, scopes=frozenset({Permission.READ_REPORTS}))
        with pytest.raises(NotAllowed, match="can read all audits"):
            exports.request_export(session, round_id=desk.round_id, by=program)
    for _ in asked:
        exports.write_next_export(desk.database, Settings())
    with desk.database.reading() as session:
        held = {
            by.id: len(rows_of(exports.fetch_export(session, export_id=asked[by.id], by=by).content))
            for by in (lena, reading_lead)
        }
        with pytest.raises(NotFound):
            exports.fetch_export(session, export_id=asked[lena.id], by=reading_lead)
        with pytest.raises(NotAllowed, match="can read all audits"):
            exports.fetch_export(session, export_id=asked[lena.id], by=program)
    assert held == {lena.id: 4, reading_lead.id: 0}


@pytest.mark.both_databases
def test_how_far_it_is_can_be_seen_while_it_is_written(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    fill_round(desk, teams_of(desk), audits=30, seed=2)
    monkeypatch.setattr(exports, "AUDITS_OF_A_PIECE", 10)
    with desk.database.writing() as session:
        made = exports.request_export(session, round_id=desk.round_id, by=an_actor(desk.cast.lena)).id
    seen = []
    note = exports._note

    def watched(session: Session, *args: Any, **values: Any) -> bool:
        noted = note(session, *args, **values)
        export = session.get_one(Export, (desk.cast.organisation.id, made), populate_existing=True)
        seen.append((export.state.value, export.audits, export.written))
        return noted

    monkeypatch.setattr(exports, "_note", watched)
    claimed = exports.claim_export(desk.database)
    assert claimed is not None
    exports.write_export(desk.database, claimed)
    assert seen == [("writing", 30, written) for written in (0, 10, 20, 30)] + [("ready", 30, 30)]


@pytest.mark.both_databases
@pytest.mark.parametrize("pieces", [0, 1, 3])
def test_an_export_that_is_cancelled_is_written_no_further(
    desk: Desk, lena: Client, monkeypatch: pytest.MonkeyPatch, pieces: int
) -> None:
    fill_round(desk, teams_of(desk), audits=30, seed=2)
    monkeypatch.setattr(exports, "AUDITS_OF_A_PIECE", 10)
    with desk.database.writing() as session:
        made = exports.request_export(session, round_id=desk.round_id, by=an_actor(desk.cast.lena)).id
    claimed = exports.claim_export(desk.database)
    assert claimed is not None
    mark, marked = exports._mark, []

    def cancels(*args: object, **values: object) -> None:
        mark(*args, **values)  # type: ignore[arg-type]
        marked.append(1)
        if len(marked) == pieces + 1:
            assert lena.post(f"/api/v1/exports/{made}/cancel").json()["state"] == "cancelled"

    monkeypatch.setattr(exports, "_mark", cancels)
    exports.write_export(desk.database, claimed)
    assert len(marked) == pieces + 1
    assert "This export was cancelled." in lena.get(f"/exports/{made}").text
    assert lena.get(f"/api/v1/exports/{made}/file").status_code == 409
    assert lena.post(f"/exports/{made}/cancel").status_code == 409
    with desk.database.reading() as session:
        assert session.exec(select(ExportFile)).all() == []
    assert exports.claim_export(desk.database) is None


@pytest.mark.both_databases
def test_an_export_whose_writer_died_is_taken_over(desk: Desk) -> None:
    fill_round(desk, teams_of(desk), audits=3, seed=2)
    with desk.database.writing() as session:
        made = exports.request_export(session, round_id=desk.round_id, by=an_actor(desk.cast.lena)).id
    assert exports.claim_export(desk.database) is not None
    with desk.database.writing() as session:
        session.get_one(Export, (desk.cast.organisation.id, made)).beat_at = now() - SILENT_AFTER - timedelta(seconds=1)
    again = exports.claim_export(desk.database)
    assert again is not None
    exports.write_export(desk.database, again)
    with desk.database.reading() as session:
        assert session.get_one(Export, (desk.cast.organisation.id, made)).state is ExportState.READY


def test_an_export_that_cannot_be_written_says_so(desk: Desk, lena: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    with desk.database.writing() as session:
        made = exports.request_export(session, round_id=desk.round_id, by=an_actor(desk.cast.lena)).id

    def fail(*_: object) -> bytes:
        raise OSError("the disk is full")

    monkeypatch.setattr(exports, "_written", fail)
    claimed = exports.claim_export(desk.database)
    assert claimed is not None
    with pytest.raises(OSError, match="full"):
        exports.write_export(desk.database, claimed)
    assert "The export failed. Request the export again" in lena.get(f"/exports/{made}").text
    assert exports.claim_export(desk.database) is None


def claimed_export(desk: Desk) -> exports.Claim:
    with desk.database.writing() as session:
        exports.request_export(session, round_id=desk.round_id, by=an_actor(desk.cast.lena))
    claimed = exports.claim_export(desk.database)
    assert claimed is not None
    return claimed


@pytest.mark.parametrize("passing", [Busy("writer"), OSError(errno.ENOSPC, "full")])
def test_an_export_that_only_has_to_wait_is_written_later(
    desk: Desk, lena: Client, monkeypatch: pytest.MonkeyPatch, passing: Exception
) -> None:
    fill_round(desk, teams_of(desk), audits=3, seed=2)
    claimed = claimed_export(desk)
    with monkeypatch.context() as patch:
        patch.setattr(exports, "_written", partial(fail_with, passing))
        with pytest.raises(type(passing)):
            exports.write_export(desk.database, claimed)
    with desk.database.writing() as session:
        session.execute(update(Export).values(beat_at=now() - SILENT_AFTER - timedelta(seconds=1)))
    exports.write_next_export(desk.database, Settings())
    assert lena.get(f"/api/v1/exports/{claimed.export_id}").json()["state"] == "ready"


def test_an_export_that_cannot_be_stored_says_so_and_is_not_tried_for_ever(
    desk: Desk, lena: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    claimed = claimed_export(desk)
    monkeypatch.setattr(exports, "ExportFile", lambda **_: fail_with(ValueError()))
    with pytest.raises(ValueError):  # noqa: PT011 - any fault
        exports.write_export(desk.database, claimed)
    assert "The export failed. Request the export again" in lena.get(f"/exports/{claimed.export_id}").text


def fail_with(error: Exception, *_: object) -> bytes:
    raise error


@pytest.mark.both_databases
def test_an_export_is_forgotten_after_a_week_with_its_file(desk: Desk) -> None:
    fill_round(desk, teams_of(desk), audits=3, seed=2)
    with desk.database.writing() as session:
        made = exports.request_export(session, round_id=desk.round_id, by=an_actor(desk.cast.lena)).id
    claimed = exports.claim_export(desk.database)
    assert claimed is not None
    exports.write_export(desk.database, claimed)
    exports.delete_old_exports(desk.database)
    with desk.database.writing() as session:
        session.get_one(Export, (desk.cast.organisation.id, made)).made_at = now() - timedelta(days=8)
    exports.delete_old_exports(desk.database)
    with desk.database.reading() as session:
        assert session.exec(select(Export)).all() == []
        assert session.exec(select(ExportFile)).all() == []


@pytest.mark.both_in_trials
def test_a_running_server_writes_what_waits(desk: Desk, database_url: str, tmp_path: Path) -> None:
    ground = a_ground(desk.database)
    with serving(database_url, tmp_path, forked=True) as server:
        client = server.client(ground.lead_token)
        asked = client.send("POST", "/api/v1/exports", {"round_id": str(ground.round_id)}, Idempotency_Key="one")
        assert asked.status == 202
        address = asked.headers["location"]
        deadline = time.monotonic() + 60
        while client.send("GET", address).json()["state"] != "ready":
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert len(rows_of(client.send("GET", f"{address}/file").body, "codebook.csv")) > 40


def agree(desk: Desk, audit_id: uuid.UUID, changes: dict[str, tuple[str, str]], *, overall: str = "good") -> None:
    """Let Mo moderate an audit, with other answers and their reasons for some themes."""
    mo = an_actor(desk.cast.mo)
    with desk.database.writing() as session:
        version = version_of(session, desk, audit_id)
        moderation.start_moderation(session, audit_id=audit_id, version=version, by=mo)
        scores = session.exec(select(Score).where(col(Score.audit_id) == audit_id)).all()
        reviews = [AnswerReview(each.theme, *changes.get(each.theme, (each.answer,))) for each in scores]
        version = version_of(session, desk, audit_id)
        moderation.review_answers(session, audit_id=audit_id, judgements=reviews, version=version, by=mo)
        version = version_of(session, desk, audit_id)
        judged = OverallReview(overall)
        version = moderation.review_overall(session, audit_id=audit_id, review=judged, version=version, by=mo).version
        moderation.agree_answers(session, audit_id=audit_id, version=version, by=mo)


def version_of(session: Session, desk: Desk, audit_id: uuid.UUID) -> int:
    return session.get_one(Audit, (desk.cast.organisation.id, audit_id)).version


def test_a_line_of_the_export_can_be_analysed_without_any_other_file(desk: Desk) -> None:
    audit_id = desk.an_audit()
    desk.answer(audit_id, "good", rationale="Seen.")
    desk.submit(audit_id)
    agree(desk, audit_id, {"voice": ("inadequate", "The child was not seen alone.")})
    rows = {row["theme_key"]: row for row in rows_of(exported(desk))}
    today = now().date().isoformat()
    voice, planning = rows["voice"], rows["planning"]
    assert {
        name: voice[name]
        for name in ("organisation", "round", "template_key", "template_version", "team", "case_status", "age_band")
    } == {
        "organisation": desk.cast.organisation.name,
        "round": "Spring round",
        "template_key": desk.template.key,
        "template_version": "1",
        "team": "North locality",
        "case_status": "child-in-need",
        "age_band": "5-to-9",
    }
    assert (voice["auditor"], voice["reading"], voice["audit_mode"]) == ("Auditor 1", "1", "records-only")
    assert [voice[f"{day}_on"] for day in ("allocated", "submitted", "agreed", "signed")] == [today, today, today, ""]
    assert (voice["audit_state"], voice["sampling_weight"]) == ("agreed", "")
    wanted = {
        "auditor_answer": "good",
        "agreed_answer": "inadequate",
        "counted_answer": "inadequate",
        "counted_outcome": "below",
        "applicable": "1",
        "meets_standard": "0",
        "changed": "yes",
        "change_reason": "The child was not seen alone.",
        "rationale": "Seen.",
    }
    assert {name: voice[name] for name in wanted} == wanted
    assert (planning["changed"], planning["change_reason"], planning["meets_standard"]) == ("no", "", "1")
    (audit,) = rows_of(exported(desk), "audits.csv")
    assert (audit["overall_calculated"], audit["overall_agreed"], audit["overall_counted"]) == ("good", "good", "good")
    assert audit["overall_meets_standard"] == "1"
    assert (audit["themes_meets"], audit["themes_below"], audit["themes_changed"]) == ("3", "1", "1")


@pytest.mark.both_in_trials
def test_the_shares_of_the_export_are_those_of_the_report(desk: Desk) -> None:
    fill_round(desk, teams_of(desk, "South locality"), audits=60, seed=7, sampling_weight=2.5)
    content = exported(desk)
    with desk.database.reading() as session:
        report = gap_report(session, round_ids=[desk.round_id], by=an_actor(desk.cast.lena))
    meets: dict[str, list[int]] = defaultdict(list)
    for row in rows_of(content):
        if row["meets_standard"]:
            meets[row["theme_key"]].append(int(row["meets_standard"]))
    for gap in report.groups[0].themes:
        assert Fraction(sum(meets[gap.key]), len(meets[gap.key])) == gap.share_meeting
    audits = rows_of(content, "audits.csv")
    assert {row["sampling_weight"] for row in audits} == {"2.5"}
    assert sum(int(row["themes_below"]) + int(row["themes_not_evidenced"]) for row in audits) == sum(
        gap.below for gap in report.groups[0].themes
    )


def test_every_column_is_in_the_codebook_and_in_the_readme(desk: Desk) -> None:
    fill_round(desk, teams_of(desk), audits=3, seed=7)
    content = exported(desk)
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert packed.namelist() == ["answers.csv", "audits.csv", "codebook.csv", "README.txt"]
    book, readme = rows_of(content, "codebook.csv"), text_of(content, "README.txt")
    for file in ("answers.csv", "audits.csv"):
        head, first, *_ = text_of(content, file).split("\r\n")
        names = next(csv.reader([head]))
        assert names == [row["column"] for row in book if row["file"] == file]
        assert all(re.fullmatch("[a-z]+(_[a-z]+)*", name) for name in names)
        assert all(f"  {name} (" in readme for name in names)
        # A text is in quotes, a number is not.
        assert first.startswith(f'"{desk.cast.organisation.name}","Spring round","')
    assert all(row["meaning"] and row["type"] for row in book)
    known = {row["column"]: row["values"] for row in book}
    assert "not-evidenced: Not evidenced" in known["counted_answer"]
    assert "child-in-need: Child in need" in known["case_status"]
    assert "Not evidenced is applicable and counts as below the standard." in readme


def test_the_readme_of_a_round_without_ratings_lists_every_column_too(database_url: str) -> None:
    review = load_library_template("learning-review").model_copy(update={"key": "without-ratings"})
    with a_desk(database_url, template=review) as desk:
        content = exported(desk)
    readme = text_of(content, "README.txt")
    assert "The template has no ratings" in readme
    assert "Auditors are numbered." in readme
    assert all(f"  {row['column']} (" in readme for row in rows_of(content, "codebook.csv"))


def test_auditors_are_numbered_unless_somebody_who_may_read_their_names_asks_for_them(desk: Desk, lena: Client) -> None:
    for auditor in (desk.cast.asha, desk.cast.ben, desk.cast.asha):
        audit_id = desk.an_audit(auditor)
        desk.answer(audit_id, by=auditor)
        desk.submit(audit_id, by=auditor)
    numbered = rows_of(exported(desk), "audits.csv")
    assert sorted(row["auditor"] for row in numbered) in (
        ["Auditor 1", "Auditor 1", "Auditor 2"],
        ["Auditor 1", "Auditor 2", "Auditor 2"],
    )
    named = exported(desk, has_names=True)
    assert sorted(row["auditor"] for row in rows_of(named, "audits.csv")) == ["Asha", "Asha", "Ben"]
    assert "Auditors are named" in text_of(named, "README.txt")
    # A program of hers that may not read the list of people.
    scopes = frozenset({Permission.READ_REPORTS, Permission.READ_AUDITS, Permission.READ_CASE_FILES})
    program = replace(an_actor(desk.cast.lena), scopes=scopes)
    with desk.database.writing() as session:
        exports.request_export(session, round_id=desk.round_id, by=program)
        with pytest.raises(NotAllowed, match="list of people"):
            exports.request_export(session, round_id=desk.round_id, has_names=True, by=program)
    made = lena.post(f"/rounds/{desk.round_id}/export", data={"key": "k", "names": "yes"}).headers["location"]
    exports.write_next_export(desk.database, Settings())
    exports.write_next_export(desk.database, Settings())
    assert "Auditors are named." in lena.get(made).text
    with desk.database.reading() as session, pytest.raises(NotAllowed, match="list of people"):
        exports.fetch_export(session, export_id=uuid.UUID(made.rpartition("/")[2]), by=program)
    asked = lena.post(
        "/api/v1/exports",
        json={"round_id": str(desk.round_id), "has_names": True},
        headers={"Idempotency-Key": "one"},
    )
    assert asked.json()["has_names"] is True
    assert 'name="names"' in lena.get(f"/rounds/{desk.round_id}/report").text
