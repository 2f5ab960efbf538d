"""The measured change: a round's themes and learning domains beside those of the round that it follows."""

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from sqlalchemy import select
from sqlmodel import Session, col

from api.access.blindness import visible_under_blind_reading
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Conflict, NotFound
from api.reports.breakdowns import WEIGHT, Breakdown
from api.reports.deleted_audits import deleted_in_words
from api.reports.gaps.queries import GapReport, gap_reports
from api.reports.measured_change.how_audited import how_audited
from api.reports.overall import KEY, LABEL
from api.reports.tallies import counted_answers, is_counted
from api.reports.weighted import WeightedPart, weighted_parts
from api.rounds import actions as rounds
from api.rounds.queries import chain_of
from checklists.audits.scope import in_scope
from checklists.reports.chains import confidence_of
from checklists.reports.change import (
    Change,
    Compared,
    Method,
    QuestionChange,
    ThemeChange,
    change_shown,
    compare_independent,
    compare_paired,
    compare_weighted,
    question_changes,
    template_changes,
    theme_changes,
)
from checklists.reports.comparability import (
    Comparability,
    comparability,
    judged,
    judged_by_how,
    overall_is_comparable,
    why_not_comparable,
)
from checklists.reports.gaps import Gap, Numbers, domain_gaps_of_numbers
from checklists.reports.tallies import decode_answers
from checklists.reports.weighting import WeightedShare, weighted_share
from checklists.statistics.intervals import Pairs
from checklists.templates.template import Template as TemplateContent
from models import Audit, Round, RoundState
from models.storage.joins import table_alias

MOST_ROUNDS: Final = 60
NOT_CLOSED: Final = "Change is measured between closed rounds. Close this round first."
STORED_SHARES: Final = (
    "The stored shares still count them. How the rounds were audited, and which cases both rounds have, is counted "
    "from the audits that are left."
)
FOLLOWS_NONE: Final = "This round follows no other round, so there is no change to measure."


@dataclass(frozen=True, slots=True)
class MeasuredChange:
    """What has changed since the earlier round.

    Themes that the later round was not about are left out. `link`: which change of its chain this is, which decides the
    confidence of its intervals. `overall` has no gaps. `same_cases`: counted in both rounds; where `method` is paired,
    only these are compared. `deleted`: that audits were deleted, which only the stored shares still have; "" where none
    was.
    """

    earlier: GapReport
    now: GapReport
    chain: tuple[Round, ...]
    confidence: float
    method: Method
    same_cases: int
    comparability: Comparability
    overall: ThemeChange
    themes: tuple[ThemeChange, ...]
    domains: tuple[ThemeChange, ...]
    questions: tuple[QuestionChange, ...]
    template_changes: tuple[str, ...]
    deleted: str

    @property
    def link(self) -> int:
        """Which change of its chain this is, from 1."""
        return len(self.chain) - 1


def check_can_measure(audit_round: Round, earlier: Round | None) -> None:
    """Raise the Conflict for which the change since the earlier round cannot be measured."""
    if earlier is None:
        raise Conflict(FOLLOWS_NONE)
    if audit_round.state is not RoundState.CLOSED:
        raise Conflict(NOT_CLOSED)
    if earlier.state is not RoundState.CLOSED:
        raise Conflict("Change is measured between closed rounds. Close the earlier round first.")


def measured_change(session: Session, *, round_id: uuid.UUID, by: Actor) -> MeasuredChange:
    """The change between two closed rounds. Raises NotFound, Conflict."""
    check_may(by, Permission.READ_REPORTS)
    audit_round = rounds.find_round(session, round_id=round_id, by=by)
    chain = chain_of(session, audit_round=audit_round, most=2)
    check_can_measure(audit_round, chain[0] if len(chain) == 2 else None)
    now = gap_reports(session, round_ids=[round_id], breakdowns=[Breakdown.MODE], by=by)[Breakdown.WHOLE]
    found = measure(session, now, by=by)
    if found is None:
        raise NotFound("round")
    return found


def measure(session: Session, now: GapReport, *, by: Actor) -> MeasuredChange | None:
    """The change since the round that the one round of a report follows, as far as both are audited; None without one.

    The report is one that was read by audit mode.
    """
    (audit_round,) = now.rounds
    if audit_round.follows_id is None:
        return None
    chain = tuple(chain_of(session, audit_round=audit_round, most=MOST_ROUNDS))
    before = gap_reports(session, round_ids=[audit_round.follows_id], breakdowns=[Breakdown.MODE], by=by)
    return _measured(session, now, before[Breakdown.WHOLE], chain, by)


