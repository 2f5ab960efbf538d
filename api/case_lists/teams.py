"""The teams that a case list names: which of the organisation's teams they are, and which are new."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session, col, select

from api.foundation.permissions import Actor
from api.foundation.problems import Fault, Invalid
from api.foundation.text.names import check_team_name, tidy
from checklists.case_list import CaseList as CaseListContent
from models import StoredTeam, Team, new_id

FAULTS_SHOWN: Final = 50
MAKE_A_TEAM: Final = "make"


@dataclass(frozen=True, slots=True)
class TeamOfList:
    """The name of a team in a list, and the active team of that name, if there is one."""

    name: str
    cases: int
    team_id: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class ChosenTeams:
    """The team of each name on a list, and the teams still to be created, by their names."""

    ids: Mapping[str, uuid.UUID]
    to_make: Mapping[str, uuid.UUID]

    def are_in_use(self, session: Session, by: Actor) -> bool:
        """Whether the existing teams are still active."""
        made = set(self.to_make.values())
        return {team for team in self.ids.values() if team not in made} <= _active(session, by)

    def are_free(self, session: Session, by: Actor) -> bool:
        """Whether no team, visible or not, has the name of one that is to be created."""
        query = select(StoredTeam.name).where(col(StoredTeam.organisation_id) == by.organisation_id)
        return not self.to_make or not (
            {name.casefold() for name in self.to_make} & {name.casefold() for name in session.exec(query)}
        )


def teams_of(session: Session, content: CaseListContent, by: Actor) -> tuple[TeamOfList, ...]:
    """Each team that the list names."""
    active = {
        team.name.casefold(): team.id
        for team in session.exec(
            select(Team).where(col(Team.organisation_id) == by.organisation_id, col(Team.active))
        ).all()
    }
    counts: dict[str, int] = {}
    for case in content.cases:
        counts[tidy(case.team)] = counts.get(tidy(case.team), 0) + 1
    return tuple(TeamOfList(name, number, active.get(name.casefold())) for name, number in sorted(counts.items()))


def chosen_teams(
    session: Session, content: CaseListContent, choices: Mapping[str, uuid.UUID | str], by: Actor
) -> ChosenTeams:
    """The team of each name on the list, as `choices` say when no active team has it. Raises Invalid."""
    own = _active(session, by)
    lines: dict[str, int] = {}
    for place, case in enumerate(content.cases):
        lines.setdefault(tidy(case.team), place)
    chosen: dict[str, uuid.UUID] = {}
    faults = [
        Fault(f"/teams/{place}", "Select an active team for each team name in the list, and for no other name.")
        for place, (name, choice) in enumerate(choices.items())
        if name not in lines or (isinstance(choice, uuid.UUID) and choice not in own)
    ]
    to_make: dict[str, list[str]] = {}
    for team in teams_of(session, content, by):
        choice = team.team_id or choices.get(team.name)
        pointer = f"/cases/{lines[team.name]}/team"
        if isinstance(choice, uuid.UUID) and choice in own:
            chosen[team.name] = choice
        elif choice == MAKE_A_TEAM:
            faults += check_team_name(pointer, team.name)
            to_make.setdefault(team.name.casefold(), []).append(team.name)
        else:
            faults.append(
                Fault(pointer, "None of your active teams has this name. Select a team, or select to add a new team.")
            )
    if faults:
        raise Invalid("The case list was not imported.", faults=tuple(faults[:FAULTS_SHOWN]))
    names = session.exec(select(Team.name).where(col(Team.organisation_id) == by.organisation_id))
    if to_make.keys() & {name.casefold() for name in names}:
        raise Invalid.at("/cases", "A team in the list is retired. Ask an administrator to restore the team.")
    # Names that differ only in case are one team.
    made = {alike[0]: new_id() for alike in to_make.values()}
    spelt = {name: made[alike[0]] for alike in to_make.values() for name in alike}
    return ChosenTeams(chosen | spelt, made)


def _active(session: Session, by: Actor) -> frozenset[uuid.UUID]:
    query = select(Team.id).where(col(Team.organisation_id) == by.organisation_id, col(Team.active))
    return frozenset(session.exec(query).all())
