"""What others who work in a round feel while a lead samples for it, allocates in it and closes it: hardly anything."""

import os
import random
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest
from sqlmodel import Session, col, func, select

from api.reports.breakdowns import Breakdown
from api.reports.tallies import Tallies
from benchmarks.store import fill
from models import (
    Audit,
    AuditState,
    Person,
    Role,
    RoleGrant,
    Round,
    RoundState,
    RoundTally,
    SampledCase,
    UrgentConcern,
)
from models.storage.joins import linked
from tests.conftest import DatabaseKind
from tests.live import Server, a_complete_audit, serving
from tests.trials.conftest import Place, Record
from tests.trials.crowds.population import Population
from tests.trials.heavy.colleagues import (
    ACKNOWLEDGE,
    ANSWER,
    KINDS,
    PAUSE_AFTER_CONCERNS_SECONDS,
    RAISE,
    RECORD,
    SUBMIT,
    Asked,
    Colleagues,
    Work,
    colleagues_at_work,
)
from tests.trials.heavy.rows import done
from tests.trials.heavy.stage import Stage

pytestmark = pytest.mark.trial

CASES_LISTED = 20_000
SAMPLED = 2_000
READ_TWICE_PERCENT = 20
ALLOCATED = SAMPLED * (100 + READ_TWICE_PERCENT) // 100
AUDITORS = 40
SUBMITTED_BEFORE = 4_000
# More than anybody submits while the trial lasts.
DRAFTS_OF_A_STEP = 1_200
BODIES = 40
BASELINE_SECONDS = 8.0
# Longer than the others go without a concern, so that each kind of request is asked at least once.
AFTERWARDS_SECONDS = PAUSE_AFTER_CONCERNS_SECONDS + 1.0
BEYOND_SECONDS = 0.5
# A lead whose round cannot be closed at this moment asks again.
LONGEST_CLOSING_SECONDS = 120.0
REASON = {"reason": "The figures are needed."}
PAUSE_BETWEEN_CLOSINGS = 0.3
HEADINGS = f"    {'meanwhile others':<24}{'number':>8}{'median':>9}{'slowest':>9}{'base':>8}{'limit':>8}  ok   statuses"


@dataclass(frozen=True, slots=True)
class Step:
    """What a lead did in the round, and what the others asked before and meanwhile."""

    name: str
    outcome: str
    began: float
    ended: float
    work: Work
    closes: bool = False

    def before(self, kind: str) -> list[Asked]:
        return [each for each in self.work.of(kind, until=self.began) if each.ended <= self.began]

    def meanwhile(self, kind: str) -> list[Asked]:
        return self.work.of(kind, since=self.began)

    def limit(self, kind: str) -> float:
        return _slowest(self.before(kind)) + BEYOND_SECONDS

    def is_fine(self, kind: str) -> bool:
        """Whether nobody waited for the lead, and whether each was answered as it had to be."""
        asked = self.meanwhile(kind)
        return (
            bool(asked)
            and bool(self.before(kind))
            and _slowest(asked) <= self.limit(kind)
            and all(self._is_right(each) for each in self.before(kind) + asked)
        )

    def _is_right(self, asked: Asked) -> bool:
        """It was done or put off; and what came when the round was closed was refused for that."""
        refused_as_closed = asked.kind in {SUBMIT, RECORD} and asked.status == 409 and "round is " in asked.said
        came_too_late = self.closes and asked.ended >= self.began
        return asked.status in {200, 201, 503} or (refused_as_closed and came_too_late)

    def __str__(self) -> str:
        lines = [f"  {self.name}: {self.outcome}, {self.ended - self.began:.1f} s", HEADINGS]
        for kind in KINDS:
            asked = self.meanwhile(kind)
            took = sorted(each.seconds for each in asked) or [0.0]
            lines.append(
                f"    {kind:<24}{len(asked):>8}{took[len(took) // 2]:>8.2f}s{took[-1]:>8.2f}s"
                f"{_slowest(self.before(kind)):>7.2f}s{self.limit(kind):>7.2f}s  "
                f"{'yes' if self.is_fine(kind) else 'NO':<4} {_statuses(asked)}"
            )
        odd = Counter(each.said for each in self.work.asked if not self._is_right(each))
        return "\n".join([*lines, *(f"      not right, {count}: {said}" for said, count in odd.most_common(3))])


