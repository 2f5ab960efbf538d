"""What many audits answered to the questions under themes: counts, shares, medians, and the compliance percentage."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from checklists.statistics.intervals import wilson
from checklists.templates.questions import LARGEST_NUMBER, Question, QuestionKind
from checklists.templates.scale import NOT_APPLICABLE, NOT_ASKED, NOT_EVIDENCED
from checklists.templates.template import Template

# Fewer numbers than these have no quartiles worth the name, and a range that is the answer of single audits.
FEWEST_FOR_QUARTILES: Final = 5
FEWEST_FOR_A_RANGE: Final = 10
_NO_VALUE: Final = frozenset({NOT_EVIDENCED, NOT_APPLICABLE, NOT_ASKED})


@dataclass(frozen=True, slots=True)
class NumberSummary:
    """Numbers in short: how many there are, their median, quartiles and range; the last two are None for few."""

    n: int
    median: Fraction
    quartiles: tuple[Fraction, Fraction] | None
    ends: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class MonthSummary:
    """Months in short: how many there are, how many are in each year, and the oldest and newest; None for few."""

    n: int
    years: Mapping[int, int]
    ends: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class QuestionCounts:
    """The answers of some audits to one question.

    `counts` holds every answer that can be chosen in the question's order, or every number or month that occurs,
    smallest first; then "not evidenced", and "not applicable" and "not asked" where they can be. `asked` leaves out
    the audits that were not asked it; `applicable` also the ones to which it does not apply. `meeting`, the share and
    the ends of its Wilson 95% interval (parts of 1) are None for a question without a standard, and the last two where
    nothing is applicable.
    """

    question: Question
    counts: Mapping[str, int]
    asked: int
    applicable: int
    meeting: int | None
    share_meeting: Fraction | None
    meeting_interval: tuple[float, float] | None
    numbers: NumberSummary | None
    months: MonthSummary | None

    def number(self, answer: str) -> int:
        """How many audits gave this answer."""
        return self.counts.get(answer, 0)


@dataclass(frozen=True, slots=True)
class ComplianceShare:
    """Of all applicable answers to questions with a standard, the ones that meet it, and the template's band for that.

    The share is a part of 1, and None where nothing is applicable; `band` is "" under the lowest.
    """

    applicable: int
    meeting: int
    share: Fraction | None
    band: str


def count_questions(template: Template, tallies: Mapping[tuple[str, str], int]) -> tuple[QuestionCounts, ...]:
    """What these tallies by question and answer say of every question, in template order.

    ValueError for a question or an answer that the template does not have, and for a negative number.
    """
    by_question: dict[str, dict[str, int]] = {question.key: {} for question in template.questions}
    for (key, answer), number in tallies.items():
        if key not in by_question or not is_counted_answer(template.question(key), answer):
            raise ValueError("a tally of a question or an answer that the template does not have")
        if number < 0:
            raise ValueError("a tally is never negative")
        by_question[key][answer] = number
    conditional = {
        question.key
        for domain in template.learning_domains
        for theme in domain.themes
        for question in theme.questions
        if domain.applies_when or theme.applies_when or question.applies_when
    }
    return tuple(
        _counted(question, by_question[question.key], conditional=question.key in conditional)
        for question in template.questions
    )


def is_counted_answer(question: Question, answer: str) -> bool:
    """Whether an audit can say this of the question: an answer, "not applicable", or that it was not asked."""
    if question.kind.is_number and answer.isdecimal():
        return str(number := int(answer)) == answer and number <= LARGEST_NUMBER
    return answer in {NOT_ASKED, NOT_APPLICABLE} or question.is_answer(answer)


def is_answered_alike(one: Question, other: Question) -> bool:
    """Whether two versions of a question have the same answers, so that their counts can be added."""
    return (one.kind, [choice.key for choice in one.offered]) == (other.kind, [choice.key for choice in other.offered])


def is_measured_alike(one: Question, other: Question) -> bool:
    """Whether two versions of a question have the same answers and the same standard."""
    standards = ((set(each.meets), each.at_least, each.at_most) for each in (one, other))
    return is_answered_alike(one, other) and next(standards) == next(standards)


def compliance_of(template: Template, found: Sequence[QuestionCounts]) -> ComplianceShare | None:
    """The compliance percentage of these counts; None for a template that asks for none."""
    if template.compliance is None:
        return None
    measured = [each for each in found if each.meeting is not None]
    applicable, meeting = sum(each.applicable for each in measured), sum(each.meeting or 0 for each in measured)
    if not applicable:
        return ComplianceShare(0, 0, None, "")
    share = Fraction(meeting, applicable)
    return ComplianceShare(applicable, meeting, share, template.compliance.band_of(float(100 * share)))


def _counted(question: Question, counts: Mapping[str, int], *, conditional: bool) -> QuestionCounts:
    asked = sum(counts.values()) - counts.get(NOT_ASKED, 0)
    applicable = asked - counts.get(NOT_APPLICABLE, 0)
    given = {answer: number for answer, number in counts.items() if answer not in _NO_VALUE}
    numbers = _numbers(given) if question.kind.is_number else None
    meets = question.meets_standard
    meeting = sum(number for answer, number in given.items() if meets(answer)) if question.has_standard else None
    known = meeting is not None and applicable > 0
    answers = [*_given(question, given, numbers), *_beside(question, counts, conditional=conditional)]
    return QuestionCounts(
        question=question,
        counts={answer: counts.get(answer, 0) for answer in answers},
        asked=asked,
        applicable=applicable,
        meeting=meeting,
        share_meeting=Fraction(meeting or 0, applicable) if known else None,
        meeting_interval=wilson(meeting or 0, applicable) if known else None,
        numbers=None if numbers is None else summary_of(numbers),
        months=_months(given) if question.kind is QuestionKind.MONTH else None,
    )


def _numbers(given: Mapping[str, int]) -> dict[int, int]:
    """How often each number was given, smallest first."""
    return dict(sorted((int(answer), number) for answer, number in given.items()))


def _given(question: Question, given: Mapping[str, int], numbers: Mapping[int, int] | None) -> list[str]:
    """The answers themselves, in the order to show."""
    if question.kind.is_chosen:
        return [choice.key for choice in question.offered]
    return sorted(given) if numbers is None else [str(number) for number in numbers]


def _beside(question: Question, counts: Mapping[str, int], *, conditional: bool) -> list[str]:
    """The answers that are none, where there can be any."""
    found = [NOT_EVIDENCED]
    if question.not_applicable or NOT_APPLICABLE in counts:
        found.append(NOT_APPLICABLE)
    if conditional or NOT_ASKED in counts:
        found.append(NOT_ASKED)
    return found


def summary_of(numbers: Mapping[int, int]) -> NumberSummary | None:
    """Numbers in short, from how often each occurs; None for none.

    Quartiles as method 7 of R. J. Hyndman and Y. Fan, "Sample quantiles in statistical packages", The American
    Statistician 50 (1996), 361-365, which spreadsheets call inclusive.
    """
    spread = [number for number, times in sorted(numbers.items()) for _ in range(times)]
    if not spread:
        return None
    n = len(spread)
    return NumberSummary(
        n=n,
        median=_quantile(spread, 2),
        quartiles=(_quantile(spread, 1), _quantile(spread, 3)) if n >= FEWEST_FOR_QUARTILES else None,
        ends=(spread[0], spread[-1]) if n >= FEWEST_FOR_A_RANGE else None,
    )


def _quantile(spread: Sequence[int], quarters: int) -> Fraction:
    place, rest = divmod(quarters * (len(spread) - 1), 4)
    below = spread[place]
    return Fraction(below) if not rest else below + Fraction(rest, 4) * (spread[place + 1] - below)


def _months(given: Mapping[str, int]) -> MonthSummary | None:
    months = {month: number for month, number in given.items() if number}
    if not months:
        return None
    years: Counter[int] = Counter()
    for month, number in months.items():
        years[int(month[:4])] += number
    n = sum(years.values())
    ends = (min(months), max(months)) if n >= FEWEST_FOR_A_RANGE else None
    return MonthSummary(n, dict(sorted(years.items())), ends)
