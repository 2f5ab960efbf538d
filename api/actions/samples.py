"""Samples: drawn from a case list by chance, redrawn by anybody, and mended from the reserve."""

import math
import secrets
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlmodel import Session, col, select

from api.actions import case_lists, events, rounds
from api.actions.frames import Feature, Frame, FrameRules, SamplePlan, entries_of, frame_of, stratum_of
from api.actions.words import Names, check
from api.permissions import Actor, Permission, check_may
from api.problems import Conflict, Fault, Invalid, NotFound
from api.reports.strata import Strata, labels_of
from api.reports.strata import strata_of as strata_in
from checklists.sampling import (
    METHOD,
    Draw,
    DrawPlan,
    FrameCase,
    Shortage,
    Shortfall,
    ShortfallError,
    draw,
    frame_hash,
)
from models import (
    CaseFile,
    CaseList,
    Round,
    RoundState,
    Sample,
    SampledCase,
    SampledState,
    SampleExclusion,
    Team,
    new_id,
    now,
)
from models.bulk import insert_all

MOST_MONTHS: Final = 120


@dataclass(frozen=True, slots=True)
class PlannedSample:
    """What a plan would draw, and from what. Nothing of it is stored."""

    organisation_id: int
    plan: SamplePlan
    size: int
    seed: str
    on: date
    frame: Frame
    drawn: Draw
    names: Names


@dataclass(frozen=True, slots=True)
class Redrawn:
    """What came of drawing a sample again from what is stored."""

    frame_is_the_same: bool
    cases_are_the_same: bool


def new_seed() -> str:
    """A seed that nobody chose."""
    return secrets.token_hex(8)


def plan(session: Session, *, round_id: uuid.UUID, plan: SamplePlan, seed: str, by: Actor) -> PlannedSample:
    """Draw without storing. Raises Invalid with each fault or shortfall, Conflict for a closed round, NotFound."""
    check_may(by, Permission.ALLOCATE_AUDITS)
    standing = _open_round(session, round_id, by)
    return _planned(session, standing, plan, seed, now().date(), by)


def make(session: Session, *, round_id: uuid.UUID, plan: SamplePlan, seed: str, by: Actor) -> Sample:
    """Draw and store a sample with its frame's hash and its elimination log. Raises as `plan` does."""
    check_may(by, Permission.ALLOCATE_AUDITS)
    standing = _open_round(session, round_id, by, lock=True)
    planned = _planned(session, standing, plan, seed, now().date(), by)
    rules = plan.rules
    made = Sample(
        organisation_id=by.organisation_id,
        id=new_id(),
        round_id=round_id,
        case_list_id=plan.case_list_id,
        seed=seed,
        method=METHOD,
        frame_hash=frame_hash(planned.frame.cases),
        frame_size=len(planned.frame.cases),
        size=planned.size,
        share_percent=plan.share_percent,
        strata=" ".join(plan.strata),
        rule=plan.rule,
        smallest_stratum=plan.smallest_stratum,
        most_of_a_worker=plan.most_of_a_worker,
        months_since_audit=rules.months_since_audit,
        closed_before=rules.closed_before,
        with_closed=rules.with_closed,
        only_statuses=" ".join(rules.only_statuses),
        only_teams=" ".join(str(team) for team in rules.only_teams),
        drawn_on=planned.on,
    )
    session.add(made)
    session.flush()
    own = {"organisation_id": by.organisation_id, "sample_id": made.id}
    insert_all(
        session,
        {
            SampleExclusion: [
                {**own, "case_file_id": case_file_id, "reason": reason, "words": words}
                for case_file_id, (reason, words) in planned.frame.excluded.items()
            ],
            SampledCase: [
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
            ],
        },
    )
    planned.names.record(session, made.id, by=by)
    events.record(
        session,
        "sample.drawn",
        made.id,
        by=by,
        details={"round": str(round_id), "size": made.size, "seed": seed, "frame": made.frame_hash},
    )
    return made


