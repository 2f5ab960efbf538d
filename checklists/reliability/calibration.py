"""Results of a calibration exercise: the scores of a practice case by all participants, beside the agreed answers.

One practice case represents only itself. Its figures say how far these people agree about it, so none has an interval,
and nobody's shift is enough to call them generous or severe.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from checklists.reliability.agreement import Unit, agreement, place, places
from checklists.reliability.coefficients import Measure
from checklists.reliability.optimism import Shift, shift
from checklists.templates.scale import NOT_APPLICABLE, NOT_EVIDENCED
from checklists.templates.template import Template

Answers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ThemeSpread:
    """The answers of participants to one theme.

    `counts` holds every possible answer, best first, including those with 0. `modes` are the most frequent answers,
    best first: several where they tie, none where nobody answered. `exact` is the share of all pairs of readings that
    are the same answer; None where fewer than two are readings (see `agreement.place`).
    """

    theme: str
    counts: Mapping[str, int]
    unanswered: int
    modes: tuple[str, ...]
    exact: Fraction | None


@dataclass(frozen=True, slots=True)
class Spread:
    """The answers of participants to every theme, in the order of the template.

    `exact` is the mean over themes of their own share; `alpha_nominal` and `alpha_ordinal` are Krippendorff's, with
    themes as units. None where no theme was read twice; an alpha is None too where all readings are the same answer.
    """

    n_participants: int
    themes: tuple[ThemeSpread, ...]
    exact: Fraction | None
    alpha_nominal: Fraction | None
    alpha_ordinal: Fraction | None


@dataclass(frozen=True, slots=True)
class ParticipantResult:
    """One participant's answers compared with the agreed ones.

    `n_compared` themes have both, and in `n_same` of them they are equal. `shift` is of those where both are readings:
    above 0 the participant was more generous than agreed. `n_apart_on_reading` counts those where one of the two is not
    a reading, for example not applicable beside a rating: their difference has no number of grades.
    """

    n_compared: int
    n_same: int
    n_apart_on_reading: int
    shift: Shift


def spread(template: Template, handed_in: Mapping[str, Answers]) -> Spread:
    """The spread of participants' answers, from each one's answers by theme.

    KeyError for an answer or a theme that is not in the template.
    """
    for answers in handed_in.values():
        _check_themes(template, answers)
    themes = [theme.key for theme in template.themes]
    units: list[Unit] = [
        {who: place(template, given.get(theme)) for who, given in handed_in.items()} for theme in themes
    ]
    figures = agreement(
        units,
        places(template),
        cases=["the practice case"] * len(units),
        measures=(Measure.EXACT, Measure.ALPHA_NOMINAL, Measure.ALPHA_ORDINAL),
    )
    return Spread(
        n_participants=len(handed_in),
        themes=tuple(_theme_spread(template, theme, handed_in) for theme in themes),
        exact=figures[Measure.EXACT].value,
        alpha_nominal=figures[Measure.ALPHA_NOMINAL].value,
        alpha_ordinal=figures[Measure.ALPHA_ORDINAL].value,
    )


def participant_result(template: Template, given: Answers, agreed: Answers) -> ParticipantResult:
    """One participant's answers compared with the agreed ones, theme by theme.

    KeyError for an answer or a theme that is not in the template.
    """
    _check_themes(template, given)
    _check_themes(template, agreed)
    both = [theme.key for theme in template.themes if theme.key in given and theme.key in agreed]
    pairs = [(place(template, given[theme]), place(template, agreed[theme])) for theme in both]
    return ParticipantResult(
        n_compared=len(both),
        n_same=sum(given[theme] == agreed[theme] for theme in both),
        n_apart_on_reading=sum((one is None) != (other is None) for one, other in pairs),
        shift=shift(pairs, cases=["the practice case"] * len(pairs)),
    )


def _check_themes(template: Template, answers: Answers) -> None:
    for theme in answers:
        if not template.has_theme(theme):
            raise KeyError(theme)


def _theme_spread(template: Template, theme: str, handed_in: Mapping[str, Answers]) -> ThemeSpread:
    given = Counter(answers[theme] for answers in handed_in.values() if theme in answers)
    order = [*(rating.key for rating in template.scale.ratings), NOT_EVIDENCED, NOT_APPLICABLE]
    most = max(given.values(), default=0)
    read: Counter[int] = Counter()
    for answer, times in given.items():
        if (stands := place(template, answer)) is not None:
            read[stands] += times
    n = read.total()
    return ThemeSpread(
        theme=theme,
        counts={answer: given[answer] for answer in order},
        unanswered=len(handed_in) - given.total(),
        modes=tuple(answer for answer in order if most and given[answer] == most),
        exact=Fraction(sum(times * (times - 1) for times in read.values()), n * (n - 1)) if n >= 2 else None,
    )
