"""An organisation's own lines on where to look, over REST."""

import uuid
from typing import Annotated, Self

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.audit_templates.own_places import actions
from api.audit_templates.own_places.actions import MOST_CHARACTERS, ThemePlace
from api.audit_templates.routes import Reader, Writer
from api.foundation.http.dependencies import IfMatch
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply
from api.foundation.http.routing import Router

router = Router(tags=["Templates"])

ThemeKey = Annotated[str, Path(max_length=60, description="The key of a theme.")]


class OwnPlaceIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    words: Annotated[
        str,
        Field(
            max_length=MOST_CHARACTERS,
            description=("Where your records show evidence for the theme. Empty to remove the guidance."),
        ),
    ]


class OwnPlaceOut(BaseModel):
    """A theme of a template, and where your organisation's own records show its evidence."""

    theme: str
    label: str
    where_to_look: Annotated[str, Field(description="The template's own guidance.")]
    words: Annotated[str, Field(description="Your organisation's own guidance.")]
    version: Annotated[int, Field(description="Increases with every change, from 0. Use as the ETag when you write.")]

    @classmethod
    def of(cls, place: ThemePlace) -> Self:
        return cls(
            theme=place.theme.key,
            label=place.theme.label,
            where_to_look=place.theme.where_to_look,
            words=place.words,
            version=place.version,
        )


class OwnPlaces(BaseModel):
    items: list[OwnPlaceOut]


@router.get("/templates/{template_id}/where-to-look", response_model=OwnPlaces, responses=refusals(404))
def list_own_places(acting: Reader, template_id: uuid.UUID) -> OwnPlaces:
    """Every theme of a template, with what your organisation adds on where to look."""
    found = actions.list_places(acting.session, template_id=template_id, by=acting.actor)
    return OwnPlaces(items=[OwnPlaceOut.of(place) for place in found])


@router.put(
    "/templates/{template_id}/where-to-look/{theme}",
    response_model=OwnPlaceOut,
    responses=refusals(404, 412, 428),
)
def write_own_place(
    acting: Writer, template_id: uuid.UUID, theme: ThemeKey, version: IfMatch, wanted: OwnPlaceIn
) -> Response:
    """Say where your records show a theme. Auditors read it under what the template says, in every version."""
    place = actions.write_place(
        acting.session, template_id=template_id, theme=theme, words=wanted.words, version=version, by=acting.actor
    )
    return json_reply(OwnPlaceOut.of(place), version=place.version)
