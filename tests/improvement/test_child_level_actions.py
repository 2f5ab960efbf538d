"""Child-level actions are proposed beside a theme, go live on submission, and tell a blind reader nothing."""

import uuid
from datetime import timedelta

import pytest
from sqlmodel import col, select, update

from api.allocation.actions import Allocation, allocate
from api.foundation.local_time import local_date
from api.foundation.problems import Conflict, Invalid, NotAllowed, NotFound
from api.improvement import actions
from api.improvement.child_level import actions as child_level
from api.improvement.child_level.actions import NewChildAction
from api.improvement.reminders.reminding import give_reminders
from checklists.actions.action_states import ActionMove
from checklists.actions.working_days import after_working_days
from models import Action, ActionState, HasSeen, Notice, NoticeKind, now
from tests.desk import Desk
from tests.factories import MadePerson, a_team, an_actor
from tests.improvement.acting import a_plan, an_owner, moved, planned, stored

SAYS = "See the child alone within the week."


def proposed(
    desk: Desk, audit_id: uuid.UUID, owner: MadePerson | None, by: MadePerson | None = None, reason: str = ""
) -> uuid.UUID:
    new = NewChildAction(
        SAYS, "voice", owner.id if owner else None, "" if owner else "Team manager", due_days=3, reason=reason
    )
    with desk.database.writing() as session:
        actor = an_actor(by or desk.cast.asha)
        return child_level.propose_child_action(session, audit_id=audit_id, new=new, by=actor).id


def complete(desk: Desk, answer: str = "inadequate") -> uuid.UUID:
    audit_id = desk.an_audit()
    desk.answer(audit_id, answer, rationale="Seen on file.")
    return audit_id


def second_reading(desk: Desk, audit_id: uuid.UUID, reader: MadePerson) -> uuid.UUID:
    """Give the case of an audit to a second reader."""
    case = desk.find(audit_id).audit.case_file_id
    with desk.database.writing() as session:
        lena = an_actor(desk.cast.lena)
        return allocate(session, round_id=desk.round_id, allocation=Allocation(case, reader.id, reading=2), by=lena).id


@pytest.mark.fast
@pytest.mark.both_databases
def test_it_is_proposed_beside_a_theme_and_live_when_the_audit_is_submitted(desk: Desk) -> None:
    olu, audit_id = an_owner(desk), complete(desk)
    asha, theirs = desk.browser(desk.cast.asha), desk.browser(olu)
    theme = asha.get(f"/audits/{audit_id}/themes/voice").text
    assert f"/audits/{audit_id}/actions/new?theme=voice" in theme
    sent = {"words": SAYS, "theme": "voice", "owner_id": str(olu.id), "due_days": "3", "key": "one"}
    assert asha.post(f"/audits/{audit_id}/actions/new", data=sent).status_code == 303
    assert SAYS in asha.get(f"/audits/{audit_id}/themes/voice").text
    assert SAYS not in asha.get(f"/audits/{audit_id}/themes/planning").text
    (one,) = asha.get(f"/api/v1/audits/{audit_id}/actions").json()["items"]
    assert one["state"] == "proposed"
    assert theirs.get(f"/api/v1/actions/{one['id']}").status_code == 404
    desk.submit(audit_id)
    seen = theirs.get(f"/api/v1/actions/{one['id']}").json()
    due_on = after_working_days(local_date(now()), 3).isoformat()
    assert (seen["state"], seen["due_on"], seen["first_due_on"]) == ("agreed", due_on, due_on)
    assert seen["reference"] == desk.find(audit_id).case_file.reference
    assert seen["audit_id"] is None
    (listed,) = theirs.get("/api/v1/actions?kind=child-level&worklist=mine").json()["items"]
    assert listed["id"] == one["id"]
    assert theirs.get("/api/v1/actions?kind=practice").json()["items"] == []
    (notice,) = theirs.get("/api/v1/notices").json()["items"]
    assert notice["text"] == "You own a new action."


def test_one_that_is_dropped_before_submission_stays_between_its_auditor_and_who_reads_the_audit(desk: Desk) -> None:
    olu, audit_id = an_owner(desk), complete(desk)
    dropped, kept = proposed(desk, audit_id, olu), proposed(desk, audit_id, olu)
    moved(desk, dropped, ActionMove.DROP, by=desk.cast.asha)
    desk.submit(audit_id)
    theirs = desk.browser(olu)
    assert [each["id"] for each in theirs.get("/api/v1/actions?kind=child-level").json()["items"]] == [str(kept)]
    assert theirs.get(f"/api/v1/actions/{dropped}").status_code == 404
    for reader in (desk.cast.asha, desk.cast.lena):
        assert desk.browser(reader).get(f"/api/v1/actions/{dropped}").json()["state"] == "not-pursued"


