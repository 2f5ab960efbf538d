"""Strengths, areas for development and exemplary practice in a round's report: numbers always, texts on request."""

from collections.abc import Iterator, Sequence
from typing import Final

from api.documents.document import Column, Section, Table, count, text
from api.reports.notes_on_themes.queries import Description, NoteCounts, WrittenNote
from checklists.templates.template import Template as TemplateContent

# Notes that a report holds: more would be a book.
MOST_NOTES: Final = 400
HEADING: Final = "Strengths and areas for development noted by auditors"
_CUT: Final = f"The first {MOST_NOTES} notes. The export of all answers has the others."


def notes_section(template: TemplateContent, found: Sequence[NoteCounts] | None) -> Section | None:
    """In how many audits each theme has notes; None where none are asked or written."""
    if not found:
        return None
    rows = tuple(
        (
            text(template.theme(each.theme).label if each.theme else "The whole audit"),
            *(count(number) for number in (each.strengths, each.development, each.exemplary, each.shared)),
        )
        for each in found
    )
    heads = ("Strengths", "Areas for development", "Exemplary practice", "Exemplary and agreed by the practitioner")
    columns = (Column("Theme"), *(Column(head, numeric=True) for head in heads))
    table = Table("theme-notes", "Counted audits by theme and kind of note", columns, rows)
    return Section(HEADING, table=table, sheet="themes")


def note_texts(template: TemplateContent, found: Sequence[WrittenNote]) -> Iterator[Section]:
    """The texts by theme, each after the reference of its case; exemplary practice only if the practitioner agrees."""
    shown = found[:MOST_NOTES]
    cut = (_CUT,) if len(found) > MOST_NOTES else ()
    kinds: tuple[tuple[str, list[tuple[WrittenNote, str]]], ...] = (
        ("Exemplary practice", [(each, each.strengths) for each in shown if each.is_shared]),
        ("Strengths by theme", [(each, each.strengths) for each in shown if not each.is_shared]),
        ("Areas for development by theme", [(each, each.development) for each in shown]),
    )
    for heading, notes in kinds:
        points = tuple(
            f"{template.theme(each.theme).label}, {each.reference}: {' '.join(words.split())}"
            for each, words in notes
            if words
        )
        if points:
            yield Section(heading, paragraphs=("Auditors’ own text.", *cut), points=points, sheet="conclusions")


def description_texts(template: TemplateContent, found: Sequence[Description]) -> Iterator[Section]:
    """What auditors describe, a section for each theme, each text after the reference of its case."""
    cut = (_CUT,) if len(found) > MOST_NOTES else ()
    for theme in template.themes:
        points = tuple(
            f"{each.reference}: {' '.join(each.words.split())}"
            for each in found[:MOST_NOTES]
            if each.theme == theme.key
        )
        if points:
            yield Section(theme.label, paragraphs=("Auditors’ own text.", *cut), points=points, sheet="conclusions")
