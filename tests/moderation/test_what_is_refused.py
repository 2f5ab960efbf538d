"""Comments, reviews and selections that are refused, and what a page says of them."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlmodel import col, select

from api.foundation.permissions import Permission
from api.foundation.problems import Conflict, Invalid, NotAllowed, NotFound
from api.moderation import actions as moderation
from api.moderation import comments, rules, sign_off, unfinished
from api.moderation.actions import AnswerReview
from api.moderation.queries import moderation_status_of, queue
from api.moderation.rules import RuleChange
from checklists.audits.audit_states import AuditState
from models import Audit, Comment, Round
from tests.desk import Desk
from tests.factories import an_actor
from tests.signing import agreed, in_moderation, submitted


def do(desk: Desk, step: Callable[..., Any], audit_id: uuid.UUID, by: str = "mo", **said: Any) -> Any:
    version = desk.find(audit_id).audit.version
    with desk.database.writing() as session:
        return step(session, audit_id=audit_id, version=version, by=an_actor(getattr(desk.cast, by)), **said)


def comment(desk: Desk, audit_id: uuid.UUID, words: str = "Why?", by: str = "mo", **said: Any) -> uuid.UUID:
    with desk.database.writing() as session:
        by_whom = an_actor(getattr(desk.cast, by))
        return comments.add_comment(session, audit_id=audit_id, words=words, by=by_whom, **said).thread_id


def resolve(desk: Desk, audit_id: uuid.UUID, thread_id: uuid.UUID, by: str = "mo") -> None:
    with desk.database.writing() as session:
        by_whom = an_actor(getattr(desk.cast, by))
        comments.resolve_thread(session, audit_id=audit_id, thread_id=thread_id, by=by_whom)


def test_a_comment_has_words_and_is_about_a_theme_of_the_template(desk: Desk) -> None:
    audit_id = in_moderation(desk)
    with pytest.raises(Invalid, match="Enter a comment"):
        comment(desk, audit_id, " ")
    with pytest.raises(Invalid, match="not in the audit's template"):
        comment(desk, audit_id, theme="weather")
    with pytest.raises(NotFound):
        comment(desk, audit_id, thread_id=uuid.uuid4())


def test_a_reply_opens_a_resolved_thread_again_and_it_is_resolved_by_both_sides(desk: Desk) -> None:
    audit_id = in_moderation(desk)
    thread = comment(desk, audit_id)
    with pytest.raises(NotAllowed, match="The auditor must reply before you resolve"):
        resolve(desk, audit_id, thread)
    comment(desk, audit_id, "On page two.", by="asha", thread_id=thread)
    resolve(desk, audit_id, thread)
    with pytest.raises(Conflict, match="already resolved"):
        resolve(desk, audit_id, thread)
    comment(desk, audit_id, "Page two of which?", thread_id=thread)
    with desk.database.reading() as session:
        first = session.exec(select(Comment).where(col(Comment.id) == thread)).one()
        assert (first.resolved_at, first.resolved_by_id) == (None, None)
        asha = an_actor(desk.cast.asha)
        audit = session.exec(select(Audit).where(col(Audit.id) == audit_id)).one()
        (step,) = comments.steps_of_auditors(session, [audit], asha).values()
        assert step.text == "Reply to 1 comment thread"
        assert comments.steps_of_auditors(session, [audit], an_actor(desk.cast.mo)) == {}


def test_nobody_comments_on_what_is_agreed(desk: Desk) -> None:
    audit_id = agreed(desk)
    with pytest.raises(Conflict, match="cannot comment on an agreed"):
        comment(desk, audit_id)


def test_an_answer_is_reviewed_for_a_theme_that_is_asked(desk: Desk) -> None:
    audit_id = in_moderation(desk)
    with pytest.raises(Invalid, match="not in the audit's template"):
        do(desk, moderation.review_answers, audit_id, judgements=[AnswerReview("weather", "good")])


def test_a_lead_selects_an_audit_for_moderation_and_undoes_it(desk: Desk) -> None:
    audit_id = submitted(desk)
    do(desk, moderation.select_manually, audit_id, by="lena", chosen=True)
    do(desk, moderation.select_manually, audit_id, by="lena", chosen=False)
    events = desk.events()
    assert events.index("audit.chosen-for-moderation") < events.index("audit.no-longer-chosen-for-moderation")


def test_pages_and_programs_that_name_no_thread_are_refused_as_if_there_were_none(desk: Desk) -> None:
    audit_id = in_moderation(desk)
    browser = desk.browser(desk.cast.mo)
    form = {"words": "Why?", "thread": "no-thread"}
    assert browser.post(f"/audits/{audit_id}/comments", data=form).status_code == 404
    page = browser.post(f"/audits/{audit_id}/comments", data={"words": ""})
    assert (page.status_code, "Enter a comment" in page.text) == (422, True)
    thread = comment(desk, audit_id)
    comment(desk, audit_id, "On page two.", by="asha", thread_id=thread)
    assert browser.post(f"/audits/{audit_id}/comments/{thread}/resolve").status_code == 303
    page = browser.post(f"/audits/{audit_id}/comments/{thread}/resolve")
    assert (page.status_code, "already resolved" in page.text) == (409, True)


def test_a_decision_on_reopening_is_one_of_the_two_offered(desk: Desk) -> None:
    audit_id = agreed(desk)
    asked = do(desk, sign_off.ask_to_reopen, audit_id, reason="The file has changed.")
    version = desk.find(audit_id).audit.version
    browser = desk.browser(desk.cast.lena)
    path = f"/audits/{audit_id}/reopenings/{asked.id}"
    page = browser.post(path, data={"decision": "perhaps", "version": str(version)})
    assert (page.status_code, "Select “Reopen audit”" in page.text) == (422, True)
    stale = browser.post(path, data={"decision": "refuse", "version": str(version - 1)})
    assert (stale.status_code, "The audit changed after you opened this page" in stale.text) == (412, True)


def test_what_a_rule_selects_and_nobody_moderates_yet_is_named(desk: Desk) -> None:
    audit_id = submitted(desk)
    with desk.database.writing() as session:
        change = RuleChange(share_percent=0, lowest=False, first_audits=100)
        rules.set_rule(session, round_id=desk.round_id, change=change, version=0, by=an_actor(desk.cast.lena))
    with desk.database.reading() as session:
        audit_round = session.get_one(Round, (desk.cast.organisation.id, desk.round_id))
        found = unfinished.find_unmoderated(session, audit_round, desk.cast.lena.id, 3)
        counted = unfinished.find_unmoderated(session, audit_round, desk.cast.lena.id, 0)
    assert (found.number, [str(audit_id) in each.path for each in found.items]) == (1, [True])
    assert (counted.number, counted.items) == (1, ())


def test_the_queue_goes_on_after_an_audit(desk: Desk) -> None:
    first, second = sorted((submitted(desk), submitted(desk)))
    with desk.database.reading() as session:
        page = queue(session, limit=1, after=first, by=an_actor(desk.cast.mo))
    assert [each.audit.id for each in page] == [second]


def test_a_program_reviews_answers_and_asks_to_reopen(desk: Desk) -> None:
    audit_id = in_moderation(desk)
    browser = desk.browser(desk.cast.mo)
    path = f"/api/v1/audits/{audit_id}"
    match = {"If-Match": f'"{desk.find(audit_id).audit.version}"'}
    answer = browser.put(f"{path}/moderation/scores", json={"voice": {"answer": "good"}}, headers=match)
    assert answer.status_code == 200
    done = agreed(desk)
    match = {"If-Match": f'"{desk.find(done).audit.version}"'}
    asked = browser.post(f"/api/v1/audits/{done}/reopenings", json={"reason": "It has changed."}, headers=match)
    assert asked.status_code in {200, 201}


def test_an_auditor_waits_for_a_reply_before_they_resolve_their_own_thread(desk: Desk) -> None:
    audit_id = in_moderation(desk)
    thread = comment(desk, audit_id, "Which page?", by="asha")
    with pytest.raises(NotAllowed, match="has no replies"):
        resolve(desk, audit_id, thread, by="asha")
    found = desk.find(audit_id)
    with desk.database.reading() as session:
        assert moderation_status_of(session, found, by=an_actor(desk.cast.mo)).unresolved == 1


def test_a_lead_who_wrote_none_of_a_thread_resolves_it_whoever_did_not_reply(desk: Desk) -> None:
    audit_id = in_moderation(desk)
    thread = comment(desk, audit_id)
    resolve(desk, audit_id, thread, by="lena")
    with desk.database.reading() as session:
        first = session.exec(select(Comment).where(col(Comment.id) == thread)).one()
        assert first.resolved_by_id == desk.cast.lena.id
    assert desk.events()[-1] == "audit.comment-resolved"


def test_who_may_only_read_an_audit_comments_on_nothing(desk: Desk) -> None:
    """As a program of its auditor that has a token to read with."""
    audit_id = submitted(desk)
    by = replace(an_actor(desk.cast.asha), scopes=frozenset({Permission.READ_AUDITS}))
    with desk.database.writing() as session, pytest.raises(NotAllowed, match="can comment on this audit"):
        comments.add_comment(session, audit_id=audit_id, words="Why?", by=by)


def test_a_moderator_takes_over_an_audit_that_another_moderates(desk: Desk) -> None:
    audit_id = in_moderation(desk)
    do(desk, moderation.start_moderation, audit_id, by="lena")
    found = desk.find(audit_id)
    assert found.audit.state is AuditState.IN_MODERATION
    with desk.database.reading() as session:
        assert moderation.moderation_of(session, found.audit).moderator_id == desk.cast.lena.id
    with pytest.raises(Conflict, match="Another moderator is moderating"):
        do(desk, moderation.review_answers, audit_id, judgements=[AnswerReview("voice", "good")])


def test_a_program_agrees_an_audit_that_was_reviewed_and_one_that_nothing_selected(desk: Desk) -> None:
    reviewed, plain = in_moderation(desk), submitted(desk)
    with desk.database.writing() as session:
        none = RuleChange(share_percent=0, lowest=False, first_audits=0)
        rules.set_rule(session, round_id=desk.round_id, change=none, version=0, by=an_actor(desk.cast.lena))
    browser = desk.browser(desk.cast.mo)
    for audit_id, step in ((reviewed, "agree"), (plain, "accept")):
        match = {"If-Match": f'"{desk.find(audit_id).audit.version}"'}
        answer = browser.post(f"/api/v1/audits/{audit_id}/moderation/{step}", headers=match)
        assert answer.status_code == 200, answer.text
        assert desk.find(audit_id).audit.state is AuditState.AGREED
    assert desk.events()[-2:] == ["audit.agreed", "audit.accepted"]
