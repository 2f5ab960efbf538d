"""The readings of a round and the agreed answers, as places on the scale, to be compared."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, exists, or_, select
from sqlmodel import Session, col

from api.access.blindness import visible_under_blind_reading
from api.access.seen import blind_records
from api.foundation.permissions import Actor
from checklists.audits.audit_states import SUBMITTED_STATES
from checklists.reliability.agreement import overall_place, place
from checklists.reports.tallies import decode_answers
from checklists.templates.template import Template as TemplateContent
from models import Audit, AuditMode, Person, Round, Team, TeamMember
from models.storage.joins import linked, table_alias

Places = Mapping[str, int | None]
# Never the key of a theme: those have no colon.
OVERALL: Final = "overall:judgement"


_COLUMNS: Final = (
    *(col(Audit.id), col(Audit.round_id), col(Audit.case_file_id), col(Audit.auditor_id), col(Audit.reading)),
    *(col(Audit.mode), col(Audit.answers), col(Audit.overall_override), col(Audit.overall_calculated)),
    *(col(Audit.agreed_answers), col(Audit.agreed_overall)),
)


@dataclass(frozen=True, slots=True)
class Reading:
    """One submitted reading of a case. `places`: by theme, the place of the answer on the scale, None for no reading;
    the place of the overall judgement under OVERALL.

    `agreed` is the same of what was agreed of the case, None until it is.
    """

    audit_id: uuid.UUID
    round_id: uuid.UUID
    case_file_id: uuid.UUID
    auditor_id: uuid.UUID
    auditor: str
    team: str
    number: int
    mode: AuditMode
    places: Places
    agreed: Places | None


@dataclass(frozen=True, slots=True)
class Pair:
    """The first and the second reading of a case. `fellows`: whether the readers are of one team, if that is known.

    `blind`: whether both readings were blind by the record; None where one was submitted before this was recorded.
    """

    first: Reading
    second: Reading
    fellows: bool | None
    blind: bool | None

    def answers(self, theme: str) -> tuple[int | None, int | None]:
        return self.first.places.get(theme), self.second.places.get(theme)


def readings_of(
    session: Session, rounds: Sequence[tuple[Round, TemplateContent]], *, by: Actor
) -> tuple[list[Reading], list[Pair]]:
    """The submitted readings of these rounds that the actor may see and that can be compared: with another reading of
    the case, or with agreed answers. And the pairs among them.
    """
    templates = {audit_round.id: template for audit_round, template in rounds}
    rows = session.execute(
        select(*_COLUMNS, col(Person.name).label("auditor"), col(Team.name).label("team"))
        .join(Person, linked(Person.id, Audit.auditor_id))
        .join(Team, linked(Team.id, Audit.team_id))
        .where(
            col(Audit.organisation_id) == by.organisation_id,
            col(Audit.round_id).in_(templates),
            col(Audit.state).in_(SUBMITTED_STATES),
            or_(col(Audit.agreed_answers) != "", _has_another_reading()),
            visible_under_blind_reading(by.person_id),
        )
        .order_by(col(Audit.round_id), col(Audit.case_file_id), col(Audit.reading))
    ).all()
    cases: dict[tuple[uuid.UUID, uuid.UUID], list[Any]] = defaultdict(list)
    for row in rows:
        cases[row.round_id, row.case_file_id].append(row)
    teams, records = _teams(session, by), blind_records(session, by.organisation_id, templates)
    readings, pairs = [], []
    for (round_id, _), held in cases.items():
        template = templates[round_id]
        # A consensus of two readings is written with the first one, and stands for both.
        agreed = next((row.agreed_answers for row in held if row.agreed_answers), "")
        made = [_reading(template, row, agreed=agreed) for row in held]
        readings += made
        if len(made) == 2:
            fellows = _fellows(teams, made[0].auditor_id, made[1].auditor_id)
            pairs.append(Pair(made[0], made[1], fellows, _both_blind([records.get(each.audit_id) for each in made])))
    return readings, pairs


_OTHER: Final = table_alias(Audit)


def _has_another_reading() -> ColumnElement[bool]:
    return exists().where(
        linked(_OTHER.round_id, Audit.round_id),
        col(_OTHER.case_file_id) == col(Audit.case_file_id),
        col(_OTHER.id) != col(Audit.id),
        col(_OTHER.state).in_(SUBMITTED_STATES),
    )


def _reading(template: TemplateContent, row: Any, *, agreed: str) -> Reading:
    """`row`: _COLUMNS with the names of the auditor and of the team."""
    own_agreed = row.agreed_answers or agreed
    return Reading(
        row.id,
        row.round_id,
        row.case_file_id,
        row.auditor_id,
        row.auditor,
        row.team,
        row.reading,
        row.mode,
        _places(template, row.answers, row.overall_override or row.overall_calculated),
        _places(template, own_agreed, row.agreed_overall) if own_agreed else None,
    )


def _places(template: TemplateContent, line: str, overall: str) -> Places:
    of_themes = {theme: place(template, answer) for theme, answer in decode_answers(template, line).items()}
    return {**of_themes, OVERALL: overall_place(template, overall)}


def _teams(session: Session, by: Actor) -> Mapping[uuid.UUID, set[uuid.UUID]]:
    found: dict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
    for person_id, team_id in session.execute(
        select(col(TeamMember.person_id), col(TeamMember.team_id)).where(
            col(TeamMember.organisation_id) == by.organisation_id
        )
    ):
        found[person_id].add(team_id)
    return found


def _both_blind(records: Sequence[bool | None]) -> bool | None:
    """Whether both readings were blind: no if either is known not to be, None if either has no record."""
    if False in records:
        return False
    return None if None in records else True


def _fellows(teams: Mapping[uuid.UUID, set[uuid.UUID]], one: uuid.UUID, other: uuid.UUID) -> bool | None:
    if not (teams.get(one) and teams.get(other)):
        return None
    return bool(teams[one] & teams[other])
