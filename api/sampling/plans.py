"""Plans of samples: checked, and what they would draw. Nothing here is stored."""

import math
import secrets
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from sqlmodel import Session, col, select

from api.case_files.words import not_a_word, words_in_use
from api.case_lists import actions as case_lists
from api.foundation.permissions import Actor
from api.foundation.problems import Conflict, Fault, Invalid
from api.foundation.text.free_text import NameCheck, raise_if_any
from api.sampling.drawn_for import DrawnFor
from api.sampling.frames import AuditedCases, Frame, FrameRules, SamplePlan, audited_cases, frame_of
from api.sampling.queries import labels_of
from checklists.cases import CHILDRENS_WORDS, CaseWords
from checklists.plurals import plural
from checklists.samples.sampling import Draw, DrawPlan, Shortage, Shortfall, ShortfallError, draw
from checklists.templates.parts import FormOfHarm
from models import CaseList, Round, RoundState, Sample, Team

MOST_MONTHS: Final = 120
MOST_MONTHS_OPEN: Final = 300


@dataclass(frozen=True, slots=True)
class PlannedSample:
    """What a plan would draw, and from which frame. Nothing is stored."""

    organisation_id: int
    drawn_for: DrawnFor
    plan: SamplePlan
    size: int
    seed: str
    on: date
    audited: AuditedCases
    frame: Frame
    drawn: Draw
    names: NameCheck


def new_seed() -> str:
    """A random seed."""
    return secrets.token_hex(8)


def plan_like(sample: Sample, *, case_list_id: uuid.UUID, size: int | None = None) -> dict[str, Any]:
    """The plan of a sample for another list and another number of cases, as REST takes it; without its seed.

    Cases that the lead left out by name are not left out again.
    """
    rules = {
        name: getattr(sample, name).split()
        for name in ("only_statuses", "only_teams", "only_age_bands", "only_categories", "only_involving")
    }
    kept = ("with_closed", "months_since_audit", "least_months_open", "most_months_open", "re_referral")
    return {
        "case_list_id": str(case_list_id),
        "size": size or sample.size,
        "strata": sample.strata.split(),
        "rule": sample.rule.value,
        "smallest_stratum": sample.smallest_stratum,
        "most_of_a_worker": sample.most_of_a_worker,
        "rules": rules
        | {name: getattr(sample, name) for name in kept}
        | {"closed_before": None if sample.closed_before is None else sample.closed_before.isoformat()},
    }


def require_open_round(audit_round: Round) -> Round:
    """The round, if it is not closed; else raises Conflict."""
    if audit_round.state is RoundState.CLOSED:
        raise Conflict("This round is closed, so you cannot draw a sample.")
    return audit_round


def planned_sample(
    session: Session, drawn_for: DrawnFor, plan: SamplePlan, seed: str, on: date, by: Actor
) -> PlannedSample:
    """What the plan draws with this seed on this day. Raises Invalid with each fault or shortfall, NotFound."""
    _check(session, drawn_for, plan, seed, by)
    plan = replace(plan, rules=_with_words_of(session, drawn_for, plan.rules))
    case_list = case_lists.find_case_list(session, case_list_id=plan.case_list_id, by=by)
    names = _check_named(session, case_list, plan.rules, by)
    audited = audited_cases(session, case_list.id, plan.rules, drawn_for, on)
    frame = frame_of(session, case_list, plan.rules, plan.strata, audited)
    if not frame.cases:
        raise Invalid.at("/rules", "No cases in the list can be drawn. Exclude fewer cases, or use another list.")
    size = plan.size if plan.size is not None else _size_of_share(plan.share_percent or 0, len(frame.cases))
    if size > len(frame.cases):
        raise Invalid.at(
            "/size", f"The sampling frame has {plural(len(frame.cases), 'case')}. Enter {len(frame.cases):,} or fewer."
        )
    asked = DrawPlan(seed, size, plan.rule, plan.smallest_stratum, plan.most_of_a_worker)
    try:
        drawn = draw(frame.cases, asked)
    except ShortfallError as error:
        labels = labels_of(session, by.organisation_id, {each.stratum for each in error.shortfalls})
        faults = tuple(Fault("/size", _shortfall_text(each, labels[each.stratum])) for each in error.shortfalls)
        raise Invalid("The sample cannot be drawn as planned.", faults=faults) from None
    return PlannedSample(by.organisation_id, drawn_for, plan, size, seed, on, audited, frame, drawn, names)


def _shortfall_text(shortfall: Shortfall, label: str) -> str:
    """What a plan needs of a stratum and cannot have, and how to correct it."""
    wanted, available = f"{label}: {shortfall.wanted:,} wanted", f"{shortfall.available:,}"
    return {
        Shortage.CASES: f"{wanted}, but only {available} available. Enter fewer, or exclude fewer cases.",
        Shortage.CAP: (
            f"{wanted}, but only {available} available within the limit for each practitioner. Increase "
            "the limit, or enter fewer."
        ),
        Shortage.SIZE: (
            f"{wanted}, but the sample has room for only {available}. Enter a larger sample, or a lower minimum."
        ),
    }[shortfall.shortage]


