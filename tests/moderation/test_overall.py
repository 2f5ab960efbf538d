"""One truth of an audit: once it is agreed, every page, file and report says what was agreed, and judges by it."""

import copy
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from alembic import command

from api.audits.scoring import actions as scores
from api.foundation.problems import Conflict, Invalid
from api.moderation import actions as moderation
from api.moderation import sign_off
from api.moderation.actions import AnswerReview, OverallReview
from checklists.audits.audit_states import AuditState
from checklists.audits.moderation import Cause
from checklists.templates.template_file import check_template
from models import AuditMode, Moderation
from models.storage.migrating import migrations
from tests.desk import SMALL, THEMES, Desk, a_desk
from tests.page_forms import SeenPage

WHY = "The child was never seen alone."
OVERRIDE = "One strong relationship made the difference."


def limiting() -> dict[str, Any]:
    """The small template, whose voice of the child limits the overall judgement."""
    content = copy.deepcopy(dict(SMALL))
    content["learning_domains"][0]["themes"][0]["limiting"] = True
    return content


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with a_desk(database_url, template=check_template(limiting())) as made:
        yield made


def submitted(desk: Desk, *, override: str = "") -> uuid.UUID:
    """An audit of Asha's, all Good, perhaps with an overall judgement of her own."""
    audit_id = desk.an_audit()
    desk.answer(audit_id, "good", rationale="Seen.")
    if override:
        change = {"mode": AuditMode.RECORDS_ONLY, "overall_override": override, "override_reason": OVERRIDE}
        desk.change(scores.change_audit, audit_id, "asha", **change)
    desk.submit(audit_id)
    return audit_id


def reviewed(desk: Desk, audit_id: uuid.UUID, *, voice: str = "good") -> None:
    """Mo takes it into moderation and reviews every answer, the voice of the child as given."""
    desk.change(moderation.start_moderation, audit_id)
    answers = [AnswerReview(theme, "good") for theme in THEMES[1:]]
    desk.change(moderation.review_answers, audit_id, judgements=[AnswerReview("voice", voice, WHY), *answers])


def moderated_to_inadequate(desk: Desk) -> uuid.UUID:
    """Agreed, with the limiting theme changed to the lowest grade."""
    audit_id = submitted(desk)
    reviewed(desk, audit_id, voice="inadequate")
    desk.change(moderation.review_overall, audit_id, review=OverallReview("requires-improvement"))
    desk.change(moderation.agree_answers, audit_id)
    return audit_id


@pytest.mark.fast
@pytest.mark.both_databases
def test_a_signed_audit_shows_the_agreed_answers_and_judgement_everywhere(desk: Desk) -> None:
    audit_id = moderated_to_inadequate(desk)
    desk.change(sign_off.sign_off, audit_id, "lena", review=OverallReview("requires-improvement"))
    lena = desk.browser(desk.cast.lena)
    shown = lena.get(f"/api/v1/audits/{audit_id}").json()
    assert (shown["overall"], shown["overall_calculated"]) == ("requires-improvement", "requires-improvement")
    assert (shown["auditor_overall"], shown["auditor_calculated"]) == ("good", "good")
    voice = next(each for each in shown["scores"] if each["theme"] == "voice")
    assert (voice["answer"], voice["agreed_answer"]) == ("good", "inadequate")
    listed = lena.get("/api/v1/audits").json()["items"]
    assert [each["overall"] for each in listed] == ["requires-improvement"]
    for path in ("", "/print"):
        words = SeenPage(lena.get(f"/audits/{audit_id}{path}")).words
        assert "Requires improvement, agreed" in words
        assert "Good, calculated from the auditor’s answers" in words
    page = SeenPage(lena.get(f"/audits/{audit_id}")).words
    assert "Agreed answer Inadequate" in page
    assert "Auditor’s answer Good" in page
    assert "Agreed: Inadequate" in SeenPage(lena.get(f"/audits/{audit_id}/print")).words
    history = SeenPage(lena.get(f"/audits/{audit_id}/history")).words
    assert "changed: Voice of the child. Overall judgement: Requires improvement" in history


