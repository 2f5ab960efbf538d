"""A new edition of a document: the draft of the next version of its template, and what it changes."""

import copy
import uuid
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from api.audit_templates import actions as templates
from api.audit_templates.actions import FoundVersion
from api.audit_templates.drafts import document_of, proposed_key, without_theme
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Invalid
from checklists.outlines.edition import same_entries
from checklists.outlines.tree import PROMPT_FOR_NONE, Outline, OutlinedTheme
from checklists.templates.template import Template as TemplateContent
from checklists.templates.versions.differences import Difference, differences
from models import TemplateVersionState

Document = dict[str, Any]
MOST_OFFERED = 200


@dataclass(frozen=True, slots=True)
class Edition:
    """What the next version of a template would be, against its newest version that was published."""

    before: FoundVersion
    content: TemplateContent
    changes: tuple[Difference, ...]
    # Themes that are taken for one of the last edition under another title: the new one, and the one before.
    renamed: tuple[tuple[str, str], ...]


def templates_with_editions(session: Session, *, by: Actor) -> dict[uuid.UUID, str]:
    """The templates of which a document may be a new edition: every one with a published version, by its title."""
    check_may(by, Permission.WRITE_TEMPLATES)
    states = (TemplateVersionState.PUBLISHED, TemplateVersionState.RETIRED)
    found = templates.list_versions(session, by=by, limit=MOST_OFFERED, states=states)
    return {each.template.id: each.version.title for each in reversed(found)}


def edition_of(session: Session, *, template_id: uuid.UUID, source: Document, outline: Outline, by: Actor) -> Edition:
    """The edition that an outline makes of a template. What people added to the template stays.

    Raises Invalid for a template that was never published, and BadTemplate.
    """
    check_may(by, Permission.WRITE_TEMPLATES)
    states = (TemplateVersionState.PUBLISHED, TemplateVersionState.RETIRED)
    newest = templates.list_versions(session, by=by, limit=1, states=states, template_id=template_id)
    if not newest:
        raise Invalid.at("/edition", "Select a template with a published version.")
    before = templates.find_version(session, template_id=template_id, number=newest[0].version.number, by=by)
    same = same_entries([each.title for each in outline.themes], _titles_of_themes(before.content))
    content = templates.content_from(_next_document(before.content, source, outline, same))
    titles = [each.title for each in outline.themes]
    renamed = tuple(
        (titles[place], before.content.theme(key).title)
        for place, key in same.items()
        if titles[place] != before.content.theme(key).title
    )
    return Edition(before, content, differences(content, before.content), renamed)


def create_edition(session: Session, edition: Edition, *, by: Actor) -> FoundVersion:
    """Create the draft of the next version. Raises Conflict while the template has a draft."""
    template_id = edition.before.version.template_id
    made = templates.new_version(session, template_id=template_id, from_number=edition.before.version.number, by=by)
    return templates.change_draft(
        session,
        template_id=template_id,
        number=made.version.number,
        content=edition.content,
        version=made.version.version,
        by=by,
    )


def _titles_of_themes(content: TemplateContent) -> dict[str, str]:
    return {theme.key: theme.title for theme in content.themes if not theme.addition}


def _next_document(before: TemplateContent, source: Document, outline: Outline, same: dict[int, str]) -> Document:
    document = document_of(before)
    was = {theme["key"]: theme for domain in document["learning_domains"] for theme in domain["themes"]}
    gone = _titles_of_themes(before).keys() - set(same.values())
    own = {domain["key"]: [each for each in domain["themes"] if each.get("addition")] for domain in _domains(document)}
    for key in gone:
        document = without_theme(document, key)
    homes = same_entries(
        [title for title, _ in outline.domains], {each["key"]: each["title"] for each in _domains(document)}
    )
    old = {domain["key"]: domain for domain in _domains(document)}
    taken = {*was, *old}
    standard = before.scale.standard if before.graded else ""
    domains: list[Document] = []
    number = 0
    for place, (title, themes) in enumerate(outline.domains):
        entries = []
        for theme in themes:
            known = was.get(same.get(number, ""))
            key = known["key"] if known else _new_key(theme.title, "theme", taken)
            entries.append(_theme(known, key, theme, standard))
            number += 1
        home = old.pop(homes.get(place, ""), None)
        key = home["key"] if home else _new_key(title, "learning-domain", taken)
        entries += own.pop(key, [])
        if entries:
            domains.append({**(home or {}), "key": key, "title": title, "themes": entries})
    # What people added to a learning domain that the document no longer has stays in it.
    domains += [{**domain, "themes": own[key]} for key, domain in old.items() if own.get(key)]
    labels = {_plain(harm["label"]) for harm in document["forms_of_harm"]}
    new = [label for label in outline.harms if _plain(label) not in labels]
    keys = {harm["key"] for harm in document["forms_of_harm"]}
    harms = [{"key": _new_key(label, "harm", keys), "label": label} for label in new]
    document |= {"source": source, "learning_domains": domains}
    return {**document, "forms_of_harm": [*document["forms_of_harm"], *harms]}


def _domains(document: Document) -> list[Document]:
    found: list[Document] = document["learning_domains"]
    return found


def _new_key(title: str, otherwise: str, taken: set[str]) -> str:
    key = proposed_key(title, taken) or proposed_key(otherwise, taken)
    taken.add(key)
    return key


def _theme(known: Document | None, key: str, theme: OutlinedTheme, standard: str) -> Document:
    """The theme of the new edition, with the earlier prompts and descriptors where that has none."""
    made: Document = {"key": key, "prompts": [PROMPT_FOR_NONE], "descriptors": {}}
    entry = copy.deepcopy(known) if known else made
    entry |= {"title": theme.title, "source_place": theme.place, "finding": theme.finding or entry.get("finding", "")}
    if theme.prompts:
        entry["prompts"] = list(theme.prompts)
    if theme.good and standard:
        entry["descriptors"] = {**entry["descriptors"], standard: theme.good}
    return entry


def _plain(label: str) -> str:
    return " ".join(label.casefold().split())