def _statuses(asked: Sequence[Asked]) -> str:
    counted = Counter(each.status for each in asked)
    return ", ".join(f"{status or 'none'}: {count}" for status, count in sorted(counted.items()))


def _slowest(asked: Sequence[Asked]) -> float:
    return max((each.seconds for each in asked), default=0.0)


def test_others_work_in_a_round_while_a_lead_samples_allocates_and_closes_it(
    place: Place, database_kind: DatabaseKind, record_property: Record
) -> None:
    ground, population = place.ground, Population(place.database, place.ground)
    population.of_kind("score", AUDITORS)
    fill(place.database, ground, [ground.round_id], audits_each=SUBMITTED_BEFORE)
    fill(place.database, ground, [ground.round_id], audits_each=3 * DRAFTS_OF_A_STEP, submitted=False)
    drafts = _drafts(place)
    with serving(place.url, place.folder) as server:
        stage = Stage(place, server, population, ground.round_id, ground.round_id, cases_listed=CASES_LISTED)
        print(f"\n{database_kind}; load average {os.getloadavg()[0]:.1f}")
        steps: list[Step] = []
        for number, prepare in enumerate((_sample, _allocation, _closing)):
            name, act = prepare(stage)
            own = drafts[number * DRAFTS_OF_A_STEP : (number + 1) * DRAFTS_OF_A_STEP]
            with colleagues_at_work(_colleagues(place, server, own)) as work:
                time.sleep(BASELINE_SECONDS)
                began = time.monotonic()
                outcome = done(act)
                ended = time.monotonic()
                time.sleep(AFTERWARDS_SECONDS)
            steps.append(Step(name, outcome, began, ended, work, closes=prepare is _closing))
            print(steps[-1], flush=True)
    with place.database.reading() as session:
        left = _left(session, place, [step.work for step in steps])
    shown = "\n".join(
        [
            f"Others in a round of {SUBMITTED_BEFORE:,} submitted audits while a lead works on it, on {database_kind}",
            *map(str, steps),
            f"  {left}; load average {os.getloadavg()[0]:.1f}",
        ]
    )
    print(f"  {left}")
    record_property("figure", shown)
    sampled, allocated, closed = (step.outcome.split(",")[0] for step in steps)
    # A job that ends while its client still waits answers with what it made.
    assert ({sampled, allocated} <= {"201", "202 done"}, closed) == (True, "200")
    assert (left.sampled, left.allocated, left.is_closed) == (SAMPLED, ALLOCATED, True)
    assert (left.lost, left.stored_though_refused, left.not_counted) == (0, 0, 0)
    assert [(step.name, kind) for step in steps for kind in KINDS if not step.is_fine(kind)] == []


Act = Callable[[], str]


def _sample(stage: Stage) -> tuple[str, Act]:
    body, client, round_id = stage.a_plan(SAMPLED), stage.lead(), stage.large_round
    name = f"a sample of {SAMPLED:,} drawn from {CASES_LISTED:,}"
    return name, lambda: stage.send(client, "POST", f"/api/v1/rounds/{round_id}/samples", body)[1]


def _allocation(stage: Stage) -> tuple[str, Act]:
    client, round_id = stage.lead(), stage.large_round
    asked = {"seed": "one", "auditors": _others(stage.place), "double_percent": READ_TWICE_PERCENT}
    proposed = client.send("POST", f"/api/v1/rounds/{round_id}/proposal", asked)
    assert proposed.status == 200, proposed.body
    confirmed = asked | {"mark": proposed.json()["mark"]}
    name = f"{len(proposed.json()['readings']):,} audits allocated by confirming a proposal"
    return name, lambda: stage.send(client, "POST", f"/api/v1/rounds/{round_id}/proposal/confirm", confirmed)[1]