def test_the_moderator_agrees_the_judgement_that_the_reviewed_answers_give_or_says_why_not(desk: Desk) -> None:
    audit_id = submitted(desk)
    reviewed(desk, audit_id, voice="inadequate")
    with pytest.raises(Invalid) as refused:
        desk.change(moderation.review_overall, audit_id, review=OverallReview("good"))
    assert [fault.pointer for fault in refused.value.faults] == ["/overall_reason"]
    assert "By the template’s rule, the answers give Requires improvement" in refused.value.faults[0].detail
    with pytest.raises(Invalid, match="Select"):
        desk.change(moderation.review_overall, audit_id, review=OverallReview(""))
    with pytest.raises(Invalid, match="one of the template"):
        desk.change(moderation.review_overall, audit_id, review=OverallReview("not-evidenced"))
    desk.change(moderation.review_overall, audit_id, review=OverallReview("good", "Her aunt heard her."))
    desk.change(moderation.agree_answers, audit_id)
    found = desk.find(audit_id)
    assert (found.overall, found.calculated) == ("good", "requires-improvement")
    assert found.audit.agreed_overall_reason == "Her aunt heard her."


def test_the_auditor_learns_the_moderators_judgement_once_it_is_agreed_and_not_before(desk: Desk) -> None:
    audit_id = submitted(desk)
    reviewed(desk, audit_id, voice="inadequate")
    desk.change(
        moderation.review_overall, audit_id, review=OverallReview("requires-improvement", "Her aunt heard her.")
    )
    asha = desk.browser(desk.cast.asha)

    def told() -> list[bool]:
        page = SeenPage(asha.get(f"/audits/{audit_id}/moderation")).words
        judged = asha.get(f"/api/v1/audits/{audit_id}/moderation").json()["overall"]
        history = SeenPage(asha.get(f"/audits/{audit_id}/history")).words
        return [
            "Her aunt heard her." in page,
            judged["moderator_overall"] != "",
            judged["calculated"] == "requires-improvement",
            "Requires improvement" in history,
        ]

    assert told() == [False] * 4
    desk.change(moderation.agree_answers, audit_id)
    assert told() == [True] * 4


def test_a_judgement_given_before_an_answer_changed_is_given_again(desk: Desk) -> None:
    audit_id = submitted(desk)
    reviewed(desk, audit_id)
    desk.change(moderation.review_overall, audit_id, review=OverallReview("good"))
    desk.change(moderation.review_answers, audit_id, judgements=[AnswerReview("voice", "inadequate", WHY)])
    with pytest.raises(Invalid) as refused:
        desk.change(moderation.agree_answers, audit_id)
    assert [fault.pointer for fault in refused.value.faults] == ["/overall"]
    assert "Requires improvement" in refused.value.faults[0].detail


def test_an_auditors_own_judgement_is_a_reason_to_moderate_whatever_the_rule_of_the_round(desk: Desk) -> None:
    plain, own = submitted(desk), submitted(desk, override="outstanding")
    lena, rule = desk.browser(desk.cast.lena), {"share_percent": 0, "lowest": False, "first_audits": 0}
    path = f"/api/v1/rounds/{desk.round_id}/moderation-rule"
    assert lena.put(path, json=rule, headers={"If-Match": '"0"'}).status_code == 200
    desk.change(moderation.accept_answers, plain)
    assert desk.find(plain).audit.agreed_overall == "good"
    with pytest.raises(Conflict, match="The rules for this round selected this audit for"):
        desk.change(moderation.accept_answers, own)
    assert lena.get(f"/api/v1/audits/{own}/moderation").json()["causes"] == [Cause.OVERRIDE]
    page = SeenPage(lena.get(f"/audits/{own}/moderation")).words
    assert "Outstanding, chosen by the auditor" in page
    assert OVERRIDE in page


def test_a_judgement_above_what_the_rule_allows_is_said_to_be_so(desk: Desk) -> None:
    audit_id = desk.an_audit()
    desk.answer(audit_id, "good", rationale="Seen.")
    desk.answer(audit_id, "inadequate", "voice", rationale="Not seen.")
    change = {"mode": AuditMode.RECORDS_ONLY, "overall_override": "good", "override_reason": OVERRIDE}
    desk.change(scores.change_audit, audit_id, "asha", **change)
    desk.submit(audit_id)
    mo = desk.browser(desk.cast.mo)
    shown = mo.get(f"/api/v1/audits/{audit_id}/moderation").json()
    assert Cause.ABOVE_RULE in shown["causes"]
    assert shown["overall"]["exceeds_rule"]
    assert "above the template’s limit" in mo.get(f"/audits/{audit_id}/moderation").text


