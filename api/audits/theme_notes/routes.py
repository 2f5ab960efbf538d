"""Strengths, areas for development and exemplary practice over REST."""

import uuid
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool
from starlette.responses import Response

from api.audits.actions import ReadAudit
from api.audits.theme_notes import actions
from api.audits.theme_notes.actions import NewNote, version_of_notes
from api.audits.theme_notes.queries import WHOLE
from api.foundation.http.dependencies import IfMatch, Transaction, reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.foundation.text.fields import FreeText, KeepNames
from checklists.templates.rules import MOST_THEMES
from models import ThemeNote

router = Router(prefix="/audits", tags=["Audits"])

_Key = Annotated[str, Field(min_length=1, max_length=60)]


class MarkIn(BaseModel):
    """Whether it is exemplary practice, and whether the practitioner agrees to share it with others."""

    model_config = ConfigDict(extra="forbid")

    exemplary: StrictBool = False
    worker_agrees: StrictBool = False

    def to_new(self) -> NewNote:
        return NewNote(exemplary=self.exemplary, worker_agrees=self.worker_agrees)


class ThemeNoteIn(MarkIn):
    """What is said of one theme."""

    strengths: Annotated[FreeText, Field(description="What was done well.")] = ""
    development: Annotated[FreeText, Field(description="What could be better.")] = ""
    keep_names: KeepNames = None

    def to_new(self) -> NewNote:
        return NewNote(self.strengths, self.development, self.exemplary, self.worker_agrees, self.keep_names)


class ThemeNotesIn(BaseModel):
    """What is said of themes and of the whole audit. Of those left out nothing is said."""

    model_config = ConfigDict(extra="forbid")

    whole: MarkIn | None = None
    themes: Annotated[
        dict[_Key, ThemeNoteIn], Field(max_length=MOST_THEMES, description="By the key of the theme.")
    ] = {}

    def to_new(self) -> dict[str, NewNote]:
        whole = {} if self.whole is None else {WHOLE: self.whole.to_new()}
        return {**whole, **{theme: note.to_new() for theme, note in self.themes.items()}}


class MarkOut(BaseModel):
    exemplary: bool
    worker_agrees: bool

    @classmethod
    def of(cls, note: ThemeNote) -> Self:
        return cls(**{name: getattr(note, name) for name in cls.model_fields})


class ThemeNoteOut(MarkOut):
    """What is said of one theme."""

    strengths: str
    development: str


class ThemeNotesOut(BaseModel):
    """What is said of themes and of the whole audit. It is part of no grade."""

    whole: MarkOut | None
    themes: dict[str, ThemeNoteOut]
    version: Annotated[int, Field(description="0 while nothing is said.")]

    @classmethod
    def of(cls, found: ReadAudit) -> Self:
        notes = found.theme_notes
        return cls(
            whole=MarkOut.of(notes[WHOLE]) if WHOLE in notes else None,
            themes={theme: ThemeNoteOut.of(note) for theme, note in notes.items() if theme != WHOLE},
            version=version_of_notes(notes),
        )


@router.get("/{audit_id}/theme-notes", response_model=ThemeNotesOut, responses=refusals(404))
def read_theme_notes(acting: Annotated[Transaction, reading(Permission.READ_AUDITS)], audit_id: uuid.UUID) -> Response:
    """Strengths and areas for development of each theme, and what is marked as exemplary practice."""
    found = ThemeNotesOut.of(actions.find_theme_notes(acting.session, audit_id=audit_id, by=acting.actor))
    return json_reply(found, version=found.version)


@router.put("/{audit_id}/theme-notes", response_model=ThemeNotesOut, responses=refusals(404, 409, 412, 428))
def write_theme_notes(
    acting: Annotated[Transaction, writing(Permission.SCORE_AUDITS)],
    audit_id: uuid.UUID,
    version: IfMatch,
    notes: ThemeNotesIn,
) -> Response:
    """Write the notes on themes, all of them. If-Match is their own version: `"0"` when there are none yet."""
    found = ThemeNotesOut.of(
        actions.write_theme_notes(
            acting.session, audit_id=audit_id, new=notes.to_new(), version=version, by=acting.actor
        )
    )
    return json_reply(found, version=found.version)
