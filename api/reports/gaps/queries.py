"""The gap report: theme by theme, how far practice falls short of the target, and what was counted."""

import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Final

from sqlmodel import Session, col, select

from api.audits.actions import template_of
from api.foundation import access_log
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Conflict, Invalid, NotFound
from api.reports.breakdowns import FACT_NOTE, AnyBreakdown, Breakdown, FactBreakdown, breakdown_named, splits_of
from api.reports.round_counts import RoundCounts, counts_of
from api.reports.tallies import ExclusionReason, GroupCounts, Tallies
from checklists.plurals import plural
from checklists.reports.comparability import overall_is_comparable
from checklists.reports.gaps import Gap, theme_and_domain_gaps
from checklists.reports.overall import OverallDistribution, choices_over, distribution
from checklists.reports.questions import (
    ComplianceShare,
    QuestionCounts,
    compliance_of,
    count_questions,
    is_answered_alike,
)
from checklists.templates.scale import NOT_ASKED
from checklists.templates.template import Template as TemplateContent
from models import Round, RoundState

MOST_ROUNDS = 100
EVERY_SPLIT: Final = "*"
# A group of fewer audits reveals, or nearly reveals, what each of them answered.
TOO_FEW: Final = 5


@dataclass(frozen=True, slots=True)
class Group:
    """What one group of audits says: all of them, or one value of the breakdown.

    `facts`: how often each fact about the case, by its key, has each choice. `compliance` is None for a template that
    asks for none.
    """

    key: str
    label: str
    audits: int
    themes: tuple[Gap, ...]
    domains: tuple[Gap, ...]
    overall: OverallDistribution
    questions: tuple[QuestionCounts, ...] = ()
    facts: Mapping[tuple[str, str], int] = field(default_factory=dict)
    compliance: ComplianceShare | None = None


@dataclass(frozen=True, slots=True)
class GapReport:
    """True counts, for people who may read every audit behind them."""

    rounds: tuple[Round, ...]
    template: TemplateContent
    breakdown: AnyBreakdown
    target: Fraction | None
    minimum: int
    groups: tuple[Group, ...]
    counted: int
    left_out: Mapping[ExclusionReason, int]
    notes: tuple[str, ...]
    # The largest share of a theme's applicable answers that should be at the lowest rating; None without such a target.
    lowest: Fraction | None = None
    # The tallies of each of its rounds, for what is reported beside the gaps.
    counts: tuple[RoundCounts, ...] = field(default=(), compare=False, repr=False)

    @property
    def split_by_nothing(self) -> bool:
        return self.breakdown is Breakdown.WHOLE

    @property
    def split_label(self) -> str:
        """What it is split by, in words."""
        return self.breakdown.label_in(self.template)


def gap_report(
    session: Session,
    *,
    round_ids: Sequence[uuid.UUID],
    breakdown: str = Breakdown.WHOLE,
    target_percent: int | None = None,
    by: Actor,
) -> GapReport:
    """Report the gaps of one round or of several added together, split by what `breakdown_named` knows by that name.

    Several rounds must use templates that score alike: the same scale and the same rule for not evidenced. Themes
    are matched by key. Without a target, the rounds must share theirs, or all have none. Raises NotFound, Invalid,
    Conflict.
    """
    found = gap_reports(session, round_ids=round_ids, breakdowns=[breakdown], target_percent=target_percent, by=by)
    record_seen(session, [found[breakdown]], by=by)
    return found[breakdown]


