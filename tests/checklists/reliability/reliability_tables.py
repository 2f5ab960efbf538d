"""Tables of readings whose agreement has been published, typed here with where each comes from.

A row is a unit, an entry what one reader answered, None where that reader gave no answer. Answers are counted from 0.
"""

from collections.abc import Sequence
from typing import Final

from checklists.reliability.coefficients import Measure

Readings = Sequence[Sequence[int | None]]


def by_reader(*lines: str) -> Readings:
    """Units from one line a reader; a full stop is no answer, and the first letter or number is answer 0."""
    rows = [line.split() for line in lines]
    named = sorted({answer for row in rows for answer in row} - {"."})
    return [[None if answer == "." else named.index(answer) for answer in unit] for unit in zip(*rows, strict=True)]


def from_counts(*rows: str) -> Readings:
    """Units from how many readers gave each answer; which reader gave which is not known."""
    return [[answer for answer, times in enumerate(map(int, row.split())) for _ in range(times)] for row in rows]


def from_table(*rows: str) -> Readings:
    """Units of two readers, from how many got each pair of answers: rows are the first reader's."""
    counts = [list(map(int, row.split())) for row in rows]
    return [
        [first, second] for first, row in enumerate(counts) for second, times in enumerate(row) for _ in range(times)
    ]


# K. Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), part C: four observers, twelve units, with gaps.
# The same in K. L. Gwet, Handbook of Inter-Rater Reliability (2014), for AC1 and the generalised kappa of Fleiss.
FOUR_OBSERVERS: Final = by_reader(
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
)
# The same, parts A (two observers, two answers) and B (two observers, five answers without order).
TWO_OBSERVERS_TWO_ANSWERS: Final = by_reader("0 1 0 0 0 0 0 0 1 0", "1 1 1 0 0 1 0 0 0 0")
TWO_OBSERVERS_FIVE_ANSWERS: Final = by_reader("a a b b d c c c e d d a", "b a b b b c c c e d d d")

# Wikipedia, "Krippendorff's alpha": three coders, fifteen units, with gaps.
THREE_CODERS: Final = by_reader(
    ". . . . . 3 4 1 2 1 1 3 3 . 3",
    "1 . 2 1 3 3 4 3 . . . . . . .",
    ". . 2 1 3 4 4 . 2 1 1 3 3 . 4",
)

# J. L. Fleiss, Measuring nominal scale agreement among many raters, Psychological Bulletin 76 (1971), 378-382:
# thirty patients, six psychiatrists, five diagnoses.
SIX_PSYCHIATRISTS: Final = from_counts(
    "0 0 0 6 0", "0 3 0 0 3", "0 1 4 0 1", "0 0 0 0 6", "0 3 0 3 0", "2 0 4 0 0", "0 0 4 0 2", "2 0 3 1 0",
    "2 0 0 4 0", "0 0 0 0 6", "1 0 0 5 0", "1 1 0 4 0", "0 3 3 0 0", "1 0 0 5 0", "0 2 0 3 1", "0 0 5 0 1",
    "3 0 0 1 2", "5 1 0 0 0", "0 2 0 4 0", "1 0 2 0 3", "0 0 0 0 6", "0 1 0 5 0", "0 2 0 1 3", "2 0 0 4 0",
    "1 0 0 4 1", "0 5 0 1 0", "4 0 0 0 2", "0 2 0 4 0", "1 0 5 0 0", "0 0 0 0 6",
)  # fmt: skip

# Wikipedia, "Fleiss' kappa": ten subjects, fourteen raters, five answers.
FOURTEEN_RATERS: Final = from_counts(
    "0 0 0 0 14", "0 2 6 4 2", "0 0 3 5 6", "0 3 9 2 0", "2 2 8 1 1",
    "7 7 0 0 0", "3 2 6 3 0", "2 5 3 2 2", "6 5 2 1 0", "0 2 2 3 7",
)  # fmt: skip

# J. Cohen, Weighted kappa, Psychological Bulletin 70 (1968), 213-220, table 1: two judges, three diagnoses, n = 200,
# given there as parts of 1; and what each disagreement weighs there.
TWO_JUDGES: Final = from_table("88 14 18", "10 40 10", "2 6 12")
WEIGHTS_OF_TWO_JUDGES: Final = (0, 1, 3, 1, 0, 6, 3, 6, 0)

# K. L. Gwet, Handbook of Inter-Rater Reliability (2014): two abstractors, a hundred women, three kinds of pregnancy.
TWO_ABSTRACTORS: Final = from_table("13 0 0", "0 20 7", "0 4 56")

# The example of SAS/STAT that statsmodels tests its kappa by: two readers, three answers.
TWO_READERS_OF_SAS: Final = from_table("0 4 1", "0 8 0", "0 1 5")

# To the digits published. Those of 2011, of Wikipedia and of Cohen were recalled, and confirmed by recomputing them.
PUBLISHED: Final = [
    (FOUR_OBSERVERS, 5, Measure.EXACT, "0.818"),
    (FOUR_OBSERVERS, 5, Measure.ALPHA_NOMINAL, "0.743"),
    (FOUR_OBSERVERS, 5, Measure.ALPHA_ORDINAL, "0.815"),
    (FOUR_OBSERVERS, 5, Measure.ALPHA_INTERVAL, "0.849"),
    (FOUR_OBSERVERS, 5, Measure.AC1, "0.775"),
    (FOUR_OBSERVERS, 5, Measure.FLEISS, "0.761"),
    (TWO_OBSERVERS_TWO_ANSWERS, 2, Measure.ALPHA_NOMINAL, "0.095"),
    (TWO_OBSERVERS_FIVE_ANSWERS, 5, Measure.ALPHA_NOMINAL, "0.692"),
    (THREE_CODERS, 4, Measure.ALPHA_NOMINAL, "0.691"),
    (THREE_CODERS, 4, Measure.ALPHA_INTERVAL, "0.811"),
    (SIX_PSYCHIATRISTS, 5, Measure.FLEISS, "0.430"),
    (SIX_PSYCHIATRISTS[:15], 5, Measure.FLEISS, "0.4139"),
    (SIX_PSYCHIATRISTS[:15], 5, Measure.AC1, "0.4448"),
    (SIX_PSYCHIATRISTS[:15], 5, Measure.ALPHA_NOMINAL, "0.4204"),
    (FOURTEEN_RATERS, 5, Measure.FLEISS, "0.210"),
    (TWO_JUDGES, 3, Measure.KAPPA, "0.492"),
    (TWO_READERS_OF_SAS, 3, Measure.KAPPA, "0.4842"),
    (TWO_READERS_OF_SAS, 3, Measure.KAPPA_LINEAR, "0.4701"),
    (TWO_ABSTRACTORS, 3, Measure.KAPPA, "0.7964"),
    (TWO_ABSTRACTORS, 3, Measure.AC1, "0.8493"),
    (TWO_ABSTRACTORS, 3, Measure.ALPHA_NOMINAL, "0.7973"),
]
