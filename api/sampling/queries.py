"""The strata of a sample with labels for people, and its elimination log."""

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from api.case_files.words import words_in_use
from checklists.cases import CaseWords
from checklists.templates.parts import FormOfHarm
from models import CaseFile, Exclusion, Round, Sample, SampleExclusion, Team
from models.storage.joins import linked

WHOLE = "All cases in the frame"


@dataclass(frozen=True, slots=True)
class Stratum:
    """A part of the frame: how many cases it has, and how many of them are drawn."""

    key: str
    label: str
    frame: int
    size: int


Strata = tuple[Stratum, ...]


def strata_of(session: Session, organisation_id: int, frame: Iterable[str], sizes: Mapping[str, int]) -> Strata:
    """The strata of a frame, given the key of each of its cases, in the order of their labels."""
    counts = Counter(frame)
    labels = labels_of(session, organisation_id, counts)
    strata = (Stratum(key, labels[key], number, sizes.get(key, 0)) for key, number in counts.items())
    return tuple(sorted(strata, key=lambda each: each.label))


def labels_of(session: Session, organisation_id: int, keys: Iterable[str]) -> dict[str, str]:
    """A label for people for each key of a stratum, such as "North, Child in need"."""
    teams = dict(
        session.execute(
            select_columns(col(Team.id), col(Team.name)).where(col(Team.organisation_id) == organisation_id)
        ).all()
    )
    words = words_in_use(session, organisation_id)
    return {key: ", ".join(_label(part, teams, words) for part in key.split(" ") if part) or WHOLE for key in keys}


def _label(part: str, teams: Mapping[uuid.UUID, str], words: CaseWords) -> str:
    feature, _, value = part.partition("=")
    if not value:
        return {"category": "No category", "worker": "No practitioner"}[feature]
    match feature:
        case "team":
            return teams[uuid.UUID(value)]
        case "status":
            return words.status_label(value)
        case "age-band":
            return f"Age {words.age_label(value).lower()}"
        case "category":
            return words.category_label(value)
        case _:
            return value


def elimination_log(session: Session, sample: Sample) -> dict[Exclusion, int]:
    """How many cases of the list each reason excluded from the frame."""
    counts = dict(
        session.execute(
            select_columns(col(SampleExclusion.reason), func.count())
            .where(
                col(SampleExclusion.organisation_id) == sample.organisation_id,
                col(SampleExclusion.sample_id) == sample.id,
            )
            .group_by(col(SampleExclusion.reason))
        ).all()
    )
    return {reason: counts[reason] for reason in Exclusion if reason in counts}


def named_exclusions(session: Session, sample: Sample) -> list[tuple[str, str]]:
    """The cases that the lead left out by name: the reference and the reason of each."""
    rows = session.exec(
        select(CaseFile.reference, SampleExclusion.words)
        .join(SampleExclusion, linked(SampleExclusion.case_file_id, CaseFile.id))
        .where(
            col(SampleExclusion.organisation_id) == sample.organisation_id,
            col(SampleExclusion.sample_id) == sample.id,
            col(SampleExclusion.reason) == Exclusion.NAMED,
        )
        .order_by(CaseFile.reference)
    )
    return list(rows.all())


def kinds_of(session: Session, sample: Sample, tags: Iterable[FormOfHarm]) -> list[tuple[str, str]]:
    """The kinds of cases that a sample was limited to: what they are called, and the kinds in words."""
    teams = dict(
        session.execute(
            select_columns(col(Team.id), col(Team.name)).where(col(Team.organisation_id) == sample.organisation_id)
        ).all()
    )
    labels = {tag.key: tag.label for tag in tags}
    words = words_in_use(session, sample.organisation_id)
    limits = (
        ("Statuses", [words.status_label(key) for key in sample.only_statuses.split()]),
        ("Teams", [teams[uuid.UUID(key)] for key in sample.only_teams.split()]),
        ("Age bands", [words.age_label(key) for key in sample.only_age_bands.split()]),
        ("Categories", [words.category_label(key) for key in sample.only_categories.split()]),
        ("What the case involves", [labels.get(key, key) for key in sample.only_involving.split()]),
        ("Re-referrals", [] if sample.re_referral is None else ["Yes" if sample.re_referral else "No"]),
        ("Months open", _months_open(sample.least_months_open, sample.most_months_open)),
    )
    return [(called, ", ".join(kinds)) for called, kinds in limits if kinds]


def rules_of_draw(session: Session, audit_round: Round) -> tuple[str, str]:
    """By which rules a round's cases were drawn, as text that is the same for the same kinds of cases, and by which
    features they were divided into strata; "" for both without a sample.

    How long ago a case was last audited is left out: the same rule leaves out other cases from one round to the next.
    """
    samples = session.exec(
        select(Sample)
        .where(col(Sample.organisation_id) == audit_round.organisation_id, col(Sample.round_id) == audit_round.id)
        .order_by(col(Sample.id))
    ).all()
    kinds = ("only_statuses", "only_teams", "only_age_bands", "only_categories", "only_involving")
    rules = {
        "; ".join(
            (
                *(f"{name}={' '.join(sorted(getattr(sample, name).split()))}" for name in kinds),
                f"with_closed={sample.with_closed}",
                f"months_open={sample.least_months_open}-{sample.most_months_open}",
                f"re_referral={sample.re_referral}",
            )
        )
        for sample in samples
    }
    strata = {" ".join(sorted(sample.strata.split())) for sample in samples}
    return " | ".join(sorted(rules)), " | ".join(sorted(strata))


def _months_open(least: int | None, most: int | None) -> list[str]:
    if least is None and most is None:
        return []
    return [f"{least or 0} or more" if most is None else f"{least or 0} to {most}"]
