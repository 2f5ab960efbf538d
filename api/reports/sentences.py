"""Sentences about gaps in plain English, computed from the figures alone."""

from collections.abc import Sequence
from fractions import Fraction

from api.documents.document import half_up
from checklists.reports.gaps import Gap, GapState, by_widest_gap


def headline(gaps: Sequence[Gap], *, opening: str, target: Fraction) -> str:
    """The report in a few sentences. `opening` begins the first, as in "58 audits counted"."""
    known = [gap for gap in gaps if gap.state is not GapState.TOO_FEW and gap.share_meeting is not None]
    aim = in_percent(target)
    if not known:
        return f"{opening}, which is too few to say anything of a theme."
    short = [gap for gap in known if gap.state is GapState.GAP]
    maybe = [gap for gap in known if gap.state is GapState.POSSIBLE_GAP]
    sentences = [f"{opening}. {_how_many(len(short), len(maybe), len(known), aim)}"]
    worst = by_widest_gap(known)[0]
    if short or maybe:
        sentences.append(
            f"The widest gap is in {_named(worst)}: {in_percent(worst.share_meeting)} met the standard, "
            f"{float(half_up(100 * (worst.gap or Fraction(0)), 0)):.0f} points short of the target."
        )
    best = max(known, key=lambda gap: gap.share_meeting or Fraction(0))
    if best is not worst:
        sentences.append(f"Practice is strongest in {_named(best)}, at {in_percent(best.share_meeting)}.")
    few = len(gaps) - len(known)
    if few:
        sentences.append(f"{_themes(few)} had too few answers to say.")
    return " ".join(sentences)


def strengths(gaps: Sequence[Gap]) -> tuple[Gap, ...]:
    """The themes on target, the highest share first."""
    on_target = [gap for gap in gaps if gap.state is GapState.ON_TARGET]
    return tuple(sorted(on_target, key=lambda gap: gap.share_meeting or Fraction(0), reverse=True))


def in_percent(share: Fraction | None) -> str:
    """A share of 1 as a whole percentage, halves up."""
    return "–" if share is None else f"{float(half_up(100 * Fraction(share), 0)):.0f}%"


def _how_many(short: int, maybe: int, known: int, aim: str) -> str:
    if not short and not maybe:
        return f"Every theme that can be judged met the {aim} target."
    if not short:
        return f"No theme is clearly under the {aim} target; {maybe} of {known} may be."
    also = f", and {maybe} more may" if maybe else ""
    return f"{short} of {known} themes {'falls' if short == 1 else 'fall'} short of the {aim} target{also}."


def _named(gap: Gap) -> str:
    return f"“{gap.label}”"


def _themes(number: int) -> str:
    return "1 theme" if number == 1 else f"{number} themes"