def test_a_moderator_gives_no_judgement_that_even_a_reason_cannot_justify(database_url: str) -> None:
    """By a template that limits the judgement where two answers are the lowest."""
    capped = copy.deepcopy(dict(SMALL))
    cap = {"in_at_least": 2, "at_best": "requires-improvement"}
    capped |= {"format": "caseaudit-template/2", "overall": {"how": "judged", "caps": [cap]}}
    with a_desk(database_url, template=check_template(capped)) as desk:
        audit_id = desk.an_audit()
        desk.answer(audit_id, "inadequate", "voice", "planning", rationale="Not seen.")
        desk.answer(audit_id, "good", "daily-life", "challenge", rationale="Seen.")
        own = {"overall_override": "inadequate", "override_reason": OVERRIDE}
        desk.change(scores.change_audit, audit_id, "asha", mode=AuditMode.RECORDS_ONLY, **own)
        desk.submit(audit_id)
        desk.change(moderation.start_moderation, audit_id)
        same = [AnswerReview(theme, "inadequate" if theme in {"voice", "planning"} else "good") for theme in THEMES]
        desk.change(moderation.review_answers, audit_id, judgements=same)
        with pytest.raises(Invalid, match="better than Requires improvement, even with a reason"):
            desk.change(moderation.review_overall, audit_id, review=OverallReview("good", WHY))
        desk.change(moderation.review_overall, audit_id, review=OverallReview("requires-improvement", WHY))


def test_an_auditors_own_judgement_is_agreed_with_the_reason_that_they_gave(desk: Desk) -> None:
    audit_id = submitted(desk, override="outstanding")
    reviewed(desk, audit_id)
    desk.change(moderation.review_overall, audit_id, review=OverallReview("outstanding"))
    desk.change(moderation.agree_answers, audit_id)
    words = SeenPage(desk.browser(desk.cast.lena).get(f"/audits/{audit_id}")).words
    assert "Overall judgement Outstanding, agreed" in words
    assert OVERRIDE in words


@pytest.mark.both_in_trials
def test_the_signer_signs_the_agreed_judgement_or_another_with_a_reason(desk: Desk) -> None:
    audit_id = moderated_to_inadequate(desk)
    lena, path = desk.browser(desk.cast.lena), f"/api/v1/audits/{audit_id}/sign-off"
    headers = {"If-Match": f'"{desk.find(audit_id).audit.version}"'}
    assert lena.post(path, json={}, headers=headers).status_code == 422
    refused = lena.post(path, json={"overall": "inadequate"}, headers=headers)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/overall_reason"
    body = {"overall": "inadequate", "overall_reason": "She was left with him."}
    assert lena.post(path, json=body, headers=headers).json()["state"] == "signed-off"
    found = desk.find(audit_id)
    assert (found.overall, found.audit.agreed_overall_reason) == ("inadequate", "She was left with him.")
    assert "audit.overall-changed-at-sign-off" in desk.events()


def test_a_signer_who_goes_back_to_the_calculated_judgement_says_why_too(desk: Desk) -> None:
    audit_id = submitted(desk)
    reviewed(desk, audit_id, voice="inadequate")
    desk.change(moderation.review_overall, audit_id, review=OverallReview("good", "Her aunt heard her."))
    desk.change(moderation.agree_answers, audit_id)
    with pytest.raises(Invalid, match="Enter a reason for changing the agreed overall judgement"):
        desk.change(sign_off.sign_off, audit_id, "lena", review=OverallReview("requires-improvement"))
    assert desk.find(audit_id).overall == "good"
    desk.change(
        sign_off.sign_off, audit_id, "lena", review=OverallReview("requires-improvement", "Nobody saw her alone.")
    )
    assert desk.find(audit_id).overall == "requires-improvement"


def test_nothing_is_agreed_that_the_moderator_has_not_chosen(desk: Desk) -> None:
    audit_id = submitted(desk)
    desk.change(moderation.start_moderation, audit_id)
    mo = desk.browser(desk.cast.mo)
    form = SeenPage(mo.get(f"/audits/{audit_id}/moderation")).form("/moderation/scores")
    assert not any(name.endswith("/answer") for name in form)
    answer = mo.post(f"/audits/{audit_id}/moderation/scores", data={**form, "agree": "yes"})
    assert answer.status_code == 422
    words = SeenPage(answer).words
    assert all(f"{theme.label}: agree or change the answer" in words for theme in desk.template.themes)
    assert "Agree the calculated overall judgement, Good, or select another and enter a reason" in words
    chosen = {f"scores/{theme}/answer": "good" for theme in THEMES} | {"overall": "good", "agree": "yes"}
    form = SeenPage(answer).form("/moderation/scores")
    assert mo.post(f"/audits/{audit_id}/moderation/scores", data={**form, **chosen}).status_code == 303
    assert desk.find(audit_id).audit.state is AuditState.AGREED


