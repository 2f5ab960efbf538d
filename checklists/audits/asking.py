"""What an audit asks of one case: the themes and questions whose conditions hold, and why the others are not asked."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from checklists.templates.conditions import CaseAsAudited, Condition, QuestionIs
from checklists.templates.scale import NOT_ASKED
from checklists.templates.template import Template


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked, in template order. `reasons`: why each theme or question that is not asked is not, by its key."""

    themes: tuple[str, ...]
    questions: tuple[str, ...]
    reasons: dict[str, str]

    def answers_to(self, keys: Iterable[str], answers: Mapping[str, str]) -> dict[str, str]:
        """The answers so far to these themes or questions, with NOT_ASKED for each that is not asked."""
        return {
            key: NOT_ASKED if key in self.reasons else answers[key]
            for key in keys
            if key in self.reasons or key in answers
        }


def what_is_asked(template: Template, case: CaseAsAudited) -> Asked:
    """The themes and questions that a case is asked.

    A question counts as an answer to a condition only when it is asked itself: the answer to one that is no longer
    asked holds nothing open. Not asking a learning domain leaves out its themes, and not asking a theme its questions.
    """
    if not template.has_conditions:
        return Asked(template.theme_keys, tuple(question.key for question in template.questions), {})
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


def answers_waited_for(
    template: Template, case: CaseAsAudited, questions: Collection[str]
) -> dict[str, tuple[QuestionIs, ...]]:
    """Which answers to these questions each theme and question waits for, by its key; empty if it waits for none.

    Themes and questions that are not asked, whatever the answers to these, are left out.
    """
    asked = what_is_asked(template, case).questions
    given = replace(case, answers={key: answer for key, answer in case.answers.items() if key in asked})
    waits: dict[str, tuple[QuestionIs, ...]] = {}
    for domain in template.learning_domains:
        for theme in domain.themes:
            of_theme = _waits(given, [domain.applies_when, theme.applies_when], questions)
            if of_theme is None:
                continue
            waits[theme.key] = of_theme
            for question in theme.questions:
                own = _waits(given, [question.applies_when], questions)
                if own is not None:
                    waits[question.key] = (*of_theme, *own)
    return waits


def _waits(
    case: CaseAsAudited, conditions: list[Condition | None], questions: Collection[str]
) -> tuple[QuestionIs, ...] | None:
    """The parts of these conditions that are about these questions; None when another part does not hold."""
    given = [condition for condition in conditions if condition is not None]
    others = [
        condition.model_copy(
            update={"answers": tuple(each for each in condition.answers if each.question not in questions)}
        )
        for condition in given
    ]
    if not all(condition.holds(case) for condition in others):
        return None
    return tuple(each for condition in given for each in condition.answers if each.question in questions)


def _why_not(template: Template, conditions: list[Condition | None], case: CaseAsAudited) -> str:
    failed = [condition for condition in conditions if condition is not None and not condition.holds(case)]
    return f"This applies only when {condition_in_words(template, failed[0])}." if failed else ""


def condition_in_words(template: Template, condition: Condition) -> str:
    """The condition for people to read, to follow the word "when"."""
    return ", and ".join(_parts_in_words(template, condition))


def _parts_in_words(template: Template, condition: Condition) -> Iterator[str]:
    if condition.statuses:
        yield f"the status is {_or([template.case_words.status_label(key) for key in condition.statuses])}"
    if condition.age_bands:
        yield f"the age band is {_or([template.case_words.age_label(key) for key in condition.age_bands])}"
    if condition.involves:
        yield f"the case involves {_or([template.harm_label(key) for key in condition.involves])}"
    for each in condition.facts:
        fact = template.fact(each.fact)
        yield f"“{fact.title}” is {_or([fact.label_of(answer) for answer in each.answers])}"
    for named in condition.answers:
        question = template.question(named.question)
        yield f"“{question.text}” is answered {_or([question.label_of(answer) for answer in named.answers])}"


def _or(labels: list[str]) -> str:
    *before, last = labels
    return f"{', '.join(before)} or {last}" if before else last
