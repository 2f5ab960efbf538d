"""The data that complete audits refer to, read once for a whole list, and whether it has changed since."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sqlalchemy import ColumnElement, CompoundSelect, Row, Select, bindparam, literal, null, select, union_all
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col

from api.audits.case.actions import NewCase
from api.audits.conclusion.actions import NewConclusion
from api.audits.conversation.actions import NewConversation
from api.audits.family_views.actions import NewView
from api.audits.scoring.actions import NewScore
from api.audits.theme_notes.actions import NewNote
from api.case_files import actions as case_files
from api.case_files.actions import NewCaseFile
from api.case_files.settling import block_imports
from api.case_files.words import words_of_references
from api.foundation.permissions import Actor
from api.foundation.text.free_text import KeepReason, NameCheck
from checklists.templates.template import Template as TemplateContent
from models import (
    Audit,
    AuditMode,
    AuditState,
    CaseFile,
    Person,
    Role,
    RoleGrant,
    Round,
    RoundState,
    Team,
)
from models.audits.template import content_in_scope
from models.storage.dialects import is_among
from models.storage.joins import linked
from models.storage.prepared import Prepared


def _referred_to(*, hold: bool, of_one: bool) -> CompoundSelect[Any]:
    """The rounds, auditors and teams that audits name. One statement: for a single audit, each database round trip
    takes longer than the query itself. `of_one`: of one audit, without collections, with which it is slower.

    With `hold`, a share of each round's lock, always in the same order: none can close before this is done.
    """

    def named(column: Mapped[uuid.UUID], name: str) -> ColumnElement[bool]:
        return column == bindparam(name) if of_one else is_among(column, name)

    rounds: Select[*tuple[Any, ...]] = (
        select(
            literal("round").label("kind"),
            col(Round.id).label("id"),
            col(Round.state).label("state"),
            col(Round.template_id).label("template_id"),
            col(Round.template_version).label("number"),
            col(Round.scope).label("scope"),
        )
        .where(col(Round.organisation_id) == bindparam("own"), named(col(Round.id), "rounds"))
        .order_by(col(Round.id))
    )
    if hold:
        rounds = rounds.with_for_update(read=True)
    auditors = (
        select(literal("auditor"), col(Person.id), null(), null(), null(), null())
        .join(RoleGrant, linked(RoleGrant.person_id, Person.id))
        .where(
            col(Person.organisation_id) == bindparam("own"),
            named(col(Person.id), "auditors"),
            col(Person.active),
            col(RoleGrant.role) == Role.AUDITOR,
        )
    )
    teams = select(literal("team"), col(Team.id), null(), null(), null(), null()).where(
        col(Team.organisation_id) == bindparam("own"), named(col(Team.id), "teams"), col(Team.active)
    )
    return union_all(select(rounds.cte("rounds")), auditors, teams)


# Each by whether the rounds are held.
_OF_MANY: Final = {hold: Prepared(_referred_to(hold=hold, of_one=False)) for hold in (False, True)}
_OF_ONE: Final = {hold: Prepared(_referred_to(hold=hold, of_one=True)) for hold in (False, True)}


def _found_of(session: Session, own: int, wanted: Mapping[str, set[uuid.UUID]], *, hold: bool) -> Sequence[Any]:
    if all(len(each) <= 1 for each in wanted.values()):
        of_one = {name: next(iter(each), None) for name, each in wanted.items()}
        return _OF_ONE[hold].rows(session, {"own": own, **of_one})
    return _OF_MANY[hold].rows(session, {"own": own, **wanted})


@dataclass(frozen=True, slots=True)
class CompleteAudit:
    """An audit from another system: of a new case file, or of one that is known by its identifier."""

    round_id: uuid.UUID
    auditor_id: uuid.UUID
    case_file: NewCaseFile | uuid.UUID
    scores: tuple[NewScore, ...]
    mode: AuditMode = AuditMode.RECORDS_ONLY
    overall_override: str = ""
    override_reason: str = ""
    cap_reason: str = ""
    sampling_weight: float | None = None
    keep_names: KeepReason | None = None
    conclusion: NewConclusion | None = None
    questions: Mapping[str, str] = field(default_factory=dict)
    case: NewCase = field(default_factory=NewCase)
    conversation: NewConversation = field(default_factory=NewConversation)
    # By the member of the family whose views they are.
    family_views: Mapping[str, NewView] = field(default_factory=dict)
    # By theme; the note on the whole audit has an empty key.
    theme_notes: Mapping[str, NewNote] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RecordedAudit:
    """What was recorded for a complete audit."""

    audit_id: uuid.UUID
    case_file_id: uuid.UUID
    reference: str
    reading: int
    overall: str | None


@dataclass(slots=True)
class ReferencedData:
    """The data that the list refers to, read once for all of it, and updated as the list is processed."""

    rounds: dict[uuid.UUID, tuple[RoundState, TemplateContent | None]]
    auditors: frozenset[uuid.UUID]
    teams: frozenset[uuid.UUID]
    case_files: dict[uuid.UUID, tuple[CaseFile, tuple[str, ...]]]
    versions: dict[uuid.UUID, int]  # of the case files, which count changes of their tags too
    references: set[str]
    # What references may have: the words of the organisation and its teams, where a reference needs them.
    own_words: frozenset[str]
    readings: dict[tuple[uuid.UUID, uuid.UUID], dict[int, uuid.UUID]]
    names: NameCheck

    @classmethod
    def of(
        cls, session: Session, audits: Sequence[CompleteAudit], by: Actor, names: NameCheck, *, hold: bool = False
    ) -> "ReferencedData":
        """Read the data. With `hold`, rounds cannot close and case files cannot change before this transaction ends."""
        own = by.organisation_id
        new = [audit.case_file for audit in audits if isinstance(audit.case_file, NewCaseFile)]
        if hold and any(case_file.reference for case_file in new):
            block_imports(session, own)
        named = {audit.case_file for audit in audits if isinstance(audit.case_file, uuid.UUID)}
        wanted = {
            "rounds": {audit.round_id for audit in audits},
            "auditors": {audit.auditor_id for audit in audits},
            "teams": {case_file.team_id for case_file in new},
        }
        referred_to = _found_of(session, own, wanted, hold=hold)
        found = _case_files(session, own, named, hold=hold)
        harms = case_files.harms_of(session, found)
        readings: dict[tuple[uuid.UUID, uuid.UUID], dict[int, uuid.UUID]] = {}
        for round_id, case_file_id, reading, auditor_id in _readings(session, own, named):
            readings.setdefault((round_id, case_file_id), {})[reading] = auditor_id
        return cls(
            rounds={
                row.id: (row.state, content_in_scope(session, own, row.template_id, row.number, row.scope))
                for row in referred_to
                if row.kind == "round"
            },
            auditors=frozenset(row.id for row in referred_to if row.kind == "auditor"),
            teams=frozenset(row.id for row in referred_to if row.kind == "team"),
            case_files={case_file.id: (case_file, harms[case_file.id]) for case_file in found},
            versions={case_file.id: case_file.version for case_file in found},
            references=set(case_files.references_taken(session, by, (case_file.reference for case_file in new))),
            own_words=words_of_references(session, own, (case_file.reference for case_file in new)),
            readings=readings,
            names=names,
        )

    def copy(self) -> "ReferencedData":
        """A copy, to be updated while a list is processed."""
        readings = {reading: dict(of_reading) for reading, of_reading in self.readings.items()}
        return replace(self, references=set(self.references), readings=readings)

    def is_unchanged_for(self, audits: Sequence[CompleteAudit], then: "ReferencedData") -> bool:
        """Whether nothing that these audits depend on differs between this older data and the newer."""
        teams = {audit.case_file.team_id for audit in audits if isinstance(audit.case_file, NewCaseFile)}
        pairs = {(audit.round_id, audit.case_file) for audit in audits if isinstance(audit.case_file, uuid.UUID)}
        return (
            all(self.rounds.get(audit.round_id) == then.rounds[audit.round_id] for audit in audits)
            and self.auditors >= {audit.auditor_id for audit in audits}
            and self.teams >= teams
            and not self.references
            and all(self.versions.get(case_file) == then.versions[case_file] for _, case_file in pairs)
            and all(self.readings.get(pair) == then.readings.get(pair) for pair in pairs)
        )


def _case_files(session: Session, organisation_id: int, named: set[uuid.UUID], *, hold: bool) -> Sequence[CaseFile]:
    if not named:
        return ()
    if hold:
        # So that of two concurrent lists with the same case, one gets the first and the other the second reading.
        case_files.lock_case_files(session, organisation_id, named)
    query = select(CaseFile).where(col(CaseFile.organisation_id) == organisation_id, col(CaseFile.id).in_(named))
    return session.scalars(query.order_by(col(CaseFile.id)).execution_options(populate_existing=True)).all()


def _readings(
    session: Session, organisation_id: int, named: set[uuid.UUID]
) -> Iterable[Row[uuid.UUID, uuid.UUID, int, uuid.UUID]]:
    if not named:
        return ()
    return session.execute(
        select(col(Audit.round_id), col(Audit.case_file_id), col(Audit.reading), col(Audit.auditor_id)).where(
            col(Audit.organisation_id) == organisation_id,
            col(Audit.case_file_id).in_(named),
            col(Audit.state) != AuditState.WITHDRAWN,
        )
    )
