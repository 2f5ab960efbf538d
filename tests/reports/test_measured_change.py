"""The measured change between a round and the one it follows: what is called a change, what is not, and why."""

import uuid
from collections.abc import Sequence
from typing import Any

import pytest
from sqlmodel import col, select

from api.allocation.actions import Allocation, allocate
from api.moderation import actions as moderation
from api.moderation.actions import AnswerReview, OverallReview
from api.reports.breakdowns import Breakdown
from api.reports.gaps.queries import gap_reports
from api.reports.measured_change.how_audited import how_audited
from api.reports.measured_change.queries import MeasuredChange, measured_change
from checklists.reports.change import Change, Method
from checklists.statistics.intervals import Pairs, newcombe_difference, newcombe_paired
from models import Audit
from tests.client import Client
from tests.desk import Desk
from tests.factories import MadePerson, an_actor
from tests.page_forms import SeenPage


def play(desk: Desk, good: int, bad: int, *, unfinished: int = 0, by: MadePerson | None = None) -> None:
    """Audit new cases: the voice of so many is good and of the others bad; everything else is good."""
    for place in range(good + bad + unfinished):
        audit = desk.an_audit(by)
        if place < good + bad:
            finish(desk, audit, is_good=place < good, by=by)


def finish(desk: Desk, audit: uuid.UUID, *, is_good: bool, by: MadePerson | None = None) -> None:
    content = desk.find(audit).template
    others = [key for key in content.theme_keys if key != "voice"]
    if others:
        desk.answer(audit, "good", *others, by=by)
    desk.answer(audit, "good" if is_good else "inadequate", "voice", rationale="As the record has it.", by=by)
    desk.submit(audit, by=by)


def next_round(desk: Desk, title: str, scope: tuple[str, ...] = ()) -> None:
    desk.close_round()
    desk.round_id = desk.a_round(title=title, follows_id=desk.round_id, scope=scope)


def measured(desk: Desk) -> MeasuredChange:
    with desk.database.reading() as session:
        return measured_change(session, round_id=desk.round_id, by=an_actor(desk.cast.lena))


def states(found: MeasuredChange) -> dict[str, Change]:
    return {each.key: each.change for each in found.themes}


def table_of(document: dict[str, Any], key: str) -> list[list[str]]:
    (table,) = [each["table"] for each in document["sections"] if each["table"] and each["table"]["key"] == key]
    return [[cell["text"] for cell in row] for row in table["rows"]]


@pytest.mark.both_databases
@pytest.mark.fast
def test_a_theme_that_improved_is_told_from_one_that_did_not_and_from_one_that_was_not_asked(
    desk: Desk, lena: Client
) -> None:
    play(desk, 4, 16)
    next_round(desk, "Summer round", scope=("voice", "planning"))
    play(desk, 17, 3)
    desk.close_round()
    found = measured(desk)
    assert states(found) == {
        "voice": Change.IMPROVED,
        "planning": Change.NO_CLEAR_CHANGE,
    }
    voice = found.themes[0]
    assert voice.interval == newcombe_difference(17, 20, 4, 20)
    # Of a learning domain only what both rounds asked is compared.
    assert [(each.key, each.change) for each in found.domains] == [
        ("the-child", Change.IMPROVED),
        ("practice", Change.NO_CLEAR_CHANGE),
    ]
    assert found.overall.change is Change.NOT_COMPARABLE
    assert not found.comparability.prevented_by
    path = f"/rounds/{desk.round_id}/change"
    page = SeenPage(lena.get(path))
    assert "Change in 2 themes: 1 improved, 1 no clear change." in page.words
    assert "The earlier round audited 4. Improved: Voice of the child." in page.words
    assert "Can the rounds be compared?" in page.words
    document = lena.get(f"/api/v1{path}").json()
    assert table_of(document, "change-themes")[0][:8] == [
        *("Voice of the child", "Improved", "20%", "20", "85%", "20", "+65.0"),
        "+34.8 to +80.4",
    ]
    for kind in ("csv", "xlsx", "docx", "pdf"):
        for start in ("", "/api/v1"):
            assert lena.get(f"{start}{path}.{kind}").status_code == 200
    assert path in SeenPage(lena.get(f"/rounds/{desk.round_id}")).links
    assert "1 improved, 1 no clear change" in SeenPage(lena.get(f"/rounds/{desk.round_id}/report")).words
    assert "round.change-fetched" in desk.events()


@pytest.mark.both_in_trials
def test_a_fall_in_problems_that_came_with_fewer_audits_is_no_improvement(desk: Desk, lena: Client) -> None:
    play(desk, 1, 9)
    next_round(desk, "Summer round")
    play(desk, 6, 0, unfinished=4)
    desk.close_round()
    assert set(states(measured(desk)).values()) == {Change.NOT_COMPARABLE}
    page = SeenPage(lena.get(f"/rounds/{desk.round_id}/change")).words
    assert "These rounds cannot be compared, so no difference between them is called a change." in page
    assert "6 of 10 audits (60%)" in page
    assert " improved" not in SeenPage(lena.get(f"/rounds/{desk.round_id}/report")).words.split("Definitions")[
        0
    ].lower().replace("improved or worse", "").replace("improved, but", "")


