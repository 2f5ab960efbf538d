"""A template with some of its themes only, as a round about chosen themes asks it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from checklists.templates.scale import shown_key
from checklists.templates.template import Template
from checklists.templates.template_file import check_template


def scope_faults(template: Template, keys: Sequence[str]) -> list[str]:
    """Why these themes of a template, by key, cannot be asked alone; empty if they can."""
    chosen = set(keys)
    unknown = [key for key in keys if not template.has_theme(key)]
    if unknown:
        return [f"The template has no theme with the key '{shown_key(unknown[0])}'. Select themes of the template."]
    if not keys:
        return ["Select at least one theme."]
    faults = []
    for theme in template.themes:
        if theme.key not in chosen:
            continue
        faults += [
            f"“{theme.label}” depends on a question about “{template.theme(needed).label}”. Select that too."
            for needed in dict.fromkeys(_needed(template, theme.key))
            if needed not in chosen
        ]
    return faults


def in_scope(template: Template, keys: Collection[str]) -> Template:
    """The template with these themes only, in its own order; the whole of it without any keys.

    Learning domains without a theme, contradictions with a theme that is left out, and caps on themes that are all left
    out go too. A cap that needs more themes than are left goes too. ValueError for themes with `scope_faults`.
    """
    if not keys:
        return template
    if scope_faults(template, [*keys]):
        raise ValueError("themes that cannot be asked alone")
    if template.theme_keys == tuple(key for key in template.theme_keys if key in keys):
        return template
    plain = template.model_dump(mode="json", exclude_defaults=True)
    chosen = set(keys)
    domains = [
        domain | {"themes": [theme for theme in domain["themes"] if theme["key"] in chosen]}
        for domain in plain["learning_domains"]
    ]
    plain["learning_domains"] = [domain for domain in domains if domain["themes"]]
    plain["contradictions"] = [
        each for each in plain.get("contradictions", ()) if {each["one"]["theme"], each["other"]["theme"]} <= chosen
    ]
    if "overall" in plain:
        plain["overall"]["caps"] = list(_caps(plain["overall"].get("caps", ()), chosen))
    found = check_template(plain | {"compliance": None})
    has_standard = any(question.has_standard for question in found.questions)
    return check_template(plain) if has_standard and "compliance" in plain else found


def _caps(caps: Sequence[Mapping[str, Any]], chosen: Collection[str]) -> Iterator[Mapping[str, Any]]:
    for cap in caps:
        named = [key for key in cap.get("themes", ()) if key in chosen]
        if cap.get("themes") and not named:
            continue
        if (cap.get("in_at_least") or 1) > (len(named) or len(chosen)):
            continue
        yield {**cap, "themes": named}


def _needed(template: Template, key: str) -> Iterator[str]:
    """The other themes whose questions a condition of this one, of its questions or of its learning domain names."""
    theme = template.theme(key)
    of_questions = (question.applies_when for question in theme.questions)
    for condition in (template.domain_of(key).applies_when, theme.applies_when, *of_questions):
        for answer in condition.answers if condition is not None else ():
            needed = template.theme_of(answer.question).key
            if needed != key:
                yield needed
