"""The change of a theme between two sets of audits, and the changes between the templates they used."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final

from checklists.reports.gaps import Gap
from checklists.reports.questions import QuestionCounts, is_measured_alike
from checklists.reports.weighting import WeightedShare
from checklists.statistics.intervals import Pairs, newcombe_difference, newcombe_paired, wilson
from checklists.templates.questions import Question
from checklists.templates.scale import RatingScale
from checklists.templates.template import NotEvidencedRule, Template, Theme


class Change(StrEnum):
    """How a theme has changed."""

    IMPROVED = "improved"
    WORSE = "worse"
    NO_CLEAR_CHANGE = "no-clear-change"
    TOO_FEW = "too-few-to-say"
    NOT_COMPARABLE = "not-comparable"

    @property
    def label(self) -> str:
        """The label for people."""
        return _LABELS[self]


class Method(StrEnum):
    """How two shares are compared."""

    INDEPENDENT = "independent"
    PAIRED = "paired"
    WEIGHTED = "weighted"

    @property
    def label(self) -> str:
        """The label for people."""
        return _METHOD_LABELS[self]


_LABELS: Final[Mapping[Change, str]] = {
    Change.IMPROVED: "Improved",
    Change.WORSE: "Worse",
    Change.NO_CLEAR_CHANGE: "No clear change",
    Change.TOO_FEW: "Too few to say",
    Change.NOT_COMPARABLE: "Not comparable",
}
_METHOD_LABELS: Final[Mapping[Method, str]] = {
    Method.INDEPENDENT: "Different cases",
    Method.PAIRED: "Same cases",
    Method.WEIGHTED: "Different cases, weighted",
}


@dataclass(frozen=True, slots=True)
class Compared:
    """Two shares, in parts of 1, with the interval of the later less the earlier; `n`: of how many the smaller is.

    `pairs`: of how many pairs of answers about the same cases it is; None where the cases are different. `ends`: the
    Wilson intervals of the two shares.
    """

    before: Fraction
    now: Fraction
    interval: tuple[float, float]
    n: Fraction
    method: Method
    ends: tuple[tuple[float, float], tuple[float, float]]
    pairs: int | None = None

    @property
    def difference(self) -> Fraction:
        """Over 0 is better."""
        return self.now - self.before


Counted = tuple[int | Fraction, int | Fraction]


def compare_independent(now: Counted, before: Counted, *, confidence: float = 0.95) -> Compared | None:
    """Two shares of different cases, each given as how many of how many; None where either is of no cases."""
    if not now[1] or not before[1]:
        return None
    interval = newcombe_difference(*now, *before, confidence=confidence)
    shares = Fraction(before[0]) / before[1], Fraction(now[0]) / now[1]
    return Compared(*shares, interval, Fraction(min(now[1], before[1])), Method.INDEPENDENT, _ends(before, now))


def compare_weighted(
    now: WeightedShare | None, before: WeightedShare | None, *, confidence: float = 0.95
) -> Compared | None:
    """Two weighted shares of different cases, by Newcombe's interval on their effective sizes; None without either."""
    if now is None or before is None:
        return None
    sizes = Fraction(now.effective_n), Fraction(before.effective_n)
    interval = newcombe_difference(
        now.share * sizes[0], sizes[0], before.share * sizes[1], sizes[1], confidence=confidence
    )
    return Compared(before.share, now.share, interval, min(sizes), Method.WEIGHTED, (before.interval, now.interval))


def compare_paired(pairs: Pairs, *, confidence: float = 0.95, answers: int | None = None) -> Compared | None:
    """Two shares of the same cases; None without any case. `answers`: how many pairs of answers there are, where these
    count as fewer.
    """
    n = pairs.number
    if not n:
        return None
    interval = newcombe_paired(pairs, confidence=confidence)
    shares = Fraction(pairs.before) / n, Fraction(pairs.now) / n
    ends = _ends((pairs.before, n), (pairs.now, n))
    return Compared(*shares, interval, Fraction(n), Method.PAIRED, ends, int(n) if answers is None else answers)


def _ends(before: Counted, now: Counted) -> tuple[tuple[float, float], tuple[float, float]]:
    return wilson(*before), wilson(*now)


@dataclass(frozen=True, slots=True)
class ThemeChange:
    """One theme, or one learning domain, before and now.

    `compared` is None unless both sides asked it and had an applicable answer. `why`: why nothing is said of the
    change, where that is not for too few answers.
    """

    key: str
    label: str
    before: Gap | None
    now: Gap | None
    compared: Compared | None
    change: Change
    why: str = ""

    @property
    def difference(self) -> Fraction | None:
        """The share meeting the standard now less the share before, in parts of 1, so over 0 is better."""
        return None if self.compared is None else self.compared.difference

    @property
    def interval(self) -> tuple[float, float] | None:
        """The interval of the difference."""
        return None if self.compared is None else self.compared.interval


