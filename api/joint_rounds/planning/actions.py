"""Joint rounds: planned, given their cases, opened, allocated to people of agencies, and closed by quality leads."""

import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import update
from sqlmodel import Session, col, select

from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Conflict, Fault, Invalid, NotFound, check_version
from api.foundation.text.free_text import KeepReason, NameCheck, raise_if_any
from api.foundation.text.names import check_title, tidy
from api.joint_rounds import notifying
from api.joint_rounds.agencies.actions import find_agency, list_agencies, members_of
from api.joint_rounds.asked.actions import AskedTheme, stored_for
from checklists.plurals import plural
from checklists.templates.template import Template
from models import (
    CaseFile,
    JointCase,
    JointCaseState,
    JointPart,
    JointQuestion,
    JointRound,
    JointRoundState,
    PartState,
    TemplateVersion,
    TemplateVersionState,
    new_id,
    now,
)
from models.audits.template import known_content

LONGEST_TITLE: Final = 120
MOST_CASES: Final = 60
MOST_AGENCIES: Final = 12
_CLOSED: Final = "This joint audit is closed and cannot be changed."


@dataclass(frozen=True, slots=True)
class JointPlan:
    """The plan of a joint round: what is asked, of which agencies, about which period, and until when."""

    title: str
    template_id: uuid.UUID
    template_version: int
    agencies: tuple[uuid.UUID, ...]
    period_from: date
    period_to: date
    due_on: date

    @property
    def columns(self) -> dict[str, Any]:
        """What is stored of it."""
        return {
            "title": tidy(self.title),
            "template_id": self.template_id,
            "template_version": self.template_version,
            "agencies": " ".join(map(str, self.agencies)),
            "period_from": self.period_from,
            "period_to": self.period_to,
            "due_on": self.due_on,
        }


def create_joint_round(session: Session, *, plan: JointPlan, by: Actor) -> JointRound:
    """Plan a joint round without cases. Raises Invalid with each fault, NotAllowed."""
    check_may(by, Permission.WRITE_JOINT_ROUNDS)
    raise_if_any(list(_faults(session, plan, by)))
    made = JointRound(organisation_id=by.organisation_id, id=new_id(), created_at=now(), **plan.columns)
    session.add(made)
    session.flush()
    events.record(session, "joint-round.made", made.id, by=by)
    return made


def change_joint_round(
    session: Session, *, joint_round_id: uuid.UUID, plan: JointPlan, version: int, by: Actor
) -> JointRound:
    """Change the plan of a joint round that is not open yet. Raises Conflict, Invalid, NotAllowed, NotFound, Stale."""
    found = find_joint_round(session, joint_round_id=joint_round_id, by=by, lock=True)
    check_can_plan(by, found)
    check_version(found.version, version)
    raise_if_any(list(_faults(session, plan, by)))
    for name, value in plan.columns.items():
        setattr(found, name, value)
    return _changed(session, found, "joint-round.changed", by)


def set_cases(
    session: Session, *, joint_round_id: uuid.UUID, references: Collection[str], version: int, by: Actor
) -> JointRound:
    """Say which cases a joint round is about, by their references; others are taken out of it.

    Raises Conflict, Invalid, NotAllowed, NotFound, Stale.
    """
    found = find_joint_round(session, joint_round_id=joint_round_id, by=by, lock=True)
    check_can_plan(by, found)
    check_version(found.version, version)
    wanted = dict.fromkeys(each.strip().upper() for each in references if each.strip())
    if len(wanted) > MOST_CASES:
        raise Invalid.at("/references", f"A joint audit has {MOST_CASES} cases at most. Plan another joint audit.")
    rows = session.exec(
        select(CaseFile.reference, CaseFile.id).where(
            col(CaseFile.organisation_id) == by.organisation_id, col(CaseFile.reference).in_(list(wanted))
        )
    )
    known = dict(rows.all())
    if unknown := len(wanted) - len(known):
        some = plural(unknown, "reference is", "references are")
        raise Invalid.at(
            "/references", f"{some} not in your case files. Check the references, or add the case files first."
        )
    before = {case.case_file_id: case for case in cases_of(session, found)}
    for case_file_id in before.keys() - set(known.values()):
        case_id = before[case_file_id].id
        session.delete(before[case_file_id])
        session.flush()
        events.record(session, "joint-case.removed", case_id, by=by)
    add_cases(session, found, [known[each] for each in wanted if known[each] not in before], by=by)
    return found


