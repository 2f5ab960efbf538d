"""Outlines of documents over REST: what would be proposed for each line of a text. Nothing is stored."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from api.foundation.http.dependencies import Transaction, reading
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.foundation.problems import Invalid
from api.from_documents.formats import UnreadableError
from api.from_documents.sandbox import read_in_sandbox
from checklists.outlines.proposing import Mark, Marked, propose

router = Router(prefix="/template-outlines", tags=["Templates"])


class DocumentIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: Annotated[
        str, Field(min_length=1, max_length=200_000, description="The document as plain text or as a web page.")
    ]


class PartOut(BaseModel):
    text: str
    mark: Mark
    place: Annotated[str, Field(description="The place in the document.")]
    sentence: Annotated[str, Field(description="The line of the document that it comes from.")]

    @classmethod
    def of(cls, part: Marked) -> Self:
        return cls(text=part.text, mark=part.mark, place=part.place, sentence=part.sentence)


class OutlineOut(BaseModel):
    """What each part of the document could become. A person decides: send the template that they make of it."""

    parts: list[PartOut]


@router.post("", response_model=OutlineOut)
def propose_outline(
    acting: Annotated[Transaction, reading(Permission.WRITE_TEMPLATES)],  # noqa: ARG001 - declares what it needs
    document: DocumentIn,
) -> OutlineOut:
    """Propose a learning domain, theme, prompt and so on for each line of a document."""
    try:
        parts = propose(read_in_sandbox(document.text.encode()))
    except UnreadableError as refused:
        raise Invalid.at("/text", str(refused)) from None
    return OutlineOut(parts=[PartOut.of(part) for part in parts])
