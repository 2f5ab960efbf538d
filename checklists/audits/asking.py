"""What an audit asks of one case: the themes and questions whose conditions hold, and why the others are not asked."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from checklists.templates.conditions import CaseAsAudited, Condition
from checklists.templates.template import Template


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked, in template order. `reasons`: why each theme or question that is not asked is not, by its key."""

    themes: tuple[str, ...]
    questions: tuple[str, ...]
    reasons: dict[str, str]


def what_is_asked(template: Template, case: CaseAsAudited) -> Asked:
    """The themes and questions that a case is asked.

    A question counts as an answer to a condition only when it is asked itself: the answer to one that is no longer
    asked holds nothing open. Not asking a learning domain leaves out its themes, and not asking a theme its questions.
    """
    themes: list[str] = []
    questions: list[str] = []
    reasons: dict[str, str] = {}
    answers: dict[str, str] = {}
    for domain in template.learning_domains:
        for theme in domain.themes:
            why_not = _why_not(template, [domain.applies_when, theme.applies_when], replace(case, answers=answers))
            if why_not:
                reasons |= dict.fromkeys((theme.key, *(question.key for question in theme.questions)), why_not)
                continue
            themes.append(theme.key)
            for question in theme.questions:
                why_not = _why_not(template, [question.applies_when], replace(case, answers=answers))
                if why_not:
                    reasons[question.key] = why_not
                    continue
                questions.append(question.key)
                if question.key in case.answers:
                    answers[question.key] = case.answers[question.key]
    return Asked(tuple(themes), tuple(questions), reasons)


def _why_not(template: Template, conditions: list[Condition | None], case: CaseAsAudited) -> str:
    failed = [condition for condition in conditions if condition is not None and not condition.holds(case)]
    return f"Asked only when {condition_in_words(template, failed[0])}." if failed else ""


def condition_in_words(template: Template, condition: Condition) -> str:
    """The condition for people to read, to follow the word "when"."""
    return ", and ".join(_parts_in_words(template, condition))


def _parts_in_words(template: Template, condition: Condition) -> Iterator[str]:
    if condition.statuses:
        yield f"the status is {_or([status.label for status in condition.statuses])}"
    if condition.age_bands:
        yield f"the age band is {_or([band.label for band in condition.age_bands])}"
    if condition.involves:
        yield f"the case involves {_or([template.harm_label(key) for key in condition.involves])}"
    for each in condition.facts:
        fact = template.fact(each.fact)
        yield f"“{fact.title}” is {_or([fact.label_of(answer) for answer in each.answers])}"
    for named in condition.answers:
        question = template.question(named.question)
        yield f"“{question.text}” is answered {_or([question.label_of(answer) for answer in named.answers])}"


def _or(labels: list[str]) -> str:
    return labels[0] if len(labels) == 1 else f"{', '.join(labels[:-1])} or {labels[-1]}"
