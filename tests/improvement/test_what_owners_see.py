"""Nothing that a person who owns actions can reach tells of an audit's answers or words, or of another team."""

import re
import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi.routing import iter_route_contexts
from sqlmodel import select

from api.allocation.actions import Allocation, allocate
from api.app import OPENAPI_PATH, every_route
from api.case_files import actions as case_files
from api.case_files.actions import NewCaseFile
from api.feedback.sheets import actions as sheets
from api.feedback.sheets.actions import NewSheet
from api.feedback.sheets.reflections import NewReflection, type_reflection
from api.foundation.local_time import local_date
from api.foundation.outbox.sending import send_due
from api.foundation.permissions import Permission
from api.improvement.child_level import actions as child_level
from api.improvement.child_level.actions import NewChildAction
from api.improvement.reminders.reminding import give_reminders
from api.notices.mailing import queue_mail
from checklists.actions.action_states import ActionMove
from models import ActionCause, AgeBand, CaseStatus, Event, Role, TeamMember, now
from tests.desk import Desk
from tests.factories import MadePerson, a_person, a_team, an_actor
from tests.follow_ups.following import follow
from tests.improvement.acting import a_plan, moved, planned
from tests.mail_server import a_mail_server
from tests.whole_service.matrix import declared

# Nobody writes these but where the test says.
ANSWERS, OTHER_TEAM, OTHER_CHILD = "canaryrationale", "canaryteam", "canarychild"
CANARIES = (ANSWERS, OTHER_TEAM, OTHER_CHILD)


def an_owner(desk: Desk) -> MadePerson:
    made = a_person(desk.database, desk.cast.organisation, name="Olu", roles={Role.ACTION_OWNER})
    with desk.database.writing() as session:
        own = desk.cast.organisation.id
        session.add(TeamMember(organisation_id=own, person_id=made.id, team_id=desk.team_id))
    return made


Things = dict[str, list[str]]


def fill(desk: Desk, olu: MadePerson) -> Things:
    """Audits full of canaries, actions of the owner, and actions of others; their identifiers, as routes name them."""
    ids: dict[str, list[uuid.UUID]] = {"audit_id": [], "action_id": [], "sheet_id": []}
    other = a_team(desk.database, desk.cast.organisation, f"{OTHER_TEAM} locality").id
    follow(desk, contact_id=olu.id)
    for number in range(6):
        audit_id = desk.an_audit()
        desk.answer(audit_id, "good" if number < 2 else "inadequate", rationale=f"{ANSWERS} on page 3")
        for owner, words in ((olu, "See the child at home soon."), (None, f"See {OTHER_CHILD} at school soon.")):
            new = NewChildAction(words, "voice", owner.id if owner else None, "" if owner else "Team manager")
            with desk.database.writing() as session:
                made = child_level.propose_child_action(
                    session, audit_id=audit_id, new=new, by=an_actor(desk.cast.asha)
                )
                ids["action_id"].append(made.id)
        desk.submit(audit_id)
        ids["audit_id"].append(audit_id)
    # Of what is submitted from now on somebody else is told.
    follow(desk, version=1)
    theirs, ids["sheet_id"] = share_feedback(desk, ids["audit_id"], other)
    ids["audit_id"].append(theirs)
    gap = {"cause": ActionCause.GAP, "round_id": desk.round_id, "themes": ("planning",), "why": ""}
    for team, owner in ((desk.team_id, olu), (desk.team_id, desk.cast.asha), (other, desk.cast.asha)):
        words = f"Each plan has names, {OTHER_TEAM}." if team == other else "Each plan names who does what."
        action_id = planned(desk, a_plan(owner, words=words, team_ids=(team,), **gap))
        moved(desk, action_id, ActionMove.AGREE)
        ids["action_id"].append(action_id)
    ids |= {"round_id": [desk.round_id], "template_id": [desk.template_id], "team_id": [desk.team_id, other]}
    return {name: [str(each) for each in of_kind] for name, of_kind in ids.items()}