def gap_reports(
    session: Session,
    *,
    round_ids: Sequence[uuid.UUID],
    breakdowns: Collection[str],
    target_percent: int | None = None,
    by: Actor,
) -> dict[str, GapReport]:
    """The same for several breakdowns, with the answers read once. Keyed by the name of the breakdown.

    EVERY_SPLIT among them is everything that reports of the newest round's template can be split by.
    """
    check_may(by, Permission.READ_REPORTS)
    rounds = _rounds(session, round_ids, by)
    contents = [template_of(session, audit_round) for audit_round in rounds]
    template = contents[-1]
    if any((content.scale, content.not_evidenced) != (template.scale, template.not_evidenced) for content in contents):
        raise Conflict(
            "These rounds use different rating scales, so they cannot be combined. Report each round separately."
        )
    percent = target_percent or _shared([audit_round.target_percent for audit_round in rounds])
    target = None if percent is None else Fraction(percent, 100)
    limits = {audit_round.lowest_percent for audit_round in rounds}
    limit = limits.pop() if len(limits) == 1 else None
    lowest = None if limit is None else Fraction(limit, 100)
    minimum = max(audit_round.minimum_applicable for audit_round in rounds)
    names = [name for name in breakdowns if name != EVERY_SPLIT]
    wanted = {name: breakdown_named(template, name) for name in (Breakdown.WHOLE, *names)}
    if EVERY_SPLIT in breakdowns:
        wanted |= {each.value: each for each in splits_of(template)}
    counts = [
        _counts(session, audit_round, content, wanted, by)
        for audit_round, content in zip(rounds, contents, strict=True)
    ]
    totals, overalls = _totals(counts, template, wanted), choices_over([template, *contents])
    # A counted audit is in one group of the whole; a case may have several forms of harm, or a fact that is not known.
    number = sum(totals[Breakdown.WHOLE].audits.values())
    return {
        name: GapReport(
            rounds=tuple(rounds),
            template=template,
            breakdown=breakdown,
            target=target,
            minimum=minimum,
            groups=tuple(
                _group(key, label, totals[name], template, overalls, target=target, minimum=minimum)
                for key, label in _labels(session, breakdown, contents, by, totals[name]).items()
            ),
            counted=number,
            left_out=totals[name].left_out,
            notes=_notes(contents, template, breakdown),
            lowest=lowest,
            counts=tuple(counts),
        )
        for name, breakdown in wanted.items()
    }


def record_seen(session: Session, reports: Iterable[GapReport], *, by: Actor) -> None:
    """Note that these reports are shown, for each open round with a group of so few audits that it reveals their
    answers: anybody who reads one may have seen every answer.
    """
    if any(0 < group.audits < TOO_FEW for report in reports for group in report.groups):
        for audit_round in {each.id: each for report in reports for each in report.rounds}.values():
            if audit_round.state is RoundState.OPEN:
                access_log.record_view(session, "round.report-read", audit_round.id, by=by)


def _splits(content: TemplateContent) -> dict[str, AnyBreakdown]:
    return {each.value: each for each in (Breakdown.WHOLE, *splits_of(content))}


def _counts(
    session: Session, audit_round: Round, content: TemplateContent, wanted: Collection[str], by: Actor
) -> RoundCounts:
    own = _splits(content)
    return counts_of(session, audit_round, [own[name] for name in wanted if name in own], by=by)


def _totals(counts: Sequence[RoundCounts], template: TemplateContent, wanted: Collection[str]) -> dict[str, Tallies]:
    """The rounds added up, by the name of each breakdown. A round whose template lacks a fact has no group of it."""
    parts: dict[str, list[Tallies]] = {name: [] for name in wanted}
    for of_round in counts:
        own = _splits(of_round.content)
        for name, of_name in parts.items():
            if name in own:
                of_name.append(fitting(of_round.by(own[name]), of_round.content, template))
    return {name: _added(of_name) for name, of_name in parts.items()}


def fitting(tallies: Tallies, content: TemplateContent, template: TemplateContent) -> Tallies:
    """The counts of a round of `content` that also mean something in `template`: not, for example, of a question that
    was answered in another way.
    """
    if content is template or content == template:
        return tallies
    questions = {
        question.key
        for question in template.questions
        if content.has_question(question.key) and is_answered_alike(question, content.question(question.key))
    }
    facts = {fact.key for fact in template.case_facts if content.has_fact(fact.key)}
    return replace(
        tallies,
        questions=_only(tallies.questions, questions),
        facts=_only(tallies.facts, facts),
    )


def _only(counts: GroupCounts, keys: AbstractSet[str]) -> GroupCounts:
    return {
        group: {pair: number for pair, number in of_group.items() if pair[0] in keys}
        for group, of_group in counts.items()
    }


def _group(
    key: str,
    label: str,
    total: Tallies,
    template: TemplateContent,
    overalls: tuple[str, ...],
    *,
    target: Fraction | None,
    minimum: int,
) -> Group:
    known = set(template.theme_keys)
    answers = set(template.counted_answers)
    # A round of an earlier template version may have had themes that this one lacks, which the notes say, or have asked
    # some themes of some cases only.
    tallies = {
        pair: number
        for pair, number in total.answers.get(key, {}).items()
        if pair[0] in known and (pair[1] in answers or pair[1] != NOT_ASKED)
    }
    audits = total.audits[key]
    questions = count_questions(template, total.questions.get(key, {}))
    themes, domains = theme_and_domain_gaps(template, tallies, audits=audits, target=target, minimum=minimum)
    return Group(
        key,
        label,
        audits,
        themes,
        domains,
        distribution(template, total.overall.get(key, {}), choices=overalls),
        questions if key in total.questions else (),
        total.facts.get(key, {}),
        compliance_of(template, questions) if key in total.questions else None,
    )