def _closing(stage: Stage) -> tuple[str, Act]:
    client, path = stage.lead(), f"/api/v1/rounds/{stage.large_round}"

    def close() -> str:
        refused: Counter[str] = Counter()
        deadline = time.monotonic() + LONGEST_CLOSING_SECONDS
        while True:
            version = client.send("GET", path).headers["etag"]
            answer = client.send("POST", f"{path}/close", REASON, If_Match=version)
            if answer.status not in {409, 503} or time.monotonic() > deadline:
                why = "; ".join(f"{count} times before {detail!r}" for detail, count in refused.items())
                return f"{answer.status}, {why or 'at once'}"
            refused[answer.json()["detail"]] += 1
            time.sleep(PAUSE_BETWEEN_CLOSINGS)

    return "the round closed", close


def _colleagues(place: Place, server: Server, drafts: Sequence[uuid.UUID]) -> Colleagues:
    ground, chance = place.ground, random.Random(str(drafts[0]))
    return Colleagues(
        port=server.port,
        auditor_token=ground.auditor_token,
        lead_token=ground.lead_token,
        integration_token=ground.integration_token,
        lead_id=str(ground.lead.person_id),
        concerning=str(drafts[0]),
        drafts=[str(draft) for draft in drafts],
        bodies=[a_complete_audit(ground, chance) for _ in range(BODIES)],
    )


def _drafts(place: Place) -> Sequence[uuid.UUID]:
    """What Asha can submit."""
    ground = place.ground
    with place.database.reading() as session:
        return session.exec(
            select(Audit.id)
            .where(
                col(Audit.round_id) == ground.round_id,
                col(Audit.auditor_id) == ground.auditor.person_id,
                col(Audit.state) == AuditState.DRAFT,
            )
            .order_by(col(Audit.id))
        ).all()


def _others(place: Place) -> list[str]:
    """The auditors but Asha, who reads other cases."""
    with place.database.reading() as session:
        found = session.exec(
            select(Person.id)
            .join(RoleGrant, linked(RoleGrant.person_id, Person.id))
            .where(col(RoleGrant.role) == Role.AUDITOR, col(Person.id) != place.ground.auditor.person_id)
        ).all()
    return [str(person) for person in found]


@dataclass(frozen=True, slots=True)
class Left:
    """What stands afterwards, held against what was answered."""

    acknowledged: int
    lost: int
    stored_though_refused: int
    not_counted: int
    sampled: int
    allocated: int
    is_closed: bool


def _left(session: Session, place: Place, works: Sequence[Work]) -> Left:
    ground = place.ground
    in_round = col(Audit.round_id) == ground.round_id
    submitted = {
        str(each) for each in session.exec(select(Audit.id).where(in_round, col(Audit.submitted_at).is_not(None)))
    }
    concerns = {str(each.id): each for each in session.exec(select(UrgentConcern))}
    stored = {
        RAISE: set(concerns),
        ACKNOWLEDGE: {key for key, each in concerns.items() if each.acknowledged_at is not None},
        ANSWER: {key for key, each in concerns.items() if each.closed_at is not None},
        SUBMIT: submitted,
        RECORD: submitted,
    }
    acknowledged = [(kind, of) for work in works for kind in KINDS for of in work.acknowledged(kind)]
    refused = {each.of for work in works for each in work.asked if each.kind == SUBMIT and each.status >= 400}
    tally = session.get(RoundTally, (ground.organisation_id, ground.round_id, Breakdown.WHOLE.value))
    counted = Tallies.from_json(tally.counts).audits[""] if tally is not None else 0
    others = [uuid.UUID(other) for other in _others(place)]
    given = select(func.count()).select_from(Audit).where(in_round, col(Audit.auditor_id).in_(others))
    return Left(
        acknowledged=len(acknowledged),
        lost=sum(of not in stored[kind] for kind, of in acknowledged),
        stored_though_refused=len(refused & submitted),
        not_counted=len(submitted) - counted,
        sampled=session.exec(select(func.count()).select_from(SampledCase)).one(),
        allocated=session.exec(given).one() - AUDITORS,  # each has one to begin with
        is_closed=session.get_one(Round, (ground.organisation_id, ground.round_id)).state is RoundState.CLOSED,
    )
