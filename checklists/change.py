"""What has changed between two sets of audits, theme by theme, and between the templates that they used."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final

from checklists.gaps import Gap
from checklists.intervals import newcombe_difference
from checklists.template import NotEvidencedRule, Template


class Change(StrEnum):
    """What may be said of a theme now beside the same theme before."""

    IMPROVED = "improved"
    WORSE = "worse"
    NO_CLEAR_CHANGE = "no-clear-change"
    TOO_FEW = "too-few-to-say"

    @property
    def label(self) -> str:
        """What people read."""
        return _LABELS[self]


_LABELS: Final[Mapping[Change, str]] = {
    Change.IMPROVED: "Improved",
    Change.WORSE: "Worse",
    Change.NO_CLEAR_CHANGE: "No clear change",
    Change.TOO_FEW: "Too few to say",
}


@dataclass(frozen=True, slots=True)
class ThemeChange:
    """One theme then and now. `difference` is the share meeting the standard now less before, in parts of 1, and
    `interval` its 95% interval; both are None unless both sides had applicable answers."""

    key: str
    label: str
    before: Gap | None
    now: Gap | None
    difference: Fraction | None
    interval: tuple[float, float] | None
    change: Change


def theme_changes(now: Sequence[Gap], before: Sequence[Gap], *, minimum: int) -> tuple[ThemeChange, ...]:
    """The change of every theme, matched by key: those of `now` in their order, then those that only `before` has.

    Improved or worse when the whole interval lies on one side of nought; too few to say when either side has under
    `minimum` applicable answers or did not ask the theme.
    """
    by_key = {gap.key: gap for gap in before}
    present = {gap.key for gap in now}
    pairs = [(gap, by_key.get(gap.key)) for gap in now]
    return tuple(
        [_change(gap, earlier, minimum) for gap, earlier in pairs]
        + [_change(None, gap, minimum) for gap in before if gap.key not in present]
    )


def _change(now: Gap | None, before: Gap | None, minimum: int) -> ThemeChange:
    shown = now or before
    assert shown is not None  # noqa: S101 - a theme comes from one side at least
    if now is None or before is None or not now.applicable or not before.applicable:
        return ThemeChange(shown.key, shown.label, before, now, None, None, Change.TOO_FEW)
    difference = Fraction(now.meeting, now.applicable) - Fraction(before.meeting, before.applicable)
    low, high = newcombe_difference(now.meeting, now.applicable, before.meeting, before.applicable)
    if min(now.applicable, before.applicable) < minimum:
        change = Change.TOO_FEW
    elif low > 0:
        change = Change.IMPROVED
    else:
        change = Change.WORSE if high < 0 else Change.NO_CLEAR_CHANGE
    return ThemeChange(shown.key, shown.label, before, now, difference, (low, high), change)


def template_changes(now: Template, before: Template) -> tuple[str, ...]:
    """What changed between two templates that matters to a comparison, in sentences; nothing when nothing did."""
    said = []
    earlier = {theme.key: theme for theme in before.themes}
    later = {theme.key: theme for theme in now.themes}
    added = [theme.label for key, theme in later.items() if key not in earlier]
    removed = [theme.label for key, theme in earlier.items() if key not in later]
    if added:
        said.append(f"New themes: {', '.join(added)}.")
    if removed:
        said.append(f"Themes no longer asked: {', '.join(removed)}.")
    for key in later.keys() & earlier.keys():
        if later[key].label != earlier[key].label:
            said.append(f"“{earlier[key].label}” is now called “{later[key].label}”.")
        if now.domain_of(key).key != before.domain_of(key).key:
            said.append(f"“{later[key].label}” has moved to “{now.domain_of(key).title}”.")
    if [rating.key for rating in now.scale.ratings] != [rating.key for rating in before.scale.ratings]:
        said.append("The rating scale is another one: compare with care.")
    elif now.scale.standard != before.scale.standard:
        was, is_now = before.scale.label(before.scale.standard), now.scale.label(now.scale.standard)
        said.append(f"The standard was {was} and is {is_now}: compare with care.")
    if now.not_evidenced is not before.not_evidenced:
        counts = now.not_evidenced is NotEvidencedRule.BELOW_STANDARD
        said.append(f"Not evidenced {'now counts as below the standard' if counts else 'is now left out'}.")
    return tuple(said[:2] + sorted(said[2:]))
