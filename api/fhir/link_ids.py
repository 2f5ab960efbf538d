"""LinkIds that are all different: a form may have two rows with one name, such as a fact and a text of a theme."""

from collections.abc import Iterator
from typing import Final

from api.audit_templates.xlsforms import layout
from api.audit_templates.xlsforms.rows import FormRow, survey_of
from api.fhir import names
from api.fhir.audit_items import theme_items
from checklists.templates.template import Template

HINT: Final = ".hint"
_DEPTH_OF_THEMES: Final = 2


def rows_of(template: Template) -> list[FormRow]:
    """The rows of a template's form, each with a unique name; conditions use the same names."""
    rows = survey_of(template)
    changed = _changed(template, rows)
    # Conditions are about facts and questions: of two rows with one name they mean the fact.
    facts = {f"${{{name}}}": f"${{{new}}}" for name, new in changed.items() if name.startswith(layout.FACT_OF)}
    return [_renamed(row, facts, {} if in_theme else changed) for row, in_theme in _placed(rows)]


def name_of(link_id: str, kind: str, link_ids: set[str]) -> str:
    """The name of the row from which `rows_of` made this item. `link_ids`: those of the whole questionnaire."""
    name = link_id
    while name.endswith(names.AGAIN):
        name = name.removesuffix(names.AGAIN)
    return name if name in link_ids and _may_be_changed(name, kind) else link_id


def _may_be_changed(name: str, kind: str) -> bool:
    if kind == "group":
        return name in {layout.CASE, layout.FAMILY} or name.startswith((layout.THEME_OF, layout.DOMAIN_OF))
    if kind == "display":
        return name.startswith(layout.DOMAIN_OF) and name.endswith(f".{layout.SUMMARY}")
    return name.startswith((layout.FACT_OF, layout.FAMILY_OF))


def _changed(template: Template, rows: list[FormRow]) -> dict[str, str]:
    """The new name of each row outside themes that has the same name as an item of a theme."""
    taken = _ids_of_themes(template, rows)
    others = [str(row["name"]) for row, in_theme in _placed(rows) if not in_theme and "name" in row]
    return {name: _another(name, {*taken, *others}) for name in others if name in taken}


def _another(name: str, taken: set[str]) -> str:
    while name in taken:
        name += names.AGAIN
    return name


def link_ids_of_facts(template: Template) -> dict[str, str]:
    """The linkId of each fact by its key."""
    plain = {fact.key: layout.FACT_OF + fact.key for fact in template.case_facts}
    asked = {*template.theme_keys, *(question.key for question in template.questions)}
    if layout.FACT_OF.removesuffix(".") not in asked:
        return plain
    changed = _changed(template, survey_of(template))
    return {key: changed.get(name, name) for key, name in plain.items()}


def hint_of(name: str, taken: set[str]) -> str:
    """The linkId of the hint of an item."""
    return name + HINT + (names.AGAIN if name + HINT in taken else "")


def _ids_of_themes(template: Template, rows: list[FormRow]) -> set[str]:
    """What the items of themes are called, which keep their names."""
    shown = [row for row, in_theme in _placed(rows) if in_theme and row["type"] != "calculate"]
    hints = {f"{row['name']}{HINT}" for row in shown if "hint" in row and row["type"] != "note"}
    added = {item["linkId"] for theme in template.themes for item in theme_items(template, theme)}
    return {str(row["name"]) for row in shown} | hints | added


def _placed(rows: list[FormRow]) -> Iterator[tuple[FormRow, bool]]:
    """Each row, and whether it is inside the group of a theme."""
    depth = 0
    for row in rows:
        depth -= row["type"] == "end_group"
        yield row, depth == _DEPTH_OF_THEMES and row["type"] != "begin_group"
        depth += row["type"] == "begin_group"


def _renamed(row: FormRow, facts: dict[str, str], changed: dict[str, str]) -> FormRow:
    own = {"name": changed[str(row["name"])]} if row.get("name") in changed else {}
    relevant = str(row.get("relevant", ""))
    for before, after in facts.items():
        relevant = relevant.replace(before, after)
    return {**row, **own, **({"relevant": relevant} if relevant else {})}
