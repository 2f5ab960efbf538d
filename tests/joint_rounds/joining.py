"""Joint rounds for tests, made by the actions that people use."""

import random
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from typing import Any, Final

from fastapi.routing import APIRoute, iter_route_contexts
from sqlmodel import col, select

from api.app import every_route
from api.case_files import actions as case_files
from api.case_files.actions import NewCaseFile
from api.case_lists import actions as case_lists
from api.joint_rounds.agencies import actions as agencies
from api.joint_rounds.panels import actions as panels
from api.joint_rounds.panels.actions import NewFinding, PanelContent
from api.joint_rounds.parts import actions as parts
from api.joint_rounds.parts.actions import NewEntry, PartAnswer, PartContent
from api.joint_rounds.planning import actions as planning
from api.joint_rounds.planning.actions import JointPlan
from checklists.case_list import CaseList as CaseListContent
from checklists.case_list import ListedCase
from checklists.joint.states import ChronologyKind
from checklists.privacy.references import reference_from
from models import AgeBand, CaseStatus, JointCase, JointPart, Role, now
from tests.client import Client
from tests.desk import THEMES, Desk
from tests.factories import MadePerson, a_person, an_actor
from tests.importing import import_list
from tests.thorough import part_of
from tests.writing_times import filling_for_a_test

AGENCIES: Final = ("Social care", "Police", "Health", "Schools", "Probation")
SAID: Final = "The record shows it in"
# How many cases a case list has.
LISTED: Final = 30
_OF_JOINT_ROUNDS: Final = (
    *("{joint_round_id}", "{joint_case_id}", "{part_id}"),
    *("{agency_id}", "{case_file_id}", "{round_id}"),
)


@dataclass
class Partnership:
    """Agencies with one person each, and a joint round in which they answer."""

    desk: Desk
    people: dict[str, MadePerson] = field(default_factory=dict)
    agencies: dict[str, uuid.UUID] = field(default_factory=dict)
    round_id: uuid.UUID = field(default_factory=uuid.uuid4)

    @property
    def cases(self) -> list[uuid.UUID]:
        """The cases of the round, in the order in which they were added."""
        with self.desk.database.reading() as session:
            query = select(JointCase.id).where(col(JointCase.joint_round_id) == self.round_id)
            return list(session.exec(query.order_by(col(JointCase.id))))

    def part(self, agency: str, case_id: uuid.UUID) -> JointPart:
        with self.desk.database.reading() as session:
            of = (col(JointPart.agency_id) == self.agencies[agency], col(JointPart.joint_case_id) == case_id)
            return session.exec(select(JointPart).where(*of)).one()

    def case(self, case_id: uuid.UUID) -> JointCase:
        with self.desk.database.reading() as session:
            return session.get_one(JointCase, (self.desk.cast.organisation.id, case_id))

    def answer(
        self, agency: str, case_id: uuid.UUID, *, known: bool = True, submit: bool = True, word: str = "", **other: str
    ) -> uuid.UUID:
        """Answer the part of an agency of a case: good for every theme but those given otherwise."""
        part, by = self.part(agency, case_id), an_actor(self.people[agency])
        said = f"{SAID} {word or agency} files."
        answers = [PartAnswer(key, other.get(key.replace("-", "_"), "good"), said) for key in THEMES]
        entry = NewEntry(date(2026, 3, 14), ChronologyKind.VISIT, f"A visit was made, {word or 'as'} planned.")
        content = PartContent(known, answers if known else (), [entry] if known else ())
        with self.desk.database.writing() as session:
            saved = parts.save_part(session, part_id=part.id, content=content, version=part.version, by=by)
            if submit:
                parts.submit_part(session, part_id=part.id, version=saved.version, by=by)
        return part.id

    def open_panel(self, case_id: uuid.UUID, *, without_missing: bool = False) -> None:
        with self.desk.database.writing() as session:
            panels.open_panel(
                session,
                joint_case_id=case_id,
                without_missing=without_missing,
                version=self.case(case_id).version,
                by=an_actor(self.desk.cast.lena),
            )

    def belong(self, agency: str, *people: MadePerson) -> None:
        """Say who belongs to an agency."""
        ada = an_actor(self.desk.cast.ada)
        with self.desk.database.writing() as session:
            found = agencies.find_agency(session, agency_id=self.agencies[agency], by=ada)
            agencies.change_agency(
                session,
                agency_id=found.id,
                name=found.name,
                active=True,
                members=[each.id for each in people],
                version=found.version,
                by=ada,
            )

    def finish_panel(self, case_id: uuid.UUID) -> None:
        """Record and finish the panel of a case."""
        self.record_panel(case_id)
        with self.desk.database.writing() as session:
            version = self.case(case_id).version
            panels.finish_panel(session, joint_case_id=case_id, version=version, by=an_actor(self.desk.cast.lena))

    def close(self, reason: str = "") -> None:
        """Close the joint round."""
        with self.desk.database.writing() as session:
            lena = an_actor(self.desk.cast.lena)
            found = planning.find_joint_round(session, joint_round_id=self.round_id, by=lena)
            planning.close_joint_round(
                session, joint_round_id=self.round_id, reason=reason, version=found.version, by=lena
            )

    def record_panel(self, case_id: uuid.UUID, words: str = "Agencies held different parts of the story.") -> None:
        lena = an_actor(self.desk.cast.lena)
        content = PanelContent(now().date(), "requires-improvement", words, {self.agencies["Police"]: "Inspector"})
        with self.desk.database.writing() as session:
            version = self.case(case_id).version
            found = panels.record_panel(session, joint_case_id=case_id, content=content, version=version, by=lena)
            panels.record_finding(
                session,
                joint_case_id=case_id,
                theme="voice",
                new=NewFinding("Seen alone by the nurse.", "Say who heard the child.", "Agree who asks."),
                version=found.version,
                by=lena,
            )