def _rounds(session: Session, round_ids: Sequence[uuid.UUID], by: Actor) -> list[Round]:
    wanted = list(dict.fromkeys(round_ids))
    if not 1 <= len(wanted) <= MOST_ROUNDS:
        raise Invalid.at("round", f"Select 1 to {MOST_ROUNDS} rounds.")
    found = session.exec(
        select(Round)
        .where(col(Round.organisation_id) == by.organisation_id, col(Round.id).in_(wanted))
        .order_by(col(Round.period_to), col(Round.created_at), col(Round.id))
    ).all()
    if len(found) < len(wanted):
        raise NotFound("round")
    return list(found)


def _shared(targets: Sequence[int | None]) -> int | None:
    """The target of all rounds. A round that has none yet has another target than one that has."""
    if len(set(targets)) > 1:
        raise Invalid.at("target", "These rounds have different targets. Enter the target to use.")
    return targets[0]


def _added(parts: Sequence[Tallies]) -> Tallies:
    if len(parts) == 1:
        return parts[0]
    audits: Counter[str] = Counter()
    left_out: Counter[ExclusionReason] = Counter()
    answers: dict[str, Counter[tuple[str, str]]] = {}
    questions: dict[str, Counter[tuple[str, str]]] = {}
    facts: dict[str, Counter[tuple[str, str]]] = {}
    overall: dict[str, Counter[str]] = {}
    for part in parts:
        audits.update(part.audits)
        left_out.update(part.left_out)
        for into, of_part in ((answers, part.answers), (questions, part.questions), (facts, part.facts)):
            for group, counts in of_part.items():
                into.setdefault(group, Counter()).update(counts)
        for group, judged in part.overall.items():
            overall.setdefault(group, Counter()).update(judged)
    return Tallies(
        audits=dict(audits),
        answers={group: dict(counts) for group, counts in answers.items()},
        questions={group: dict(counts) for group, counts in questions.items()},
        facts={group: dict(counts) for group, counts in facts.items()},
        overall={group: dict(judged) for group, judged in overall.items()},
        left_out=dict(left_out),
    )


def labels_in(
    session: Session, breakdown: AnyBreakdown, contents: Sequence[TemplateContent], organisation_id: int
) -> dict[str, str]:
    """The key and label of every group that there may be in rounds of these templates, in the order to show.

    The last template says what is first, and what a group is called that several of them have.
    """
    labels: dict[str, str] = {}
    for content in {id(each): each for each in reversed(contents)}.values():
        own = _splits(content).get(breakdown.value)
        if own is not None:
            labels = labels | {
                key: label
                for key, label in own.grouping.labels(session, organisation_id, content).items()
                if key not in labels
            }
    return labels


def _labels(
    session: Session, breakdown: AnyBreakdown, contents: Sequence[TemplateContent], by: Actor, total: Tallies
) -> dict[str, str]:
    """The key and label of each group that has audits, in the order to show them."""
    known = labels_in(session, breakdown, contents, by.organisation_id)
    present = {key: label for key, label in known.items() if key in total.audits}
    return present | {key: key for key in sorted(total.audits) if key not in present}


def _notes(contents: Sequence[TemplateContent], template: TemplateContent, breakdown: AnyBreakdown) -> tuple[str, ...]:
    notes = []
    if any(
        not content.has_question(key) or not is_answered_alike(template.question(key), content.question(key))
        for content in contents
        for key in (question.key for question in template.questions)
    ):
        notes.append(
            "Not every round asked every question in the same way. Check the number of audits for each question."
        )
    elsewhere = {key for content in contents for key in content.theme_keys} - set(template.theme_keys)
    if elsewhere:
        notes.append(
            f"{plural(len(elsewhere), 'theme of earlier rounds is', 'themes of earlier rounds are')} not asked about "
            "in the latest round, and not shown."
        )
    if any(set(content.theme_keys) != set(template.theme_keys) for content in contents):
        notes.append("Not every round asked every theme. Check the number of audits for each theme.")
    if any(not overall_is_comparable(content, template) for content in contents):
        notes.append(
            "Overall judgements of these rounds rest on different themes or rules, so their distribution mixes both."
        )
    if isinstance(breakdown, FactBreakdown):
        notes.append(FACT_NOTE)
    elif breakdown is Breakdown.FORM_OF_HARM and not template.is_format_1:
        notes.append(
            "A case is counted in every group that applies. A case with none of these is not counted in any group."
        )
    elif breakdown.grouping.note:
        notes.append(breakdown.grouping.note)
    return tuple(notes)
