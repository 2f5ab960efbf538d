"""Sentences about measures of agreement, for readers without statistics."""

from collections.abc import Sequence
from typing import Final

from checklists.plurals import plural
from checklists.reliability.agreement import AgreementState, Coefficient
from checklists.reliability.optimism import Shift, ShiftState
from checklists.statistics.rounding import in_figures, in_percent

# The steps are those of J. R. Landis and G. G. Koch, Biometrics 33 (1977), 159-174: conventions, not tests. The words
# are ours: "good" and "fair" would be mistaken for ratings.
BANDS: Final[Sequence[tuple[float, str]]] = (
    (0.8, "almost completely"),
    (0.6, "much more than by chance"),
    (0.4, "clearly more than by chance"),
    (0.2, "somewhat more than by chance"),
    (0.0, "a little more than by chance"),
)


def in_words(coefficient: Coefficient) -> str:
    """A sentence or two, based on the low end of the interval: how far readers agree at least, not at best."""
    cases = plural(coefficient.n_cases, "case")
    match coefficient.state:
        case AgreementState.NO_DATA:
            return "No cases have been read twice yet."
        case AgreementState.TOO_FEW:
            return f"Too few to say: {cases} read by 2 or more people."
        case AgreementState.NO_VARIATION:
            return (
                f"Not defined: every answer in {cases} was the same, so the figure cannot show "
                "whether readers distinguish between cases."
            )
        case AgreementState.DEFINED if coefficient.measure.is_share:
            return _share_in_words(coefficient, cases)
        case AgreementState.DEFINED:
            return _beyond_chance_in_words(coefficient, cases)


def _beyond_chance_in_words(coefficient: Coefficient, cases: str) -> str:
    if coefficient.interval is None:
        return f"The answers in {cases} vary too little to tell agreement from chance."
    low, _ = coefficient.interval
    shown = in_figures(low, 2)
    come = "give the same or similar answers" if coefficient.measure.counts_distance else "agree"
    for least, how_much in BANDS:
        if low > least:
            return f"Readers {come} {how_much}: {shown} at the low end (from {cases})."
    return f"Readers may {come} no more than by chance: {shown} at the low end (from {cases})."


def _share_in_words(coefficient: Coefficient, cases: str) -> str:
    if coefficient.value is None or coefficient.interval is None:
        raise ValueError("a share has a value and an interval wherever a case was read twice")
    low, high = coefficient.interval
    what = (
        "the same answer or the next answer on the scale" if coefficient.measure.counts_distance else "the same answer"
    )
    return (
        f"Two readers gave {what} in {in_percent(coefficient.value)} of readings (likely range "
        f"{in_percent(low)} to {in_percent(high)}, from {cases})."
    )


def shift_in_words(shift: Shift) -> str:
    """One or two sentences on how generous the answers were, based on the interval."""
    audits = plural(shift.n_cases, "audit")
    if shift.mean is None:
        return "No answers have been agreed yet."
    if shift.state is ShiftState.TOO_FEW or shift.interval is None:
        return f"Too few to say: {audits} with agreed answers."
    size = in_figures(abs(shift.mean), 2)
    ends = " to ".join(in_figures(end, 2, signed=True) for end in shift.interval)
    between = f"from {ends} of a rating, {audits}"
    changed = f"{plural(shift.lowered, 'answer')} of {shift.n_answers} lowered, {shift.raised} raised"
    if shift.state is ShiftState.GENEROUS:
        return f"Ratings higher than the agreed answers by {size} of a rating ({between}); {changed}."
    if shift.state is ShiftState.SEVERE:
        return f"Ratings lower than the agreed answers by {size} of a rating ({between}); {changed}."
    return f"No clear shift ({between}); {changed}."
