"""One audit from its allocation to the signed report: every page, file and figure on the way says the same of it."""

import uuid
from collections.abc import Iterator

import pytest

from api.audits.scoring import actions as scores
from api.moderation import actions as moderation
from api.moderation import rules, sign_off
from api.moderation.actions import AnswerReview, OverallReview
from api.moderation.rules import RuleChange
from checklists.templates.template_file import check_template
from models import AuditMode
from tests.client import Client
from tests.desk import THEMES, Desk, a_desk
from tests.factories import an_actor
from tests.moderation.test_overall import limiting
from tests.page_forms import SeenPage
from tests.reports.test_exports import exported, rows_of

OTHERS = 11


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with a_desk(database_url, template=check_template(limiting())) as made:
        yield made


def agreed_as_they_are(desk: Desk) -> None:
    """Audits in which everything is Good, agreed without moderation."""
    with desk.database.writing() as session:
        rules.set_rule(
            session,
            round_id=desk.round_id,
            change=RuleChange(share_percent=0, lowest=False, first_audits=0),
            version=0,
            by=an_actor(desk.cast.lena),
        )
    for _ in range(OTHERS):
        audit_id = desk.an_audit()
        desk.answer(audit_id, "good", rationale="Seen.")
        desk.submit(audit_id)
        desk.change(moderation.accept_answers, audit_id, "mo")


def moderated(desk: Desk) -> uuid.UUID:
    """One that its auditor judged Outstanding, whose limiting theme a moderator changed to Inadequate, signed."""
    audit_id = desk.an_audit(reference="CF-2468")
    desk.answer(audit_id, "good", rationale="Seen.")
    own = {"mode": AuditMode.RECORDS_ONLY, "overall_override": "outstanding", "override_reason": "A warm bond."}
    desk.change(scores.change_audit, audit_id, "asha", **own)
    desk.submit(audit_id)
    desk.change(moderation.start_moderation, audit_id, "mo")
    answers = [
        AnswerReview("voice", "inadequate", "Never alone."),
        *(AnswerReview(each, "good") for each in THEMES[1:]),
    ]
    desk.change(moderation.review_answers, audit_id, "mo", judgements=answers)
    desk.change(moderation.review_overall, audit_id, "mo", review=OverallReview("requires-improvement"))
    desk.change(moderation.agree_answers, audit_id, "mo")
    desk.change(sign_off.sign_off, audit_id, "lena", review=OverallReview("requires-improvement"))
    return audit_id


def said_of_the_audit(desk: Desk, lena: Client, audit_id: uuid.UUID) -> dict[str, tuple[str, str]]:
    """The overall judgement and the answer to the limiting theme, by where they are read."""
    found = lena.get(f"/api/v1/audits/{audit_id}").json()
    voice = next(each for each in found["scores"] if each["theme"] == "voice")
    listed = {each["id"]: each for each in lena.get("/api/v1/audits").json()["items"]}[str(audit_id)]
    moderated = lena.get(f"/api/v1/audits/{audit_id}/moderation").json()
    export = exported(desk)
    (of_audit,) = (row for row in rows_of(export, "audits.csv") if row["audit_id"] == str(audit_id))
    (of_voice,) = (row for row in rows_of(export) if (row["audit_id"], row["theme_key"]) == (str(audit_id), "voice"))
    return {
        "audit": (found["overall"], voice["agreed_answer"]),
        "list": (listed["overall"], voice["agreed_answer"]),
        "moderation": (
            moderated["overall"]["agreed_overall"],
            next(each["agreed_answer"] for each in moderated["themes"] if each["theme"] == "voice"),
        ),
        "export": (of_audit["overall_counted"], of_voice["counted_answer"]),
    }


def counted(desk: Desk, lena: Client) -> dict[str, tuple[int, int]]:
    """How many audits meet the standard overall, of how many, by where they are read."""
    found = {}
    gaps = lena.get(f"/api/v1/reports/gaps?round={desk.round_id}").json()["groups"][0]["overall"]
    found["gap report"] = (gaps["meeting"], gaps["judged"])
    by_team = lena.get(f"/api/v1/reports/gaps?round={desk.round_id}&by=team").json()["groups"][0]["overall"]
    found["by team"] = (by_team["meeting"], by_team["judged"])
    report = lena.get(f"/api/v1/rounds/{desk.round_id}/report").json()
    (section,) = (each for each in report["sections"] if each["heading"] == "Overall judgements")
    rows = {row[0]["text"]: int(row[1]["text"]) for row in section["table"]["rows"]}
    found["round report"] = (rows["Good or better"], sum(rows.values()) - rows["Good or better"])
    audits = rows_of(exported(desk), "audits.csv")
    found["export"] = (sum(int(row["overall_meets_standard"]) for row in audits), len(audits))
    return found


@pytest.mark.fast
@pytest.mark.both_databases
def test_everything_that_is_said_of_an_audit_is_what_was_agreed(desk: Desk) -> None:
    agreed_as_they_are(desk)
    audit_id = moderated(desk)
    lena, asha = desk.browser(desk.cast.lena), desk.browser(desk.cast.asha)
    said = said_of_the_audit(desk, lena, audit_id)
    assert set(said.values()) == {("requires-improvement", "inadequate")}, said
    numbers = counted(desk, lena)
    assert set(numbers.values()) == {(OTHERS, OTHERS + 1)}, numbers
    for path in (f"/audits/{audit_id}", f"/audits/{audit_id}/print", f"/audits/{audit_id}/moderation"):
        assert "Requires improvement, agreed" in SeenPage(lena.get(path)).words, path
    assert "Requires improvement" in SeenPage(asha.get("/audits/submitted")).words
    words = SeenPage(lena.get(f"/rounds/{desk.round_id}/report")).words
    assert "11 of 12 audits (92%, 95% interval 65% to 99%) were judged Good or better overall." in words
    reason = {"reason": "The others are not signed; the board meets on Monday."}
    version = lena.get(f"/api/v1/rounds/{desk.round_id}").headers["etag"]
    closed = lena.post(f"/api/v1/rounds/{desk.round_id}/close", json=reason, headers={"If-Match": version})
    assert closed.status_code == 200, closed.text
    assert counted(desk, lena) == numbers
    assert said_of_the_audit(desk, lena, audit_id) == said


def test_a_snapshot_shows_of_the_overall_judgements_what_its_rule_releases(desk: Desk) -> None:
    agreed_as_they_are(desk)
    moderated(desk)
    lena = desk.browser(desk.cast.lena)
    body, key = {"round_id": str(desk.round_id), "title": "For the board"}, {"Idempotency-Key": "board"}
    made = lena.post("/api/v1/snapshots", json=body, headers=key)
    assert made.status_code == 201, made.text
    report = lena.get(f"/api/v1/snapshots/{made.json()['id']}/report").json()
    (section,) = (each for each in report["sections"] if each["heading"] == "Overall judgements")
    # In truth 11 of 12; what is shown is counted from the altered copy.
    label, judged, meeting, share, *_ = section["table"]["rows"][0]
    assert label["text"] == "Good or better"
    assert 10 <= judged["number"] <= 12
    assert 9 <= meeting["number"] <= judged["number"]
    assert share["number"] == round(meeting["number"] / judged["number"], 2)
