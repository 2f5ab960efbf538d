"""Outlines of documents over REST: what would be proposed for each line of a text. Nothing is stored."""

import uuid
from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field

from api.foundation.http.dependencies import Transaction, heavy_reading
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.foundation.problems import Invalid
from api.from_documents.editions import edition_of
from api.from_documents.formats import UnreadableError
from api.from_documents.sandbox import read_in_sandbox
from checklists.outlines.proposing import Mark, Marked, propose
from checklists.outlines.tree import outline_of
from checklists.templates.versions.differences import Changed, Difference, PartKind

router = Router(prefix="/template-outlines", tags=["Templates"])


class DocumentIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(max_length=200_000, description="The document as plain text or as a web page.")] = ""
    file: Annotated[
        Base64Bytes | None,
        Field(description="Or a file in base64, up to 700 kB: a PDF with text, a Word document, a web page."),
    ] = None
    edition_of: Annotated[
        uuid.UUID | None,
        Field(description="The template that was made from the last edition: what would change is returned."),
    ] = None


class DocumentPartOut(BaseModel):
    text: str
    mark: Mark
    place: Annotated[str, Field(description="The place in the document.")]
    sentence: Annotated[str, Field(description="The line of the document that it comes from.")]

    @classmethod
    def of(cls, part: Marked) -> Self:
        return cls(text=part.text, mark=part.mark, place=part.place, sentence=part.sentence)


class DocumentChangeOut(BaseModel):
    kind: PartKind
    change: Changed
    key: str
    label: str
    entries: list[str]

    @classmethod
    def of(cls, found: Difference) -> Self:
        return cls(kind=found.kind, change=found.changed, key=found.key, label=found.label, entries=list(found.entries))


class OutlineOut(BaseModel):
    """What each part of the document could become. A person decides: send the template that they make of it."""

    parts: list[DocumentPartOut]
    changes: Annotated[
        list[DocumentChangeOut], Field(description="What a new edition would change, as it is proposed.")
    ]


@router.post("", response_model=OutlineOut)
def propose_outline(
    acting: Annotated[Transaction, heavy_reading(Permission.WRITE_TEMPLATES)], document: DocumentIn
) -> OutlineOut:
    """Propose a learning domain, theme, prompt and so on for each line of a document."""
    content = document.file or document.text.encode()
    if not content.strip():
        raise Invalid.at("/text", "Send the text of the document, or its file.")
    try:
        parts = propose(read_in_sandbox(content))
    except UnreadableError as refused:
        raise Invalid.at("/file" if document.file else "/text", str(refused)) from None
    changes: Sequence[Difference] = ()
    outline = outline_of(parts)
    if document.edition_of is not None and outline.themes:
        source = {"title": "New edition"}
        found = edition_of(
            acting.session, template_id=document.edition_of, source=source, outline=outline, by=acting.actor
        )
        changes = found.changes
    return OutlineOut(
        parts=[DocumentPartOut.of(part) for part in parts], changes=[DocumentChangeOut.of(each) for each in changes]
    )