def add_cases(session: Session, found: JointRound, case_file_ids: Iterable[uuid.UUID], *, by: Actor) -> None:
    """Add cases to a joint round that the caller has locked and may plan, in this order. It has none of them yet."""
    for case_file_id in case_file_ids:
        made = JointCase(
            organisation_id=by.organisation_id, id=new_id(), joint_round_id=found.id, case_file_id=case_file_id
        )
        session.add(made)
        session.flush()
        events.record(session, "joint-case.added", made.id, by=by)
    found.version += 1
    session.add(found)
    session.flush()


def open_joint_round(session: Session, *, joint_round_id: uuid.UUID, version: int, by: Actor) -> JointRound:
    """Open a joint round: what agencies are asked is copied, and each gets a part of every case.

    Raises Conflict, NotAllowed, NotFound, Stale.
    """
    found = find_joint_round(session, joint_round_id=joint_round_id, by=by, lock=True)
    check_can_plan(by, found)
    check_version(found.version, version)
    cases = cases_of(session, found)
    if not cases:
        raise Conflict("Add the cases of this joint audit before you open it.")
    template = content_of_round(session, found)
    agencies = agencies_of(found)
    for agency_id in agencies:
        asked = questions_for(template, stored_for(session, found.template_id, agency_id, by=by))
        if not asked:
            name = find_agency(session, agency_id=agency_id, by=by).name
            raise Conflict(f"{name} is asked none of the themes. Choose its themes, or remove it from the joint audit.")
        session.add_all(
            JointQuestion(
                organisation_id=by.organisation_id,
                joint_round_id=found.id,
                agency_id=agency_id,
                theme=each.theme,
                words=each.words,
            )
            for each in asked
        )
    session.add_all(
        JointPart(organisation_id=by.organisation_id, id=new_id(), joint_case_id=case.id, agency_id=agency_id)
        for case in cases
        for agency_id in agencies
    )
    found.state, found.opened_at = JointRoundState.OPEN, now()
    return _changed(session, found, "joint-round.opened", by)


def allocate_parts(
    session: Session,
    *,
    joint_round_id: uuid.UUID,
    agency_id: uuid.UUID,
    auditor_id: uuid.UUID | None,
    joint_case_id: uuid.UUID | None = None,
    by: Actor,
) -> int:
    """Choose who answers for an agency, for one case or for all: parts that are not returned go to this person, with
    what was written so far. Returns how many. Raises Conflict, Invalid, NotAllowed, NotFound.
    """
    found = find_joint_round(session, joint_round_id=joint_round_id, by=by, lock=True)
    check_can_lead(by, found)
    if agency_id not in agencies_of(found):
        raise NotFound("agency")
    if auditor_id is None or auditor_id not in members_of(session, agency_id, by=by, active=True):
        raise Invalid.at("/auditor_id", "Select a person of this agency.")
    of_cases = select(JointCase.id).where(
        col(JointCase.organisation_id) == by.organisation_id,
        col(JointCase.joint_round_id) == found.id,
        col(JointCase.state) == JointCaseState.COLLECTING,
    )
    if joint_case_id is not None:
        of_cases = of_cases.where(col(JointCase.id) == joint_case_id)
    drafts = (
        col(JointPart.organisation_id) == by.organisation_id,
        col(JointPart.agency_id) == agency_id,
        col(JointPart.joint_case_id).in_(of_cases),
        col(JointPart.state) == PartState.DRAFT,
        col(JointPart.auditor_id).is_distinct_from(auditor_id),
    )
    locked = select(JointPart.id, JointPart.auditor_id).where(*drafts).order_by(col(JointPart.id)).with_for_update()
    before = dict(session.exec(locked).all())
    changed = update(JointPart).where(
        col(JointPart.organisation_id) == by.organisation_id, col(JointPart.id).in_(before)
    )
    changed = changed.values(auditor_id=auditor_id, version=JointPart.version + 1)
    session.execute(changed, execution_options={"synchronize_session": False})
    details = {"auditor": str(auditor_id)}
    events.record_many(
        session, [events.row("joint-part.allocated", part_id, by=by, details=details) for part_id in before]
    )
    notifying.notify_of_allocation(
        session,
        found,
        auditor_id=auditor_id,
        number=len(before),
        before={person_id for person_id in before.values() if person_id is not None},
        by=by,
    )
    return len(before)


