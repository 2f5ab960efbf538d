"""Samples: drawn at random from a case list, and redrawn to check them."""

import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping, Select
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, func, select

from api.foundation import events
from api.foundation.local_time import local_date
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Moved, NotFound
from api.rounds import actions as rounds
from api.sampling.drawn_for import DrawnFor, for_round
from api.sampling.frames import Feature, SamplePlan, audited_cases, entries_of, stratum_of
from api.sampling.plans import PlannedSample, planned_sample, require_open_round
from api.sampling.queries import Strata
from api.sampling.queries import strata_of as strata_in
from checklists.samples.sampling import METHOD, DrawPlan, FrameCase, ShortfallError, draw, frame_hash
from models import (
    CaseFile,
    CaseList,
    Event,
    JointCase,
    Sample,
    SampledCase,
    SampledState,
    SampleExclusion,
    new_id,
    now,
)
from models.evidence.kept_others import SAMPLE
from models.evidence.sealing import ENTRY, content_at_hand
from models.storage.bulk import ReadyRows, insert_ready, make_ready
from models.storage.joins import linked


@dataclass(frozen=True, slots=True)
class Redrawn:
    """The result of drawing a sample again from what is stored. `erased`: how many cases of its list were erased since,
    without which it cannot be drawn again.
    """

    frame_is_the_same: bool
    cases_are_the_same: bool
    erased: int = 0


def plan_sample(session: Session, *, round_id: uuid.UUID, plan: SamplePlan, seed: str, by: Actor) -> PlannedSample:
    """Draw without storing. Raises Invalid with each fault or shortfall, Conflict for a closed round, NotFound."""
    check_may(by, Permission.ALLOCATE_AUDITS)
    audit_round = require_open_round(rounds.find_round(session, round_id=round_id, by=by))
    return planned_sample(session, for_round(session, audit_round), plan, seed, local_date(now()), by)


@dataclass(frozen=True, slots=True)
class PreparedSample:
    """A drawn sample, as the rows that will be stored, and the data that the draw used."""

    planned: PlannedSample
    row: dict[str, Any]
    cases: list[dict[str, Any]]
    rows: ReadyRows
    # The hashes of the elimination log and of the drawn cases, which may have as many rows as the list.
    content: str

    @property
    def id(self) -> uuid.UUID:
        """The identifier that the sample will have."""
        identifier: uuid.UUID = self.row["id"]
        return identifier


def prepare_sample(session: Session, *, round_id: uuid.UUID, plan: SamplePlan, seed: str, by: Actor) -> PreparedSample:
    """Draw a sample and prepare it for storing; writes nothing. Raises as `plan_sample` does."""
    check_may(by, Permission.ALLOCATE_AUDITS)
    audit_round = require_open_round(rounds.find_round(session, round_id=round_id, by=by))
    return prepare(session, for_round(session, audit_round), plan=plan, seed=seed, by=by)


def prepare(session: Session, drawn_for: DrawnFor, *, plan: SamplePlan, seed: str, by: Actor) -> PreparedSample:
    """Draw a sample for something that may have one, and prepare it for storing; writes nothing. Raises Invalid with
    each fault or shortfall, NotAllowed, NotFound.
    """
    check_may(by, Permission.ALLOCATE_AUDITS)
    planned = planned_sample(session, drawn_for, plan, seed, local_date(now()), by)
    row = _row_of(planned)
    own = {"organisation_id": by.organisation_id, "sample_id": row["id"]}
    excluded = [
        {**own, "case_file_id": case_file_id, "reason": reason, "words": words}
        for case_file_id, (reason, words) in planned.frame.excluded.items()
    ]
    cases = [
        {
            **own,
            "case_file_id": planned.frame.ids[drawn.reference],
            "stratum": drawn.stratum,
            "place": drawn.place,
            "probability": drawn.probability,
            "state": SampledState.SELECTED,
            "reason": "",
            "stands_for_id": None,
        }
        for drawn in planned.drawn.selected
    ]
    # In the order of their keys, in which they are stored a third faster.
    cases.sort(key=lambda case: case["case_file_id"])
    rows = make_ready(session, {Sample: [row], SampleExclusion: excluded, SampledCase: cases})
    stored = {"sample_exclusion": excluded, "sampled_case": cases}
    content = content_at_hand(SAMPLE, by.organisation_id, row["id"], stored, ["excluded", "cases"])
    return PreparedSample(planned, row, cases, rows, content)


def store_sample(session: Session, prepared: PreparedSample, *, round_id: uuid.UUID, by: Actor) -> Sample:
    """Store a sample with its frame's hash and its elimination log.

    Raises Conflict when the round is closed, and Moved when the round or the audits that the frame depends on have
    changed.
    """
    check_may(by, Permission.ALLOCATE_AUDITS)
    audit_round = require_open_round(rounds.lock_for_planning(session, round_id=round_id, by=by))
    return store(session, prepared, for_round(session, audit_round), by=by)


