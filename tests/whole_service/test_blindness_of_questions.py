"""Answers to questions of another reading are as hidden as its scores, from everything that the service answers."""

import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest
from sqlmodel import col, update

from api.allocation.actions import Allocation, allocate
from api.foundation.http.security import cookie_name
from models import Audit, Role
from tests.audits.asking_desk import ask, ask_as, grade
from tests.checklists.full_template import a_template_of_questions
from tests.client import Client
from tests.desk import Desk, a_desk
from tests.factories import a_person, an_actor, signed_in
from tests.service import service_on
from tests.whole_service.rehearsal import Rehearsal
from tests.whole_service.test_blindness import (
    BESIDE,
    CASES,
    COMBINED,
    MAY_DIFFER,
    UNKNOWN,
    Reader,
    Scene,
    without_the_rule,
)

WHO = "lead"
CANARY = "8765"  # a number of days that nothing else has


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with a_desk(database_url, template=a_template_of_questions()) as made:
        yield made


def a_scene(desk: Desk) -> Scene:
    """Somebody who holds every role and reads two cases alone, the second submitted."""
    person = a_person(desk.database, desk.cast.organisation, roles=set(Role), name="Reader", settings=COMBINED)
    reader = Reader(replace(person, roles=frozenset(Role)))
    for case in CASES[:2]:
        own = reader.own[case] = desk.an_audit(person, harms=())
        reader.others[case] = uuid.uuid4()
        reader.beside[case] = {name: uuid.uuid4() for name in BESIDE}
        with desk.database.reading() as session:
            reader.cases[case] = session.get_one(Audit, (person.organisation_id, own)).case_file_id
        ask_as(desk, own, person, {"seen-alone": "no", "visits": "3", "chronology": "2026-03"})
    grade(desk, reader.own["handed-in"], "good", "voice", "history", "review", by=person)
    desk.submit(reader.own["handed-in"], by=person)
    address = {name: str(uuid.uuid4()) for name in (*UNKNOWN, "snapshot_id", "briefing_id", "closed_action_id")}
    address |= {"round_id": str(desk.round_id), "template_id": str(desk.template_id)}
    address |= {"team_id": str(desk.team_id), "person_id": str(desk.cast.asha.id)}
    address |= {"number": "1", "kind": "csv", "key": "voice", "slug": "stale", "secret": "none", "page": "help"}
    address |= {"theme": "voice", "theme_key": "voice", "domain_key": "child"}
    app = service_on(COMBINED, Rehearsal(desk.database.engine))
    cookie = f"{cookie_name(app.state.settings)}={signed_in(desk.database, person)}"
    client = Client(app, headers={"Cookie": cookie, "Sec-Fetch-Site": "same-origin"})
    return Scene(desk, desk.cast.asha, {WHO: reader}, address, {WHO: client})


def let_asha_read(scene: Scene) -> None:
    """Give both cases another reader, who answers questions and submits the first."""
    desk, reader = scene.desk, scene.readers[WHO]
    for case in CASES[:2]:
        is_second = case == "handed-in"
        with desk.database.writing() as session:
            if not is_second:
                session.execute(update(Audit).where(col(Audit.id) == reader.own[case]).values(reading=2))
            allocation = Allocation(reader.cases[case], desk.cast.asha.id, 2 if is_second else 1)
            other = allocate(session, round_id=desk.round_id, allocation=allocation, by=an_actor(desk.cast.lena)).id
        ask(desk, other, seen_alone="yes", where="school", visits=CANARY, chronology="2011-11")
        grade(desk, other, "good", "voice", "history", "review")
        reader.others[case] = other
        if not is_second:
            desk.submit(other)


def test_answers_to_questions_of_the_other_reading_are_in_no_answer(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, record_property: Any
) -> None:
    scene = a_scene(desk)
    with ExitStack() as stack:
        stack.enter_context(scene.clients[WHO])
        alone = scene.visible_under_blind_reading(WHO, only=["/audits"], one_in=3)
        let_asha_read(scene)
        with_others = scene.visible_under_blind_reading(WHO, only=["/audits"], one_in=3)
        told = [each for each in alone if alone[each] != with_others[each] and each not in MAY_DIFFER]
        assert told == []
        words = [each for each in alone for word in (CANARY, "November 2011", "2011-11") if word in with_others[each]]
        assert words == []
        record_property("figure", f"Questions: {len(alone):,} answers, {len(told)} differ, {len(words)} tell")

        without_the_rule(monkeypatch)
        seen = scene.visible_under_blind_reading(WHO, only=["GET /audits/{audit_id}", "GET /api/v1/audits/{audit_id}"])
        assert sum(CANARY in answer for answer in seen.values()) > 2
