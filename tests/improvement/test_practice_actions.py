"""A practice action keeps its finding, has an owner who sees only what they need, and closes with evidence alone."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, update

from api.allocation.actions import Allocation, allocate
from api.foundation.local_time import local_date
from api.foundation.problems import Conflict, NotAllowed, NotFound, Stale
from api.improvement import actions
from api.improvement.actions import MoveDetails
from api.improvement.queries import Show, Worklist, find_actions
from checklists.actions.action_states import ActionMove
from models import Action, ActionCause, ActionKind, ActionState, EvidenceKind, Role, TeamMember, now
from tests.desk import Desk
from tests.factories import MadePerson, a_key, a_person, an_actor
from tests.improvement.acting import SEEN, WORDS, a_plan, details_of, moved, planned, stored
from tests.page_forms import SeenPage

AGREED = (ActionMove.AGREE,)
DONE = (*AGREED, ActionMove.START, ActionMove.FINISH)


def a_round_with_gaps(desk: Desk) -> uuid.UUID:
    """The open round with six submitted audits: planning meets the standard in two of them."""
    for number in range(6):
        audit_id = desk.an_audit()
        desk.answer(audit_id, "good", "voice", "daily-life", "challenge")
        desk.answer(audit_id, "good" if number < 2 else "inadequate", "planning", rationale="No plan on file.")
        desk.submit(audit_id)
    return desk.round_id


def of_gap(desk: Desk, owner: MadePerson | None) -> uuid.UUID:
    plan = a_plan(owner, cause=ActionCause.GAP, round_id=a_round_with_gaps(desk), themes=("planning",), why="")
    return planned(desk, plan)


@pytest.mark.fast
@pytest.mark.both_databases
def test_the_figures_of_its_finding_stay_as_they_stood_when_it_was_planned(desk: Desk) -> None:
    action_id = of_gap(desk, desk.cast.asha)
    audit_id = desk.an_audit()
    desk.answer(audit_id)
    desk.submit(audit_id)
    found = desk.browser(desk.cast.lena).get(f"/api/v1/actions/{action_id}").json()
    (theme,) = found["themes"]
    assert (theme["label"], theme["meeting"], theme["applicable"], theme["state"]) == (
        *("Planning", 2, 6),
        "gap",
    )
    assert (found["audits"], found["target_percent"]) == (6, 90)
    assert found["counted_on"] == local_date(now()).isoformat()
    page = desk.browser(desk.cast.lena).get(f"/actions/{action_id}").text
    assert "33%" in page
    assert "6 audits, target 90%" in page


def test_its_owner_sees_its_themes_and_no_figure_of_the_finding(desk: Desk) -> None:
    action_id = of_gap(desk, desk.cast.asha)
    asha = desk.browser(desk.cast.asha)
    found = asha.get(f"/api/v1/actions/{action_id}").json()
    assert [theme["label"] for theme in found["themes"]] == ["Planning"]
    assert {found["themes"][0][name] for name in ("meeting", "applicable", "state")} == {None}
    assert (found["audits"], found["counted_on"]) == (None, None)
    page = asha.get(f"/actions/{action_id}").text
    assert "Planning" in page
    assert "33%" not in page
    assert f"/rounds/{desk.round_id}/report" not in page
    assert desk.browser(desk.cast.ben).get(f"/api/v1/actions/{action_id}").status_code == 404


def test_a_lead_who_reads_in_the_round_sees_only_figures_that_they_counted_whoever_else_reads_their_case(
    desk: Desk,
) -> None:
    """Nothing that they see changes when another reading of their case comes in."""
    lou = a_person(desk.database, desk.cast.organisation, name="Lou", roles={Role.QUALITY_LEAD, Role.AUDITOR})
    counted_by_lena = of_gap(desk, desk.cast.asha)
    plan = a_plan(desk.cast.asha, cause=ActionCause.GAP, round_id=desk.round_id, themes=("planning",), why="")
    counted_by_lou = planned(desk, plan, by=lou)
    lous = desk.browser(lou)

    def figures() -> list[int | None]:
        found = [lous.get(f"/api/v1/actions/{each}").json() for each in (counted_by_lena, counted_by_lou)]
        return [each["audits"] for each in found]

    assert figures() == [6, 6]
    own = desk.an_audit(lou, reference="CASE-2201")
    alone = figures()
    assert alone == [None, 6]
    second = Allocation(desk.find(own).audit.case_file_id, desk.cast.asha.id, reading=2)
    with desk.database.writing() as session:
        other = allocate(session, round_id=desk.round_id, allocation=second, by=an_actor(desk.cast.lena)).id
    assert figures() == alone
    desk.answer(other)
    desk.submit(other)
    assert figures() == alone
    assert desk.browser(desk.cast.lena).get(f"/api/v1/actions/{counted_by_lena}").json()["audits"] == 6
    desk.close_round()
    assert figures() == [6, 6]


@pytest.mark.both_in_trials
def test_nobody_confirms_the_impact_of_an_action_that_they_own(desk: Desk) -> None:
    lou = a_person(desk.database, desk.cast.organisation, name="Lou", roles={Role.QUALITY_LEAD})
    action_id = planned(desk, a_plan(desk.cast.lena))
    moved(desk, action_id, *DONE)
    for move in (ActionMove.CONFIRM_IMPACT, ActionMove.SEE_NO_IMPACT):
        with pytest.raises(NotAllowed, match="You own this action"):
            moved(desk, action_id, move)
    page = desk.browser(desk.cast.lena).get(f"/actions/{action_id}").text
    assert "Confirm impact" not in page
    assert "Confirm impact" in desk.browser(lou).get(f"/actions/{action_id}").text
    moved(desk, action_id, ActionMove.CONFIRM_IMPACT, by=lou)
    assert stored(desk, action_id).state is ActionState.IMPACT_SHOWN


@pytest.mark.both_databases
def test_the_database_refuses_impact_without_evidence_or_confirmed_by_the_owner(desk: Desk) -> None:
    action_id = planned(desk, a_plan(desk.cast.lena))
    moved(desk, action_id, *DONE)
    of_it = update(Action).where(Action.id == action_id)  # type: ignore[arg-type]
    closing = {"state": ActionState.IMPACT_SHOWN, "closed_at": now(), "closed_by_id": desk.cast.asha.id}
    evidence = {"impact": SEEN, "impact_on": local_date(now())}
    for values in (closing, {**closing, **evidence, "closed_by_id": desk.cast.lena.id}):
        with pytest.raises(Exception, match="ck_action_impact"), desk.database.writing() as session:
            session.execute(of_it.values(**values))
    with desk.database.writing() as session:
        session.execute(of_it.values(**closing, **evidence))
    with pytest.raises(Exception, match="never changes"), desk.database.writing() as session:
        session.execute(of_it.values(impact_on=local_date(now()) - timedelta(days=1)))


@pytest.mark.parametrize(
    ("words", "evidence", "days_from_now", "fields"),
    [
        ("", None, None, {"/words", "/seen_on", "/evidence"}),
        (SEEN, EvidenceKind.RE_AUDIT, 0, {"/round_id"}),
        (SEEN, EvidenceKind.FEEDBACK, 1, {"/seen_on"}),
        ("Ring 01632 960001 about it.", EvidenceKind.FEEDBACK, 0, {"/words"}),
    ],
)
def test_evidence_of_impact_says_what_was_seen_when_and_where_from(
    desk: Desk, words: str, evidence: EvidenceKind | None, days_from_now: int | None, fields: set[str]
) -> None:
    action_id = planned(desk, a_plan(desk.cast.asha))
    moved(desk, action_id, *DONE)
    body = {"move": "confirm-impact", "words": words}
    body |= {"evidence": evidence.value} if evidence else {}
    if days_from_now is not None:
        body["seen_on"] = (local_date(now()) + timedelta(days=days_from_now)).isoformat()
    version = stored(desk, action_id).version
    answer = desk.browser(desk.cast.lena).post(
        f"/api/v1/actions/{action_id}/moves", json=body, headers={"If-Match": f'"{version}"'}
    )
    assert answer.status_code == 422
    assert {fault["pointer"] for fault in answer.json()["errors"]} == fields
    assert stored(desk, action_id).state is ActionState.DONE


def test_evidence_of_a_re_audit_names_its_round(desk: Desk) -> None:
    action_id = planned(desk, a_plan(desk.cast.asha))
    moved(desk, action_id, *DONE)
    later = desk.a_round(title="Autumn round")
    with desk.database.writing() as session:
        details = MoveDetails(SEEN, EvidenceKind.RE_AUDIT, local_date(now()), later)
        actions.move_action(
            session,
            action_id=action_id,
            move=ActionMove.CONFIRM_IMPACT,
            details=details,
            version=stored(desk, action_id).version,
            by=an_actor(desk.cast.lena),
        )
    page = desk.browser(desk.cast.lena).get(f"/actions/{action_id}").text
    assert f"/rounds/{later}/report" in page
    assert "Autumn round" in page


def test_no_impact_seen_asks_for_a_new_action_which_names_the_one_it_follows(desk: Desk) -> None:
    action_id = of_gap(desk, desk.cast.asha)
    moved(desk, action_id, *DONE, ActionMove.SEE_NO_IMPACT)
    lena = desk.browser(desk.cast.lena)
    seen = SeenPage(lena.get(f"/actions/{action_id}"))
    (way,) = [link for link in seen.links if link.startswith("/actions/new")]
    assert f"follows={action_id}" in way
    form = SeenPage(lena.get(way))
    assert form.form("/actions/new")["follows"] == str(action_id)
    again = planned(desk, a_plan(desk.cast.asha, follows_id=action_id))
    assert f"/actions/{action_id}" in lena.get(f"/actions/{again}").text


def test_a_due_date_that_moves_keeps_the_first_one_and_moved_twice_is_on_a_list_of_its_own(desk: Desk) -> None:
    action_id = planned(desk, a_plan(desk.cast.asha))
    moved(desk, action_id, *AGREED)
    first = stored(desk, action_id).due_on
    asha, lena = desk.browser(desk.cast.asha), desk.browser(desk.cast.lena)
    moved_twice = "/api/v1/actions?show=due-date-moved-twice"
    for number in (1, 2):
        assert lena.get(moved_twice).json()["items"] == []
        due_on = (first + timedelta(days=7 * number)).isoformat()
        answer = asha.post(
            f"/api/v1/actions/{action_id}/due-date",
            json={"due_on": due_on, "reason": "The trainer was ill again."},
            headers={"If-Match": f'"{stored(desk, action_id).version}"'},
        )
        assert answer.status_code == 200, answer.text
    (listed,) = lena.get(moved_twice).json()["items"]
    assert (listed["first_due_on"], listed["due_moves"]) == (first.isoformat(), 2)
    page = lena.get(f"/actions/{action_id}").text
    assert page.count("The trainer was ill again.") == 2


def test_what_was_read_before_somebody_changed_it_is_stale_and_what_was_typed_stays(desk: Desk) -> None:
    action_id = planned(desk, a_plan(desk.cast.asha))
    with pytest.raises(Stale), desk.database.writing() as session:
        actions.change_action(session, action_id=action_id, plan=a_plan(None), version=7, by=an_actor(desk.cast.lena))
    moved(desk, action_id, *AGREED)
    typed = {"version": "1", "words": "Half of the team is trained."}
    answer = desk.browser(desk.cast.asha).post(f"/actions/{action_id}/progress", data=typed)
    assert answer.status_code == 412
    assert "Half of the team is trained." in answer.text
    assert "Someone else has changed this action" in answer.text


def test_a_team_reads_agreed_practice_actions_about_it_and_changes_none(desk: Desk) -> None:
    with desk.database.writing() as session:
        session.add(
            TeamMember(organisation_id=desk.cast.organisation.id, person_id=desk.cast.ben.id, team_id=desk.team_id)
        )
    action_id = planned(desk, a_plan(desk.cast.asha, team_ids=(desk.team_id,)))
    whole_service = planned(desk, a_plan(desk.cast.asha))
    moved(desk, whole_service, *AGREED)
    ben = an_actor(desk.cast.ben)

    def read() -> list[uuid.UUID]:
        with desk.database.reading() as session:
            found = find_actions(session, ben, kind=ActionKind.PRACTICE, worklist=Worklist.MY_TEAMS)
            assert [each.action.id for each in find_actions(session, ben, kind=ActionKind.PRACTICE)] == [
                each.action.id for each in found
            ]
            return [each.action.id for each in found]

    assert read() == []
    moved(desk, action_id, *AGREED)
    assert read() == [action_id]
    with pytest.raises(NotAllowed), desk.database.writing() as session:
        actions.note_progress(session, action_id=action_id, words="Half of it is done.", version=2, by=ben)
    with pytest.raises(NotFound), desk.database.writing() as session:
        actions.note_progress(session, action_id=whole_service, words="Half of it is done.", version=2, by=ben)


def test_a_team_reads_an_action_that_was_dropped_only_if_it_had_been_agreed(desk: Desk) -> None:
    own = desk.cast.organisation.id
    with desk.database.writing() as session:
        session.add(TeamMember(organisation_id=own, person_id=desk.cast.ben.id, team_id=desk.team_id))
    agreed, never_agreed = (planned(desk, a_plan(desk.cast.asha, team_ids=(desk.team_id,))) for _ in range(2))
    moved(desk, agreed, *AGREED, ActionMove.DROP)
    moved(desk, never_agreed, ActionMove.DROP)
    ben, asha = desk.browser(desk.cast.ben), desk.browser(desk.cast.asha)
    assert ben.get(f"/api/v1/actions/{agreed}").json()["state"] == "not-pursued"
    assert ben.get(f"/api/v1/actions/{never_agreed}").status_code == 404
    assert asha.get(f"/api/v1/actions/{never_agreed}").status_code == 200


def test_worklists_show_what_is_due_soon_overdue_and_waiting_and_pages_follow_each_other(desk: Desk) -> None:
    today = local_date(now())
    ids = [planned(desk, a_plan(desk.cast.asha, due_on=today + timedelta(days=days))) for days in (0, 14, 15, 40)]
    moved(desk, ids[3], *DONE)
    late = planned(desk, a_plan(desk.cast.asha))
    with desk.database.writing() as session:
        session.execute(
            update(Action).where(Action.id == late).values(due_on=today - timedelta(days=1))  # type: ignore[arg-type]
        )
    lena = desk.browser(desk.cast.lena)

    def listed(show: Show) -> list[str]:
        return [each["id"] for each in lena.get(f"/api/v1/actions?show={show.value}").json()["items"]]

    assert listed(Show.OPEN) == [str(each) for each in (late, *ids)]
    assert listed(Show.DUE_SOON) == [str(each) for each in ids[:2]]
    assert listed(Show.OVERDUE) == [str(late)]
    assert listed(Show.WAITING) == [str(ids[3])]
    assert listed(Show.CLOSED) == []
    one = lena.get("/api/v1/actions?limit=2").json()
    two = lena.get(f"/api/v1/actions?limit=2&after={one['after']}").json()
    assert [each["id"] for each in one["items"] + two["items"]] == [str(each) for each in (late, *ids[:3])]
    assert lena.get("/api/v1/actions?after=nonsense").status_code == 422
    page = lena.get("/actions?limit=2")
    assert "Overdue" in page.text
    assert f"after={one['after']}" in page.text


def test_a_plan_that_lacks_something_says_what_beside_each_field_and_nothing_is_stored(desk: Desk) -> None:
    lena = desk.browser(desk.cast.lena)
    answer = lena.post("/actions/new", data={"key": "one", "cause": "gap", "words": "Do it"})
    assert answer.status_code == 422
    for said in (
        "Enter what will be done, in at least 3 words",
        "Select the round that the finding is from",
        "Enter the date by which the action should be done",
        "Select the owner, or enter the post of someone without an account",
        "Select where the evidence will come from",
    ):
        assert answer.text.count(said) >= 2, said
    body: dict[str, Any] = {
        "cause": "gap",
        "words": WORDS,
        "measure": SEEN,
        "measure_from": "feedback",
        "measure_by": "2030-01-01",
    }
    body |= {
        "due_on": "2020-01-01",
        "owner_id": str(desk.cast.ada.id),
        "round_id": str(desk.round_id),
        "themes": ["no"],
    }
    refused = lena.post("/api/v1/actions", json=body, headers=a_key())
    pointers = {fault["pointer"] for fault in refused.json()["errors"]}
    assert pointers == {"/due_on", "/owner_id", "/themes"}
    assert lena.get("/api/v1/actions").json()["items"] == []


def test_names_are_refused_until_a_reason_keeps_them_and_the_reason_is_an_event(desk: Desk) -> None:
    lena = desk.browser(desk.cast.lena)
    page = SeenPage(lena.get("/actions/new?cause=other"))
    typed = {
        **page.form("/actions/new"),
        "words": "Mrs Sarah Jones writes the guide.",
        "why": "Plans lack dates and names.",
        "owner_post": "Head of Service",
        "measure": SEEN,
        "measure_from": "dip-sample",
        **{f"due_on-{part}": value for part, value in (("day", "1"), ("month", "6"), ("year", "2040"))},
        **{f"measure_by-{part}": value for part, value in (("day", "1"), ("month", "9"), ("year", "2040"))},
    }
    refused = lena.post("/actions/new", data=typed)
    assert refused.status_code == 422
    assert "may contain" in refused.text
    kept = lena.post("/actions/new", data={**typed, "keep_names": "worker"})
    assert kept.status_code == 303, kept.text
    assert desk.events()[-2:] == ["action.proposed", "name.kept"]


def test_every_move_is_an_event_and_a_closed_action_takes_no_more(desk: Desk) -> None:
    action_id = planned(desk, a_plan(None))
    moved(desk, action_id, *DONE, ActionMove.RESUME, ActionMove.FINISH, ActionMove.CONFIRM_IMPACT)
    assert [kind for kind in desk.events() if kind.startswith("action.")] == [
        "action.proposed",
        "action.agreed",
        "action.started",
        "action.finished",
        "action.resumed",
        "action.finished",
        "action.impact-confirmed",
    ]
    for move in ActionMove:
        with pytest.raises(Conflict), desk.database.writing() as session:
            _move_at(session, desk, action_id, move)


def _move_at(session: Session, desk: Desk, action_id: uuid.UUID, move: ActionMove) -> None:
    actions.move_action(
        session,
        action_id=action_id,
        move=move,
        details=details_of(move),
        version=stored(desk, action_id).version,
        by=an_actor(desk.cast.lena),
    )


def test_the_report_of_a_round_and_the_answers_behind_a_figure_lead_to_a_plan(desk: Desk) -> None:
    a_round_with_gaps(desk)
    lena = desk.browser(desk.cast.lena)
    way = f"/actions/new?cause=gap&round={desk.round_id}"
    assert way in SeenPage(lena.get(f"/rounds/{desk.round_id}/report")).links
    assert way in SeenPage(lena.get(f"/rounds/{desk.round_id}")).links
    answers = SeenPage(lena.get(f"/rounds/{desk.round_id}/answers?theme=planning"))
    assert f"{way}&theme=planning" in answers.links
    form = lena.get(f"{way}&theme=planning").text
    assert "2 of 6 met the standard (33%). Gap." in form


def test_the_home_page_counts_what_an_owner_has_not_done_and_what_is_overdue(desk: Desk) -> None:
    owner = a_person(desk.database, desk.cast.organisation, name="Olu", roles={Role.ACTION_OWNER})
    due = planned(desk, a_plan(owner))
    assert "that you own" not in desk.browser(owner).get("/").text
    moved(desk, due, ActionMove.AGREE)
    start = desk.browser(owner).get("/").text
    assert 'href="/actions?kind=practice&amp;worklist=mine"' in start
    assert "1 practice action that you own" in start
    with desk.database.writing() as session:
        session.execute(update(Action).values(due_on=local_date(now()) - timedelta(days=1)))
    assert "1 overdue" in desk.browser(owner).get("/").text
    moved(desk, due, ActionMove.FINISH)
    assert "that you own" not in desk.browser(owner).get("/").text
