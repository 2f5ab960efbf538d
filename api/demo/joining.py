"""The joint round of the demonstration: two agencies and the council answer for the same three children."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlmodel import Session

from api.foundation.local_time import local_date
from api.foundation.permissions import Actor
from api.joint_rounds.agencies import actions as agencies
from api.joint_rounds.asked.actions import AskedTheme, write_asked
from api.joint_rounds.panels import actions as panels
from api.joint_rounds.panels.actions import NewFinding, PanelContent
from api.joint_rounds.parts import actions as parts
from api.joint_rounds.parts.actions import NewEntry, PartAnswer, PartContent
from api.joint_rounds.planning import actions as planning
from api.joint_rounds.planning.actions import JointPlan
from api.joint_rounds.planning.queries import show_joint_round
from checklists.joint.states import ChronologyKind
from checklists.templates.template import Template
from models import now
from models.storage.database import Database

TITLE: Final = "Neglect: what each agency knew"
# How many themes each agency is asked, from the first of the template.
ASKED: Final = 6
OWN_WORDS: Final = {
    "Police": "When officers came to the home, did they see and speak to each child, and is it recorded?",
    "Health": "Does the health record say what the child is like, and what an ordinary day is like for them?",
}
SAID: Final = {
    "Police": "Two attendances are recorded. The child was in another room and was not spoken to.",
    "Health": "The health visitor saw the child at home and at the clinic, and wrote what the child did.",
}
ANSWERS: Final = {
    "Police": ("inadequate", "requires-improvement", "good"),
    "Health": ("good", "good", "requires-improvement"),
}
ENTRIES: Final = {
    "Police": ((ChronologyKind.INCIDENT, "Officers were called to a dispute at the home."),),
    "Health": (
        (ChronologyKind.HEALTH, "The child was not brought to the clinic."),
        (ChronologyKind.VISIT, "The health visitor found the home cold and with little food."),
    ),
}
PANEL_WORDS: Final = (
    "Each agency knew a part. Nobody put the calls to the police beside the missed appointments, so the pattern was "
    "not seen for five months."
)


@dataclass(frozen=True, slots=True)
class Partners:
    """Who acts: the lead, the administrator, and the auditor of each agency by its name."""

    lead: Actor
    administrator: Actor
    auditors: Mapping[str, Actor]


def make_joint_round(
    database: Database, partners: Partners, *, template_id: uuid.UUID, content: Template, references: Sequence[str]
) -> None:
    """A joint round with three cases: one that a panel has finished, one whose panel is open, and one that waits."""
    with database.writing() as session:
        by_name = {name: _agency(session, partners, name) for name in partners.auditors}
        for name, agency_id in by_name.items():
            _ask(session, partners, name, agency_id, template_id, content)
    round_id = _open(database, partners, tuple(by_name.values()), template_id, references)
    with database.reading() as session:
        cases = show_joint_round(session, joint_round_id=round_id, by=partners.lead).cases
    for place, case in enumerate(cases):
        waiting = place == len(cases) - 1
        for shown in case.parts:
            if not (waiting and shown.agency == "Police"):
                with database.writing() as session:
                    _answer(session, partners.auditors[shown.agency], shown.part.id, shown.agency, content)
        if not waiting:
            with database.writing() as session:
                _panel(session, partners, case.case.id, by_name, content, is_finished=place == 0)


def _agency(session: Session, partners: Partners, name: str) -> uuid.UUID:
    made = agencies.add_agency(session, name=name, by=partners.administrator)
    person_id = partners.auditors[name].person_id
    agencies.change_agency(
        session,
        agency_id=made.id,
        name=name,
        active=True,
        members=[] if person_id is None else [person_id],
        version=made.version,
        by=partners.administrator,
    )
    return made.id


def _ask(
    session: Session, partners: Partners, name: str, agency_id: uuid.UUID, template_id: uuid.UUID, content: Template
) -> None:
    """Ask the first themes, the first of them in the agency's own words."""
    keys = content.theme_keys
    themes = [AskedTheme(keys[0], words=OWN_WORDS[name]), *(AskedTheme(key, asked=False) for key in keys[ASKED:])]
    version = agencies.find_agency(session, agency_id=agency_id, by=partners.lead).version
    write_asked(session, template_id=template_id, agency_id=agency_id, themes=themes, version=version, by=partners.lead)


def _open(
    database: Database,
    partners: Partners,
    of_agencies: tuple[uuid.UUID, ...],
    template_id: uuid.UUID,
    references: Sequence[str],
) -> uuid.UUID:
    today, lead = local_date(now()), partners.lead
    period_from = today - timedelta(days=270)
    due_on = today + timedelta(days=10)
    plan = JointPlan(TITLE, template_id, 1, of_agencies, period_from, today, due_on)
    with database.writing() as session:
        found = planning.create_joint_round(session, plan=plan, by=lead)
        found = planning.set_cases(
            session, joint_round_id=found.id, references=references, version=found.version, by=lead
        )
        planning.open_joint_round(session, joint_round_id=found.id, version=found.version, by=lead)
        for auditor, agency_id in zip(partners.auditors.values(), of_agencies, strict=True):
            planning.allocate_parts(
                session, joint_round_id=found.id, agency_id=agency_id, auditor_id=auditor.person_id, by=lead
            )
        return found.id


def _answer(session: Session, by: Actor, part_id: uuid.UUID, agency: str, content: Template) -> None:
    answers = [
        PartAnswer(key, ANSWERS[agency][place % 3], SAID[agency])
        for place, key in enumerate(content.theme_keys[:ASKED])
    ]
    today = local_date(now())
    entries = [
        NewEntry(today - timedelta(days=150 - 40 * place), kind, words)
        for place, (kind, words) in enumerate(ENTRIES[agency])
    ]
    saved = parts.save_part(session, part_id=part_id, content=PartContent(True, answers, entries), version=2, by=by)
    parts.submit_part(session, part_id=part_id, version=saved.version, by=by)


def _panel(
    session: Session,
    partners: Partners,
    case_id: uuid.UUID,
    by_name: Mapping[str, uuid.UUID],
    content: Template,
    *,
    is_finished: bool,
) -> None:
    lead = partners.lead
    case = panels.open_panel(session, joint_case_id=case_id, version=1, by=lead)
    if not is_finished:
        return
    posts = {by_name["Police"]: "Detective inspector", by_name["Health"]: "Named nurse, health visitor"}
    new = PanelContent(
        local_date(now()),
        "requires-improvement",
        PANEL_WORDS,
        posts,
        local_date(now()),
        "The worker did not know of the calls.",
    )
    case = panels.record_panel(session, joint_case_id=case_id, content=new, version=case.version, by=lead)
    finding = NewFinding(
        "The health visitor saw the child and wrote what they did.",
        "Officers who come to a home see each child and write down what they saw.",
        "Police and health agree how calls to a home reach the health visitor.",
    )
    case = panels.record_finding(
        session,
        joint_case_id=case_id,
        theme=content.theme_keys[0],
        new=finding,
        version=case.version,
        by=lead,
    )
    panels.finish_panel(session, joint_case_id=case_id, version=case.version, by=lead)
