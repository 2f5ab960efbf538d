"""Whether two rounds can be compared: what was asked, of which cases, how, by whom, and how far it was checked.

Each rule compares one thing and says what it means. A round that read fewer of its planned audits, other kinds of
cases, in another way, or with milder auditors may show a rise of which nothing is an improvement.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction
from typing import Final

from checklists.plurals import plural
from checklists.reports.change import Change, ThemeChange, guidance_of
from checklists.statistics.intervals import newcombe_difference
from checklists.statistics.rounding import in_figures, in_percent
from checklists.templates.template import Template

# Differences between the rounds up to here are said, and judged no further: in parts of 1.
FEWER_AUDITS: Final = Fraction(10, 100)
OTHER_KINDS: Final = Fraction(20, 100)
# How sure a difference in kinds of audits and cases must be: there are many kinds, and few would differ by chance.
SURE: Final = 0.99
# Under this share of audits checked, and of audits by auditors of the round before, nobody can tell how mild they are.
FEW_CHECKED: Final = Fraction(20, 100)
FEW_OF_THE_SAME: Final = Fraction(50, 100)
# With fewer reviewed answers than this, how often reviews change an answer is not known.
FEW_REVIEWED: Final = 20
# Under a point, what milder auditors may explain is taken off and not said.
WORTH_SAYING: Final = Fraction(1, 100)


class Verdict(StrEnum):
    """What a difference between two rounds means for comparing them."""

    ALIKE = "alike"
    NOTE = "note"
    PREVENTS = "prevents"

    @property
    def label(self) -> str:
        """The label for people."""
        return {"alike": "Comparable", "note": "Check", "prevents": "Not comparable"}[self.value]


@dataclass(frozen=True, slots=True)
class HowAudited:
    """How a round was audited, as numbers of counted audits where nothing else is said.

    `planned`: audits that were allocated and not withdrawn; `counted`: audits that the report counts. `kinds`: the
    audits by status and by age band of their cases. `drawn`: by which rules the cases were drawn at random, as text
    that is the same for the same rules; "" where they were chosen otherwise. `strata`: by which features. `moderated`:
    audits that a second person checked. Of their answers `reviewed` applied, of which `lowered` went from meeting the
    standard to below it, and `raised` the other way. `auditors`: audits by who made them.
    """

    planned: int = 0
    counted: int = 0
    modes: Mapping[str, int] = field(default_factory=dict)
    kinds: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    drawn: str = ""
    strata: str = ""
    moderated: int = 0
    reviewed: int = 0
    lowered: int = 0
    raised: int = 0
    auditors: Mapping[str, int] = field(default_factory=dict)

    @property
    def share_moderated(self) -> Fraction:
        """The share of counted audits that were checked."""
        return Fraction(self.moderated, self.counted) if self.counted else Fraction(0)

    @property
    def lowered_by_reviews(self) -> Fraction | None:
        """The share of reviewed answers that reviews moved below the standard, less those moved up; None for few."""
        return None if self.reviewed < FEW_REVIEWED else Fraction(self.lowered - self.raised, self.reviewed)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was compared: how it was in the earlier and in the later round, and what that means."""

    label: str
    sides: tuple[str, str]
    verdict: Verdict
    words: str

    @property
    def before(self) -> str:
        """How it was in the earlier round."""
        return self.sides[0]

    @property
    def now(self) -> str:
        """How it was in the later round."""
        return self.sides[1]


@dataclass(frozen=True, slots=True)
class Comparability:
    """What was compared. `milder`: by how much of a share milder auditors may have raised the later round's figures."""

    checks: tuple[Check, ...]
    milder: Fraction

    @property
    def prevented_by(self) -> tuple[Check, ...]:
        """The checks that prevent every comparison of the two rounds."""
        return tuple(check for check in self.checks if check.verdict is Verdict.PREVENTS)


def comparability(now: HowAudited, before: HowAudited) -> Comparability:
    """Compare how two rounds were audited."""
    milder = _milder(now, before)
    checks = (
        _completion(now, before),
        _choice_of_cases(now, before),
        *_kinds_of_cases(now, before),
        _modes(now, before),
        _auditors(now, before),
        _checking(now, before, milder),
    )
    return Comparability(checks, milder)


