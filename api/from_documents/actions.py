"""From marked parts of a document to a draft of a template."""

import uuid
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
from api.foundation.text.free_text import given
from api.from_documents.editions import create_edition, edition_of
from api.from_documents.hooks import KEEP_RECOMMENDATIONS, MarkedRecommendations
from checklists.outlines.proposing import Marked
from checklists.outlines.tree import PROMPT_FOR_NONE, Outline, outline_of
from checklists.templates.template import FORMAT
from models import SourceKind

FOUR_GRADES = "four-grades"


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """The document that a template is made from."""

    title: str
    published: date | None = None
    address: str = ""

    @property
    def entry(self) -> dict[str, Any]:
        """The document as the source of a template."""
        published = {} if self.published is None else {"published": self.published.isoformat()}
        return {"title": self.title.strip(), "address": self.address.strip(), **published}


@dataclass(frozen=True, slots=True)
class KeptRecommendations:
    """That the marked recommendations go into the register: what the document is, and by when they should be done."""

    source_kind: SourceKind | None
    due_on: date | None


def create_from_parts(
    session: Session,
    *,
    source: SourceDocument,
    parts: Sequence[Marked],
    edition: uuid.UUID | None = None,
    keep: KeptRecommendations | None = None,
    by: Actor,
) -> tuple[FoundVersion, Outline]:
    """Create a draft with the marked tree. Each theme keeps the sentence and the place in the document it comes from.

    `edition`: the template that was made from the last edition of the document, of which it becomes the next version.
    With `keep`, recommendations go into the register, each with its sentence and place. Raises Invalid with the fault
    of each part, at `/parts/<number>`, BadTemplate, and Conflict while the template of the last edition has a draft.
    """
    outline = outline_of(parts)
    faults = [Fault(f"/parts/{place}", words) for place, words in outline.faults.items()]
    if not source.title.strip():
        faults.insert(0, Fault("/title", "Enter the title of the document."))
    if not outline.themes and not faults:
        faults.append(Fault("", "Mark at least one line as a learning domain, and one below it as a theme."))
    faults += _faults_of_keeping(source, outline, keep)
    if faults:
        raise Invalid(faults[0].detail, faults=tuple(faults))
    if edition is None:
        content = templates.content_from(_document(source, outline))
        made = templates.create_template(session, content=content, by=by)
    else:
        found = edition_of(session, template_id=edition, source=source.entry, outline=outline, by=by)
        made = create_edition(session, found, by=by)
    if keep is not None and outline.recommendations:
        _keep(session, source, outline, keep, by)
    return made, outline


def _faults_of_keeping(source: SourceDocument, outline: Outline, keep: KeptRecommendations | None) -> list[Fault]:
    if keep is None or not outline.recommendations:
        return []
    faults = []
    if keep.source_kind is None:
        faults.append(Fault("/source_kind", "Select what the document is, for the register of recommendations."))
    if source.published is None:
        faults.append(Fault("/published", "Enter the date of publication, for the register of recommendations."))
    if keep.due_on is None:
        faults.append(Fault("/due_on", "Enter the date by which the recommendations should be done."))
    return faults


def _keep(session: Session, source: SourceDocument, outline: Outline, keep: KeptRecommendations, by: Actor) -> None:
    marked = MarkedRecommendations(
        outline.recommendations,
        source.title.strip(),
        given(keep.source_kind),
        given(source.published),
        given(keep.due_on),
    )
    for keep_them in KEEP_RECOMMENDATIONS:
        keep_them(session, marked, by=by)


def _document(source: SourceDocument, outline: Outline) -> dict[str, Any]:
    taken: set[str] = set()

    def key(title: str, otherwise: str) -> str:
        found = proposed_key(title, taken) or proposed_key(otherwise, taken)
        taken.add(found)
        return found

    title = source.title.strip()
    standard = SCALES[FOUR_GRADES].standard
    harms = [{"key": proposed_key(each, ()) or f"harm-{n}", "label": each} for n, each in enumerate(outline.harms, 1)]
    return {
        "format": FORMAT,
        "key": proposed_key(title, ()) or "from-a-document",
        "title": title,
        "source": source.entry,
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
