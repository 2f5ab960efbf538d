"""Risky terms over REST: added and removed; nobody can read them."""

import uuid
from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.foundation.http.dependencies import Page, Transaction, reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.sensitive_terms import actions
from models import RiskyTerm

router = Router(prefix="/risky-terms", tags=["Sensitive terms"])
ReadingWriter = Annotated[Transaction, reading(Permission.WRITE_RISKY_TERMS)]
WritingWriter = Annotated[Transaction, writing(Permission.WRITE_RISKY_TERMS)]

Term = Annotated[str, Field(min_length=1, max_length=actions.LONGEST_TERM)]


class RiskyTermsIn(BaseModel):
    """Names or identifiers that trigger a warning, and a label that does not reveal them."""

    model_config = ConfigDict(extra="forbid")

    terms: Annotated[list[Term], Field(min_length=1, max_length=actions.MOST_IN_ONE_CALL)]
    label: Annotated[str, Field(min_length=1, max_length=actions.LONGEST_LABEL)]


class RiskyTermOut(BaseModel):
    id: uuid.UUID
    label: str
    words: Annotated[int, Field(description="Number of words in the term.")]
    works: Annotated[bool, Field(description="False if the term was added under a key that is lost: remove the term.")]
    added_at: datetime

    @classmethod
    def of(cls, term: RiskyTerm, mark: str) -> Self:
        return cls(id=term.id, label=term.label, words=term.words, works=term.key_mark == mark, added_at=term.added_at)


class RiskyTermList(BaseModel):
    items: list[RiskyTermOut]
    after: str | None


@router.get("", response_model=RiskyTermList)
def list_risky_terms(acting: ReadingWriter, page: Page) -> RiskyTermList:
    """Terms by label, in the order they were added. The terms themselves are not kept."""
    found = actions.list_terms(acting.session, by=acting.actor, limit=page.to_fetch, after=page.after_id)
    mark = actions.mark_of_key(acting.session, by=acting.actor)
    shown, after = page.cut(found, key=lambda each: each.id)
    return RiskyTermList(
        items=[RiskyTermOut.of(term, mark) for term in shown],
        after=after,
    )


@router.post("", response_model=RiskyTermList, responses=refusals(409))
def add_risky_terms(acting: WritingWriter, new: RiskyTermsIn) -> Response:
    """Add terms to the list. Terms already on the list do not change, so you can repeat the request."""
    added = actions.add_terms(acting.session, terms=new.terms, label=new.label, by=acting.actor)
    mark = actions.mark_of_key(acting.session, by=acting.actor)
    return json_reply(RiskyTermList(items=[RiskyTermOut.of(term, mark) for term in added], after=None))


@router.post("/{term_id}/remove", status_code=204, responses=refusals(404))
def remove_risky_term(acting: WritingWriter, term_id: uuid.UUID) -> None:
    """Remove a term from the list."""
    actions.remove_term(acting.session, term_id=term_id, by=acting.actor)