def close_joint_round(
    session: Session,
    *,
    joint_round_id: uuid.UUID,
    reason: str = "",
    keep_names: KeepReason | None = None,
    version: int,
    by: Actor,
) -> JointRound:
    """Close a joint round: nothing of it changes any more. A reason is needed where a panel is not finished.

    Raises Conflict, Invalid, NotAllowed, NotFound, Stale.
    """
    found = find_joint_round(session, joint_round_id=joint_round_id, by=by, lock=True)
    check_can_lead(by, found)
    check_version(found.version, version)
    cases = cases_of(session, found)
    states = [case.state for case in cases]
    unfinished = len(states) - states.count(JointCaseState.FINISHED)
    names = NameCheck.of(session, by)
    if unfinished and not reason.strip():
        some = "The panel of 1 case is" if unfinished == 1 else f"The panels of {unfinished} cases are"
        raise Invalid.at("/reason", f"{some} not finished. Finish them, or enter why you are closing the joint audit.")
    raise_if_any(names.check("/reason", reason, keep=keep_names))
    found.state, found.closed_at = JointRoundState.CLOSED, now()
    found.closing_reason = reason.strip() if unfinished else ""
    done = _changed(session, found, "joint-round.closed", by)
    notifying.withdraw_of_closed(session, found, cases, by=by)
    names.record(session, found.id, by=by)
    return done


def faults_of_agencies(session: Session, agencies: Sequence[uuid.UUID], by: Actor) -> Iterator[Fault]:
    """The faults of a choice of agencies for a joint round, at "/agencies"."""
    active = {each.id for each in list_agencies(session, by=by, active=True)}
    if len(set(agencies)) < 2 or not set(agencies) <= active:
        yield Fault("/agencies", "Select 2 agencies or more.")
    elif len(set(agencies)) < len(agencies):
        yield Fault("/agencies", "Select each agency once.")
    elif len(agencies) > MOST_AGENCIES:
        yield Fault("/agencies", f"A joint audit has {MOST_AGENCIES} agencies at most.")


def check_can_plan(by: Actor, found: JointRound) -> None:
    """Raise the Problem for which this person cannot change the plan and the cases of a joint round, or open it."""
    check_may(by, Permission.WRITE_JOINT_ROUNDS)
    if found.state is not JointRoundState.PLANNED:
        raise Conflict("This joint audit was opened, so its plan and its cases cannot be changed.")


def check_can_lead(by: Actor, found: JointRound) -> None:
    """Raise the Problem for which this person cannot allocate parts, record panels or close a joint round."""
    check_may(by, Permission.WRITE_JOINT_ROUNDS)
    if found.state is JointRoundState.PLANNED:
        raise Conflict("Open this joint audit first.")
    if found.state is JointRoundState.CLOSED:
        raise Conflict(_CLOSED)


def find_joint_round(session: Session, *, joint_round_id: uuid.UUID, by: Actor, lock: bool = False) -> JointRound:
    """The joint round. Raises NotFound."""
    own = (col(JointRound.organisation_id) == by.organisation_id, col(JointRound.id) == joint_round_id)
    query = select(JointRound).where(*own).execution_options(populate_existing=True)
    found = session.exec(query.with_for_update(key_share=True) if lock else query).one_or_none()
    if found is None:
        raise NotFound("joint audit")
    return found


def cases_of(session: Session, found: JointRound) -> Sequence[JointCase]:
    """The cases of a joint round, at most MOST_CASES, in the order in which they were added."""
    own = (col(JointCase.organisation_id) == found.organisation_id, col(JointCase.joint_round_id) == found.id)
    return session.exec(select(JointCase).where(*own).order_by(col(JointCase.id))).all()


def agencies_of(found: JointRound) -> tuple[uuid.UUID, ...]:
    """The agencies that take part."""
    return tuple(uuid.UUID(each) for each in found.agencies.split())


def content_of_round(session: Session, found: JointRound) -> Template:
    """What the template version of a joint round asks."""
    return known_content(session, found.organisation_id, found.template_id, found.template_version)


def questions_for(template: Template, stored: Mapping[str, AskedTheme]) -> list[AskedTheme]:
    """The themes of a template that an agency is asked, by what was said of it, in their order."""
    every = (stored.get(key, AskedTheme(key)) for key in template.theme_keys)
    return [each for each in every if each.asked]


def _changed(session: Session, found: JointRound, kind: str, by: Actor) -> JointRound:
    found.version += 1
    session.add(found)
    session.flush()
    events.record(session, kind, found.id, by=by)
    return found


def _faults(session: Session, plan: JointPlan, by: Actor) -> Iterator[Fault]:
    yield from check_title("/title", tidy(plan.title), called="the joint audit", longest=LONGEST_TITLE)
    if plan.period_to < plan.period_from:
        yield Fault("/period_to", "The period must end on or after the day on which it begins.")
    if plan.due_on < plan.period_to:
        yield Fault("/due_on", "Parts must be due on or after the last day of the period.")
    version = session.get(TemplateVersion, (by.organisation_id, plan.template_id, plan.template_version))
    if version is None or version.state is not TemplateVersionState.PUBLISHED:
        yield Fault("/template_version", "Select a published version of one of your templates.")
    yield from faults_of_agencies(session, plan.agencies, by)