def a_colleague(made: Partnership, agency: str) -> MadePerson:
    """A second person of an agency, for whom nothing was allocated."""
    person = a_person(
        made.desk.database, made.desk.cast.organisation, name=f"{agency} contact", roles={Role.AGENCY_AUDITOR}
    )
    made.belong(agency, made.people[agency], person)
    return person


def references(desk: Desk, number: int) -> list[str]:
    """The references of new case files."""
    new = [NewCaseFile(team_id=desk.team_id, status=CaseStatus.CHILD_IN_NEED, age_band=AgeBand.FROM_5_TO_9)] * number
    with filling_for_a_test(), desk.database.writing() as session:
        made = case_files.create_case_files(session, case_files=new, by=an_actor(desk.cast.lena))
        return [each.case_file.reference for each in made]


def a_case_list(desk: Desk, cases: int = LISTED) -> uuid.UUID:
    """A list of open cases: a third are child in need, the others on a plan."""
    listed = tuple(
        ListedCase(
            reference_from(random.Random(place).randbytes(10)),
            "North locality",
            CaseStatus.CHILD_PROTECTION_PLAN if place % 3 else CaseStatus.CHILD_IN_NEED,
            AgeBand.FROM_5_TO_9,
        )
        for place in range(cases)
    )
    lead = an_actor(desk.cast.lena)
    with desk.database.writing() as session:
        checked = case_lists.check_list(CaseListContent(date(2026, 5, 4), "1a2b3c4d", "annex-a", listed), by=lead)
        return import_list(session, checked=checked, by=lead).id


def a_partnership(desk: Desk, *, names: tuple[str, ...] = AGENCIES) -> Partnership:
    """Agencies with one person each, and no joint round yet."""
    made = Partnership(desk)
    ada = an_actor(desk.cast.ada)
    for name in names:
        person = a_person(desk.database, desk.cast.organisation, name=f"{name} auditor", roles={Role.AGENCY_AUDITOR})
        made.people[name] = person
        with desk.database.writing() as session:
            agency = agencies.add_agency(session, name=name, by=ada)
            agencies.change_agency(
                session,
                agency_id=agency.id,
                name=name,
                active=True,
                members=[person.id],
                version=agency.version,
                by=ada,
            )
            made.agencies[name] = agency.id
    return made


def plan_of(made: Partnership, **changes: Any) -> JointPlan:
    today = now().date()
    wanted: dict[str, Any] = {
        "title": "Neglect, spring",
        "template_id": made.desk.template_id,
        "template_version": 1,
        "agencies": tuple(made.agencies.values()),
        "period_from": today - timedelta(days=180),
        "period_to": today,
        "due_on": today + timedelta(days=20),
    }
    return JointPlan(**wanted | changes)


def a_joint_round(desk: Desk, *, cases: int = 2, names: tuple[str, ...] = AGENCIES) -> Partnership:
    """An open joint round in which every agency's person answers for all cases."""
    made, lena = a_partnership(desk, names=names), an_actor(desk.cast.lena)
    of_cases = references(desk, cases)
    with filling_for_a_test(), desk.database.writing() as session:
        planned = planning.create_joint_round(session, plan=plan_of(made), by=lena)
        made.round_id = planned.id
        planned = planning.set_cases(
            session, joint_round_id=planned.id, references=of_cases, version=planned.version, by=lena
        )
        planning.open_joint_round(session, joint_round_id=planned.id, version=planned.version, by=lena)
        for name, agency_id in made.agencies.items():
            planning.allocate_parts(
                session, joint_round_id=planned.id, agency_id=agency_id, auditor_id=made.people[name].id, by=lena
            )
    return made


def every_get(desk: Desk, client: Client, ids: list[str]) -> Iterator[tuple[str, int, str]]:
    """Everything that a person is answered: each route for reading, with every identifier of the joint round.

    Of the routes of other rooms a third is asked, another third each day.
    """
    for context in iter_route_contexts(every_route(desk.app)):
        route = context.original_route
        if not isinstance(route, APIRoute) or "GET" not in (context.methods or ()):
            continue
        pattern = str(context.path)
        # What takes none of them answers for one as for the others.
        of_joint = any(name in pattern for name in _OF_JOINT_ROUNDS)
        for identifier in ids if of_joint else part_of(ids[:1], one_in=3, of=f"joint rounds, {pattern}"):
            path = re.sub(r"{(\w+)}", partial(_in_place, identifier=identifier), pattern)
            answer = client.get(path)
            yield path, answer.status_code, answer.text


def _in_place(found: re.Match[str], *, identifier: str) -> str:
    return {"theme": "voice", "kind": "csv", "number": "1"}.get(found[1], identifier)
