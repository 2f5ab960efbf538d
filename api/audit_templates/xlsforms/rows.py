"""What an XLSForm says of a template: a row for each question, note and choice."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from api.audit_templates.xlsforms import layout
from api.audit_templates.xlsforms.conditions import expression_of, is_one_of
from api.audit_templates.xlsforms.layout import part_of
from checklists.templates.parts import LearningDomain, Theme
from checklists.templates.questions import Question, QuestionKind
from checklists.templates.scale import NOT_APPLICABLE, NOT_EVIDENCED, RESERVED_LABELS
from checklists.templates.template import Template, TextName

FormRow = Mapping[str, str | int]
# How a template that was made from a form keeps the score of a rating.
_SCORE: Final = re.compile(r"(?:^|\s)Score: (-?[0-9]+(?:\.[0-9]+)?)\.$")
_TEXT_LABELS: Final[Mapping[TextName, str]] = {
    "rationale": "Rationale",
    "evidence": "Evidence (place in the case file)",
}
_YES_NO_KINDS: Final = (QuestionKind.YES_NO, QuestionKind.YES_PARTLY_NO)


def shown(text: str) -> str:
    """A text in which no form tool sees a reference to an answer."""
    return text.replace("${", "$ {")


def survey_of(template: Template) -> list[FormRow]:
    """The rows of the survey, in order."""
    return [
        {column: shown(value) if column in {"label", "hint"} else value for column, value in row.items() if value}
        for row in _survey(template)
    ]


def _survey(template: Template) -> Iterator[dict[str, str]]:
    yield from _case(template)
    for domain in template.learning_domains:
        yield from _domain(template, domain)
    if template.family_questions:
        yield {"type": "begin_group", "name": layout.FAMILY, "label": "Questions for the family"}
        for question in template.family_questions:
            name = layout.FAMILY_OF + question.key
            yield {"type": f"select_one {name}", "name": name, "label": question.text}
        yield {"type": "end_group"}


def _case(template: Template) -> Iterator[dict[str, str]]:
    yield {"type": "begin_group", "name": layout.CASE, "label": "The case"}
    for name, listed, label in (
        (layout.STATUS, layout.STATUSES, "Status"),
        (layout.AGE_BAND, layout.AGE_BANDS, "Age band"),
    ):
        yield {"type": f"select_one {listed}", "name": name, "label": label, "required": "yes"}
    if template.forms_of_harm:
        yield {"type": f"select_multiple {layout.HARMS}", "name": layout.INVOLVES, "label": "What the case involves"}
    for fact in template.case_facts:
        name = layout.FACT_OF + fact.key
        yield {
            "type": f"select_one {name}",
            "name": name,
            "label": fact.title,
            "hint": fact.hint,
            "required": "yes",
        }
    yield {"type": "end_group"}


def _domain(template: Template, domain: LearningDomain) -> Iterator[dict[str, str]]:
    name = layout.DOMAIN_OF + domain.key
    yield {
        "type": "begin_group",
        "name": name,
        "label": domain.title,
        "relevant": expression_of(domain.applies_when),
    }
    if domain.summary:
        yield {"type": "note", "name": part_of(name, layout.SUMMARY), "label": domain.summary}
    for theme in domain.themes:
        yield from _theme(template, theme)
    yield {"type": "end_group"}


def _theme(template: Template, theme: Theme) -> Iterator[dict[str, str]]:
    yield {
        "type": "begin_group",
        "name": layout.THEME_OF + theme.key,
        "label": theme.title,
        "relevant": expression_of(theme.applies_when),
        "appearance": "field-list",
    }
    yield from _notes(template, theme)
    yield {
        "type": f"select_one {layout.RATINGS if template.graded else layout.ANSWERS}",
        "name": theme.key,
        "label": theme.label,
        "hint": theme.where_to_look,
        "required": "yes",
    }
    if template.graded:
        score = f"instance('{layout.RATINGS}')/root/item[name = ${{{theme.key}}}]/score"
        yield {"type": "calculate", "name": part_of(theme.key, layout.SCORE), "calculation": score}
    yield from _texts(template, theme)
    for question in theme.questions:
        yield _question(question)
    yield {"type": "end_group"}


def _notes(template: Template, theme: Theme) -> Iterator[dict[str, str]]:
    for place, prompt in enumerate(theme.prompts, start=1):
        yield {"type": "note", "name": part_of(theme.key, f"{layout.PROMPT}.{place}"), "label": prompt}
    for part, text in ((layout.FINDING, theme.finding), (layout.NOT_APPLICABLE_WHEN, theme.not_applicable_when)):
        if text:
            yield {"type": "note", "name": part_of(theme.key, part), "label": text}
    for rating, text in theme.descriptors.items():
        if text:
            name = part_of(theme.key, f"{layout.DESCRIPTOR}.{rating}")
            yield {"type": "note", "name": name, "label": text, "hint": template.scale.label(rating)}


def _texts(template: Template, theme: Theme) -> Iterator[dict[str, str]]:
    names: Sequence[TextName] = layout.TEXTS
    for name in names:
        asked = [answer for answer in template.scale.answers if template.asks_text(name, answer)]
        if asked:
            needed = [answer for answer in asked if template.needs_text(name, answer)]
            yield {
                "type": "text",
                "name": part_of(theme.key, name),
                "label": _TEXT_LABELS.get(name, template.own_words.impact),
                "relevant": _with_answers(template, theme, asked),
                "required": "yes" if needed == asked else is_one_of(theme.key, needed),
            }


def _with_answers(template: Template, theme: Theme, answers: Sequence[str]) -> str:
    if len(answers) == len(template.scale.answers):
        return f"${{{theme.key}}} != ''"
    return is_one_of(theme.key, answers)


def _question(question: Question) -> dict[str, str]:
    row = {
        "name": question.key,
        "label": question.text,
        "hint": question.hint,
        "relevant": expression_of(question.applies_when),
    }
    if question.kind is QuestionKind.MONTH:
        return {**row, "type": "date", "appearance": layout.MONTH}
    if not question.kind.is_chosen:
        return {**row, "type": "integer", "constraint": layout.WHOLE_NUMBER}
    return {
        **row,
        "type": f"select_one {_list_of(question)}",
        "required": "yes",
        "meets": ", ".join(question.meets),
    }


def _list_of(question: Question) -> str:
    if question.kind in _YES_NO_KINDS:
        return f"{question.kind.value}{'.not-applicable' if question.not_applicable else ''}"
    return f"choice.{question.key}"


def choices_of(template: Template) -> list[FormRow]:
    """The rows of the choices: every list once."""
    found: dict[str, list[FormRow]] = {}
    for listed, rows in _lists(template):
        found.setdefault(listed, rows)
    return [{"list_name": listed, **row} for listed, rows in found.items() for row in rows]


def _lists(template: Template) -> Iterator[tuple[str, list[FormRow]]]:
    yield layout.STATUSES, [_choice(key, label) for key, label in template.case_words.statuses.items()]
    yield layout.AGE_BANDS, [_choice(key, label) for key, label in template.case_words.age_bands.items()]
    yield (
        layout.HARMS,
        [_choice(harm.key, harm.label, description=shown(harm.description)) for harm in template.forms_of_harm],
    )
    for fact in template.case_facts:
        yield layout.FACT_OF + fact.key, [_choice(choice.key, choice.label) for choice in fact.offered]
    yield (layout.RATINGS if template.graded else layout.ANSWERS), _ratings(template)
    for question in template.questions:
        if question.kind.is_chosen:
            reserved = [NOT_EVIDENCED, *([NOT_APPLICABLE] if question.not_applicable else [])]
            rows = [_choice(choice.key, choice.label) for choice in question.offered]
            yield _list_of(question), [*rows, *(_choice(key, RESERVED_LABELS[key]) for key in reserved)]
    for asked in template.family_questions:
        yield layout.FAMILY_OF + asked.key, [_choice(choice.key, choice.label) for choice in asked.choices]


def scores_of(template: Template) -> list[int | str]:
    """The scores of the ratings, best first: from 0 for the lowest, or what all their descriptions say."""
    said = [_SCORE.search(rating.description) for rating in template.scale.ratings]
    found = [score[1] for score in said if score is not None]
    return list(found) if len(found) == len(said) else list(range(len(said) - 1, -1, -1))


def _ratings(template: Template) -> list[FormRow]:
    """The ratings best first, with their scores; the answers that are no ratings have none."""
    rows: list[FormRow] = []
    scores = scores_of(template)
    for place, rating in enumerate(template.scale.ratings):
        graded: dict[str, str | int] = {}
        if template.graded:
            meets = "yes" if template.scale.meets_standard(rating.key) else "no"
            graded = {"score": scores[place], "meets_standard": meets}
        rows.append({**_choice(rating.key, rating.label, description=shown(rating.description)), **graded})
    return [*rows, *(_choice(key, label) for key, label in RESERVED_LABELS.items())]


def _choice(name: str, label: str, **more: str) -> dict[str, str | int]:
    return {"name": name, "label": shown(label), **more}
