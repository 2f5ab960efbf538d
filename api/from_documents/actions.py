"""From marked parts of a document to a draft of a template."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session

from api.audit_templates import actions as templates
from api.audit_templates.actions import FoundVersion
from api.audit_templates.drafts import SCALES, proposed_key
from api.foundation.permissions import Actor
from api.foundation.problems import Fault, Invalid
from checklists.outlines.proposing import Marked
from checklists.outlines.tree import PROMPT_FOR_NONE, Outline, outline_of
from checklists.templates.template import FORMAT

FOUR_GRADES = "four-grades"


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """The document that a template is made from."""

    title: str
    published: date | None = None
    address: str = ""


def create_from_parts(
    session: Session, *, source: SourceDocument, parts: Sequence[Marked], by: Actor
) -> tuple[FoundVersion, Outline]:
    """Create a draft with the marked tree. Each theme keeps the sentence and the place in the document it comes from.

    Raises Invalid with the fault of each part, at `/parts/<number>`, and BadTemplate.
    """
    outline = outline_of(parts)
    faults = [Fault(f"/parts/{place}", words) for place, words in outline.faults.items()]
    if not source.title.strip():
        faults.insert(0, Fault("/title", "Enter the title of the document."))
    if not outline.themes and not faults:
        faults.append(Fault("", "Mark at least one line as a learning domain, and one below it as a theme."))
    if faults:
        raise Invalid(faults[0].detail, faults=tuple(faults))
    content = templates.content_from(_document(source, outline))
    return templates.create_template(session, content=content, by=by), outline


def _document(source: SourceDocument, outline: Outline) -> dict[str, Any]:
    taken: set[str] = set()

    def key(title: str, otherwise: str) -> str:
        found = proposed_key(title, taken) or proposed_key(otherwise, taken)
        taken.add(found)
        return found

    title = source.title.strip()
    standard = SCALES[FOUR_GRADES].standard
    harms = [{"key": proposed_key(each, ()) or f"harm-{n}", "label": each} for n, each in enumerate(outline.harms, 1)]
    published = {} if source.published is None else {"published": source.published.isoformat()}
    return {
        "format": FORMAT,
        "key": proposed_key(title, ()) or "from-a-document",
        "title": title,
        "source": {"title": title, "address": source.address.strip(), **published},
        "scale": SCALES[FOUR_GRADES].model_dump(mode="json"),
        "forms_of_harm": harms,
        "learning_domains": [
            {
                "key": key(domain, "learning-domain"),
                "title": domain,
                "themes": [
                    {
                        "key": key(theme.title, "theme"),
                        "title": theme.title,
                        "source_place": theme.place,
                        "finding": theme.finding,
                        "prompts": theme.prompts or [PROMPT_FOR_NONE],
                        "descriptors": {standard: theme.good} if theme.good else {},
                    }
                    for theme in themes
                ],
            }
            for domain, themes in outline.domains
            if themes
        ],
    }
