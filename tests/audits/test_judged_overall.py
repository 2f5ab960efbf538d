"""A template that leaves the overall judgement to its auditors: chosen before any sum is seen, and held by caps."""

import uuid
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest

from api.agreement.queries import agreement_report
from api.audits.complete import actions as complete_audits
from api.audits.complete.known import CompleteAudit, RecordedAudit
from api.audits.scoring import actions as scores
from api.audits.scoring.actions import NewScore
from api.case_files.actions import NewCaseFile
from api.foundation.problems import Invalid
from api.moderation import actions as moderation
from api.moderation import sign_off
from api.moderation.actions import AnswerReview, OverallReview
from checklists.reliability.coefficients import Measure
from checklists.templates.template_file import check_template
from models import AgeBand, AuditMode, CaseStatus
from tests.client import Client
from tests.desk import SMALL, THEMES, Desk, a_desk
from tests.factories import an_actor
from tests.page_forms import SeenPage
from tests.reports.test_exports import exported, rows_of

JUDGED = {
    **SMALL,
    "format": "caseaudit-template/2",
    "overall": {
        "how": "judged",
        "caps": [
            {"themes": ["voice"], "at_best": "inadequate", "unless": "Say why the child is safe."},
            {"in_at_least": 2, "at_best": "requires-improvement"},
            {"answer": "not-evidenced", "in_at_least_percent": 50, "at_best": "cannot-be-judged"},
        ],
    },
}
WHY = "The family was seen every week."
SAFE = "The child lives with an aunt now."


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with a_desk(database_url, template=check_template(JUDGED)) as made:
        yield made


def scored(desk: Desk, **answers: str) -> uuid.UUID:
    """An audit of Asha's, Good but for these answers, with a rationale for each."""
    audit_id = desk.an_audit()
    for theme in THEMES:
        desk.answer(audit_id, answers.get(theme.replace("-", "_"), "good"), theme, rationale="Seen on file.")
    return audit_id


def judge(desk: Desk, audit_id: uuid.UUID, overall: str, *, reason: str = WHY, cap_reason: str = "") -> None:
    with desk.database.writing() as session:
        scores.change_audit(
            session,
            audit_id=audit_id,
            mode=AuditMode.RECORDS_ONLY,
            overall_override=overall,
            override_reason=reason,
            cap_reason=cap_reason,
            version=desk.find(audit_id).audit.version,
            by=an_actor(desk.cast.asha),
        )


def check_page(client: Client, audit_id: uuid.UUID) -> SeenPage:
    return SeenPage(client.get(f"/audits/{audit_id}/check"))


def told(asha: Client, audit_id: uuid.UUID) -> dict[str, Any]:
    shown: dict[str, Any] = asha.get(f"/api/v1/audits/{audit_id}").json()
    return {name: shown[name] for name in ("overall", "overall_calculated", "auditor_overall", "auditor_calculated")}


def test_nobody_sees_what_the_answers_give_before_the_auditor_has_judged(desk: Desk, asha: Client) -> None:
    audit_id = scored(desk)
    lena = desk.browser(desk.cast.lena)
    for client in (asha, lena):
        assert set(told(client, audit_id).values()) == {None}
    page = check_page(asha, audit_id)
    assert "Give your own judgement first" in page.words
    assert "Calculated from your answers" not in page.words
    assert page.form(f"/audits/{audit_id}/check").get("overall_override", "") == ""
    assert "No judgement yet" in SeenPage(asha.get(f"/audits/{audit_id}/print")).words
    judge(desk, audit_id, "requires-improvement")
    words = check_page(asha, audit_id).words
    assert "Calculated from your answers: Good . Your judgement differs, so a moderator will check the audit." in words
    assert told(asha, audit_id)["overall_calculated"] == "good"


@pytest.mark.both_in_trials
def test_an_audit_is_not_submitted_before_its_auditor_has_judged(desk: Desk, asha: Client) -> None:
    audit_id = scored(desk)
    with pytest.raises(Invalid) as refused:
        desk.submit(audit_id)
    assert [fault.pointer for fault in refused.value.faults] == ["/overall_override"]
    form = check_page(asha, audit_id).form(f"/audits/{audit_id}/check")
    answer = asha.post(f"/audits/{audit_id}/submit", data={**form, "override_reason": WHY})
    assert answer.status_code == 422
    assert WHY in answer.text
    assert "Select the overall judgement that this reason supports" in answer.text
    answer = asha.post(f"/audits/{audit_id}/submit", data={**form, "overall_override": "good"})
    assert "Enter a reason for your overall judgement" in answer.text
    answer = asha.post(f"/audits/{audit_id}/submit", data={**form, "overall_override": "good", "override_reason": WHY})
    assert answer.status_code == 303
    assert desk.find(audit_id).overall == "good"


