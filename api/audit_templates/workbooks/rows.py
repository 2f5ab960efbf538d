"""What the sheets of a workbook hold of a template: a cell for each entry."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from api.audit_templates.workbooks import layout as sheets
from api.audit_templates.workbooks.columns import NO, YES, YES_NO
from api.audit_templates.workbooks.layout import Table
from checklists.templates.template import Template

Shown = str | int | date
Plain = Mapping[str, Any]


def whole_of(template: Template) -> list[Shown]:
    """The values of the sheet of the whole, one for each of `rows_of_whole`."""
    plain = template.model_dump(mode="json")
    if not template.graded:
        plain["scale"] = None
    found: list[Shown] = []
    for group in sheets.GROUPS:
        part = plain if not group.entry else plain[group.entry]
        if group.marker is not None:
            found.append(NO if part is None else YES)
        found += [column.cell_of(_inside(part, column.entry)) for column in group.columns]
    return found


def _inside(part: Any, entry: str) -> Any:
    for step in entry.split("."):
        part = None if part is None else part[step]
    return part


def rows_of(template: Template) -> dict[str, list[list[Shown]]]:
    """The rows of every list, by sheet."""
    plain = template.model_dump(mode="json")
    if not template.graded:
        plain["scale"] = {"ratings": []}
    found: dict[str, list[list[Shown]]] = {table.sheet: [] for table in sheets.TABLES}
    for sheet, entries in _entries(plain):
        found[sheet].append(_row(sheets.BY_SHEET[sheet], entries))
    return found


def _row(table: Table, entries: Plain) -> list[Shown]:
    """The cells of one row. A "no" is left empty, because leaving the entry out means the same."""
    values = [
        (column, _inside(entries, column.entry) if _has(entries, column.entry) else None) for column in table.columns
    ]
    return ["" if column.choices is YES_NO and not value else column.cell_of(value) for column, value in values]


def _has(entries: Plain, entry: str) -> bool:
    return entry.partition(".")[0] in entries


def _entries(plain: Plain) -> Iterator[tuple[str, Plain]]:
    """Every row that the template needs, by its sheet, in order."""
    yield from _of_the_whole(plain)
    for domain in plain["learning_domains"]:
        yield from _conditions(sheets.OF_DOMAIN, domain)
        for theme in domain["themes"]:
            yield from _theme(domain["key"], theme)
    for kind, parts in ((sheets.OF_FACT, plain["case_facts"]), (sheets.OF_FAMILY, plain["family_questions"])):
        for part in parts:
            yield from _choices(kind, part)
    for entry in sheets.CASE_WORD_LISTS.values():
        for word in plain[entry]:
            yield sheets.CASE_WORDS, {**word, "of": entry}


def _of_the_whole(plain: Plain) -> Iterator[tuple[str, Plain]]:
    main = [] if plain["source"] is None else [{**plain["source"], "of": "Main"}]
    for source in [*main, *({**source, "of": "Further"} for source in plain["further_sources"])]:
        yield sheets.SOURCES, source
    for table in sheets.TABLES:
        if table.path:
            part: Any = plain
            for step in table.path:
                part = None if part is None else part[step]
            yield from ((table.sheet, entry) for entry in part or ())


def _theme(domain: str, theme: Plain) -> Iterator[tuple[str, Plain]]:
    own = {"of": theme["key"]}
    yield sheets.THEMES, {**theme, "of": domain}
    yield from _conditions(sheets.OF_THEME, theme)
    for prompt in theme["prompts"]:
        yield sheets.PROMPTS, {**own, "prompt": prompt}
    for rating, text in theme["descriptors"].items():
        yield sheets.DESCRIPTORS, {**own, "rating": rating, "text": text}
    for exemplar in theme["exemplars"]:
        yield sheets.EXEMPLARS, {**own, **exemplar}
    for question in theme["questions"]:
        yield sheets.QUESTIONS, {**question, **own}
        yield from _choices(sheets.OF_QUESTION, question)
        yield from _conditions(sheets.OF_QUESTION, question)


def _choices(kind: str, part: Plain) -> Iterator[tuple[str, Plain]]:
    for choice in part["choices"]:
        yield sheets.CHOICES, {**choice, "kind": kind, "of": part["key"]}


def _conditions(kind: str, part: Plain) -> Iterator[tuple[str, Plain]]:
    condition = part["applies_when"]
    if condition is None:
        return
    own = {"kind": kind, "of": part["key"]}
    for what in ("statuses", "age_bands", "involves"):
        if condition[what]:
            yield sheets.CONDITIONS, {**own, "what": what, "keys": condition[what]}
    for what, name in (("facts", "fact"), ("answers", "question")):
        for each in condition[what]:
            yield sheets.CONDITIONS, {**own, "what": what, "named": each[name], "keys": each["answers"]}