def test_what_the_signer_typed_is_kept_when_the_page_refuses(desk: Desk) -> None:
    audit_id = moderated_to_inadequate(desk)
    lena = desk.browser(desk.cast.lena)
    page = f"/audits/{audit_id}/moderation"
    form = SeenPage(lena.get(page)).form("/sign-off")
    assert "overall" not in form
    refused = lena.post(f"/audits/{audit_id}/sign-off", data={**form, "overall": "outstanding"})
    assert refused.status_code == 422
    assert SeenPage(refused).form("/sign-off")["overall"] == "outstanding"
    assert "Enter a reason" in SeenPage(refused).words


@pytest.mark.both_databases
def test_audits_agreed_by_an_earlier_version_are_judged_by_their_agreed_answers(desk: Desk) -> None:
    changed, same = moderated_to_inadequate(desk), submitted(desk, override="outstanding")
    reviewed(desk, same)
    desk.change(moderation.review_overall, same, review=OverallReview("outstanding"))
    desk.change(moderation.agree_answers, same)
    config = migrations()
    with desk.database.engine.execution_options(writes=True).connect() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "signed_weight")
        command.upgrade(config, "head")
    assert desk.find(changed).overall == "requires-improvement"
    assert desk.find(same).overall == "outstanding"


@pytest.mark.both_databases
@pytest.mark.parametrize("field", ["agreed_overall_reason", "overall_reason"])
def test_words_are_taken_out_of_the_reason_of_a_signed_judgement_wherever_they_are_stored(
    desk: Desk, field: str
) -> None:
    audit_id = submitted(desk)
    reviewed(desk, audit_id)
    desk.change(
        moderation.review_overall, audit_id, review=OverallReview("inadequate", "Her uncle lives at number nine.")
    )
    desk.change(moderation.agree_answers, audit_id)
    desk.change(sign_off.sign_off, audit_id, "lena", review=OverallReview("inadequate"))
    lena = desk.browser(desk.cast.lena)
    assert f'value="{field}"' in lena.get(f"/audits/{audit_id}/redact").text
    headers = {"If-Match": f'"{desk.find(audit_id).audit.version}"'}
    body = {"field": field, "reason": "child-or-family"}
    assert lena.post(f"/api/v1/audits/{audit_id}/redactions", json=body, headers=headers).status_code == 200
    with desk.database.reading() as session:
        kept = session.get_one(Moderation, (desk.cast.organisation.id, audit_id)).overall_reason
    assert (desk.find(audit_id).audit.agreed_overall_reason, kept) == ("[redacted]", "[redacted]")
    assert lena.get(f"/api/v1/audits/{audit_id}/moderation").json()["as_signed"] is True


@pytest.mark.parametrize("name", ["overall_reason", "scores/voice/reason"])
def test_a_reason_without_a_choice_is_refused_and_kept(desk: Desk, name: str) -> None:
    audit_id = submitted(desk)
    desk.change(moderation.start_moderation, audit_id)
    mo = desk.browser(desk.cast.mo)
    form = SeenPage(mo.get(f"/audits/{audit_id}/moderation")).form("/moderation/scores")
    refused = mo.post(f"/audits/{audit_id}/moderation/scores", data={**form, name: WHY})
    assert refused.status_code == 422
    assert SeenPage(refused).form("/moderation/scores")[name] == WHY


def test_a_reason_for_the_agreed_judgement_is_refused_and_not_lost(desk: Desk) -> None:
    audit_id = moderated_to_inadequate(desk)
    lena = desk.browser(desk.cast.lena)
    form = SeenPage(lena.get(f"/audits/{audit_id}/moderation")).form("/sign-off")
    sent = {**form, "overall": "requires-improvement", "overall_reason": WHY}
    refused = lena.post(f"/audits/{audit_id}/sign-off", data=sent)
    assert refused.status_code == 422
    assert SeenPage(refused).form("/sign-off")["overall_reason"] == WHY
    assert desk.find(audit_id).audit.state is AuditState.AGREED


def test_where_nothing_can_be_judged_the_audit_is_agreed_and_signed_without_a_judgement(desk: Desk) -> None:
    audit_id = desk.an_audit()
    desk.answer(audit_id, "not-applicable", rationale="No visit was due.")
    desk.submit(audit_id)
    desk.change(moderation.start_moderation, audit_id)
    same = [AnswerReview(theme, "not-applicable") for theme in THEMES]
    desk.change(moderation.review_answers, audit_id, judgements=same)
    with pytest.raises(Invalid, match="Select an overall judgement"):
        desk.change(moderation.review_overall, audit_id, review=OverallReview("", WHY))
    desk.change(moderation.agree_answers, audit_id)
    desk.change(sign_off.sign_off, audit_id, "lena", review=OverallReview(""))
    assert desk.find(audit_id).overall is None