def _measured(
    session: Session, now: GapReport, before: GapReport, chain: tuple[Round, ...], by: Actor
) -> MeasuredChange:
    confidence = confidence_of(len(chain) - 1)
    minimum = max(now.minimum, before.minimum)
    how = comparability(how_audited(session, now, by=by), how_audited(session, before, by=by))
    shared = [key for key in now.template.theme_keys if not why_not_comparable(key, now.template, before.template)]
    pairs, same = _pairs(session, now, before, shared, by)
    figures = _Figures(now, before, shared, pairs, confidence)
    themes = theme_changes(now.groups[0].themes, before.groups[0].themes, minimum=minimum, compared=figures.of_themes())
    return MeasuredChange(
        earlier=before,
        now=now,
        chain=chain,
        confidence=confidence,
        method=figures.method,
        same_cases=same,
        comparability=how,
        overall=_overall(now, before, how, minimum, confidence),
        themes=tuple(
            judged(each, how, now.template, before.template)
            for each in themes
            if each.now is not None or not now.rounds[0].scope
        ),
        domains=tuple(judged_by_how(each, how) for each in figures.domain_changes(minimum)),
        questions=question_changes(
            now.groups[0].questions, before.groups[0].questions, minimum=minimum, confidence=confidence
        ),
        template_changes=template_changes(now.template, _of_scope(before.template, now)),
        deleted=deleted_in_words(session, (*now.rounds, *before.rounds), then=STORED_SHARES),
    )


def _of_scope(template: TemplateContent, now: GapReport) -> TemplateContent:
    """The earlier template without the themes that the later round is not about."""
    if not now.rounds[0].scope:
        return template
    return in_scope_of(template, [key for key in template.theme_keys if now.template.has_theme(key)])


def _overall(now: GapReport, before: GapReport, how: Comparability, minimum: int, confidence: float) -> ThemeChange:
    whole, was = now.groups[0].overall, before.groups[0].overall
    compared = compare_independent((whole.meeting, whole.judged), (was.meeting, was.judged), confidence=confidence)
    change = ThemeChange(KEY, LABEL, None, None, compared, change_shown(compared, minimum))
    if not overall_is_comparable(now.template, before.template):
        why = "It uses different themes or another rule than before."
        return ThemeChange(KEY, LABEL, None, None, compared, Change.NOT_COMPARABLE, why)
    return judged_by_how(change, how)


class _Figures:
    """The shares of themes and learning domains, compared by the method that fits the cases."""

    def __init__(
        self,
        now: GapReport,
        before: GapReport,
        shared: Sequence[str],
        pairs: Mapping[str, Pairs] | None,
        confidence: float,
    ) -> None:
        self._sides = (now, before)
        self._shared = shared
        self._pairs = pairs
        self._confidence = confidence
        self._gaps = tuple({gap.key: gap for gap in side.groups[0].themes} for side in self._sides)
        self._parts = tuple(_parts(side) for side in self._sides)
        # The weighted share of a sample whose weights are all the same is its plain share.
        is_weighted = None not in self._parts and any(map(_has_different_weights, self._parts))
        self.method = Method.PAIRED if pairs is not None else Method.WEIGHTED if is_weighted else Method.INDEPENDENT

    def of_themes(self) -> dict[str, Compared | None]:
        """Each theme that both rounds ask."""
        both = self._gaps[0].keys() & self._gaps[1].keys()
        return {key: self._compared([key]) for key in both}

    def domain_changes(self, minimum: int) -> tuple[ThemeChange, ...]:
        """Each learning domain, of its themes that both rounds ask alike."""
        if not self._shared:
            return ()
        template = in_scope_of(self._sides[0].template, self._shared)
        of_sides = [
            domain_gaps_of_numbers(
                template,
                {key: Numbers(gaps[key].applicable, gaps[key].below) for key in self._shared},
                audits=side.counted,
                target=side.target,
                minimum=minimum,
            )
            for side, gaps in zip(self._sides, self._gaps, strict=True)
        ]
        compared = {
            domain.key: self._compared(keys) if keys else None
            for domain in template.learning_domains
            for keys in [[theme.key for theme in domain.themes if theme.key in self._shared]]
        }
        return theme_changes(*of_sides, minimum=minimum, compared=compared)

    def _compared(self, keys: Sequence[str]) -> Compared | None:
        """One theme, or the themes of a learning domain together.

        Answers of one audit are not independent, so that several themes count as many cases as the theme with the most.
        """
        if self._pairs is not None:
            answers = sum(int(self._pairs[key].number) for key in keys if key in self._pairs)
            return compare_paired(_together(self._pairs, keys), confidence=self._confidence, answers=answers)
        if self.method is Method.WEIGHTED:
            now, before = (_weighted(parts or {}, keys) for parts in self._parts)
            return compare_weighted(now, before, confidence=self._confidence)
        counted = [_counted([gaps[key] for key in keys]) for gaps in self._gaps]
        return compare_independent(counted[0], counted[1], confidence=self._confidence)


