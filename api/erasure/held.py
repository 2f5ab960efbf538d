"""Which case may be read as a whole and by whom, and everything that is held about it."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, col

from api.access.audits import may_read_every_audit
from api.foundation import access_log
from api.foundation.local_time import day_in_words
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Conflict, NotAllowed, NotFound
from models import (
    Agency,
    Audit,
    AuditState,
    CaseFile,
    Event,
    Export,
    JointCase,
    JointCaseState,
    JointPart,
    JointRound,
    JointRoundState,
    LegalHold,
    Organisation,
    Person,
    Round,
    RoundState,
    StoredCaseList,
    StoredTeam,
)
from models.evidence.erasing import owned_ids, rows_of_case
from models.storage.joins import linked
from models.storage.portions import in_portions

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Held:
    """Everything held about a case.

    `rows`: by table, of the case and of all that belongs to it. `exports`: those of its rounds, with the title of the
    round. `events`: how many events of each kind are about it. `names`: of people, teams, rounds and case lists, by
    their identifiers.
    """

    organisation: str
    case_file: CaseFile
    hold: LegalHold | None
    rows: Mapping[str, Sequence[Row]]
    exports: Sequence[tuple[Export, str]]
    events: Mapping[str, int]
    names: Mapping[uuid.UUID, str]
    rounds: Mapping[uuid.UUID, Round]

    @property
    def audits(self) -> Sequence[Row]:
        """Its audits, the oldest first."""
        return self.rows.get("audit", ())


def find_by_reference(session: Session, *, reference: str, by: Actor) -> uuid.UUID:
    """The case file with exactly this reference. Raises NotFound."""
    check_may(by, Permission.ERASE_CASES)
    mine = (col(CaseFile.organisation_id) == by.organisation_id, col(CaseFile.reference) == reference.strip().upper())
    found: uuid.UUID | None = session.execute(select(col(CaseFile.id)).where(*mine)).scalar()
    if found is None:
        raise NotFound("case file")
    return found


def check_can_read_whole(session: Session, case_file_id: uuid.UUID, *, by: Actor) -> None:
    """Raise the Problem for which this person cannot read everything held about a case.

    A person who reads the case in a round that is not closed cannot, whether or not anybody else reads it too: so the
    refusal reveals nothing about another reading.
    """
    check_may(by, Permission.ERASE_CASES)
    if not may_read_every_audit(by):
        raise NotAllowed("Only people who can read all audits can read everything held about a case.")
    check_audits_elsewhere(session, case_file_id, by=by)
    _check_no_agency_answers(session, case_file_id, by=by)


def _check_no_agency_answers(session: Session, case_file_id: uuid.UUID, *, by: Actor) -> None:
    """Raise Conflict while agencies answer for the case in a joint round: nobody else reads a part before the panel."""
    open_case = select(col(JointCase.id)).join(JointRound, linked(JointRound.id, JointCase.joint_round_id))
    open_case = open_case.where(
        col(JointCase.organisation_id) == by.organisation_id,
        col(JointCase.case_file_id) == case_file_id,
        col(JointCase.state) == JointCaseState.COLLECTING,
        col(JointRound.state) == JointRoundState.OPEN,
    )
    if session.execute(open_case.limit(1)).first() is not None:
        raise Conflict(
            "Agencies are answering for this case in a joint audit. Open the panel of the case, or close the joint "
            "audit, before you read everything held about it."
        )


def check_audits_elsewhere(session: Session, case_file_id: uuid.UUID, *, by: Actor) -> None:
    """Raise NotAllowed for a person who audits the case in a round that is not closed.

    It does not matter whether anybody else audits it too: so the refusal reveals nothing about another reading.
    """
    own = select(col(Audit.id)).join(Round, linked(Round.id, Audit.round_id))
    own = own.where(
        col(Audit.organisation_id) == by.organisation_id,
        col(Audit.case_file_id) == case_file_id,
        col(Audit.auditor_id) == by.person_id,
        col(Audit.state) != AuditState.WITHDRAWN,
        col(Round.state) != RoundState.CLOSED,
    )
    if session.execute(own.limit(1)).first() is not None:
        raise NotAllowed("You audit this case in a round that is not closed. Ask another person to do this.")


def find_case(session: Session, case_file_id: uuid.UUID, *, by: Actor) -> CaseFile:
    """The case file of the organisation. Raises NotFound."""
    found = session.get(CaseFile, (by.organisation_id, case_file_id), populate_existing=True)
    if found is None:
        raise NotFound("case file")
    return found


def hold_of(session: Session, organisation_id: int, case_file_id: uuid.UUID) -> LegalHold | None:
    """The legal hold of a case that nobody has lifted."""
    mine = (col(LegalHold.organisation_id) == organisation_id, col(LegalHold.case_file_id) == case_file_id)
    query = select(LegalHold).where(*mine, col(LegalHold.lifted_at).is_(None))
    return session.execute(query.execution_options(populate_existing=True)).scalar_one_or_none()


def everything_held(session: Session, *, case_file_id: uuid.UUID, by: Actor) -> Held:
    """Everything held about a case, for a person who may read it whole: that they saw its audits is recorded.

    Raises NotFound and NotAllowed.
    """
    case_file = find_case(session, case_file_id, by=by)
    check_can_read_whole(session, case_file_id, by=by)
    own = by.organisation_id
    rows = rows_of_case(session.connection(), own, case_file_id)
    access_log.record_view(session, "case-file.disclosed", case_file_id, by=by)
    for audit in rows.get("audit", ()):
        access_log.record_view(session, "audit.disclosed", audit["id"], by=by)
    rounds = _rounds_of(session, own, rows)
    return Held(
        organisation=session.get_one(Organisation, own).name,
        case_file=case_file,
        hold=hold_of(session, own, case_file_id),
        rows=rows,
        exports=_exports_of(session, own, rounds),
        events=_events_about(session, own, case_file_id),
        names=_names(session, own, rows) | {each.id: each.title for each in rounds.values()},
        rounds=rounds,
    )


def _rounds_of(session: Session, own: int, rows: Mapping[str, Sequence[Row]]) -> dict[uuid.UUID, Round]:
    ids = {audit["round_id"] for audit in rows.get("audit", ())}
    query = select(Round).where(col(Round.organisation_id) == own, col(Round.id).in_(ids))
    return {each.id: each for each in session.execute(query).scalars()}


def _exports_of(session: Session, own: int, rounds: Mapping[uuid.UUID, Round]) -> list[tuple[Export, str]]:
    mine = (col(Export.organisation_id) == own, col(Export.round_id).in_(rounds))
    found = session.execute(select(Export).where(*mine).order_by(col(Export.id))).scalars()
    return [(each, rounds[each.round_id].title) for each in found]


def _events_about(session: Session, own: int, case_file_id: uuid.UUID) -> dict[str, int]:
    ids = owned_ids(session.connection(), own, case_file_id)
    found: dict[str, int] = {}
    for some in in_portions([identifier for each in ids.values() for identifier in each]):
        about = (col(Event.organisation_id) == own, col(Event.subject_id).in_(some))
        query = select(col(Event.kind), func.count()).where(*about).group_by(col(Event.kind))
        for kind, number in session.execute(query):
            found[kind] = found.get(kind, 0) + number
    return dict(sorted(found.items()))


def _names(session: Session, own: int, rows: Mapping[str, Sequence[Row]]) -> dict[uuid.UUID, str]:
    """What people read for identifiers: never the reference of another case."""
    ids = {value for some in rows.values() for row in some for value in row.values() if isinstance(value, uuid.UUID)}
    found: dict[uuid.UUID, str] = {}
    for some in in_portions(ids):
        for model in (Person, StoredTeam):
            mine = (col(model.organisation_id) == own, col(model.id).in_(some))
            found |= {row.id: row.name for row in session.execute(select(col(model.id), col(model.name)).where(*mine))}
        mine = (col(StoredCaseList.organisation_id) == own, col(StoredCaseList.id).in_(some))
        lists = select(col(StoredCaseList.id), col(StoredCaseList.source), col(StoredCaseList.listed_on)).where(*mine)
        found |= {row.id: f"{row.source} of {day_in_words(row.listed_on)}" for row in session.execute(lists)}
        joint = (col(JointRound.organisation_id) == own, col(JointRound.id).in_(some))
        found |= dict(session.execute(select(col(JointRound.id), col(JointRound.title)).where(*joint)).all())
        agencies = (col(JointPart.organisation_id) == own, col(JointPart.id).in_(some))
        parts = select(col(JointPart.id), col(Agency.id), col(Agency.name))
        for part_id, agency_id, name in session.execute(
            parts.join(Agency, linked(Agency.id, JointPart.agency_id)).where(*agencies)
        ):
            found |= {part_id: name, agency_id: name}
    return found
