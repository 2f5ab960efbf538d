"""A moderator or a quality lead takes words out of somebody's audit, and they are gone."""

from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import make_url, text
from sqlmodel import SQLModel, select

from api.reports.exports import actions as exports
from models import Event, Export, ExportFile, Role
from models.storage.database import Database
from tests.client import Client
from tests.desk import Desk
from tests.factories import a_person
from tests.guards_aside import without_hashes
from tests.page_forms import SeenPage

SECRET = "Quillfeather of Exampleton"
WORDS = f"Seen at home, where {SECRET} said that quillfeather OF exampleton was well."


def post(client: Client, desk: Desk, audit: Any, **body: Any) -> httpx2.Response:
    sent = {"field": "rationale", "theme": "voice", "reason": "child-or-family", **body}
    version = f'"{desk.find(audit).audit.version}"'
    answer: httpx2.Response = client.post(
        f"/api/v1/audits/{audit}/redactions", json=sent, headers={"If-Match": version}
    )
    return answer


def an_audit_with_words(desk: Desk) -> Any:
    audit = desk.an_audit()
    desk.answer(audit, rationale=WORDS)
    desk.submit(audit)
    return audit


def everything_stored(database: Database) -> str:
    with database.reading() as session:
        return str([session.execute(text(f"SELECT * FROM {name}")).all() for name in sorted(SQLModel.metadata.tables)])


@pytest.mark.fast
@pytest.mark.both_databases
def test_only_the_words_go_and_the_answer_stays(desk: Desk, lena: Client) -> None:
    audit = an_audit_with_words(desk)
    start = WORDS.index(SECRET)
    answer = post(
        lena, desk, audit, places=[{"start": start, "end": start + 5}, {"start": start + 5, "end": start + 26}]
    )
    assert answer.status_code == 200, answer.text
    stored = desk.stored(audit)
    assert stored["voice"][:2] == ("good", f"Seen at home, where [redacted]{WORDS[start + 26 :]}")
    assert stored["planning"][1] == WORDS
    assert desk.find(audit).audit.state == "submitted"


@pytest.mark.both_in_trials
def test_the_event_tells_where_and_why_and_never_what(desk: Desk, lena: Client) -> None:
    audit = an_audit_with_words(desk)
    post(lena, desk, audit, places=[{"start": 0, "end": 4}])
    post(lena, desk, audit)
    with desk.database.reading() as session:
        found = session.exec(select(Event).where(Event.kind == "audit.redacted").order_by(Event.number))  # type: ignore[arg-type]
        told = [(event.subject_id, event.person_id, without_hashes(event)) for event in found]
    common = {"theme": "voice", "field": "rationale", "reason": "child-or-family"}
    assert told == [
        (audit, desk.cast.lena.id, {**common, "places": "0-4"}),
        (audit, desk.cast.lena.id, {**common, "places": "all"}),
    ]


@pytest.mark.both_databases
def test_the_old_words_are_nowhere_in_the_database_and_on_sqlite_not_in_its_files(
    desk: Desk, lena: Client, database_kind: str
) -> None:
    audit = an_audit_with_words(desk)
    assert SECRET in everything_stored(desk.database)
    for theme in desk.template.theme_keys:
        assert post(lena, desk, audit, theme=theme).status_code == 200
    assert SECRET.lower() not in everything_stored(desk.database).lower()
    if database_kind == "sqlite":
        path = Path(str(make_url(str(desk.database.engine.url)).database))
        for file in path.parent.glob(f"{path.name}*"):
            assert SECRET.encode() not in file.read_bytes(), file.name