def share_feedback(desk: Desk, audits: list[uuid.UUID], other: uuid.UUID) -> tuple[uuid.UUID, list[uuid.UUID]]:
    """Feedback of the owner's team that is shared and that is not, and of another team, with reflections on each: the
    audit of the other team, and the sheets.
    """
    lena = an_actor(desk.cast.lena)
    with desk.database.writing() as session:
        bands = (CaseStatus.CHILD_IN_NEED, AgeBand.FROM_5_TO_9)
        case = case_files.create_case_file(session, case_file=NewCaseFile(other, *bands), by=lena).case_file
        theirs = allocate(
            session, round_id=desk.round_id, allocation=Allocation(case.id, desk.cast.asha.id), by=lena
        ).id
    desk.answer(theirs, "inadequate", rationale=f"{ANSWERS} on page 3")
    desk.submit(theirs)
    made = []
    for audit_id, works, shared in (
        (audits[-1], "Seen every week.", True),
        (audits[-2], f"{OTHER_CHILD} seen every week.", False),
        (theirs, f"{OTHER_TEAM} seen every week.", True),
    ):
        with desk.database.writing() as session:
            new = NewSheet(works, "Who does what?", local_date(now()))
            sheet = sheets.write_sheet(session, audit_id=audit_id, new=new, version=0, by=an_actor(desk.cast.asha))
            said = NewReflection(f"{ANSWERS} is what I think.")
            type_reflection(session, code=sheet.code, new=said, by=an_actor(desk.cast.asha))
            if shared:
                sheets.share_sheet(session, audit_id=audit_id, version=sheet.version, by=lena)
            made.append(sheet.id)
    return theirs, made


def everything(desk: Desk, person: MadePerson, ids: Things) -> Iterator[tuple[str, str]]:
    """Every page and answer that the person can read, of every thing of its kind: the path and what it says.

    A route of a kind that is not here is asked for each kind once. Where they lack the permission of the route nobody
    looks at the thing: one of them tells as much as all.
    """
    one_of_each = [of_kind[0] for of_kind in ids.values()]
    client, permissions = desk.browser(person), declared(desk.app)
    for route in iter_route_contexts(every_route(desk.app)):
        path = getattr(route, "path", "")
        if "GET" not in (getattr(route, "methods", None) or ()) or "/static" in path:
            continue
        permission = permissions.get(f"GET {path}", "public")
        stopped = permission != "public" and not an_actor(person).may(Permission(permission))
        names = re.findall(r"{(\w+)}", path)
        things = ids.get(names[0], one_of_each) if names else [""]
        for one in things[:1] if stopped else things:
            filled = re.sub(r"{\w+_id}", one, path)
            filled = re.sub(r"{\w+}", "finish", filled)
            answer = client.get(filled)
            if answer.status_code < 400:
                yield filled, answer.text
            assert answer.status_code < 500, filled
            assert not stopped or answer.status_code >= 400, filled


def test_no_page_answer_e_mail_or_event_tells_an_owner_of_answers_or_of_another_team(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    olu = an_owner(desk)
    ids = fill(desk, olu)
    give_reminders(desk.database, today=local_date(now()) + timedelta(days=90))
    seen = list(everything(desk, olu, ids))
    own = [path for path, _ in seen if any(each in path for of_kind in ids.values() for each in of_kind)]
    assert len([path for path in own if path.startswith("/api/v1/actions/")]) == 8, "six children and two of their team"
    feedback = [path for path in own if path.startswith("/api/v1/team-feedback/")]
    assert len(feedback) == 1, "of three sheets one is shared with their team"
    told = [path for path in own if path.endswith("/follow-up")]
    assert len(told) == 8, "a page and an answer of each of the four audits at the lowest rating of which they are told"
    others = [path for path in own if path not in told]
    assert [path for path in others if "/audits/" in path or "/rounds/" in path or "/case" in path] == []
    said = [(path, canary) for path, text in seen for canary in CANARIES if canary in text.lower()]
    assert said == []
    # The OpenAPI document is the same for everybody: its examples have answers.
    assert not [path for path, text in seen if path != OPENAPI_PATH and ("33%" in text or "inadequate" in text.lower())]
    # The same words are there for those who may read them.
    unseen = {*CANARIES}
    for _, text in everything(desk, desk.cast.lena, ids):
        unseen -= {canary for canary in unseen if canary in text.lower()}
        if not unseen:
            break
    assert unseen == set()
    with a_mail_server() as server:
        queue_mail(desk.database, moment=now() + timedelta(hours=1))
        send_due(desk.database, server.settings)
        letters = list(server.messages)
    assert letters
    words = [*CANARIES, "See the child", "names who does what", "Planning"]
    assert [word for letter in letters for word in words if word in letter] == []
    with desk.database.reading() as session:
        kept = [event.details for event in session.exec(select(Event)) if event.kind.startswith("action.")]
    assert [details for details in kept for word in words if word in details] == []
    with capsys.disabled():
        print(f"\nOwners: {len(seen)} pages and answers, {len(CANARIES)} canaries, 0 seen")
