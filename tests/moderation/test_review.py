"""Moderation: what stands between an audit and its agreement, and that a closed round is moderated no more."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from api.foundation.problems import Conflict, Invalid
from api.moderation import actions as moderation
from api.moderation import comments
from api.moderation import rules as moderation_rules
from api.moderation.actions import AnswerReview
from api.moderation.rules import RuleChange
from checklists.audits.audit_states import AuditState
from tests.desk import THEMES, Desk
from tests.factories import an_actor
from tests.page_forms import SeenPage
from tests.signing import GOOD, in_moderation, submitted


def places_in_the_way(desk: Desk, audit_id: uuid.UUID) -> list[str]:
    """The places for which agreeing an audit is refused."""
    with pytest.raises(Invalid, match="cannot be agreed yet") as refused:
        desk.change(moderation.agree_answers, audit_id)
    assert desk.find(audit_id).audit.state is AuditState.IN_MODERATION
    return [fault.pointer for fault in refused.value.faults]


@pytest.mark.both_databases
def test_every_answer_is_reviewed_before_an_audit_is_agreed(desk: Desk) -> None:
    audit_id = submitted(desk)
    desk.change(moderation.start_moderation, audit_id)
    assert places_in_the_way(desk, audit_id) == [*(f"/scores/{theme}" for theme in THEMES), "/overall"]
    desk.change(moderation.review_answers, audit_id, judgements=[AnswerReview("planning", "good")])
    assert places_in_the_way(desk, audit_id) == ["/scores/voice", "/scores/daily-life", "/scores/challenge", "/overall"]
    others = [AnswerReview(theme, "good") for theme in THEMES if theme != "planning"]
    desk.change(moderation.review_answers, audit_id, judgements=others)
    assert places_in_the_way(desk, audit_id) == ["/overall"]
    desk.change(moderation.review_overall, audit_id, review=GOOD)
    desk.change(moderation.agree_answers, audit_id)
    assert desk.find(audit_id).audit.state is AuditState.AGREED


@pytest.mark.both_in_trials
def test_an_answer_that_changed_after_its_review_is_reviewed_again(desk: Desk) -> None:
    audit_id = in_moderation(desk)
    desk.give_back(audit_id, "Look at her voice again.")
    desk.answer(audit_id, "outstanding", "voice")
    desk.submit(audit_id)
    desk.change(moderation.start_moderation, audit_id)
    assert places_in_the_way(desk, audit_id) == ["/scores/voice"]
    desk.change(moderation.review_answers, audit_id, judgements=[AnswerReview("voice", "outstanding")])
    desk.change(moderation.agree_answers, audit_id)
    assert desk.find(audit_id).audit.agreed_answers == desk.find(audit_id).audit.answers == "abbb"


@pytest.mark.both_in_trials
def test_every_thread_is_resolved_before_an_audit_is_agreed(desk: Desk) -> None:
    audit_id, by, asha = in_moderation(desk), an_actor(desk.cast.mo), an_actor(desk.cast.asha)
    with desk.database.writing() as session:
        threads = [
            comments.add_comment(session, audit_id=audit_id, words=words, by=by).id for words in ("Why?", "Where?")
        ]
        for thread in threads:
            comments.add_comment(session, audit_id=audit_id, words="On page two.", thread_id=thread, by=asha)
        comments.resolve_thread(session, audit_id=audit_id, thread_id=threads[0], by=by)
    assert places_in_the_way(desk, audit_id) == [f"/comments/{threads[1]}"]
    with desk.database.writing() as session:
        comments.resolve_thread(session, audit_id=audit_id, thread_id=threads[1], by=by)
    desk.change(moderation.agree_answers, audit_id)
    assert desk.find(audit_id).audit.state is AuditState.AGREED


@pytest.mark.both_in_trials
def test_an_audit_with_an_open_thread_is_not_agreed_as_it_is(desk: Desk) -> None:
    audit_id, by = submitted(desk), an_actor(desk.cast.mo)
    with desk.database.writing() as session:
        nothing = RuleChange(share_percent=0, lowest=False, first_audits=0)
        lena = an_actor(desk.cast.lena)
        moderation_rules.set_rule(session, round_id=desk.round_id, change=nothing, version=0, by=lena)
        comments.add_comment(session, audit_id=audit_id, words="Where?", by=by)
    with pytest.raises(Conflict, match="Resolve the thread or start moderating the audit"):
        desk.change(moderation.accept_answers, audit_id)
    assert "Agree audit with no changes" not in desk.browser(desk.cast.mo).get(f"/audits/{audit_id}/moderation").text


@pytest.mark.both_in_trials
def test_nothing_is_moderated_in_a_closed_round(desk: Desk) -> None:
    waiting, begun = submitted(desk), in_moderation(desk)
    before = [desk.find(audit_id).audit.model_dump() for audit_id in (waiting, begun)]
    desk.close_round()
    steps: list[tuple[Callable[..., Any], uuid.UUID, str, dict[str, Any]]] = [
        (moderation.start_moderation, waiting, "mo", {}),
        (moderation.select_manually, waiting, "lena", {"chosen": True}),
        (moderation.accept_answers, waiting, "mo", {}),
        (moderation.start_moderation, begun, "lena", {}),
        (moderation.review_answers, begun, "mo", {"judgements": [AnswerReview("voice", "good")]}),
        (moderation.agree_answers, begun, "mo", {}),
    ]
    for step, audit_id, by, said in steps:
        with pytest.raises(Conflict, match="This round is closed"):
            desk.change(step, audit_id, by, **said)
    assert [desk.find(audit_id).audit.model_dump() for audit_id in (waiting, begun)] == before


def test_the_page_says_whom_an_audit_waits_for_at_each_step(desk: Desk) -> None:
    audit_id = submitted(desk)

    def said() -> str:
        return SeenPage(desk.browser(desk.cast.mo).get(f"/audits/{audit_id}/moderation")).words

    assert "Submitted Waiting for a moderator." in said()
    desk.change(moderation.start_moderation, audit_id)
    assert "In moderation Being moderated." in said()
    desk.close_round()
    assert "In moderation The round is closed." in said()
