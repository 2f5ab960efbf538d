"""7-minute briefings over REST: begun from a snapshot, edited, and read as JSON or a file."""

import uuid
from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool
from starlette.responses import Response

from api.documents.document import Document
from api.documents.files import FileKind, render_file
from api.documents.json_document import FILE_ANSWER, DocumentOut
from api.foundation.http.dependencies import IdempotencyKey, IfMatch, Transaction, heavy_reading, reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import file_answer, json_reply, run_once
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.foundation.text.fields import KeepNames
from api.foundation.text.free_text import MOST_CHARACTERS
from api.release.briefings import actions
from api.release.briefings.actions import LONGEST_TITLE
from api.release.briefings.document import document_of, words_of
from models import Briefing

router = Router(prefix="/briefings", tags=["Briefings"])
Reader = Annotated[Transaction, reading(Permission.READ_SNAPSHOTS)]
FileReader = Annotated[Transaction, heavy_reading(Permission.READ_SNAPSHOTS)]
Writer = Annotated[Transaction, writing(Permission.WRITE_SNAPSHOTS)]

Title = Annotated[str, Field(min_length=1, max_length=LONGEST_TITLE)]


class NewBriefing(BaseModel):
    model_config = ConfigDict(extra="forbid")

    snapshot_id: uuid.UUID
    title: Title


class BriefingIn(BaseModel):
    """The title, and the quality lead's own text by the key of the section. Omitted sections have no text."""

    model_config = ConfigDict(extra="forbid")

    title: Title
    words: dict[Annotated[str, Field(max_length=60)], Annotated[str, Field(max_length=MOST_CHARACTERS)]] = Field(
        max_length=60
    )
    keep_names: KeepNames = None
    share_numbers: StrictBool = Field(
        default=False,
        description=(
            "Confirms that small numbers of children or cases in the text can be shared. Without "
            "confirmation, text with small numbers is refused."
        ),
    )


class BriefingOut(BaseModel):
    id: uuid.UUID
    snapshot_id: uuid.UUID
    title: str
    made_at: datetime
    words: dict[str, str]

    @classmethod
    def of(cls, briefing: Briefing) -> Self:
        return cls(
            id=briefing.id,
            snapshot_id=briefing.snapshot_id,
            title=briefing.title,
            made_at=briefing.made_at,
            words=words_of(briefing),
        )


@router.post("", status_code=201, response_model=BriefingOut, responses=refusals(400, 404))
def make_briefing(acting: Writer, key: IdempotencyKey, new: NewBriefing) -> Response:
    """Create a briefing from a snapshot, with its figures filled in."""

    def make() -> Response:
        made = actions.create_briefing(acting.session, snapshot_id=new.snapshot_id, title=new.title, by=acting.actor)
        return json_reply(
            BriefingOut.of(made), status=201, version=made.version, location=f"/api/v1/briefings/{made.id}"
        )

    return run_once(acting, key, make)


@router.get("/{briefing_id}", response_model=BriefingOut, responses=refusals(404))
def read_briefing(acting: Reader, briefing_id: uuid.UUID) -> Response:
    """A briefing's own text. Its document includes the figures too."""
    found = actions.find_briefing(acting.session, briefing_id=briefing_id, by=acting.actor)
    return json_reply(BriefingOut.of(found), version=found.version)


@router.put("/{briefing_id}", response_model=BriefingOut, responses=refusals(400, 404, 412, 428))
def change_briefing(acting: Writer, briefing_id: uuid.UUID, version: IfMatch, new: BriefingIn) -> Response:
    """Change the title and text of a briefing."""
    changed = actions.change_briefing(
        acting.session,
        briefing_id=briefing_id,
        title=new.title,
        words=new.words,
        version=version,
        by=acting.actor,
        keep_names=new.keep_names,
        share_numbers=new.share_numbers,
    )
    return json_reply(BriefingOut.of(changed), version=changed.version)


def _document(acting: Transaction, briefing_id: uuid.UUID) -> Document:
    briefing = actions.find_briefing(acting.session, briefing_id=briefing_id, by=acting.actor)
    return document_of(acting.session, briefing, by=acting.actor)


@router.get("/{briefing_id}/document", response_model=DocumentOut, responses=refusals(404))
def read_document(acting: Reader, briefing_id: uuid.UUID) -> Response:
    """The complete briefing, section by section."""
    return Response(DocumentOut.of(_document(acting, briefing_id)).model_dump_json(), media_type="application/json")


@router.get("/{briefing_id}/document.{kind}", response_class=Response, responses={**refusals(404), **FILE_ANSWER})
def read_document_as_file(acting: FileReader, briefing_id: uuid.UUID, kind: FileKind) -> Response:
    """The complete briefing as a file."""
    file = render_file(_document(acting, briefing_id), kind)
    return file_answer(acting, file, "briefing.fetched", briefing_id)
