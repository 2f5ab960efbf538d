"""Agencies and joint rounds of the whole council: rounds, cases and parts in every state that they can be in."""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from api.joint_rounds.agencies import actions as agencies
from api.joint_rounds.asked import actions as asked
from api.joint_rounds.asked.actions import AskedTheme
from api.joint_rounds.panels import actions as panels
from api.joint_rounds.panels.actions import NewFinding, PanelContent
from api.joint_rounds.parts import actions as parts
from api.joint_rounds.parts.actions import NewEntry, PartAnswer, PartContent
from api.joint_rounds.planning import actions as planning
from api.joint_rounds.planning.actions import JointPlan
from api.joint_rounds.planning.queries import show_joint_round
from checklists.joint.states import ChronologyKind
from models import Role, now
from tests.desk import THEMES
from tests.factories import an_actor

if TYPE_CHECKING:
    from tests.whole_service.council import Council

# Who answers for which agency.
AUDITORS: Final[Mapping[str, str]] = {"Police": "agency-auditor", "Health": "every-role"}
# What the parts are called that somebody is to ask for, by the state of their case and their agency.
_CALLED: Final = {
    ("collecting", "Police"): "submitted",
    ("collecting", "Health"): "of-every-role",
    ("draft", "Police"): "draft",
}


def joint_plan(council: "Council") -> JointPlan:
    """A plan with both agencies."""
    today = now().date()
    return JointPlan(
        council.words("Neglect, spring"),
        council.template_id,
        1,
        tuple(council.agencies.values()),
        today - timedelta(days=90),
        today,
        today + timedelta(days=30),
    )


def add_joint_rounds(council: "Council", references: Mapping[str, str], thing: Any) -> None:
    """A planned joint round; an open one with a case in each state, and parts that wait; and a closed one.

    `references`: of the case of each state. `thing`: makes a thing of the stage.
    """
    lead = an_actor(replace(council.people["quality-lead"], roles=frozenset({Role.QUALITY_LEAD})))
    admin = an_actor(council.organisation.administrator)
    with council.database.writing() as session:
        for name, who in AUDITORS.items():
            made = agencies.add_agency(session, name=council.words(name), by=admin)
            made = agencies.change_agency(
                session,
                agency_id=made.id,
                name=made.name,
                active=True,
                members=[council.people[who].id],
                version=made.version,
                by=admin,
            )
            council.agencies[name] = made.id
        words = council.words("Did officers speak to the child?")
        made = asked.write_asked(
            session,
            template_id=council.template_id,
            agency_id=made.id,
            themes=[AskedTheme(council.key("voice"), words=words), AskedTheme(council.key("daily-life"), asked=False)],
            version=made.version,
            by=lead,
        )
    where = {"agency_id": str(made.id), "template_id": str(council.template_id)}
    council.things["agency"] = [thing((), where, made.version)]
    council.things["joint-round"] = [
        _a_round(council, lead, state, references, thing) for state in ("planned", "closed")
    ]
    council.things["joint-round"].append(_a_round(council, lead, "open", references, thing))


def _a_round(council: "Council", lead: Any, state: str, references: Mapping[str, str], thing: Any) -> Any:
    with council.database.writing() as session:
        found = planning.create_joint_round(session, plan=joint_plan(council), by=lead)
        wanted = list(references.values()) if state == "open" else [references["collecting"]]
        found = planning.set_cases(session, joint_round_id=found.id, references=wanted, version=found.version, by=lead)
        if state != "planned":
            found = planning.open_joint_round(session, joint_round_id=found.id, version=found.version, by=lead)
            for name, agency_id in council.agencies.items():
                auditor_id = council.people[AUDITORS[name]].id
                planning.allocate_parts(
                    session, joint_round_id=found.id, agency_id=agency_id, auditor_id=auditor_id, by=lead
                )
        if state == "closed":
            reason = council.words("The agencies could not answer.")
            found = planning.close_joint_round(
                session, joint_round_id=found.id, reason=reason, version=found.version, by=lead
            )
    if state == "open":
        _fill(council, lead, found.id, references, thing)
    return thing((state,), {"joint_round_id": str(found.id)}, found.version)


def _fill(council: "Council", lead: Any, round_id: uuid.UUID, references: Mapping[str, str], thing: Any) -> None:
    council.things["joint-part"], council.things["joint-case"] = [], []
    with council.database.reading() as session:
        cases = {each.reference: each for each in show_joint_round(session, joint_round_id=round_id, by=lead).cases}
    for state, reference in references.items():
        case = cases[reference]
        parts_of_case = {each.part.agency_id: each.part.id for each in case.parts}
        waiting = ("Health",) if state in {"collecting", "finished"} else ()
        for name, agency_id in council.agencies.items():
            is_returned = name not in waiting and state != "draft"
            version = _answer(council, AUDITORS[name], parts_of_case[agency_id], submit=is_returned)
            if state in {"collecting", "draft"}:
                where = {"part_id": str(parts_of_case[agency_id]), "joint_case_id": str(case.case.id)}
                called = _CALLED.get((state, name))
                if called:
                    council.things["joint-part"].append(thing((called,), where, version))
        if state == "draft":
            continue
        version = _panel(council, lead, case.case.id, state)
        where = {"joint_case_id": str(case.case.id), "theme": council.key("voice")}
        council.things["joint-case"].append(thing((state,), where, version))


def _answer(council: "Council", who: str, part_id: uuid.UUID, *, submit: bool) -> int:
    by = an_actor(replace(council.people[who], roles=frozenset({Role.AGENCY_AUDITOR})))
    said = council.words("The record shows it well.")
    themes = [council.key(theme) for theme in THEMES]
    if who == "every-role":
        themes.remove(council.key("daily-life"))  # it is not asked this one
    answers = [PartAnswer(theme, council.key("good"), said) for theme in themes]
    entries = [NewEntry(now().date(), ChronologyKind.VISIT, council.words("A visit was made."))]
    with council.database.writing() as session:
        saved = parts.save_part(session, part_id=part_id, content=PartContent(True, answers, entries), version=2, by=by)
        if not submit:
            return saved.version
        return parts.submit_part(session, part_id=part_id, version=saved.version, by=by).version


def _panel(council: "Council", lead: Any, case_id: uuid.UUID, state: str) -> int:
    if state == "collecting":
        return 1
    with council.database.writing() as session:
        case = panels.open_panel(
            session, joint_case_id=case_id, without_missing=state == "finished", version=1, by=lead
        )
        content = PanelContent(
            now().date(),
            council.key("good"),
            council.words("Agencies agreed."),
            {council.agencies["Police"]: council.words("Inspector")},
            now().date(),
            council.words("Practitioners said so too."),
        )
        case = panels.record_panel(session, joint_case_id=case_id, content=content, version=case.version, by=lead)
        new = NewFinding(
            council.words("Seen alone."), council.words("Say who hears."), council.words("Agree who asks.")
        )
        case = panels.record_finding(
            session, joint_case_id=case_id, theme=council.key("voice"), new=new, version=case.version, by=lead
        )
        if state == "finished":
            case = panels.finish_panel(session, joint_case_id=case_id, version=case.version, by=lead)
        return case.version
