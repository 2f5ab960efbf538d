"""Submitted audits with answers to questions and facts about their cases, written as the service stores them."""

import random
import uuid
from dataclasses import dataclass
from typing import Any

from api.case_files import actions as case_files
from api.case_files.actions import NewCaseFile
from checklists.reports.beside import encode_beside
from checklists.reports.tallies import encode_answers
from checklists.templates.scale import NOT_ASKED
from models import AgeBand, Audit, AuditFact, AuditHarm, AuditMode, AuditState, CaseStatus, Score, new_id, now
from tests.desk import Desk
from tests.factories import an_actor
from tests.writing_times import filling_for_a_test

GRADES = ("outstanding", "good", "requires-improvement", "inadequate", "not-evidenced", "not-applicable")


@dataclass(frozen=True, slots=True)
class Said:
    """What one audit of the template with everything says, for a test that counts by itself."""

    audit_id: uuid.UUID
    status: CaseStatus
    age_band: AgeBand
    involves: tuple[str, ...]
    answers: dict[str, str]
    facts: dict[str, str]
    themes: dict[str, str]


def record_asked(desk: Desk, *, audits: int, seed: int = 1, round_id: uuid.UUID | None = None) -> list[Said]:
    """Store so many submitted audits of different cases: the same for the same seed."""
    chance = random.Random(seed)
    said = [_one(chance) for _ in range(audits)]
    lena = an_actor(desk.cast.lena)
    with filling_for_a_test(), desk.database.writing() as session:
        for each in said:
            new = NewCaseFile(desk.team_id, each.status, each.age_band, forms_of_harm=each.involves)
            case = case_files.create_case_file(session, case_file=new, by=lena).case_file
            own = desk.cast.organisation.id
            session.add(
                Audit(
                    organisation_id=own,
                    id=each.audit_id,
                    round_id=round_id or desk.round_id,
                    case_file_id=case.id,
                    auditor_id=desk.cast.asha.id,
                    mode=AuditMode.RECORDS_ONLY,
                    state=AuditState.SUBMITTED,
                    version=2,
                    submitted_at=now(),
                    answers=encode_answers(desk.template, each.themes),
                    overall_calculated="good",
                    question_answers=encode_beside(
                        [question.key for question in desk.template.questions], each.answers
                    ),
                    case_facts=encode_beside([fact.key for fact in desk.template.case_facts], each.facts),
                    team_id=desk.team_id,
                    status=each.status,
                    age_band=each.age_band,
                )
            )
            session.flush()
            key: dict[str, Any] = {"organisation_id": own, "audit_id": each.audit_id}
            session.add_all(AuditHarm(**key, form_of_harm=harm) for harm in each.involves)
            session.add_all(AuditFact(**key, fact=fact, choice=choice) for fact, choice in each.facts.items())
            session.add_all(
                Score(**key, theme=theme, answer=answer, rationale="Seen in the notes.", version=1)
                for theme, answer in each.themes.items()
                if answer != NOT_ASKED
            )
    return said


def _one(chance: random.Random) -> Said:
    status = chance.choice(list(CaseStatus))
    involves = tuple(tag for tag in ("fear", "illness") if chance.random() < 0.5)
    asked = status is CaseStatus.CHILD_PROTECTION_PLAN and bool(involves)
    seen = chance.choices(["yes", "no", "not-evidenced"], (6, 3, 1))[0]
    return Said(
        audit_id=new_id(),
        status=status,
        age_band=chance.choice(list(AgeBand)),
        involves=involves,
        answers={
            "seen-alone": seen,
            "where": chance.choice(["home", "school", "not-applicable"]) if seen == "yes" else NOT_ASKED,
            "visits": chance.choice([*map(str, range(20)), "not-evidenced"]),
            "chronology": f"{chance.choice((2024, 2025, 2026))}-{chance.randrange(1, 13):02d}",
        },
        facts={"open-for": chance.choice(["short", "long"]), "category": chance.choice(["neglect", "abuse"])},
        themes={
            theme: chance.choice(GRADES) if theme != "plan" or asked else NOT_ASKED
            for theme in ("voice", "history", "plan", "review")
        },
    )
