"""Rounds: planned, changed, opened. A closed round never changes."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import func, text
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Conflict, Fault, Invalid, NotFound, check_version
from api.foundation.text.names import check_title, tidy
from api.rounds.stages import check_may_be_changed, check_may_be_opened
from checklists.audits.scope import scope_faults
from checklists.templates.asks import Targets
from models import (
    Audit,
    AuditState,
    NoticeKind,
    Round,
    RoundState,
    TemplateVersion,
    TemplateVersionState,
    new_id,
    now,
)
from models.audits.template import published_content

LONGEST_TITLE = 120
NO_AUDITS = (
    "No audits are allocated in this round. Allocate case files first, or confirm that another system will "
    "record the audits."
)
_WORK_OF_LEADS = 2022  # the first half of the key of advisory locks on rounds; nothing else uses two-part locks


@dataclass(frozen=True, slots=True)
class RoundPlan:
    """The plan of a round.

    Targets are whole percentages of applicable answers: how many should meet the standard, and how many at most should
    be at the lowest rating; None for no such target yet. `scope`: the keys of the themes to ask about; none for all.
    `read_from`: from which day on the file is read, when that is earlier than the period that is judged.
    """

    title: str
    template_id: uuid.UUID
    template_version: int
    period_from: date
    period_to: date
    due_on: date
    target_percent: int | None = None
    minimum_applicable: int = 5
    follows_id: uuid.UUID | None = None
    read_from: date | None = None
    lowest_percent: int | None = None
    scope: tuple[str, ...] = ()

    @classmethod
    def of(cls, audit_round: Round) -> "RoundPlan":
        """The plan of a round that exists."""
        names = cls.__dataclass_fields__.keys() - {"scope"}
        return cls(**{name: getattr(audit_round, name) for name in names}, scope=tuple(audit_round.scope.split()))

    @property
    def columns(self) -> dict[str, Any]:
        """What is stored of it."""
        return asdict(self) | {"scope": " ".join(self.scope)}


def proposed_targets(session: Session, *, template_id: uuid.UUID, template_version: int, by: Actor) -> Targets:
    """The targets that a template proposes for its rounds; none if it proposes none, or does not exist."""
    check_may(by, Permission.WRITE_ROUNDS)
    content = published_content(session, by.organisation_id, template_id, template_version)
    return Targets() if content is None or content.targets is None else content.targets


def targets_of(session: Session, *, round_id: uuid.UUID, by: Actor) -> Targets:
    """The targets that a round has. Raises NotFound."""
    found = find_round(session, round_id=round_id, by=by)
    return Targets(meeting_percent=found.target_percent, lowest_percent=found.lowest_percent)


def with_proposed_targets(session: Session, *, plan: RoundPlan, by: Actor) -> RoundPlan:
    """The plan with the targets that its template proposes in place of those it leaves out."""
    proposed = proposed_targets(session, template_id=plan.template_id, template_version=plan.template_version, by=by)
    return replace(
        plan,
        target_percent=proposed.meeting_percent if plan.target_percent is None else plan.target_percent,
        lowest_percent=proposed.lowest_percent if plan.lowest_percent is None else plan.lowest_percent,
    )


def create_round(session: Session, *, plan: RoundPlan, by: Actor) -> Round:
    """Plan a round. Raises Invalid with each fault."""
    check_may(by, Permission.WRITE_ROUNDS)
    plan = _tidied(session, plan, by)
    _check_plan(session, plan, by=by)
    made = Round(organisation_id=by.organisation_id, id=new_id(), created_at=now(), **plan.columns)
    session.add(made)
    session.flush()
    events.record(session, "round.made", made.id, by=by)
    return made


def change_round(session: Session, *, round_id: uuid.UUID, plan: RoundPlan, version: int, by: Actor) -> Round:
    """Change a round: all of it while planned; only title and due date once open; nothing once closed.

    Raises Stale when it changed since `version`, Conflict when its state does not allow the change, Invalid.
    """
    check_may(by, Permission.WRITE_ROUNDS)
    plan = _tidied(session, plan, by)
    audit_round = find_round(session, round_id=round_id, by=by, lock=True)
    _check_fresh(audit_round, version)
    check_may_be_changed(audit_round)
    changed = {name: value for name, value in plan.columns.items() if getattr(audit_round, name) != value}
    if audit_round.state is RoundState.OPEN and not changed.keys() <= {"title", "due_on"}:
        raise Conflict("This round is open, so you can change only its title and due date.")
    _check_plan(session, plan, by=by, changing=audit_round)
    for name, value in changed.items():
        setattr(audit_round, name, value)
    audit_round.version += 1
    session.add(audit_round)
    session.flush()
    events.record(session, "round.changed", round_id, by=by, details={"changed": " ".join(sorted(changed))})
    return audit_round


def choose_themes(session: Session, *, round_id: uuid.UUID, scope: Sequence[str], version: int, by: Actor) -> Round:
    """Choose the themes that a planned round asks about; none for all. Raises what `change_round` does."""
    plan = replace(RoundPlan.of(find_round(session, round_id=round_id, by=by)), scope=tuple(scope))
    return change_round(session, round_id=round_id, plan=plan, version=version, by=by)


def _tidied(session: Session, plan: RoundPlan, by: Actor) -> RoundPlan:
    """The plan with its title tidied, and its themes in the order of the template; none where they are all of them."""
    content = published_content(session, by.organisation_id, plan.template_id, plan.template_version)
    scope = tuple(dict.fromkeys(plan.scope))
    if content is not None and not scope_faults(content, scope):
        scope = tuple(key for key in content.theme_keys if key in scope)
        scope = () if scope == content.theme_keys else scope
    return replace(plan, title=tidy(plan.title), scope=scope)


def open_round(
    session: Session, *, round_id: uuid.UUID, version: int, by: Actor, recorded_elsewhere: bool = False
) -> Round:
    """Open a planned round: from now on its audits can be scored. Its auditors are notified.

    A round to which no audit is allocated is opened only when another system will record its audits, complete. Raises
    Stale and Conflict.
    """
    check_may(by, Permission.WRITE_ROUNDS)
    audit_round = find_round(session, round_id=round_id, by=by, lock=True)
    _check_fresh(audit_round, version)
    check_may_be_opened(audit_round)
    is_empty = not has_audits(session, audit_round)
    if is_empty and not recorded_elsewhere:
        raise Conflict(NO_AUDITS)
    audit_round.state, audit_round.opened_at = RoundState.OPEN, now()
    _notify_auditors(session, audit_round, by)
    return _moved(session, audit_round, "round.opened", by, {"recorded_elsewhere": True} if is_empty else {})


def _notify_auditors(session: Session, audit_round: Round, by: Actor) -> None:
    """Notify everybody who was given audits while the round was planned."""
    # Imported here: what only finds a round, as the process of a job does, starts quicker without.
    from api.notices import actions as notices

    counted = (
        select(Audit.auditor_id, func.count())
        .where(
            col(Audit.organisation_id) == audit_round.organisation_id,
            col(Audit.round_id) == audit_round.id,
            col(Audit.state) == AuditState.DRAFT,
        )
        .group_by(col(Audit.auditor_id))
    )
    numbers = dict(session.exec(counted).all())
    notices.give_notices(session, NoticeKind.ALLOCATED, subject_id=audit_round.id, numbers=numbers, by=by)


def is_empty_plan(session: Session, *, round_id: uuid.UUID, by: Actor) -> bool:
    """Whether a round is planned, and no audit is allocated in it."""
    audit_round = find_round(session, round_id=round_id, by=by)
    return audit_round.state is RoundState.PLANNED and not has_audits(session, audit_round)


def has_audits(session: Session, audit_round: Round) -> bool:
    """Whether any audit of a round is allocated or recorded; withdrawn ones do not count."""
    query = select(Audit.id).where(
        col(Audit.organisation_id) == audit_round.organisation_id,
        col(Audit.round_id) == audit_round.id,
        col(Audit.state) != AuditState.WITHDRAWN,
    )
    return session.exec(query.limit(1)).first() is not None


def find_round(session: Session, *, round_id: uuid.UUID, by: Actor, lock: bool = False) -> Round:
    """The round. With `lock`, nobody else changes it until this transaction ends. Raises NotFound.

    Submissions wait for that lock, so it is acquired last and only for the writing.
    """
    query = _round_query(round_id, by)
    return _found(session.exec(query.with_for_update(key_share=True) if lock else query).one_or_none())


def lock_for_planning(session: Session, *, round_id: uuid.UUID, by: Actor) -> Round:
    """The round, for planning work: samples, allocations, exemptions, rules. Raises NotFound.

    Until this transaction ends it cannot be closed, and nobody else plans in it. Submissions, complete audits and
    concerns go on meanwhile.
    """
    if session.connection().dialect.name == "postgresql":  # a writer to SQLite locks all of it
        keys = {"work": _WORK_OF_LEADS, "round": int.from_bytes(round_id.bytes[-4:], signed=True)}
        session.execute(text("SELECT pg_advisory_xact_lock(:work, :round)"), keys)
    return _found(session.exec(_round_query(round_id, by).with_for_update(read=True)).one_or_none())


def _round_query(round_id: uuid.UUID, by: Actor) -> SelectOfScalar[Round]:
    return (
        select(Round)
        .where(col(Round.organisation_id) == by.organisation_id, col(Round.id) == round_id)
        .execution_options(populate_existing=True)
    )


def _found(audit_round: Round | None) -> Round:
    if audit_round is None:
        raise NotFound("round")
    return audit_round


def _moved(session: Session, audit_round: Round, kind: str, by: Actor, details: Mapping[str, bool]) -> Round:
    audit_round.version += 1
    session.add(audit_round)
    session.flush()
    events.record(session, kind, audit_round.id, by=by, details=details)
    return audit_round


def _check_fresh(audit_round: Round, version: int) -> None:
    check_version(audit_round.version, version)


def _check_plan(session: Session, plan: RoundPlan, *, by: Actor, changing: Round | None = None) -> None:
    faults = []
    faults += check_title("/title", plan.title, called="the round", longest=LONGEST_TITLE)
    faults += _faults_of_period(plan)
    faults += _faults_of_targets(plan)
    if not 1 <= plan.minimum_applicable <= 1000:
        faults.append(Fault("/minimum_applicable", "Enter a whole number from 1 to 1,000."))
    template = session.get(TemplateVersion, (by.organisation_id, plan.template_id, plan.template_version))
    kept = changing is not None and (changing.template_id, changing.template_version) == (
        plan.template_id,
        plan.template_version,
    )
    if template is None or (template.state is not TemplateVersionState.PUBLISHED and not kept):
        faults.append(Fault("/template_version", "Select a published version of one of your templates."))
    else:
        faults += _faults_of_needless_targets(session, plan, by)
        faults += _faults_of_scope(session, plan, by)
    if plan.follows_id is not None:
        before = session.get(Round, (by.organisation_id, plan.follows_id))
        if before is None or (changing is not None and plan.follows_id == changing.id):
            faults.append(Fault("/follows_id", "Select another round in your organisation, or none."))
        elif changing is not None and _comes_after(session, before, changing):
            faults.append(Fault("/follows_id", "That round follows this one. Select an earlier round, or none."))
    if faults:
        raise Invalid(faults[0].detail, faults=tuple(faults))


def _faults_of_period(plan: RoundPlan) -> Iterator[Fault]:
    if plan.period_from > plan.period_to:
        yield Fault("/period_to", "The last day of the period under review must be on or after the first day.")
    if plan.read_from is not None and plan.read_from > plan.period_from:
        yield Fault(
            "/read_from",
            (
                "The first day to read from must be on or before the first day of the period under "
                "review. You can leave it empty."
            ),
        )


def _faults_of_needless_targets(session: Session, plan: RoundPlan, by: Actor) -> Iterator[Fault]:
    """Targets of a round whose template has no ratings."""
    targets = {"/target_percent": plan.target_percent, "/lowest_percent": plan.lowest_percent}
    given = [place for place, percent in targets.items() if percent is not None]
    content = published_content(session, by.organisation_id, plan.template_id, plan.template_version) if given else None
    if content is not None and not content.graded:
        for place in given:
            yield Fault(
                place, "Leave this empty: the template has no ratings, so there is nothing to set a target for."
            )


def _faults_of_scope(session: Session, plan: RoundPlan, by: Actor) -> Iterator[Fault]:
    """Themes that the template does not have, or that cannot be asked about alone."""
    content = published_content(session, by.organisation_id, plan.template_id, plan.template_version)
    if content is not None and plan.scope:
        yield from (Fault("/scope", words) for words in scope_faults(content, plan.scope))


def _faults_of_targets(plan: RoundPlan) -> Iterator[Fault]:
    if plan.target_percent is not None and not 1 <= plan.target_percent <= 100:
        yield Fault("/target_percent", "Target must be a whole number from 1 to 100, or empty.")
    if plan.lowest_percent is not None and not 0 <= plan.lowest_percent <= 99:
        yield Fault("/lowest_percent", "Largest share must be a whole number from 0 to 99, or empty.")


def _comes_after(session: Session, later: Round, earlier: Round) -> bool:
    seen = set()
    step: Round | None = later
    while step is not None and step.follows_id is not None and step.id not in seen:
        if step.follows_id == earlier.id:
            return True
        seen.add(step.id)
        step = session.get(Round, (later.organisation_id, step.follows_id))
    return False
