"""Long exports: asked for, written in the background, followed, left and come back to."""

import csv
import io
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, select

from api.allocation.actions import Allocation, allocate
from api.foundation.permissions import Permission
from api.foundation.problems import NotAllowed, NotFound
from api.foundation.settings import Settings
from api.reports.exports import actions as exports
from api.reports.exports.actions import SILENT_AFTER
from models import Audit, Export, ExportFile, ExportState, Role, now
from tests.client import Client
from tests.desk import Desk, a_desk
from tests.factories import a_person, an_actor
from tests.filling import fill_round, teams_of
from tests.live import a_ground, serving
from tests.page_forms import SeenPage


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with a_desk(database_url) as made:
        yield made


@pytest.fixture
def lena(desk: Desk) -> Client:
    return desk.browser(desk.cast.lena)


def lines_of(content: bytes) -> list[list[str]]:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        text = packed.read("answers.csv").decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.fast
@pytest.mark.both_databases
def test_every_counted_answer_is_in_the_file_with_its_words(desk: Desk, lena: Client) -> None:
    filled = fill_round(desk, teams_of(desk), audits=1_200, seed=2)
    asked = lena.post(f"/rounds/{desk.round_id}/export", data={"key": "one"})
    assert asked.status_code == 303
    page = asked.headers["location"]
    waiting = lena.get(page)
    assert "See how far it is" in waiting.text
    assert "It will begin in a moment." in waiting.text
    assert lena.get(f"{page}/file").status_code == 409
    claimed = exports.claim_export(desk.database)
    assert claimed is not None
    assert exports.claim_export(desk.database) is None
    exports.write_export(desk.database, claimed)
    assert "See how far it is" not in lena.get(page).text
    assert page in lena.get("/exports").text
    assert page in SeenPage(lena.get("/exports")).links
    answer = lena.get(f"{page}/file")
    assert answer.headers["content-disposition"] == 'attachment; filename="answers.zip"'
    head, *lines = lines_of(answer.content)
    assert head[:3] == ["Audit", "Case file", "Learning domain"]
    assert len(lines) == 1_200 * 4
    labels = {rating.key: rating.label for rating in desk.template.scale.ratings}
    labels |= {"not-evidenced": "Not evidenced", "not-applicable": "Not applicable"}
    told = sorted((line[3], line[4]) for line in lines)
    themes = {theme.key: theme.label for theme in desk.template.themes}
    assert told == sorted((themes[theme], labels[answer]) for said in filled for theme, answer in said.answers.items())


def test_no_words_of_an_answer_become_a_formula(desk: Desk) -> None:
    audit_id = desk.an_audit()
    desk.answer(audit_id, rationale='=HYPERLINK("http://example.org")')
    desk.submit(audit_id)
    with desk.database.writing() as session:
        asked = exports.request_export(session, round_id=desk.round_id, by=an_actor(desk.cast.lena)).id
    exports.write_next_export(desk.database, Settings())
    with desk.database.reading() as session:
        lines = lines_of(exports.fetch_export(session, export_id=asked, by=an_actor(desk.cast.lena)))
    assert {line[5] for line in lines[1:]} == {'\'=HYPERLINK("http://example.org")'}


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
        with pytest.raises(NotAllowed, match="may read every audit"):
            exports.request_export(session, round_id=desk.round_id, by=program)
    for _ in asked:
        exports.write_next_export(desk.database, Settings())
    with desk.database.reading() as session:
        held = {
            by.id: len(lines_of(exports.fetch_export(session, export_id=asked[by.id], by=by))) - 1
            for by in (lena, reading_lead)
        }
        with pytest.raises(NotFound):
            exports.fetch_export(session, export_id=asked[lena.id], by=reading_lead)
        with pytest.raises(NotAllowed, match="may read every audit"):
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
    assert "It could not be written. Ask for it again" in lena.get(f"/exports/{made}").text
    assert exports.claim_export(desk.database) is None


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


@pytest.mark.both_databases
def test_a_running_server_writes_what_waits(desk: Desk, database_url: str, tmp_path: Path) -> None:
    ground = a_ground(desk.database)
    with serving(database_url, tmp_path) as server:
        client = server.client(ground.lead_token)
        asked = client.send("POST", "/api/v1/exports", {"round_id": str(ground.round_id)}, Idempotency_Key="one")
        assert asked.status == 202
        address = asked.headers["location"]
        deadline = time.monotonic() + 60
        while client.send("GET", address).json()["state"] != "ready":
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert lines_of(client.send("GET", f"{address}/file").body)[0][0] == "Audit"