@pytest.mark.both_databases
def test_exports_of_the_round_are_thrown_away_because_they_hold_the_old_words(desk: Desk, lena: Client) -> None:
    audit = an_audit_with_words(desk)
    asked = lena.post("/api/v1/exports", json={"round_id": str(desk.round_id)}, headers={"Idempotency-Key": "one"})
    assert asked.status_code == 202
    claimed = exports.claim_export(desk.database)
    assert claimed is not None
    exports.write_export(desk.database, claimed)
    with desk.database.reading() as session:
        assert len(session.exec(select(ExportFile)).all()) == 1
    assert post(lena, desk, audit).status_code == 200
    with desk.database.reading() as session:
        assert session.exec(select(ExportFile)).all() == []
        assert session.exec(select(Export)).all() == []


def test_nobody_redacts_their_own_audit_and_an_auditor_none(desk: Desk) -> None:
    audit = an_audit_with_words(desk)
    assert post(desk.browser(desk.cast.asha), desk, audit).status_code == 403
    kim = a_person(
        desk.database, desk.cast.organisation, name="Kim", roles={Role.AUDITOR, Role.MODERATOR, Role.QUALITY_LEAD}
    )
    own = desk.an_audit(kim)
    desk.answer(own, rationale=WORDS, by=kim)
    desk.submit(own, by=kim)
    assert post(desk.browser(kim), desk, own).status_code == 403
    assert desk.stored(own)["voice"][1] == WORDS
    assert desk.stored(audit)["voice"][1] == WORDS


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"places": [{"start": 4, "end": 4}]}, 422),
        ({"places": [{"start": 0, "end": 8001}]}, 422),
        ({"theme": ""}, 422),
        ({"field": "override_reason"}, 422),
        ({"field": "impact"}, 409),
        ({"theme": "no-such-theme"}, 404),
        ({"reason": "because"}, 422),
    ],
)
def test_what_cannot_be_redacted_is_refused_and_changes_nothing(
    desk: Desk, lena: Client, body: dict[str, Any], status: int
) -> None:
    audit = an_audit_with_words(desk)
    answer = post(lena, desk, audit, **body)
    assert answer.status_code == status, answer.text
    assert SECRET not in answer.text
    assert desk.stored(audit)["voice"][1] == WORDS


@pytest.mark.both_databases
def test_of_two_who_redact_at_once_the_later_looks_again(desk: Desk, lena: Client) -> None:
    audit = an_audit_with_words(desk)
    body = {"field": "rationale", "theme": "voice", "reason": "other-person"}
    old = {"If-Match": f'"{desk.find(audit).audit.version}"'}
    assert lena.post(f"/api/v1/audits/{audit}/redactions", json=body, headers=old).status_code == 200
    assert lena.post(f"/api/v1/audits/{audit}/redactions", json=body, headers=old).status_code == 412


def test_a_page_takes_out_the_words_wherever_they_stand_in_the_text(desk: Desk, lena: Client) -> None:
    audit = an_audit_with_words(desk)
    path = f"/audits/{audit}/redact"
    assert path in lena.get(f"/audits/{audit}").text
    form = SeenPage(lena.get(path)).form(path)
    typed = {**form, "text": "voice.rationale", "how_much": "words", "words": "nobody wrote this", "reason": ""}
    refused = SeenPage(lena.post(path, data=typed)).words
    assert "Select a reason for redacting the words" in refused
    assert "Enter words from the selected text. These words are not in it." in refused
    refused = SeenPage(lena.post(path, data={**typed, "text": "", "words": "", "reason": ""})).words
    assert "Select the text that contains the words" in refused
    assert "Enter the words to redact" in refused
    typed["reason"] = "child-or-family"
    answer = lena.post(path, data={**typed, "words": SECRET})
    assert answer.status_code == 303
    assert desk.stored(audit)["voice"][1] == "Seen at home, where [redacted] said that [redacted] was well."


def test_a_reason_is_redacted_too_and_stays_a_reason(desk: Desk, lena: Client) -> None:
    audit = an_audit_with_words(desk)
    desk.give_back(audit, WORDS)
    assert "Reason for returning the audit" in lena.get(f"/audits/{audit}/redact").text
    answer = post(lena, desk, audit, field="return_reason", theme="")
    assert answer.json()["return_reason"] == "[redacted]"