def store(session: Session, prepared: PreparedSample, drawn_for: DrawnFor, *, by: Actor) -> Sample:
    """Store a sample for what it was drawn for, which this transaction has locked. Raises Moved as `store_sample`."""
    check_may(by, Permission.ALLOCATE_AUDITS)
    planned = prepared.planned
    before = planned.drawn_for
    if (drawn_for.id, drawn_for.version) != (before.id, before.version):
        raise Moved(f"The {drawn_for.called} has changed. Check the sample plan again.")
    plan = planned.plan
    if audited_cases(session, plan.case_list_id, plan.rules, drawn_for, planned.on) != planned.audited:
        raise Moved(
            "Audits have been allocated or submitted, or cases tagged, so different cases can be drawn. Check "
            "the sample plan again."
        )
    insert_ready(session, prepared.rows)
    planned.names.record(session, prepared.id, by=by)
    events.record(
        session,
        "sample.drawn",
        prepared.id,
        by=by,
        details={
            drawn_for.column.removesuffix("_id"): str(drawn_for.id),
            "size": planned.size,
            "seed": planned.seed,
            "frame": prepared.row["frame_hash"],
            ENTRY: prepared.content,
        },
    )
    return session.get_one(Sample, (by.organisation_id, prepared.id))


def draw_sample(session: Session, *, round_id: uuid.UUID, plan: SamplePlan, seed: str, by: Actor) -> Sample:
    """Prepare and store in one transaction: draw a sample, record how it was drawn. Raises what the two raise."""
    check_may(by, Permission.ALLOCATE_AUDITS)
    rounds.lock_for_planning(session, round_id=round_id, by=by)
    prepared = prepare_sample(session, round_id=round_id, plan=plan, seed=seed, by=by)
    return store_sample(session, prepared, round_id=round_id, by=by)


def _row_of(planned: PlannedSample) -> dict[str, Any]:
    plan, rules = planned.plan, planned.plan.rules
    return {
        "organisation_id": planned.organisation_id,
        "id": new_id(),
        "round_id": None,
        "joint_round_id": None,
        planned.drawn_for.column: planned.drawn_for.id,
        "case_list_id": plan.case_list_id,
        "seed": planned.seed,
        "method": METHOD,
        "frame_hash": frame_hash(planned.frame.cases),
        "frame_size": len(planned.frame.cases),
        "size": planned.size,
        "share_percent": plan.share_percent,
        "strata": " ".join(plan.strata),
        "rule": plan.rule,
        "smallest_stratum": plan.smallest_stratum,
        "most_of_a_worker": plan.most_of_a_worker,
        "months_since_audit": rules.months_since_audit,
        "closed_before": rules.closed_before,
        "with_closed": rules.with_closed,
        "only_statuses": " ".join(rules.only_statuses),
        "only_teams": " ".join(str(team) for team in rules.only_teams),
        "only_age_bands": " ".join(rules.only_age_bands),
        "only_categories": " ".join(rules.only_categories),
        "only_involving": " ".join(rules.only_involving),
        "least_months_open": rules.least_months_open,
        "most_months_open": rules.most_months_open,
        "re_referral": rules.re_referral,
        "drawn_on": planned.on,
        "drawn_at": now(),
        "version": 1,
    }


def redraw_sample(session: Session, *, sample_id: uuid.UUID, by: Actor) -> Redrawn:
    """Draw again from what is stored, and compare: the frame by its hash, the cases one by one. Raises NotFound."""
    sample = find_sample(session, sample_id=sample_id, by=by)
    frame, ids = stored_frame(session, sample)
    same_frame = frame_hash(frame) == sample.frame_hash
    erased = _erased_of(session, sample)
    try:
        again = draw(frame, draw_plan(sample))
    except ShortfallError:
        return Redrawn(same_frame, cases_are_the_same=False, erased=erased)
    drawn = {ids[each.reference] for each in again.selected}
    stored = {case.case_file_id for case, _ in cases_of(session, sample) if case.stands_for_id is None}
    return Redrawn(same_frame, drawn == stored, erased)


def _erased_of(session: Session, sample: Sample) -> int:
    """How many cases of a sample's list were erased since."""
    about = (col(Event.organisation_id) == sample.organisation_id, col(Event.subject_id) == sample.id)
    query = select(func.count()).select_from(Event).where(*about, col(Event.kind) == "sample.case-erased")
    return session.exec(query).one()


def draw_plan(sample: Sample) -> DrawPlan:
    """The plan of a stored sample."""
    return DrawPlan(sample.seed, sample.size, sample.rule, sample.smallest_stratum, sample.most_of_a_worker)


