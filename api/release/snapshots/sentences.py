"""Sentences about released figures: each is true of every table that may be behind them."""

from collections.abc import Sequence
from fractions import Fraction

from api.reports.sentences import in_percent
from checklists.plurals import plural
from checklists.release.certain import CertainGap, has_enough, may_be_strongest, may_be_widest
from checklists.reports.gaps import GapState

MOST_NAMED = 3
UNTOLD = "is not certain from the released figures"


def released_headline(gaps: Sequence[CertainGap], *, opening: str, target: Fraction | None, minimum: int) -> str:
    """The report in a few sentences. `opening` begins the first, as in "58 audits counted"."""
    return " ".join(
        [
            f"{opening}.",
            "There is no target yet." if target is None else _how_many(gaps, in_percent(target)),
            *_widest(gaps, target, minimum),
            *_strongest(gaps, minimum),
        ]
    )


def certain_strengths(gaps: Sequence[CertainGap]) -> list[CertainGap]:
    """The themes that are on target for certain, the highest released share first."""
    found = [gap for gap in gaps if gap.state is GapState.ON_TARGET and gap.share_meeting is not None]
    return sorted(found, key=lambda gap: gap.share_meeting or 0, reverse=True)


def about(gap: CertainGap) -> str:
    """A released share, as "about 62%"."""
    return f"about {in_percent(gap.share_meeting)}"


def _how_many(gaps: Sequence[CertainGap], aim: str) -> str:
    states = [gap.state for gap in gaps]
    short, maybe, on_target = (
        states.count(state) for state in (GapState.GAP, GapState.POSSIBLE_GAP, GapState.ON_TARGET)
    )
    told = [
        f"{plural(short, 'is', 'are')} below the {aim} target" if short else "",
        f"{maybe} may be below it" if maybe else "",
        f"{plural(on_target, 'meets', 'meet')} it" if on_target else "",
    ]
    said = [each for each in told if each]
    rest = len(gaps) - short - maybe - on_target
    if not said:
        return f"Which of the {len(gaps)} themes meet the {aim} target {UNTOLD}."
    if not short:
        said[0] = said[0].replace(" it", f" the {aim} target", 1)
    first = f"Of {plural(len(gaps), 'theme')}, {'at least ' if rest else ''}{_listed(said, 'and')}"
    return f"{first}; for {rest} it {UNTOLD}." if rest else f"{first}."


def _widest(gaps: Sequence[CertainGap], target: Fraction | None, minimum: int) -> list[str]:
    least = 1 if target is None else target
    if not any(gap.between[1] < least and has_enough(gap, minimum) for gap in gaps):
        return []
    found = may_be_widest(gaps, minimum=minimum)
    begins = "Practice is weakest in" if target is None else "The largest gap is in"
    if len(found) == 1:
        return [f"{begins} “{found[0].label}”: {about(found[0])} met the standard."]
    if len(found) <= MOST_NAMED:
        return [f"{begins} {_one_of(found)}."]
    return [f"Where {'practice is weakest' if target is None else 'the gap is largest'} {UNTOLD}."]


def _strongest(gaps: Sequence[CertainGap], minimum: int) -> list[str]:
    found = may_be_strongest(gaps, minimum=minimum)
    if len(found) == 1 and found[0].share_meeting is not None:
        return [f"Practice is strongest in “{found[0].label}”: {about(found[0])} met the standard."]
    if 1 < len(found) <= MOST_NAMED:
        return [f"Practice is strongest in {_one_of(found)}."]
    return [f"Where practice is strongest {UNTOLD}."]


def _one_of(gaps: Sequence[CertainGap]) -> str:
    return f"{_listed([f'“{gap.label}”' for gap in gaps], 'or')}: the released figures do not show which"


def _listed(parts: Sequence[str], word: str) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {word} {parts[-1]}"