def redraw(session: Session, *, sample_id: uuid.UUID, by: Actor) -> Redrawn:
    """Draw again from what is stored, and compare: the frame by its hash, the cases one by one. Raises NotFound."""
    sample = find(session, sample_id=sample_id, by=by)
    frame, ids = stored_frame(session, sample)
    same_frame = frame_hash(frame) == sample.frame_hash
    try:
        again = draw(frame, draw_plan(sample))
    except ShortfallError:
        return Redrawn(same_frame, cases_are_the_same=False)
    drawn = {ids[each.reference] for each in again.selected}
    stored = {case.case_file_id for case, _ in cases_of(session, sample) if case.stands_for_id is None}
    return Redrawn(same_frame, drawn == stored)


def draw_plan(sample: Sample) -> DrawPlan:
    """What the draw of a stored sample was asked for."""
    return DrawPlan(sample.seed, sample.size, sample.rule, sample.smallest_stratum, sample.most_of_a_worker)


def stored_frame(session: Session, sample: Sample) -> tuple[tuple[FrameCase, ...], dict[str, uuid.UUID]]:
    """The frame that a sample was drawn from, and the case file of each of its references."""
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
    """The features that a sample's strata are made of."""
    return tuple(Feature(word) for word in sample.strata.split())


def find(session: Session, *, sample_id: uuid.UUID, by: Actor, lock: bool = False) -> Sample:
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


def of_round(session: Session, *, round_id: uuid.UUID, by: Actor) -> Sequence[Sample]:
    """The samples of a round, in the order in which they were drawn. Raises NotFound."""
    check_may(by, Permission.ALLOCATE_AUDITS)
    rounds.find(session, round_id=round_id, by=by)
    return session.exec(
        select(Sample)
        .where(col(Sample.organisation_id) == by.organisation_id, col(Sample.round_id) == round_id)
        .order_by(col(Sample.id))
    ).all()


def cases_of(session: Session, sample: Sample) -> Sequence[tuple[SampledCase, str]]:
    """The cases of a sample, those that were replaced too, each with its reference: by stratum, as they were drawn."""
    rows = session.exec(
        select(SampledCase, CaseFile.reference)
        .join(
            CaseFile,
            (col(CaseFile.organisation_id) == col(SampledCase.organisation_id))
            & (col(CaseFile.id) == col(SampledCase.case_file_id)),
        )
        .where(col(SampledCase.organisation_id) == sample.organisation_id, col(SampledCase.sample_id) == sample.id)
        .order_by(col(SampledCase.stratum), col(SampledCase.place), col(SampledCase.case_file_id))
        .execution_options(populate_existing=True)
    ).all()
    return [(case, reference) for case, reference in rows]


def case_of(session: Session, sample: Sample, case_file_id: uuid.UUID) -> tuple[SampledCase, str]:
    """One case of a sample, with its reference. Raises NotFound."""
    for case, reference in cases_of(session, sample):
        if case.case_file_id == case_file_id:
            return case, reference
    raise NotFound("case of this sample")


def strata_of_plan(session: Session, planned: PlannedSample) -> Strata:
    """The strata of a plan: what each has, and what would be drawn of it."""
    own = planned.organisation_id
    return strata_in(session, own, (case.stratum for case in planned.frame.cases), planned.drawn.sizes)


def strata_of_sample(session: Session, sample: Sample) -> Strata:
    """The strata of a sample: what each has, and what was drawn of it."""
    frame, _ = stored_frame(session, sample)
    drawn = Counter(case.stratum for case, _ in cases_of(session, sample) if case.stands_for_id is None)
    return strata_in(session, sample.organisation_id, (case.stratum for case in frame), drawn)


def _open_round(session: Session, round_id: uuid.UUID, by: Actor, *, lock: bool = False) -> Round:
    standing = rounds.find(session, round_id=round_id, by=by, lock=lock)
    if standing.state is RoundState.CLOSED:
        raise Conflict("This round is closed: no sample can be drawn for it any more.")
    return standing


