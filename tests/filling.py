"""Rounds full of audits that differ, the same for the same seed, recorded by the action that other systems use."""

import random
import uuid
from dataclasses import dataclass

from api.audits.complete import actions as complete_audits
from api.audits.complete.actions import MOST_IN_ONE_CALL
from api.audits.complete.known import CompleteAudit, RecordedAudit
from api.audits.scoring.actions import NewScore
from api.case_files.actions import NewCaseFile
from models import AgeBand, AuditMode, CaseStatus
from tests.desk import Desk
from tests.factories import a_team, an_actor
from tests.writing_times import filling_for_a_test

ANSWERS = ("outstanding", "good", "requires-improvement", "inadequate", "not-evidenced", "not-applicable")


@dataclass(frozen=True, slots=True)
class Filled:
    """What one recorded audit says, for a test that counts by itself."""

    team: str
    status: CaseStatus
    age_band: AgeBand
    harms: tuple[str, ...]
    mode: AuditMode
    answers: dict[str, str]


def teams_of(desk: Desk, *names: str) -> dict[str, uuid.UUID]:
    """The desk's own team and others of these names."""
    others = {name: a_team(desk.database, desk.cast.organisation, name).id for name in names}
    return {"North locality": desk.team_id, **others}


def fill_round(
    desk: Desk,
    teams: dict[str, uuid.UUID],
    *,
    audits: int,
    seed: int,
    round_id: uuid.UUID | None = None,
    weights: tuple[int, ...] = (6, 9, 4, 2, 1, 2),
    sampling_weight: float | None = None,
) -> list[Filled]:
    """Record so many complete audits in the round; what each says."""
    chance = random.Random(seed)
    harms = [harm.key for harm in desk.template.forms_of_harm]
    filled, new = [], []
    for _ in range(audits):
        team = chance.choice(list(teams))
        said = Filled(
            team=team,
            status=chance.choice(list(CaseStatus)),
            age_band=chance.choice(list(AgeBand)),
            harms=tuple(harm for harm in harms if chance.random() < 0.4),
            mode=chance.choice(list(AuditMode)),
            answers={theme: chance.choices(ANSWERS, weights)[0] for theme in desk.template.theme_keys},
        )
        case = NewCaseFile(teams[team], said.status, said.age_band, forms_of_harm=said.harms)
        scores = tuple(NewScore(theme, answer, f"Seen: {answer}.") for theme, answer in said.answers.items())
        new.append(
            CompleteAudit(
                round_id or desk.round_id,
                desk.cast.asha.id,
                case,
                scores,
                mode=said.mode,
                sampling_weight=sampling_weight,
            )
        )
        filled.append(said)
    lena = an_actor(desk.cast.lena)
    for start in range(0, audits, MOST_IN_ONE_CALL):
        with filling_for_a_test(), desk.database.writing() as session:
            results = complete_audits.record_audits(session, audits=new[start : start + MOST_IN_ONE_CALL], by=lena)
        assert all(isinstance(result, RecordedAudit) for result in results)
    return filled