def test_a_judgement_above_a_cap_needs_the_reason_that_the_template_asks_for(desk: Desk, asha: Client) -> None:
    audit_id = scored(desk, voice="inadequate")
    form = check_page(asha, audit_id).form(f"/audits/{audit_id}/check")
    answer = asha.post(f"/audits/{audit_id}/submit", data={**form, "overall_override": "good", "override_reason": WHY})
    assert answer.status_code == 422
    page = SeenPage(answer)
    assert page.words.count("Say why the child is safe") >= 2
    form = page.form(f"/audits/{audit_id}/check")
    assert form["cap_reason"] == ""
    answer = asha.post(f"/audits/{audit_id}/submit", data={**form, "cap_reason": SAFE})
    assert answer.status_code == 303
    found = desk.find(audit_id)
    assert (found.overall, found.audit.overall_calculated, found.audit.cap_reason) == ("good", "inadequate", SAFE)
    mo = desk.browser(desk.cast.mo)
    words = SeenPage(mo.get(f"/audits/{audit_id}/moderation")).words
    assert SAFE in words
    assert "above the template’s limit" in words


def test_no_reason_lifts_a_cap_that_asks_for_none(desk: Desk, asha: Client) -> None:
    audit_id = scored(desk, planning="inadequate", challenge="inadequate")
    judge(desk, audit_id, "good", cap_reason=SAFE)
    with pytest.raises(Invalid) as refused:
        desk.submit(audit_id)
    (fault,) = refused.value.faults
    assert fault.pointer == "/overall_override"
    assert "cannot be better than Requires improvement if at least 2 themes are rated Inadequate" in fault.detail
    labels = [desk.template.theme(key).label for key in ("planning", "challenge")]
    assert fault.detail.endswith(f"In this audit: {'; '.join(labels)}.")
    judge(desk, audit_id, "requires-improvement")
    desk.submit(audit_id)


def test_a_file_that_says_too_little_cannot_be_judged_and_says_so_everywhere(desk: Desk, asha: Client) -> None:
    audit_id = scored(desk, planning="not-evidenced", challenge="not-evidenced")
    judge(desk, audit_id, "good")
    with pytest.raises(Invalid, match="not complete"):
        desk.submit(audit_id)
    judge(desk, audit_id, "cannot-be-judged")
    desk.submit(audit_id)
    lena = desk.browser(desk.cast.lena)
    assert told(lena, audit_id) == dict.fromkeys(told(lena, audit_id), "cannot-be-judged")
    for path in (f"/audits/{audit_id}", f"/audits/{audit_id}/print", f"/rounds/{desk.round_id}/report"):
        assert "Cannot be judged from the file" in SeenPage(lena.get(path)).words, path
    (group,) = lena.get(f"/api/v1/reports/gaps?round={desk.round_id}").json()["groups"]
    assert group["overall"]["counts"]["cannot-be-judged"] == 1
    assert (group["overall"]["judged"], group["overall"]["meeting"]) == (1, 0)


def test_an_export_has_a_file_that_cannot_be_judged(desk: Desk) -> None:
    audit_id = scored(desk, planning="not-evidenced", challenge="not-evidenced")
    judge(desk, audit_id, "cannot-be-judged")
    desk.submit(audit_id)
    line = rows_of(exported(desk), "audits.csv")[0]
    assert (line["overall_counted"], line["overall_meets_standard"]) == ("cannot-be-judged", "0")


