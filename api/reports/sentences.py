"""Sentences about gaps in plain English, computed from the figures alone."""

from collections.abc import Sequence
from fractions import Fraction

from api.documents.document import FEW_CASES, NOTHING, Cell, Tone, percent, share_of
from checklists.plurals import plural
from checklists.reports.gaps import Gap, GapState, by_widest_gap
from checklists.statistics.rounding import in_figures, rounded
from checklists.templates.scale import RatingScale


def headline(gaps: Sequence[Gap], *, opening: str, target: Fraction | None) -> str:
    """The report in a few sentences. `opening` begins the first, as in "58 audits counted"."""
    known = [gap for gap in gaps if gap.state is not GapState.TOO_FEW and gap.share_meeting is not None]
    if not known:
        return f"{opening}, too few to draw a conclusion about any theme."
    if target is None:
        return _without_target(known, len(gaps), opening)
    aim = in_percent(target)
    short = [gap for gap in known if gap.state is GapState.GAP]
    maybe = [gap for gap in known if gap.state is GapState.POSSIBLE_GAP]
    sentences = [f"{opening}. {_how_many(len(short), len(maybe), len(known), aim)}"]
    worst = by_widest_gap(known)[0]
    if short or maybe:
        sentences.append(
            f"The largest gap is in {_named(worst)}: {share_in_words(worst)} met the standard, "
            f"{_points_in_words(worst.gap or Fraction(0))} percentage points below the target."
        )
    best = max(known, key=lambda gap: gap.share_meeting or Fraction(0))
    if best is not worst:
        sentences.append(f"Practice is strongest in {_named(best)}: {share_in_words(best)} met the standard.")
    return " ".join([*sentences, *_unsaid(len(gaps) - len(known))])


def _without_target(known: Sequence[Gap], number: int, opening: str) -> str:
    """The report of a round that has no target yet: which theme is weakest, and which strongest."""
    by_share = sorted(known, key=lambda gap: gap.share_meeting or Fraction(0))
    weakest, strongest = by_share[0], by_share[-1]
    sentences = [
        f"{opening}. There is no target yet.",
        f"Practice is weakest in {_named(weakest)}: {share_in_words(weakest)} met the standard.",
    ]
    if strongest is not weakest:
        sentences.append(f"Practice is strongest in {_named(strongest)}: {share_in_words(strongest)} met the standard.")
    return " ".join([*sentences, *_unsaid(number - len(known))])


def _unsaid(few: int) -> list[str]:
    return [f"{plural(few, 'theme')} had too few answers to draw a conclusion."] if few else []


def lowest_sentence(gaps: Sequence[Gap], scale: RatingScale, lowest: Fraction | None, *, minimum: int) -> str:
    """In how many themes more than the largest share that the round allows is at the lowest rating; "" if it says none.

    Themes with fewer than `minimum` applicable answers are not judged.
    """
    if lowest is None:
        return ""
    judged = [gap for gap in gaps if gap.applicable >= minimum]
    over = [gap for gap in judged if Fraction(gap.counts[scale.worst], gap.applicable) > lowest]
    limit = f"the limit of {in_percent(lowest)} {scale.label(scale.worst)}"
    if not over:
        return f"No theme with enough answers is above {limit}."
    names = ", ".join(_named(gap) for gap in over)
    return f"{len(over)} of {plural(len(judged), 'theme')} {'is' if len(over) == 1 else 'are'} above {limit}: {names}."


def strengths(gaps: Sequence[Gap]) -> tuple[Gap, ...]:
    """The themes on target, the highest share first."""
    on_target = [gap for gap in gaps if gap.state is GapState.ON_TARGET]
    return tuple(sorted(on_target, key=lambda gap: gap.share_meeting or Fraction(0), reverse=True))


def gap_share(gap: Gap, *, digits: int = 0, tone: Tone = Tone.NONE, href: str = "") -> Cell:
    """The share meeting the standard. With few answers or few audits, the numbers come before it: "7 of 9 (78%)"."""
    if gap.share_meeting is None:
        return NOTHING
    few = min(gap.applicable, gap.audits) < FEW_CASES
    return share_of(gap.meeting, gap.applicable, digits=digits, few=few, tone=tone, href=href)


def share_in_words(gap: Gap) -> str:
    """The same for a sentence: "78%", or "7 of 9 (78%)"."""
    return gap_share(gap).text or "–"


def lowered(label: str) -> str:
    """A label within a sentence: its first letter small, the others as they are."""
    return f"{label[:1].lower()}{label[1:]}"


def in_percent(share: Fraction | None) -> str:
    """A share of 1 as a percentage in a sentence."""
    return percent(share).text or "–"


def _points_in_words(gap: Fraction) -> str:
    """A gap in whole percentage points; a smaller one with a decimal, so that it does not read as none."""
    points = 100 * gap
    return in_figures(points, 0 if rounded(points) else 1)


def _how_many(short: int, maybe: int, known: int, aim: str) -> str:
    if not short and not maybe:
        return f"Every theme with enough answers met the {aim} target."
    if not short:
        return f"No theme is clearly below the {aim} target, but {maybe} of {known} may be."
    also = f", and {maybe} more may be" if maybe else ""
    return f"{short} of {known} themes {'is' if short == 1 else 'are'} below the {aim} target{also}."


def _named(gap: Gap) -> str:
    return f"“{gap.label}”"