def judged(change: ThemeChange, found: Comparability, now: Template, before: Template) -> ThemeChange:
    """A theme's change, or that it cannot be compared and why.

    What prevents every comparison prevents this one. A difference that milder or stricter auditors may explain, because
    it is not clear any more once their part is taken off, is no change that is called one.
    """
    why = why_not_comparable(change.key, now, before)
    if why:
        return replace(change, change=Change.NOT_COMPARABLE, why=why)
    if change.change is Change.TOO_FEW:
        return change
    return judged_by_how(change, found)


def judged_by_how(change: ThemeChange, found: Comparability) -> ThemeChange:
    """The same where what is asked needs no comparing, as of a learning domain's themes that both rounds ask."""
    if change.change is Change.TOO_FEW:
        return change
    if found.prevented_by:
        return replace(change, change=Change.NOT_COMPARABLE, why=found.prevented_by[0].words)
    if change.interval is None or not found.milder:
        return change
    low, high = (end - float(found.milder) for end in change.interval)
    if change.change is Change.IMPROVED and low <= 0:
        why = "Milder auditing alone could explain this rise: see how far the audits were checked."
        return replace(change, change=Change.NOT_COMPARABLE, why=why)
    if change.change is Change.WORSE and high >= 0:
        why = "Stricter auditing alone could explain this fall: see how far the audits were checked."
        return replace(change, change=Change.NOT_COMPARABLE, why=why)
    return change


def why_not_comparable(key: str, now: Template, before: Template) -> str:
    """Why the answers to a theme of two rounds cannot be compared; "" where they can."""
    if not now.has_theme(key):
        return "This round did not ask about this theme."
    if not before.has_theme(key):
        return "The earlier round did not ask about this theme."
    if (now.scale, now.not_evidenced) != (before.scale, before.not_evidenced):
        return "The rating scale or the standard has changed."
    if guidance_of(now.theme(key)) != guidance_of(before.theme(key)):
        return "The guidance for auditors has changed."
    conditions = [
        (template.domain_of(key).applies_when, template.theme(key).applies_when) for template in (now, before)
    ]
    return "" if conditions[0] == conditions[1] else "The theme is asked for other cases than before."


def overall_is_comparable(now: Template, before: Template) -> bool:
    """Whether overall judgements of two rounds come about in the same way, from the same themes."""
    return now.theme_keys == before.theme_keys and now.overall_rule == before.overall_rule and now.scale == before.scale


def _completion(now: HowAudited, before: HowAudited) -> Check:
    earlier, later = (Fraction(each.counted, each.planned) if each.planned else Fraction(0) for each in (before, now))
    sides = (_finished(before, earlier), _finished(now, later))
    for which, less in (("This round", earlier - later), ("The earlier round", later - earlier)):
        if less > FEWER_AUDITS:
            why = "Those not finished may be the ones with more problems."
            said = f"{which} finished a smaller share of its audits. {why}"
            return Check("Audits finished", sides, Verdict.PREVENTS, said)
    if min(earlier, later) < 1 - FEWER_AUDITS:
        return Check("Audits finished", sides, Verdict.NOTE, "Neither figure says anything about unfinished audits.")
    return Check("Audits finished", sides, Verdict.ALIKE, "Both rounds finished a similar share of their audits.")


def _choice_of_cases(now: HowAudited, before: HowAudited) -> Check:
    sides = ("Drawn at random" if before.drawn else "Selected", "Drawn at random" if now.drawn else "Selected")
    label = "Choice of cases"
    if bool(now.drawn) != bool(before.drawn):
        said = "One round drew its cases at random and the other did not, so the cases may differ in kind."
        return Check(label, sides, Verdict.PREVENTS, said)
    if not now.drawn:
        return Check(label, sides, Verdict.NOTE, "Cases were not drawn at random, so they may differ in kind.")
    if now.drawn != before.drawn:
        return Check(label, sides, Verdict.PREVENTS, "The samples were drawn from different kinds of cases.")
    if now.strata != before.strata:
        said = "The samples were divided into parts in different ways. Weighted shares take account of that."
        return Check(label, sides, Verdict.NOTE, said)
    return Check(label, sides, Verdict.ALIKE, "Both samples were drawn in the same way.")


def _kinds_of_cases(now: HowAudited, before: HowAudited) -> Iterator[Check]:
    for name in sorted(now.kinds.keys() & before.kinds.keys()):
        said = "The audited cases differ in kind."
        yield _mix(f"Cases by {name}", now.kinds[name], before.kinds[name], said)