def in_scope_of(template: TemplateContent, keys: Sequence[str]) -> TemplateContent:
    """The template with these themes, or all of it where they cannot be asked alone."""
    try:
        return in_scope(template, keys)
    except ValueError:
        return template


def _counted(gaps: Sequence[Gap]) -> tuple[Fraction, Fraction]:
    applicable, n = sum(gap.applicable for gap in gaps), max(gap.applicable for gap in gaps)
    share = Fraction(sum(gap.meeting for gap in gaps), applicable) if applicable else Fraction(0)
    return share * n, Fraction(n)


def _parts(side: GapReport) -> dict[str, list[WeightedPart]] | None:
    """The weighted parts of every theme; None unless every counted audit has a weight."""
    (counts,) = side.counts
    return None if counts.by(WEIGHT).audits.get("") else weighted_parts(counts, side.template)


def _has_different_weights(parts: Mapping[str, Sequence[WeightedPart]] | None) -> bool:
    return len({weight for of_theme in (parts or {}).values() for weight, _, _ in of_theme}) > 1


def _weighted(parts: Mapping[str, Sequence[WeightedPart]], keys: Sequence[str]) -> WeightedShare | None:
    of_themes = [share for key in keys if (share := weighted_share(parts.get(key, ()))) is not None]
    together = weighted_share([part for key in keys for part in parts.get(key, ())])
    if together is None:
        return None
    return WeightedShare(together.share, together.interval, max(share.effective_n for share in of_themes))


def _together(pairs: Mapping[str, Pairs], keys: Sequence[str]) -> Pairs:
    of_themes = [pairs[key] for key in keys if key in pairs]
    number = sum(each.number for each in of_themes)
    if not number:
        return Pairs(0, 0, 0, 0)
    n = Fraction(max(each.number for each in of_themes))
    return Pairs(
        *(
            sum(Fraction(getattr(each, name)) for each in of_themes) * n / number
            for name in ("both", "only_now", "only_before", "neither")
        )
    )


_EARLIER: Final = table_alias(Audit)


def _pairs(
    session: Session, now: GapReport, before: GapReport, themes: Sequence[str], by: Actor
) -> tuple[dict[str, Pairs] | None, int]:
    """The answers of the cases that both rounds count, by theme, where these are at least half of each round's; and how
    many they are.
    """
    (audit_round,), (round_before,) = now.rounds, before.rounds
    if round_before.state is not RoundState.CLOSED:
        return None, 0  # one of its audits may be a reading to which this person is blind
    query = (
        select(counted_answers(), counted_answers(_EARLIER))
        .join(
            _EARLIER,
            (col(_EARLIER.organisation_id) == col(Audit.organisation_id))
            & (col(_EARLIER.case_file_id) == col(Audit.case_file_id)),
        )
        .where(
            col(Audit.organisation_id) == audit_round.organisation_id,
            col(Audit.round_id) == audit_round.id,
            col(_EARLIER.round_id) == round_before.id,
            is_counted(Audit),
            is_counted(_EARLIER),
            visible_under_blind_reading(by.person_id),
        )
    )
    lines = [tuple(row) for row in session.execute(query)]
    if not lines or 2 * len(lines) < max(now.counted, before.counted):
        return None, len(lines)
    cells: dict[str, Counter[tuple[bool, bool]]] = {key: Counter() for key in themes}
    for (line, line_before), times in Counter(lines).items():
        answers, answers_before = decode_answers(now.template, line), decode_answers(before.template, line_before)
        for key in themes:
            sides = (now.template, answers[key]), (before.template, answers_before[key])
            if all(template.is_applicable(answer) for template, answer in sides):
                meets, met = (not template.counts_below(answer) for template, answer in sides)
                cells[key][meets, met] += times
    return {
        key: Pairs(of[True, True], of[True, False], of[False, True], of[False, False]) for key, of in cells.items()
    }, len(lines)