def test_moderators_and_signers_are_held_by_the_same_caps(desk: Desk) -> None:
    audit_id = scored(desk)
    judge(desk, audit_id, "good")
    desk.submit(audit_id)
    desk.change(moderation.start_moderation, audit_id)
    reviews = [AnswerReview(theme, "good") for theme in THEMES[:2]]
    reviews += [AnswerReview(theme, "inadequate", "There is no plan.") for theme in THEMES[2:]]
    desk.change(moderation.review_answers, audit_id, judgements=reviews)
    with pytest.raises(Invalid) as refused:
        desk.change(moderation.review_overall, audit_id, review=OverallReview("good", WHY))
    (fault,) = refused.value.faults
    assert fault.detail == (
        "These answers do not allow an overall judgement better than Requires "
        "improvement, even with a reason. Select another judgement."
    )
    desk.change(moderation.review_overall, audit_id, review=OverallReview("cannot-be-judged", "The file is empty."))
    desk.change(moderation.agree_answers, audit_id)
    with pytest.raises(Invalid, match=r"do not allow an overall judgement better than"):
        desk.change(sign_off.sign_off, audit_id, "lena", review=OverallReview("outstanding", WHY))
    desk.change(sign_off.sign_off, audit_id, "lena", review=OverallReview("cannot-be-judged"))
    assert desk.find(audit_id).overall == "cannot-be-judged"


def test_another_system_judges_and_says_why_too(desk: Desk) -> None:
    token = desk.browser(desk.cast.lena)
    recorded = {
        "round_id": str(desk.round_id),
        "auditor_id": str(desk.cast.asha.id),
        "case_file": {"team_id": str(desk.team_id), "status": "child-in-need", "age_band": "5-to-9"},
        "scores": [
            {"theme": theme, "answer": "inadequate" if theme == "voice" else "good", "rationale": "Seen on file."}
            for theme in THEMES
        ],
    }

    def refused(**entries: str) -> list[str]:
        answer = token.post(
            "/api/v1/complete-audits", json={**recorded, **entries}, headers={"Idempotency-Key": str(uuid.uuid4())}
        )
        assert answer.status_code == 422, answer.text
        return [fault["pointer"] for fault in answer.json()["errors"]]

    assert refused() == ["/overall_override"]
    assert refused(overall_override="good") == ["/override_reason"]
    assert refused(overall_override="good", override_reason=WHY) == ["/cap_reason"]
    whole = {**recorded, "overall_override": "good", "override_reason": WHY, "cap_reason": SAFE}
    answer = token.post("/api/v1/complete-audits", json=whole, headers={"Idempotency-Key": "whole"})
    assert answer.status_code == 201, answer.text
    assert desk.find(uuid.UUID(answer.json()["audit_id"])).audit.cap_reason == SAFE


def test_the_report_says_by_which_rule_audits_were_judged(desk: Desk) -> None:
    audit_id = scored(desk)
    judge(desk, audit_id, "good")
    desk.submit(audit_id)
    lena = desk.browser(desk.cast.lena)
    for path in (f"/rounds/{desk.round_id}/report", f"/reports/gaps?round={desk.round_id}&by=team"):
        words = SeenPage(lena.get(path)).words
        assert "The auditor chooses the overall judgement, with reasons" in words, path
        assert "at least 2 themes are rated Inadequate" in words, path


def test_readers_of_whom_one_could_not_judge_the_file_are_said_to_differ(desk: Desk) -> None:
    bands = NewCaseFile(desk.team_id, CaseStatus.CHILD_IN_NEED, AgeBand.FROM_5_TO_9)
    lena = an_actor(desk.cast.lena)

    def record(case: NewCaseFile | uuid.UUID, auditor: uuid.UUID, answer: str, overall: str) -> uuid.UUID:
        scored = tuple(NewScore(theme, answer, "Seen on file.") for theme in THEMES)
        new = CompleteAudit(
            desk.round_id, auditor, case, scored, overall_override=overall, override_reason=WHY, cap_reason=SAFE
        )
        with desk.database.writing() as session:
            (made,) = complete_audits.record_audits(session, audits=[new], by=lena)
        assert isinstance(made, RecordedAudit)
        return made.case_file_id

    for second in (("good", "good"), ("not-evidenced", "cannot-be-judged")):
        case = record(bands, desk.cast.asha.id, "good", "good")
        record(case, desk.cast.ben.id, *second)
    with desk.database.reading() as session:
        figures = agreement_report(session, round_id=desk.round_id, by=lena).judgements.figures
    assert (figures[Measure.EXACT].value, figures[Measure.EXACT].n_pairs) == (Fraction(1, 2), 2)