def _modes(now: HowAudited, before: HowAudited) -> Check:
    return _mix("Audit method", now.modes, before.modes, "Audits were done in a different way.")


def _mix(label: str, now: Mapping[str, int], before: Mapping[str, int], differs: str) -> Check:
    """Compare two sets of audits by kind: by the kind whose share differs most."""
    of_now, of_before = sum(now.values()), sum(before.values())
    if not of_now or not of_before:
        return Check(label, ("", ""), Verdict.NOTE, "One of the rounds has no audits.")
    numbers = {kind: (before.get(kind, 0), now.get(kind, 0)) for kind in sorted({*now, *before})}
    shares = {kind: (Fraction(was, of_before), Fraction(is_now, of_now)) for kind, (was, is_now) in numbers.items()}
    most = max(shares, key=lambda kind: abs(shares[kind][1] - shares[kind][0]))
    sides = (f"{most}: {in_percent(shares[most][0])}", f"{most}: {in_percent(shares[most][1])}")
    difference = abs(shares[most][1] - shares[most][0])
    was, is_now = numbers[most]
    low, high = newcombe_difference(is_now, of_now, was, of_before, confidence=SURE)
    if difference > OTHER_KINDS and (low > 0 or high < 0):
        return Check(label, sides, Verdict.PREVENTS, differs)
    if difference > OTHER_KINDS / 2:
        return Check(label, sides, Verdict.NOTE, "They differ, but that may be chance.")
    return Check(label, sides, Verdict.ALIKE, "They are similar.")


def _auditors(now: HowAudited, before: HowAudited) -> Check:
    share = _share_of_the_same(now, before)
    sides = (_people(len(before.auditors)), _people(len(now.auditors)))
    label = "Auditors"
    said = f"{in_percent(share)} of the audits in this round are by people who also audited the earlier round."
    if share >= FEW_OF_THE_SAME:
        return Check(label, sides, Verdict.ALIKE, said)
    if now.share_moderated < FEW_CHECKED:
        more = " Too few audits were moderated to tell whether the new auditors are milder."
        return Check(label, sides, Verdict.PREVENTS, said + more)
    return Check(label, sides, Verdict.NOTE, f"{said} Moderation shows how mild they are.")


def _share_of_the_same(now: HowAudited, before: HowAudited) -> Fraction:
    made = sum(now.auditors.values())
    same = sum(number for auditor, number in now.auditors.items() if auditor in before.auditors)
    return Fraction(same, made) if made else Fraction(0)


def _checking(now: HowAudited, before: HowAudited, milder: Fraction) -> Check:
    sides = (_checked(before), _checked(now))
    label = "Moderation"
    if abs(milder) < WORTH_SAYING:
        if not now.moderated and not before.moderated:
            return Check(label, sides, Verdict.NOTE, "Neither round was moderated.")
        return Check(label, sides, Verdict.ALIKE, "Moderation corrected both rounds to a similar extent.")
    which, how = ("this round", "a rise") if milder > 0 else ("the earlier round", "a fall")
    said = (
        f"Answers that nobody checked may be too good, more so in {which}: {how} of up to "
        f"{in_figures(abs(100 * milder), 1)} percentage points may come from that alone."
    )
    return Check(label, sides, Verdict.NOTE, said)


def _milder(now: HowAudited, before: HowAudited) -> Fraction:
    """How much larger the share of answers that are too good may be in the later round than in the earlier, in parts of
    1.

    Answers that nobody checked are assumed to be too good as often as checked ones. A round with too few reviews to say
    is assumed to be as mild as the other.
    """
    rates = [each.lowered_by_reviews for each in (now, before)]
    known = [rate for rate in rates if rate is not None]
    if not known:
        return Fraction(0)
    left = [
        (1 - each.share_moderated) * (known[0] if rate is None else rate)
        for each, rate in zip((now, before), rates, strict=True)
    ]
    return left[0] - left[1]


def _checked(each: HowAudited) -> str:
    if not each.moderated:
        return "None moderated"
    changed = each.lowered + each.raised
    return (
        f"{in_percent(each.share_moderated)} of audits moderated; {changed:,} of {each.reviewed:,} answers moved "
        "across the standard"
    )


def _finished(each: HowAudited, share: Fraction) -> str:
    return f"{each.counted:,} of {each.planned:,} audits ({in_percent(share)})"


def _people(number: int) -> str:
    return plural(number, "person", "people")
