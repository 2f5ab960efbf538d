"""The information pages over REST."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.foundation.http.dependencies import IfMatch, Transaction, reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.information import actions
from api.information.actions import ShownPage
from api.information.built_in import Page
from api.information.markup import LONGEST

router = Router(prefix="/information-pages", tags=["Information pages"])

Reader = Annotated[Transaction, reading(Permission.WRITE_INFORMATION)]
Number = Annotated[int, Path(ge=0, le=1_000_000, description="The number of a version; 0 is the service's own text.")]


class InformationPageIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: Annotated[
        str,
        Field(
            max_length=LONGEST,
            description="Paragraphs with empty lines between them. “## ” begins a heading, “- ” an item of a list, and "
            "[text](https://address) is a link.",
        ),
    ]


class InformationPageOut(BaseModel):
    """A page and its text. `number` counts its versions from 1; 0 is the service's own text."""

    page: Page
    title: str
    number: int
    text: str
    written_at: datetime | None

    @classmethod
    def of(cls, shown: ShownPage) -> Self:
        return cls(
            page=shown.page,
            title=shown.page.heading,
            number=shown.number,
            text=shown.text,
            written_at=shown.written_at,
        )


class InformationPageList(BaseModel):
    items: list[InformationPageOut]


@router.get("", response_model=InformationPageList)
def list_information_pages(acting: Reader) -> InformationPageList:
    """The help, accessibility, privacy and cookie pages as readers see them now."""
    found = actions.list_pages(acting.session, by=acting.actor)
    return InformationPageList(items=[InformationPageOut.of(shown) for shown in found])


@router.get("/{page}/versions/{number}", response_model=InformationPageOut, responses=refusals(404))
def read_information_page(acting: Reader, page: Page, number: Number) -> InformationPageOut:
    """One version of a page. Versions are kept."""
    return InformationPageOut.of(actions.find_version(acting.session, page=page, number=number, by=acting.actor))


@router.put("/{page}", response_model=InformationPageOut, responses=refusals(412, 428))
def write_information_page(
    acting: Annotated[Transaction, writing(Permission.WRITE_INFORMATION)],
    page: Page,
    version: IfMatch,
    wanted: InformationPageIn,
) -> Response:
    """Replace the text of a page. If-Match is the number of the version that you replace."""
    shown = actions.write_page(acting.session, page=page, text=wanted.text, version=version, by=acting.actor)
    return json_reply(InformationPageOut.of(shown), version=shown.number)
