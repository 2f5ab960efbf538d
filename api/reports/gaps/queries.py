"""The gap report: theme by theme, how far practice falls short of the target, and what was counted."""

import uuid
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sqlmodel import Session, col, select

from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Conflict, Invalid, NotFound
from api.reports.breakdowns import Breakdown
from api.reports.tallies import ExclusionReason, Tallies, tallies_of
from checklists.reports.gaps import Gap, domain_gaps, theme_gaps
from checklists.reports.overall import OverallDistribution, distribution
from checklists.templates.template import Template as TemplateContent
from models import Round
from models.audits.template import published_content

MOST_ROUNDS = 100


@dataclass(frozen=True, slots=True)
class Group:
    """The gaps of one group of audits: all of them, or one value of the breakdown."""

    key: str
    label: str
    audits: int
    themes: tuple[Gap, ...]
    domains: tuple[Gap, ...]
    overall: OverallDistribution


@dataclass(frozen=True, slots=True)
class GapReport:
    """True counts, for people who may read every audit behind them."""

    rounds: tuple[Round, ...]
    template: TemplateContent
    breakdown: Breakdown
    target: Fraction
    minimum: int
    groups: tuple[Group, ...]
    counted: int
    left_out: Mapping[ExclusionReason, int]
    notes: tuple[str, ...]


def gap_report(
    session: Session,
    *,
    round_ids: Sequence[uuid.UUID],
    breakdown: Breakdown = Breakdown.WHOLE,
    target_percent: int | None = None,
    by: Actor,
) -> GapReport:
    """Report the gaps of one round or of several added together.

    Several rounds must use templates that score alike: the same scale and the same rule for not evidenced. Themes
    are matched by key. Without a target, the rounds must share theirs. Raises NotFound, Invalid, Conflict.
    """
    return gap_reports(session, round_ids=round_ids, breakdowns=[breakdown], target_percent=target_percent, by=by)[
        breakdown
    ]


def gap_reports(
    session: Session,
    *,
    round_ids: Sequence[uuid.UUID],
    breakdowns: Collection[Breakdown],
    target_percent: int | None = None,
    by: Actor,
) -> dict[Breakdown, GapReport]:
    """The same for several breakdowns, with the answers read once. Keyed by breakdown."""
    check_may(by, Permission.READ_REPORTS)
    rounds = _rounds(session, round_ids, by)
    contents = [_content(session, audit_round) for audit_round in rounds]
    template = contents[-1]
    if any((content.scale, content.not_evidenced) != (template.scale, template.not_evidenced) for content in contents):
        raise Conflict("These rounds score on different scales, so their answers cannot be added. Report them apart.")
    target = Fraction(target_percent or _shared_target(rounds), 100)
    minimum = max(audit_round.minimum_applicable for audit_round in rounds)
    parts = [tallies_of(session, audit_round, {*breakdowns, Breakdown.WHOLE}, by=by) for audit_round in rounds]
    totals = {breakdown: _added([part[breakdown] for part in parts]) for breakdown in {*breakdowns, Breakdown.WHOLE}}
    # A counted audit is in one group of every breakdown but one: a case may have several forms of harm, or none.
    number = sum(totals[Breakdown.WHOLE].audits.values())
    return {
        breakdown: GapReport(
            rounds=tuple(rounds),
            template=template,
            breakdown=breakdown,
            target=target,
            minimum=minimum,
            groups=tuple(
                _group(key, label, totals[breakdown], template, target=target, minimum=minimum)
                for key, label in _labels(session, breakdown, template, by, totals[breakdown]).items()
            ),
            counted=number,
            left_out=totals[breakdown].left_out,
            notes=_notes(contents, template, breakdown),
        )
        for breakdown in breakdowns
    }


def _group(key: str, label: str, total: Tallies, template: TemplateContent, *, target: Fraction, minimum: int) -> Group:
    themes = set(template.theme_keys)
    # A round of an earlier template version may have had themes that this one lacks; the notes say so.
    tallies = {pair: number for pair, number in total.answers.get(key, {}).items() if pair[0] in themes}
    audits = total.audits[key]
    return Group(
        key,
        label,
        audits,
        theme_gaps(template, tallies, audits=audits, target=target, minimum=minimum),
        domain_gaps(template, tallies, audits=audits, target=target, minimum=minimum),
        distribution(template, total.overall.get(key, {})),
    )


def _rounds(session: Session, round_ids: Sequence[uuid.UUID], by: Actor) -> list[Round]:
    wanted = list(dict.fromkeys(round_ids))
    if not 1 <= len(wanted) <= MOST_ROUNDS:
        raise Invalid.at("round", f"Name one round to {MOST_ROUNDS} rounds.")
    found = session.exec(
        select(Round)
        .where(col(Round.organisation_id) == by.organisation_id, col(Round.id).in_(wanted))
        .order_by(col(Round.period_to), col(Round.created_at), col(Round.id))
    ).all()
    if len(found) < len(wanted):
        raise NotFound("round")
    return list(found)


def _content(session: Session, audit_round: Round) -> TemplateContent:
    content = published_content(
        session, audit_round.organisation_id, audit_round.template_id, audit_round.template_version
    )
    if content is None:
        raise NotFound("template version")
    return content


def _shared_target(rounds: Sequence[Round]) -> int:
    targets = {audit_round.target_percent for audit_round in rounds}
    if len(targets) > 1:
        raise Invalid.at("target", "These rounds have different targets. Say which target to measure against.")
    return targets.pop()


def _added(parts: Sequence[Tallies]) -> Tallies:
    audits: Counter[str] = Counter()
    left_out: Counter[ExclusionReason] = Counter()
    answers: dict[str, Counter[tuple[str, str]]] = {}
    overall: dict[str, Counter[str]] = {}
    for part in parts:
        audits.update(part.audits)
        left_out.update(part.left_out)
        for group, counts in part.answers.items():
            answers.setdefault(group, Counter()).update(counts)
        for group, judged in part.overall.items():
            overall.setdefault(group, Counter()).update(judged)
    return Tallies(
        audits=dict(audits),
        answers={group: dict(counts) for group, counts in answers.items()},
        overall={group: dict(judged) for group, judged in overall.items()},
        left_out=dict(left_out),
    )


def _labels(
    session: Session, breakdown: Breakdown, template: TemplateContent, by: Actor, total: Tallies
) -> dict[str, str]:
    """The key and label of each group that has audits, in the order to show them."""
    known = breakdown.grouping.labels(session, by.organisation_id, template)
    present = {key: label for key, label in known.items() if key in total.audits}
    return present | {key: key for key in sorted(total.audits) if key not in present}


def _notes(contents: Sequence[TemplateContent], template: TemplateContent, breakdown: Breakdown) -> tuple[str, ...]:
    notes = []
    elsewhere = {key for content in contents for key in content.theme_keys} - set(template.theme_keys)
    if elsewhere:
        notes.append(
            f"{len(elsewhere)} of the themes of earlier template versions are not in the latest one, and are not shown."
        )
    if any(set(content.theme_keys) != set(template.theme_keys) for content in contents):
        notes.append("Not every round asked every theme: compare the number of audits of each theme.")
    if breakdown.grouping.note:
        notes.append(breakdown.grouping.note)
    return tuple(notes)