def test_the_check_page_asks_for_an_action_where_the_lowest_grade_has_none_and_submission_needs_none(
    desk: Desk,
) -> None:
    audit_id = desk.an_audit()
    desk.answer(audit_id, "inadequate", "voice", "planning", rationale="Seen on file.")
    desk.answer(audit_id, "good", "daily-life", "challenge")
    asha = desk.browser(desk.cast.asha)
    ask = "These answers have the lowest rating and no action for this child."
    check = asha.get(f"/audits/{audit_id}/check").text
    assert ask in check
    assert "actions/new?theme=voice" in check
    assert "actions/new?theme=planning" in check
    assert "actions/new?theme=challenge" not in check
    proposed(desk, audit_id, None)
    check = asha.get(f"/audits/{audit_id}/check").text
    assert "actions/new?theme=voice" not in check
    assert "actions/new?theme=planning" in check
    desk.submit(audit_id)


def test_the_auditor_changes_it_until_submission_and_a_moderator_after_it_with_a_reason(desk: Desk) -> None:
    audit_id = complete(desk)
    action_id = proposed(desk, audit_id, None)
    asha, mo = an_actor(desk.cast.asha), an_actor(desk.cast.mo)

    def change(by: object, reason: str = "") -> None:
        new = NewChildAction("See the child at school.", owner_post="Team manager", due_days=5, reason=reason)
        with desk.database.writing() as session:
            version = stored(desk, action_id).version
            child_level.change_child_action(session, action_id=action_id, new=new, version=version, by=by)  # type: ignore[arg-type]

    with pytest.raises(NotFound):
        change(mo)
    change(asha)
    assert stored(desk, action_id).due_days == 5
    desk.submit(audit_id)
    with pytest.raises(NotAllowed):
        change(asha, "The school asked for it.")
    with pytest.raises(Invalid, match="why you are changing the action"):
        change(mo)
    change(mo, "The school asked for it.")
    with pytest.raises(Conflict, match="has been submitted"):
        proposed(desk, audit_id, None)
    with pytest.raises(Invalid, match="why you are adding the action"):
        proposed(desk, audit_id, None, by=desk.cast.mo)
    added = proposed(desk, audit_id, None, by=desk.cast.mo, reason="The plan needs it now.")
    assert stored(desk, added).state is ActionState.AGREED
    moved(desk, added, ActionMove.DROP, by=desk.cast.mo)
    page = desk.browser(desk.cast.lena).get(f"/actions/{action_id}").text
    assert "The school asked for it." in page


def test_it_closes_with_what_it_meant_for_the_child_and_not_by_its_owner(desk: Desk) -> None:
    audit_id = complete(desk)
    action_id = proposed(desk, audit_id, desk.cast.mo)
    desk.submit(audit_id)
    moved(desk, action_id, ActionMove.START, ActionMove.FINISH, by=desk.cast.mo)
    with pytest.raises(NotAllowed, match="You own this action"):
        moved(desk, action_id, ActionMove.CONFIRM_IMPACT, by=desk.cast.mo)
    moved(desk, action_id, ActionMove.CONFIRM_IMPACT)
    assert "What it has meant for the child" in desk.browser(desk.cast.lena).get(f"/actions/{action_id}").text


def test_somebody_who_only_owns_actions_owns_those_of_their_own_teams_children_alone(desk: Desk) -> None:
    other = a_team(desk.database, desk.cast.organisation, "South locality").id
    far, near = an_owner(desk, team=other, name="Far"), an_owner(desk, name="Near")
    audit_id = complete(desk)
    with pytest.raises(Invalid, match="Select an owner from the list"):
        proposed(desk, audit_id, far)
    page = desk.browser(desk.cast.asha).get(f"/audits/{audit_id}/actions/new").text
    assert str(near.id) in page
    assert str(far.id) not in page