@pytest.mark.both_in_trials
def test_new_auditors_whom_nobody_checked_improve_nothing(desk: Desk) -> None:
    play(desk, 1, 9)
    next_round(desk, "Summer round")
    play(desk, 9, 1, by=desk.cast.ben)
    desk.close_round()
    found = measured(desk)
    assert states(found)["voice"] is Change.NOT_COMPARABLE
    assert "milder" in found.themes[0].why


@pytest.mark.both_in_trials
def test_the_same_cases_are_compared_each_with_itself(desk: Desk, lena: Client) -> None:
    play(desk, 2, 8)
    with desk.database.reading() as session:
        cases: Sequence[uuid.UUID] = session.exec(
            select(Audit.case_file_id).where(col(Audit.round_id) == desk.round_id).order_by(col(Audit.id))
        ).all()
        bad = {audit.case_file_id for audit in session.exec(select(Audit)).all() if audit.answers.startswith("d")}
    next_round(desk, "The same again")
    for place, case in enumerate(cases):
        with desk.database.writing() as session:
            allocation = Allocation(case, desk.cast.ben.id)
            audit = allocate(session, round_id=desk.round_id, allocation=allocation, by=an_actor(desk.cast.lena)).id
        finish(desk, audit, is_good=case not in bad or place % 2 == 0, by=desk.cast.ben)
    desk.close_round()
    found = measured(desk)
    assert (found.method, found.same_cases) == (Method.PAIRED, 10)
    rose = sum(case in bad and place % 2 == 0 for place, case in enumerate(cases))
    assert found.themes[0].interval == newcombe_paired(Pairs(2, rose, 0, 8 - rose))
    assert (
        "10 cases were counted in both rounds. Only these are compared."
        in SeenPage(lena.get(f"/rounds/{desk.round_id}/change")).words
    )


@pytest.mark.both_in_trials
def test_measuring_again_needs_surer_intervals(desk: Desk, lena: Client) -> None:
    play(desk, 2, 4)
    next_round(desk, "Second")
    play(desk, 3, 3)
    next_round(desk, "Third")
    play(desk, 5, 1)
    desk.close_round()
    found = measured(desk)
    assert (found.link, found.confidence) == (2, 0.975)
    assert found.themes[0].interval == newcombe_difference(5, 6, 3, 6, confidence=0.975)
    words = SeenPage(lena.get(f"/rounds/{desk.round_id}/change")).words
    assert "This is change number 2 in a chain of 3 rounds." in words
    assert "97.5% intervals" in words


def test_a_change_is_measured_between_closed_rounds_and_for_those_who_read_reports(desk: Desk, lena: Client) -> None:
    path = f"/rounds/{desk.round_id}/change"
    play(desk, 1, 0)
    assert lena.get(f"/api/v1{path}").status_code == 409
    desk.close_round()
    refused = lena.get(f"/api/v1{path}")
    assert (refused.status_code, refused.json()["detail"]) == (
        409,
        "This round follows no other round, so there is no change to measure.",
    )
    later = desk.a_round(title="Open", follows_id=desk.round_id)
    assert "Close this round first." in lena.get(f"/rounds/{later}/change").text
    assert f"/rounds/{later}/change" not in SeenPage(lena.get(f"/rounds/{later}")).links
    assert desk.browser(desk.cast.omar).get(f"/api/v1/rounds/{later}/change").status_code == 404
    assert desk.browser(desk.cast.asha).get(f"/api/v1/rounds/{later}/change").status_code in {403, 404}


@pytest.mark.both_in_trials
def test_how_far_a_round_was_moderated_is_counted_from_its_answers(desk: Desk) -> None:
    play(desk, 3, 1)
    mo = an_actor(desk.cast.mo)
    with desk.database.writing() as session:
        audit = session.exec(select(Audit).where(col(Audit.answers).startswith("b"))).first()
        assert audit is not None
        audit_id = audit.id
        audit = moderation.start_moderation(session, audit_id=audit_id, version=audit.version, by=mo)
        judgements = [
            AnswerReview(theme, "inadequate" if theme == "voice" else "good", "Nobody saw the child.")
            for theme in desk.template.theme_keys
        ]
        audit = moderation.review_answers(
            session, audit_id=audit_id, judgements=judgements, version=audit.version, by=mo
        )
        review = OverallReview("requires-improvement", "One theme is inadequate.")
        audit = moderation.review_overall(session, audit_id=audit_id, review=review, version=audit.version, by=mo)
        moderation.agree_answers(session, audit_id=audit_id, version=audit.version, by=mo)
    with desk.database.reading() as session:
        lena = an_actor(desk.cast.lena)
        report = gap_reports(session, round_ids=[desk.round_id], breakdowns=[Breakdown.MODE], by=lena)[Breakdown.WHOLE]
        how = how_audited(session, report, by=lena)
    assert (how.planned, how.counted, how.moderated) == (4, 4, 1)
    assert (how.reviewed, how.lowered, how.raised) == (4, 1, 0)
    assert how.modes == {"Records only": 4}
    assert how.kinds["status"] == {"Child in need": 4}
    assert how.auditors == {str(desk.cast.asha.id): 4}