def _planned(session: Session, standing: Round, plan: SamplePlan, seed: str, on: date, by: Actor) -> PlannedSample:
    _check(session, plan, seed, by)
    case_list = case_lists.find(session, case_list_id=plan.case_list_id, by=by)
    names = _check_named(session, case_list, plan.rules, by)
    frame = frame_of(session, case_list, plan.rules, plan.strata, standing, on)
    if not frame.cases:
        raise Invalid.at(
            "/rules", "No case of the list is left to draw from. Leave out fewer cases, or use another list."
        )
    size = plan.size if plan.size is not None else _size_of_share(plan.share_percent or 0, len(frame.cases))
    if size > len(frame.cases):
        raise Invalid.at("/size", f"The frame has {len(frame.cases):,} cases. Ask for so many at most.")
    asked = DrawPlan(seed, size, plan.rule, plan.smallest_stratum, plan.most_of_a_worker)
    try:
        drawn = draw(frame.cases, asked)
    except ShortfallError as error:
        labels = labels_of(session, by.organisation_id, {each.stratum for each in error.shortfalls})
        faults = tuple(Fault("/size", _words_of(each, labels[each.stratum])) for each in error.shortfalls)
        raise Invalid("The sample cannot be drawn as planned.", faults=faults) from None
    return PlannedSample(by.organisation_id, plan, size, seed, on, frame, drawn, names)


def _words_of(shortfall: Shortfall, label: str) -> str:
    """What a plan wants of a stratum and cannot have, and how to mend it."""
    wanted, available = f"{label}: {shortfall.wanted:,} wanted", f"{shortfall.available:,}"
    return {
        Shortage.CASES: f"{wanted}, and it has {available}. Ask for fewer, or leave out fewer cases.",
        Shortage.CAP: f"{wanted}, and it has {available} under the limit for a worker. Raise it, or ask for fewer.",
        Shortage.SIZE: f"{wanted}, and the sample has room for {available}. Ask for more, or for a smaller least.",
    }[shortfall.shortage]


def _size_of_share(percent: float, frame: int) -> int:
    # Rounded up, so that a share of a small frame is never nothing. A ten-thousandth is less than a typing slip.
    return max(1, math.ceil(round(percent * frame / 100, 4)))


def _check(session: Session, plan: SamplePlan, seed: str, by: Actor) -> None:
    months = plan.rules.months_since_audit
    own = set(session.exec(select(Team.id).where(col(Team.organisation_id) == by.organisation_id)).all())
    wrong = (
        ("/size", (plan.size is None) == (plan.share_percent is None), "Ask for a number of cases, or for a share."),
        ("/size", plan.size is not None and plan.size < 1, "Ask for at least one case."),
        (
            "/share_percent",
            plan.share_percent is not None and not 0 < plan.share_percent <= 100,
            "Give the share in percent: more than 0, and at most 100.",
        ),
        ("/strata", len(set(plan.strata)) != len(plan.strata), "Name each feature once."),
        ("/smallest_stratum", plan.smallest_stratum < 0, "Give a whole number, 0 or more."),
        (
            "/most_of_a_worker",
            plan.most_of_a_worker is not None and plan.most_of_a_worker < 1,
            "Give a whole number, 1 or more, or leave it empty.",
        ),
        (
            "/rules/months_since_audit",
            not 0 <= months <= MOST_MONTHS,
            f"Give a whole number of months from 0 to {MOST_MONTHS}.",
        ),
        (
            "/seed",
            not (1 <= len(seed) <= 64 and seed.isascii() and seed.isalnum()),
            "A seed has 1 to 64 letters and digits.",
        ),
        *(
            (f"/rules/only_teams/{place}", team not in own, "Choose one of your organisation's teams.")
            for place, team in enumerate(plan.rules.only_teams)
        ),
    )
    faults = tuple(Fault(pointer, words) for pointer, is_wrong, words in wrong if is_wrong)
    if faults:
        raise Invalid(faults[0].detail, faults=faults)


def _check_named(session: Session, case_list: CaseList, rules: FrameRules, by: Actor) -> Names:
    faults = []
    names = Names.of(session, by)
    known = case_lists.references_on(session, case_list, rules.named)
    for place, (reference, words) in enumerate(rules.named.items()):
        if reference not in known:
            faults.append(
                Fault(
                    f"/rules/named/{place}/reference", "No case of this list has this reference. Copy it from the list."
                )
            )
        if not words.strip():
            faults.append(Fault(f"/rules/named/{place}/reason", "Say why this case is left out."))
        faults += names.check(f"/rules/named/{place}/reason", words, keep=rules.keep_names)
    check(faults)
    return names
