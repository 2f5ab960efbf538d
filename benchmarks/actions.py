"""Ten thousand actions and a thousand rounds: the worklists, and the report of what changed."""

import random
import uuid
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import bindparam, insert, update
from sqlmodel import col, select

from api.foundation.local_time import local_date
from api.reports.closing import tallies_to_store
from benchmarks.load import page_request, request, run
from benchmarks.store import a_round, fill
from benchmarks.table import Figures
from models import (
    Action,
    ActionCause,
    ActionKind,
    ActionState,
    ActionTeam,
    Audit,
    EvidenceKind,
    Round,
    RoundState,
    new_id,
    now,
)
from models.storage.bulk import table_of
from models.storage.database import Database
from tests.live import THEMES, Ground, Server

AUDITS_EACH = 20
# A council that audits for so many years; the report is of the last twelve months.
YEARS = 10
REPEATS, TURNS = 30, 3
# One in this many is about one child.
CHILD_LEVEL = 3
STATES = (
    *(ActionState.AGREED, ActionState.IN_PROGRESS, ActionState.DONE),
    *(ActionState.IMPACT_SHOWN, ActionState.IMPACT_SHOWN, ActionState.NO_IMPACT),
)
CLOSED = {ActionState.IMPACT_SHOWN, ActionState.NO_IMPACT}
_ACTIONS = table_of(Action)
# What differs of an action that is not done yet.
_OPEN: dict[str, Any] = {
    "state": ActionState.AGREED,
    "done": "",
    "done_at": None,
    "impact": "",
    "impact_on": None,
    "impact_from": None,
    "closed_at": None,
    "closed_by_id": None,
}
_END = update(_ACTIONS).where(_ACTIONS.c.id == bindparam("its_id")).values({name: bindparam(name) for name in _OPEN})
WORKLISTS = {
    "worklist of practice actions": "/actions?kind=practice",
    "worklist of child-level actions": "/actions?kind=child-level",
    "worklist of overdue actions": "/actions?kind=practice&show=overdue",
    "worklist of an owner": "/actions?worklist=mine",
}
REPORTS = {"what changed, page": "/reports/changed", "what changed, JSON": "/api/v1/reports/changed"}
ROWS = (*WORKLISTS, *REPORTS)


def fill_actions(database: Database, ground: Ground, *, rounds: int, actions: int) -> None:
    """Closed rounds over YEARS, every second one a re-audit, with actions that followed them."""
    made = _rounds(database, ground, rounds)
    chance = random.Random(17)
    with database.reading() as session:
        # Other rows of the benchmark have their own organisations.
        own = (col(Audit.organisation_id) == ground.organisation_id, col(Audit.state) == "submitted")
        audits = session.exec(select(Audit.id, Audit.round_id).where(*own)).all()
    by_id = {each.id: each for each in made}
    rows, teams = [], []
    for number in range(actions):
        audit_id, round_id = None, chance.choice(made).id
        if number % CHILD_LEVEL == 0:
            audit_id, round_id = chance.choice(audits)
        closed_at = by_id.get(round_id, made[0]).closed_at
        assert closed_at is not None
        rows.append(_action(ground, chance, closed_at, audit_id, round_id))
        if audit_id is None and number % 2:
            teams.append(
                {"organisation_id": ground.organisation_id, "team_id": ground.team_id, "action_id": rows[-1]["id"]}
            )
    # Closed last: nobody adds a team to a closed action.
    for start in range(0, actions, 1_000):
        with database.writing() as session:
            some = rows[start : start + 1_000]
            session.connection().execute(insert(_ACTIONS), [{**row, **_OPEN} for row in some])
    with database.writing() as session:
        session.connection().execute(insert(table_of(ActionTeam)), teams)
    for start in range(0, actions, 1_000):
        with database.writing() as session:
            ended = [
                {"its_id": row["id"], **{name: row[name] for name in _OPEN}} for row in rows[start : start + 1_000]
            ]
            session.connection().execute(_END, ended)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")


def _rounds(database: Database, ground: Ground, number: int) -> list[Round]:
    made: list[Round] = []
    for place in range(number):
        audit_round = a_round(ground, RoundState.CLOSED)
        ago = timedelta(days=365 * YEARS * (number - place) / number)
        audit_round.title = f"Round {place + 1}"
        audit_round.closed_at = now() - ago
        audit_round.period_to = local_date(audit_round.closed_at)
        audit_round.period_from = audit_round.period_to - timedelta(days=30)
        if place % 2:
            audit_round.follows_id = made[-1].id
        made.append(audit_round)
    with database.writing() as session:
        session.connection().execute(insert(table_of(Round)), [each.model_dump() for each in made])
    fill(database, ground, [each.id for each in made], audits_each=AUDITS_EACH)
    for start in range(0, number, 50):
        with database.writing() as session:
            for audit_round in made[start : start + 50]:
                session.add_all(tallies_to_store(session, audit_round))
    return made


def _action(
    ground: Ground, chance: random.Random, closed_at: datetime, audit_id: uuid.UUID | None, round_id: uuid.UUID
) -> dict[str, Any]:
    state = chance.choice(STATES)
    created_at = min(closed_at + timedelta(days=chance.randrange(20)), now())
    due_on = local_date(created_at) + timedelta(days=chance.choice((10, 30, 90)))
    is_done = state not in {ActionState.AGREED, ActionState.IN_PROGRESS}
    done_at = created_at + timedelta(days=chance.randrange(60)) if is_done else None
    owner = ground.auditor.person_id if chance.random() < 0.05 else None
    assert ground.lead.person_id is not None
    action = Action(
        organisation_id=ground.organisation_id,
        id=new_id(),
        kind=ActionKind.PRACTICE if audit_id is None else ActionKind.CHILD_LEVEL,
        words="Every plan names who does what by when.",
        cause=ActionCause.GAP if audit_id is None else ActionCause.AUDIT,
        themes=" ".join(chance.sample(THEMES, 2)),
        round_id=round_id,
        audit_id=audit_id,
        owner_id=owner,
        owner_post="" if owner else "Head of Service, Assessment",
        due_on=due_on,
        first_due_on=due_on,
        state=state,
        done="The guide was written." if is_done else "",
        done_at=done_at,
        impact="Eight of ten plans name who." if state in CLOSED else "",
        impact_on=due_on if state in CLOSED else None,
        impact_from=EvidenceKind.DIP_SAMPLE if state in CLOSED else None,
        closed_at=done_at if state in CLOSED else None,
        closed_by_id=ground.lead.person_id if state in CLOSED else None,
        created_at=created_at,
        created_by_id=ground.lead.person_id,
    )
    return action.model_dump()


def measure(figures: Figures, server: Server, ground: Ground, lead: str, owner: str) -> None:
    """Each page and report over HTTP. `lead` and `owner`: the cookies of somebody who is signed in."""
    for row, path in WORKLISTS.items():
        figures.judge(row, _ms(server, page_request(path, owner if "owner" in row else lead)))
    for row, path in REPORTS.items():
        asked = page_request(path, lead) if "page" in row else request("GET", path, ground.lead_token)
        first = run(server.port, 1, [asked], status=200).median_ms
        figures.judge(row, _ms(server, asked), limit=f"the first time {first:.0f} ms")


def _ms(server: Server, asked: bytes) -> float:
    return median([run(server.port, 1, [asked] * REPEATS, status=200).median_ms for _ in range(TURNS)])