def _size_of_share(percent: float, frame: int) -> int:
    # Rounded up, so that a share of a small frame is never nothing. A ten-thousandth is less than a typing slip.
    return max(1, math.ceil(round(percent * frame / 100, 4)))


def _check(session: Session, drawn_for: DrawnFor, plan: SamplePlan, seed: str, by: Actor) -> None:
    months = plan.rules.months_since_audit
    own = set(session.exec(select(Team.id).where(col(Team.organisation_id) == by.organisation_id)).all())
    wrong = (
        ("/size", (plan.size is None) == (plan.share_percent is None), "Enter a number of cases or a share, not both."),
        ("/size", plan.size is not None and plan.size < 1, "Enter at least 1 case."),
        (
            "/share_percent",
            plan.share_percent is not None and not 0 < plan.share_percent <= 100,
            "Share must be more than 0% and no more than 100%.",
        ),
        ("/strata", len(set(plan.strata)) != len(plan.strata), "Enter each feature only once."),
        ("/smallest_stratum", plan.smallest_stratum < 0, "Enter a whole number, 0 or more."),
        (
            "/most_of_a_worker",
            plan.most_of_a_worker is not None and plan.most_of_a_worker < 1,
            "Enter a whole number, 1 or more, or leave this empty.",
        ),
        (
            "/rules/months_since_audit",
            not 0 <= months <= MOST_MONTHS,
            f"Enter a whole number of months from 0 to {MOST_MONTHS}.",
        ),
        (
            "/seed",
            not (1 <= len(seed) <= 64 and seed.isascii() and seed.isalnum()),
            "Seed must be 1 to 64 letters and numbers.",
        ),
        *(
            (f"/rules/only_teams/{place}", team not in own, "Select one of your organisation's teams.")
            for place, team in enumerate(plan.rules.only_teams)
        ),
    )
    faults = tuple(Fault(pointer, words) for pointer, is_wrong, words in wrong if is_wrong)
    faults += tuple(_faults_of_kinds(drawn_for, plan.rules))
    if faults:
        raise Invalid(faults[0].detail, faults=faults)


def _faults_of_kinds(drawn_for: DrawnFor, rules: FrameRules) -> Iterator[Fault]:
    """What is wrong with the kinds of cases that are chosen, by word, by tag or by how long they have been open."""
    words = words_of(drawn_for)
    for name, called, keys, labels in (
        ("only_statuses", "status", rules.only_statuses, words.statuses),
        ("only_age_bands", "age band", rules.only_age_bands, words.age_bands),
        ("only_categories", "category", rules.only_categories, words.categories),
    ):
        for place, key in enumerate(keys):
            if key not in labels:
                yield Fault(f"/rules/{name}/{place}", not_a_word(called, labels))
    known = {tag.key for tag in tags_of(drawn_for)}
    for place, tag in enumerate(rules.only_involving):
        if tag not in known:
            yield Fault(f"/rules/only_involving/{place}", "Select from the options in the round's template.")
    least, most = rules.least_months_open, rules.most_months_open
    for name, months in (("least_months_open", least), ("most_months_open", most)):
        if months is not None and not 0 <= months <= MOST_MONTHS_OPEN:
            yield Fault(f"/rules/{name}", f"Enter a whole number of months from 0 to {MOST_MONTHS_OPEN}.")
    if least is not None and most is not None and least > most:
        yield Fault(
            "/rules/most_months_open", "The maximum number of months open must be the same as or more than the minimum."
        )


def tags_of(drawn_for: DrawnFor) -> Sequence[FormOfHarm]:
    """What cases can be tagged with in the template of a round."""
    return () if drawn_for.template is None else drawn_for.template.forms_of_harm


def _with_words_of(session: Session, drawn_for: DrawnFor, rules: FrameRules) -> FrameRules:
    """The rules, limited to cases that the round's template is for, where the organisation has others too."""
    words, all_words = words_of(drawn_for), words_in_use(session, drawn_for.organisation_id)
    statuses, bands = rules.only_statuses, rules.only_age_bands
    if not statuses and not all_words.statuses.keys() <= words.statuses.keys():
        statuses = tuple(words.statuses)
    if not bands and not all_words.age_bands.keys() <= words.age_bands.keys():
        bands = tuple(words.age_bands)
    return replace(rules, only_statuses=statuses, only_age_bands=bands)


def words_of(drawn_for: DrawnFor) -> CaseWords:
    """The statuses, age bands and categories of cases in the template of a round."""
    return CHILDRENS_WORDS if drawn_for.template is None else drawn_for.template.case_words


def _check_named(session: Session, case_list: CaseList, rules: FrameRules, by: Actor) -> NameCheck:
    faults = []
    names = NameCheck.of(session, by)
    known = case_lists.references_on(session, case_list, rules.named)
    for place, (reference, words) in enumerate(rules.named.items()):
        if reference not in known:
            faults.append(
                Fault(
                    f"/rules/named/{place}/reference",
                    "No case in this list has this reference. Copy the reference from the list.",
                )
            )
        if not words.strip():
            faults.append(Fault(f"/rules/named/{place}/reason", "Enter a reason for excluding this case."))
        faults += names.check(f"/rules/named/{place}/reason", words, keep=rules.keep_names)
    raise_if_any(faults)
    return names
