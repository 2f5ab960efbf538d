"""What audits answered to a question, in words that can be quoted."""

from fractions import Fraction

from api.documents.document import share_of
from api.reports.gaps.columns import interval
from checklists.reports.questions import MonthSummary, NumberSummary, QuestionCounts
from checklists.statistics.rounding import rounded
from checklists.templates.asks import Words
from checklists.templates.scale import NOT_APPLICABLE, NOT_ASKED, NOT_ASKED_LABEL, NOT_EVIDENCED, RESERVED_LABELS
from checklists.templates.template import Question

_BESIDE = (NOT_EVIDENCED, NOT_APPLICABLE, NOT_ASKED)


def question_sentence(found: QuestionCounts, words: Words) -> str:
    """The question with its answer: "Was the child seen alone? Yes in 28 of 40 case files (70%, 95% interval …)."."""
    question = found.question
    if not found.applicable:
        return f"{question.text} {_nobody(found, words)}"
    parts = [_meeting(found, words)] if found.meeting is not None else []
    if said := _described(found):
        parts.append(said if parts else f"{said}, of {_units(found.applicable, words)}")
    sentence = "; ".join(parts)
    return f"{question.text} {sentence[:1].upper()}{sentence[1:]}.{_beside(found)}"


def answer_label(question: Question, answer: str) -> str:
    """An answer, or that there is none, as people read it."""
    return NOT_ASKED_LABEL if answer == NOT_ASKED else question.label_of(answer)


def answers_in_words(found: QuestionCounts) -> str:
    """Every answer with its number, or numbers and months in short: "Yes 28, No 12"."""
    if found.question.kind.is_chosen:
        given = [(answer, number) for answer, number in found.counts.items() if answer not in _BESIDE]
        return ", ".join(f"{found.question.label_of(answer)} {number:,}" for answer, number in given)
    said = _described(found)
    return f"{said[:1].upper()}{said[1:]}"


def number_in_words(number: Fraction) -> str:
    """A median or quartile: whole, or with one decimal."""
    shown = rounded(number, 1)
    return f"{int(shown):,}" if shown.denominator == 1 else f"{float(shown):,}"


def numbers_in_words(found: NumberSummary) -> str:
    """A median with what is known of how the numbers spread."""
    said = [f"median {number_in_words(found.median)}"]
    if found.quartiles is not None:
        low, high = map(number_in_words, found.quartiles)
        said.append(f"the middle half from {low} to {high}")
    if found.ends is not None:
        said.append(f"all from {found.ends[0]:,} to {found.ends[1]:,}")
    return ", ".join(said)


def _described(found: QuestionCounts) -> str:
    """What is known of the answers themselves; for those chosen, only where no standard says more."""
    if found.numbers is not None:
        return numbers_in_words(found.numbers)
    if found.months is not None:
        return _months(found, found.months)
    if found.meeting is not None or not found.question.kind.is_chosen:
        return ""
    given = [(answer, number) for answer, number in found.counts.items() if number and answer not in _BESIDE]
    return ", ".join(f"{found.question.label_of(answer)} in {number:,}" for answer, number in given)


def _months(found: QuestionCounts, months: MonthSummary) -> str:
    years = ", ".join(f"{year} in {number:,}" for year, number in months.years.items())
    if months.ends is None:
        return years
    oldest, newest = map(found.question.label_of, months.ends)
    return f"{years}; the oldest {oldest}, the newest {newest}"


def _meeting(found: QuestionCounts, words: Words) -> str:
    """How many meet the standard, with the share and its interval in one pair of brackets."""
    number = found.meeting or 0
    share = share_of(number, found.applicable, few=False).text
    ends = interval(found.meeting_interval)
    of = f"{number:,} of {_units(found.applicable, words)} ({share}, 95% interval {ends})"
    return f"{found.question.standard_in_words} in {of}"


def _nobody(found: QuestionCounts, words: Words) -> str:
    if not found.asked:
        return f"Not asked for any {words.unit}."
    return f"Not applicable to any of {_units(found.asked, words)}."


def _beside(found: QuestionCounts) -> str:
    """The answers that are no answers, where there are any."""
    said = [
        f"{(RESERVED_LABELS.get(answer) or NOT_ASKED_LABEL).lower()} in {number:,}"
        for answer in _BESIDE
        if (number := found.number(answer))
    ]
    sentence = ", ".join(said)
    return f" {sentence[:1].upper()}{sentence[1:]}." if sentence else ""


def _units(number: int, words: Words) -> str:
    return f"{number:,} {words.unit if number == 1 else words.units}"
