"""The change of a theme between two sets of audits, and the changes between the templates they used."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final

from checklists.reports.gaps import Gap
from checklists.reports.questions import QuestionCounts, is_measured_alike
from checklists.statistics.intervals import newcombe_difference
from checklists.templates.questions import Question
from checklists.templates.scale import RatingScale
from checklists.templates.template import NotEvidencedRule, Template, Theme


class Change(StrEnum):
    """How a theme has changed."""

    IMPROVED = "improved"
    WORSE = "worse"
    NO_CLEAR_CHANGE = "no-clear-change"
    TOO_FEW = "too-few-to-say"

    @property
    def label(self) -> str:
        """The label for people."""
        return _LABELS[self]


_LABELS: Final[Mapping[Change, str]] = {
    Change.IMPROVED: "Improved",
    Change.WORSE: "Worse",
    Change.NO_CLEAR_CHANGE: "No clear change",
    Change.TOO_FEW: "Too few to say",
}


@dataclass(frozen=True, slots=True)
class ThemeChange:
    """One theme before and now.

    `difference` is the share meeting the standard now less the share before, in parts of 1, so over 0 is better.
    `interval` is its 95% interval. Both are None unless both sides asked the theme and had an applicable answer.
    """

    key: str
    label: str
    before: Gap | None
    now: Gap | None
    difference: Fraction | None
    interval: tuple[float, float] | None
    change: Change


def theme_changes(now: Sequence[Gap], before: Sequence[Gap], *, minimum: int) -> tuple[ThemeChange, ...]:
    """The change of every theme, matched by key: those of `now` in their order, then the others of `before`.

    Improved or worse when the whole of Newcombe's 95% interval is on one side of 0. Too few to say when either side has
    fewer than `minimum` applicable answers, or does not ask the theme. The two sides are assumed to be different cases.
    Each theme is judged alone: of twenty that did not change, one is expected to look as if it had. ValueError for a
    minimum under 1.
    """
    if minimum < 1:
        raise ValueError("a minimum is at least 1")
    now_by_key = {gap.key: gap for gap in now}
    before_by_key = {gap.key: gap for gap in before}
    labels = {gap.key: gap.label for gap in (*now, *before)} | {gap.key: gap.label for gap in now}
    keys = [*now_by_key, *(key for key in before_by_key if key not in now_by_key)]
    return tuple(_change(key, labels[key], now_by_key.get(key), before_by_key.get(key), minimum) for key in keys)


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
    now: Sequence[QuestionCounts], before: Sequence[QuestionCounts], *, minimum: int
) -> tuple[QuestionChange, ...]:
    """The change of every question that both sides ask, matched by key, in the order of `now`: as `theme_changes`.

    Left out are questions without a standard, and questions whose answers or standard have changed.
    ValueError for a minimum under 1.
    """
    if minimum < 1:
        raise ValueError("a minimum is at least 1")
    earlier = {each.question.key: each for each in before}
    return tuple(
        QuestionChange(each.question, was, each, *_shares(_of(each), _of(was), minimum))
        for each in now
        if (was := earlier.get(each.question.key)) is not None
        and each.meeting is not None
        and is_measured_alike(each.question, was.question)
    )


def _of(counts: QuestionCounts) -> tuple[int, int]:
    return counts.meeting or 0, counts.applicable


def _change(key: str, label: str, now: Gap | None, before: Gap | None, minimum: int) -> ThemeChange:
    if now is None or before is None:
        return ThemeChange(key, label, before, now, None, None, Change.TOO_FEW)
    found = _shares((now.meeting, now.applicable), (before.meeting, before.applicable), minimum)
    return ThemeChange(key, label, before, now, *found)


def _shares(
    now: tuple[int, int], before: tuple[int, int], minimum: int
) -> tuple[Fraction | None, tuple[float, float] | None, Change]:
    """The difference of two shares, each as how many of how many, its interval, and what it says."""
    if not now[1] or not before[1]:
        return None, None, Change.TOO_FEW
    interval = newcombe_difference(*now, *before)
    enough = min(now[1], before[1]) >= minimum
    return Fraction(*now) - Fraction(*before), interval, _said(interval) if enough else Change.TOO_FEW


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
    guided = [now.theme(key).label for key in both if _guidance(now.theme(key)) != _guidance(before.theme(key))]
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


def _guidance(theme: Theme) -> object:
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
