"""Whose views there are in a round, what the family said and barriers to the work, as sections of a report."""

from collections.abc import Iterator
from typing import Final

from api.documents.document import NOTHING, Cell, Column, Section, Table, count, share_of, text
from api.reports.voices.queries import VoiceCounts
from checklists.templates.template import Template as TemplateContent

GRADE_LABELS: Final = {True: "Audits that meet the standard", False: "Audits below the standard"}


def voice_sections(template: TemplateContent, found: VoiceCounts | None) -> Iterator[Section]:
    """A section for each kind of view that the template asks for; none where it asks for none."""
    if found is None:
        return
    if template.further.conversation or template.further.family_views:
        yield _views(template, found)
    if template.family_questions and found.with_views:
        yield _family(template, found)
    if found.beside_grades and found.with_views:
        yield _beside_grades(template, found)
    if template.further.conversation and template.obstacles:
        yield _obstacles(template, found)


def _views(template: TemplateContent, found: VoiceCounts) -> Section:
    rows: list[tuple[Cell, ...]] = []
    said = []
    if template.further.conversation:
        rows.append(_of_all("The practitioner", found.conversations, found.audits))
        spoken = share_of(found.conversations, found.audits, few=True).text
        said.append(f"The auditor spoke with the practitioner in {spoken} of the counted audits.")
    if template.further.family_views:
        subject = template.own_words.subject
        rows += [_of_all(who.label_for(subject), number, found.audits) for who, number in found.family.views.items()]
        rows += [
            (text(f"No views: {why.label[:1].lower()}{why.label[1:]}"), count(number), NOTHING)
            for why, number in found.family.reasons.items()
        ]
        share = share_of(found.with_views, found.audits, few=True).text
        said.append(f"{share} of the counted audits have the views of at least 1 family member.")
    columns = (Column("Whose views"), Column("Number", numeric=True), Column("Share of all audits", numeric=True))
    table = Table("views", "Views recorded, and reasons why others were not", columns, tuple(rows))
    # Of no audits there is no share to tell.
    return Section("Views recorded", paragraphs=(" ".join(said),) if found.audits else (), table=table)


def _family(template: TemplateContent, found: VoiceCounts) -> Section:
    rows = []
    for question in template.family_questions:
        numbers = {choice.key: found.family.answers[question.key, choice.key] for choice in question.choices}
        answered = sum(numbers.values())
        rows += [
            (
                text(question.text),
                text(choice.label),
                count(numbers[choice.key]),
                share_of(numbers[choice.key], answered),
            )
            for choice in question.choices
        ]
    columns = (
        Column("Question"),
        Column("Answer"),
        Column("People", numeric=True),
        Column("Share of answers", numeric=True),
    )
    words = "Answers of everybody whose views were recorded. They change no rating."
    table = Table("family-answers", "Answers of the family", columns, tuple(rows))
    return Section("What the family said", paragraphs=(words,), table=table)


def _beside_grades(template: TemplateContent, found: VoiceCounts) -> Section:
    """What the family said in audits that meet the standard, and in those below it."""
    rows = tuple(
        (text(label), *(_share(*figures[is_met]) for is_met in found.beside_grades))
        for label, figures in views_beside_grades(template, found)
    )
    columns = (
        Column("Family views"),
        *(Column(f"{GRADE_LABELS[is_met]}", numeric=True) for is_met in found.beside_grades),
    )
    words = "By the overall judgement of the audit. The family’s views are no part of it."
    table = Table("family-and-grades", "Family views by overall judgement", columns, rows)
    return Section("Family views beside the overall judgement", paragraphs=(words,), table=table)


def views_beside_grades(
    template: TemplateContent, found: VoiceCounts
) -> Iterator[tuple[str, dict[bool, tuple[int, int]]]]:
    """Rows of a table: a label, and for audits that meet the standard and those below it a number and its total."""
    grades = found.beside_grades
    yield (
        "Audits with the views of at least 1 family member",
        {key: (each.with_views, each.audits) for key, each in grades.items()},
    )
    for question in template.family_questions:
        keys = [choice.key for choice in question.choices]
        answered = {key: sum(each.family.answers[question.key, c] for c in keys) for key, each in grades.items()}
        for choice in question.choices:
            numbers = {key: each.family.answers[question.key, choice.key] for key, each in grades.items()}
            yield f"{question.text} {choice.label}", {key: (numbers[key], answered[key]) for key in grades}


def _share(number: int, of: int) -> Cell:
    return share_of(number, of, few=True) if of else NOTHING


def _obstacles(template: TemplateContent, found: VoiceCounts) -> Section:
    labels = {each.key: each.label for each in template.obstacles}
    rows = tuple(_of_all(labels[key], number, found.audits) for key, number in found.obstacles.items())
    columns = (Column("Barrier"), Column("Audits", numeric=True), Column("Share of all audits", numeric=True))
    table = Table("barriers", "Counted audits by barrier to the work", columns, rows)
    return Section("Barriers to the work", table=table)


def _of_all(label: str, number: int, audits: int) -> tuple[Cell, ...]:
    return text(label), count(number), share_of(number, audits)