def stored_frame(session: Session, sample: Sample) -> tuple[tuple[FrameCase, ...], dict[str, uuid.UUID]]:
    """The frame of a sample, and the case file of each of its references."""
    own = sample.organisation_id
    case_list = session.get_one(CaseList, (own, sample.case_list_id))
    excluded = set(
        session.exec(
            select(SampleExclusion.case_file_id).where(
                col(SampleExclusion.organisation_id) == own, col(SampleExclusion.sample_id) == sample.id
            )
        ).all()
    )
    strata = strata_of(sample)
    entries = [entry for entry in entries_of(session, case_list) if entry.case_file_id not in excluded]
    cases = tuple(FrameCase(entry.reference, stratum_of(entry, strata), entry.worker) for entry in entries)
    return cases, {entry.reference: entry.case_file_id for entry in entries}


def strata_of(sample: Sample) -> tuple[Feature, ...]:
    """The features that define a sample's strata."""
    return tuple(Feature(word) for word in sample.strata.split())


def find_sample(session: Session, *, sample_id: uuid.UUID, by: Actor, lock: bool = False) -> Sample:
    """The sample. Raises NotFound."""
    check_may(by, Permission.ALLOCATE_AUDITS)
    query = (
        select(Sample)
        .where(col(Sample.organisation_id) == by.organisation_id, col(Sample.id) == sample_id)
        .execution_options(populate_existing=True)
    )
    found = session.exec(query.with_for_update(key_share=True) if lock else query).one_or_none()
    if found is None:
        raise NotFound("sample")
    return found


def samples_of_round(session: Session, *, round_id: uuid.UUID, by: Actor) -> Sequence[Sample]:
    """The samples of a round, in the order they were drawn. Raises NotFound."""
    check_may(by, Permission.ALLOCATE_AUDITS)
    rounds.find_round(session, round_id=round_id, by=by)
    return session.exec(
        select(Sample)
        .where(col(Sample.organisation_id) == by.organisation_id, col(Sample.round_id) == round_id)
        .order_by(col(Sample.id))
    ).all()


def cases_of(session: Session, sample: Sample) -> Sequence[tuple[SampledCase, str]]:
    """The cases of a sample, including replaced ones, each with its reference: by stratum, in the order of the draw."""
    rows = session.execute(_of_sample(sample, SampledCase).execution_options(populate_existing=True))
    return [(case, reference) for case, reference in rows]


def case_rows_of(session: Session, sample: Sample) -> Iterator[RowMapping]:
    """The same as rows, one at a time: a sample may have 20,000, and a case as an object is several times a row."""
    columns = (getattr(SampledCase, name) for name in SampledCase.model_fields)
    return iter(session.execute(_of_sample(sample, *columns)).mappings())


def _of_sample(sample: Sample, *what: Any) -> Select[Any]:
    return (
        select_columns(*what, col(CaseFile.reference))
        .select_from(SampledCase)
        .join(CaseFile, linked(CaseFile.id, SampledCase.case_file_id))
        .where(col(SampledCase.organisation_id) == sample.organisation_id, col(SampledCase.sample_id) == sample.id)
        .order_by(col(SampledCase.stratum), col(SampledCase.place), col(SampledCase.case_file_id))
    )


def taken_out_of(session: Session, sample: Sample) -> frozenset[uuid.UUID]:
    """The cases of a joint round's sample that have been removed from the joint round; empty for a round."""
    if sample.joint_round_id is None:
        return frozenset()
    kept = select(JointCase.case_file_id).where(
        col(JointCase.organisation_id) == sample.organisation_id, col(JointCase.joint_round_id) == sample.joint_round_id
    )
    return frozenset(case.case_file_id for case, _ in cases_of(session, sample)) - set(session.exec(kept).all())


def case_of(session: Session, sample: Sample, case_file_id: uuid.UUID) -> tuple[SampledCase, str]:
    """One case of a sample, with its reference. Raises NotFound."""
    for case, reference in cases_of(session, sample):
        if case.case_file_id == case_file_id:
            return case, reference
    raise NotFound("case of this sample")


def strata_of_plan(session: Session, planned: PlannedSample) -> Strata:
    """The strata of a plan: how many cases each has, and how many would be drawn."""
    own = planned.organisation_id
    return strata_in(session, own, (case.stratum for case in planned.frame.cases), planned.drawn.sizes)


def strata_of_sample(session: Session, sample: Sample) -> Strata:
    """The strata of a sample: how many cases each has, and how many were drawn."""
    frame, _ = stored_frame(session, sample)
    drawn = Counter(case.stratum for case, _ in cases_of(session, sample) if case.stands_for_id is None)
    return strata_in(session, sample.organisation_id, (case.stratum for case in frame), drawn)