@pytest.mark.both_databases
def test_a_second_reader_learns_of_no_action_from_the_other_reading_until_both_are_submitted(desk: Desk) -> None:
    """Even one that they own: neither list, page, notice nor count tells that there is another reading."""
    audit_id = complete(desk)
    action_id = proposed(desk, audit_id, desk.cast.ben)
    second = second_reading(desk, audit_id, desk.cast.ben)
    desk.submit(audit_id)
    with desk.database.writing() as session:
        later = local_date(now()) - timedelta(days=1)
        session.execute(update(Action).where(col(Action.id) == action_id).values(due_on=later))
    give_reminders(desk.database, today=local_date(now()))
    ben, reference = desk.browser(desk.cast.ben), desk.find(audit_id).case_file.reference
    with desk.database.reading() as session:
        kinds = set(session.exec(select(Notice.kind).where(col(Notice.person_id) == desk.cast.ben.id)))
        assert kinds == {NoticeKind.ALLOCATED}

    def pages() -> str:
        paths = [
            *("/", "/notices", "/api/v1/notices", "/actions?worklist=mine&kind=child-level"),
            *(f"/api/v1/actions?kind=child-level&worklist={each}" for each in ("mine", "my-teams", "all")),
            *(f"/audits/{second}", f"/audits/{second}/themes/voice", f"/audits/{second}/check"),
            *(f"/api/v1/audits/{second}/actions", f"/actions/{action_id}", f"/api/v1/actions/{action_id}"),
            *(f"/api/v1/audits/{audit_id}/actions", f"/child-actions/{action_id}/edit"),
        ]
        return "\n".join(ben.get(path).text for path in paths)

    blind = pages()
    assert SAYS not in blind
    assert "You own a new action" not in blind
    assert reference in blind, "their own reading is there"
    desk.answer(second, "good", by=desk.cast.ben)
    desk.submit(second, by=desk.cast.ben)
    assert SAYS in pages()


def test_who_owns_or_reads_an_action_of_a_case_has_seen_it_and_reads_it_blind_no_more(desk: Desk) -> None:
    audit_id = complete(desk)
    action_id = proposed(desk, audit_id, desk.cast.ben)
    desk.submit(audit_id)
    desk.browser(desk.cast.mo).get(f"/actions/{action_id}")
    with desk.database.reading() as session:
        seen = set(session.exec(select(HasSeen.person_id).where(col(HasSeen.audit_id) == audit_id)))
    assert {desk.cast.ben.id, desk.cast.mo.id} <= seen


def test_reminders_go_to_the_owner_then_to_heads_of_service_then_to_leads_each_once(desk: Desk) -> None:
    olu, head = an_owner(desk), an_owner(desk, name="Head")
    plan = a_plan(olu, team_ids=(desk.team_id,))
    action_id = planned(desk, plan)
    moved(desk, action_id, ActionMove.AGREE)
    assert plan.due_on is not None

    def told(days: int) -> dict[str, set[NoticeKind]]:
        """Who has which notices on the day so many days after the due date."""
        assert plan.due_on is not None
        for _ in range(2):
            give_reminders(desk.database, today=plan.due_on + timedelta(days=days))
        with desk.database.reading() as session:
            rows = session.exec(select(Notice.person_id, Notice.kind).where(col(Notice.subject_id) == action_id)).all()
        names = {olu.id: "owner", head.id: "head", desk.cast.lena.id: "lead"}
        found: dict[str, set[NoticeKind]] = {}
        for person_id, kind in rows:
            found.setdefault(names[person_id], set()).add(NoticeKind(kind))
        return found

    given = NoticeKind.ACTION_GIVEN
    assert told(-14) == {"owner": {given}}
    assert told(0) == {"owner": {given, NoticeKind.ACTION_DUE_SOON}}
    late = {"owner": {given, NoticeKind.ACTION_DUE_SOON, NoticeKind.ACTION_OVERDUE}}
    assert told(4) == late
    assert told(9) == {**late, "head": {NoticeKind.ACTION_ESCALATED}}
    assert told(21) == {**late, "head": {NoticeKind.ACTION_ESCALATED}, "lead": {NoticeKind.ACTION_ESCALATED}}
    assert desk.events().count("action.reminded") == 4
    with desk.database.writing() as session:
        actions.move_due_date(
            session,
            action_id=action_id,
            due_on=plan.due_on + timedelta(days=40),
            reason="The trainer was ill.",
            version=stored(desk, action_id).version,
            by=an_actor(olu),
        )
    assert told(21)["owner"] >= {NoticeKind.ACTION_OVERDUE}
    assert desk.events().count("action.reminded") == 4
    moved(desk, action_id, ActionMove.FINISH)
    assert told(50) == {}


def test_the_link_to_a_new_action_says_what_its_form_does(desk: Desk) -> None:
    audit_id = complete(desk)

    def check(person: MadePerson, said: str) -> None:
        for page in ("", "/actions/new"):
            assert f"{said} an action for this child" in desk.browser(person).get(f"/audits/{audit_id}{page}").text

    check(desk.cast.asha, "Propose")
    desk.submit(audit_id)
    check(desk.cast.lena, "Add")