def theme_changes(
    now: Sequence[Gap],
    before: Sequence[Gap],
    *,
    minimum: int,
    compared: Mapping[str, Compared | None] | None = None,
) -> tuple[ThemeChange, ...]:
    """The change of every theme, matched by key: those of `now` in their order, then the others of `before`.

    Improved or worse when the whole interval is on one side of 0. Too few to say when either side has fewer than
    `minimum` applicable answers, or does not ask the theme. Without `compared`, the two sides are taken for different
    cases, with Newcombe's 95% interval. Each theme is judged alone: of twenty that did not change, one is expected to
    look as if it had. ValueError for a minimum under 1.
    """
    if minimum < 1:
        raise ValueError("a minimum is at least 1")
    now_by_key = {gap.key: gap for gap in now}
    before_by_key = {gap.key: gap for gap in before}
    labels = {gap.key: gap.label for gap in (*now, *before)} | {gap.key: gap.label for gap in now}
    keys = [*now_by_key, *(key for key in before_by_key if key not in now_by_key)]
    return tuple(
        _change(key, labels[key], now_by_key.get(key), before_by_key.get(key), minimum, compared) for key in keys
    )


@dataclass(frozen=True, slots=True)
class QuestionChange:
    """One question with a standard before and now, with the same fields as a theme."""

    question: Question
    before: QuestionCounts
    now: QuestionCounts
    difference: Fraction | None
    interval: tuple[float, float] | None
    change: Change


def question_changes(
    now: Sequence[QuestionCounts], before: Sequence[QuestionCounts], *, minimum: int, confidence: float = 0.95
) -> tuple[QuestionChange, ...]:
    """The change of every question that both sides ask, matched by key, in the order of `now`: as `theme_changes`.

    Left out are questions without a standard, and questions whose answers or standard have changed.
    ValueError for a minimum under 1.
    """
    if minimum < 1:
        raise ValueError("a minimum is at least 1")
    earlier = {each.question.key: each for each in before}
    return tuple(
        QuestionChange(each.question, was, each, *_shares(_of(each), _of(was), minimum, confidence))
        for each in now
        if (was := earlier.get(each.question.key)) is not None
        and each.meeting is not None
        and is_measured_alike(each.question, was.question)
    )


def _of(counts: QuestionCounts) -> tuple[int, int]:
    return counts.meeting or 0, counts.applicable


def _change(
    key: str,
    label: str,
    now: Gap | None,
    before: Gap | None,
    minimum: int,
    compared: Mapping[str, Compared | None] | None,
) -> ThemeChange:
    if now is None or before is None:
        return ThemeChange(key, label, before, now, None, Change.TOO_FEW)
    if compared is None:
        found = compare_independent((now.meeting, now.applicable), (before.meeting, before.applicable))
    else:
        found = compared.get(key)
    return ThemeChange(key, label, before, now, found, change_shown(found, minimum))


def _shares(
    now: tuple[int, int], before: tuple[int, int], minimum: int, confidence: float
) -> tuple[Fraction | None, tuple[float, float] | None, Change]:
    """The difference of two shares, each as how many of how many, its interval, and what it says."""
    found = compare_independent(now, before, confidence=confidence)
    if found is None:
        return None, None, Change.TOO_FEW
    return found.difference, found.interval, change_shown(found, minimum)


def change_shown(compared: Compared | None, minimum: int) -> Change:
    """What a comparison says: improved or worse when its whole interval is on one side of 0."""
    return Change.TOO_FEW if compared is None or compared.n < minimum else _said(compared.interval)


def _said(interval: tuple[float, float]) -> Change:
    low, high = interval
    if low > 0:
        return Change.IMPROVED
    return Change.WORSE if high < 0 else Change.NO_CLEAR_CHANGE


def template_changes(now: Template, before: Template) -> tuple[str, ...]:
    """The changes between two versions of a template that affect a comparison, in sentences.

    Themes are matched by key, in template order. Changes that do not affect answers, for example to the template's
    title, are left out.
    """
    both = [key for key in now.theme_keys if before.has_theme(key)]
    added = [theme.label for theme in now.themes if not before.has_theme(theme.key)]
    gone = [theme.label for theme in before.themes if not now.has_theme(theme.key)]
    guided = [now.theme(key).label for key in both if guidance_of(now.theme(key)) != guidance_of(before.theme(key))]
    said = [f"New themes: {_quoted(added)}."] if added else []
    said += [f"Removed themes: {_quoted(gone)}."] if gone else []
    for key in both:
        label, was = now.theme(key).label, before.theme(key).label
        if label != was:
            said.append(f"“{was}” is now called “{label}”.")
        to, left = now.domain_of(key), before.domain_of(key)
        if to.key != left.key:
            said.append(f"“{label}” has moved from “{left.title}” to “{to.title}”.")
    said += [f"Guidance for auditors has changed for: {_quoted(guided)}."] if guided else []
    said += _scale_changes(now.scale, before.scale)
    if now.not_evidenced is not before.not_evidenced:
        below = now.not_evidenced is NotEvidencedRule.BELOW_STANDARD
        said.append(f"Not evidenced {'now counts as below the standard' if below else 'is now excluded from shares'}.")
    return tuple(said)


def guidance_of(theme: Theme) -> object:
    """The guidance for a theme: what auditors look for, and how they rate it."""
    return theme.prompts, theme.descriptors, theme.exemplars, theme.where_to_look, theme.not_applicable_when


def _scale_changes(now: RatingScale, before: RatingScale) -> list[str]:
    said = []
    ratings, earlier = ([rating.label for rating in scale.ratings] for scale in (now, before))
    if ratings != earlier:
        said.append(f"The ratings were {', '.join(earlier)} and are now {', '.join(ratings)}.")
    standard, was = now.label(now.standard), before.label(before.standard)
    if now.standard != before.standard and standard != was:
        said.append(f"The standard was {was} and is now {standard}.")
    return said


def _quoted(labels: Iterable[str]) -> str:
    return ", ".join(f"“{label}”" for label in labels)
