"""What an agency is asked of a template, over REST."""

import uuid
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictBool
from starlette.responses import Response

from api.foundation.http.dependencies import IfMatch, Transaction, reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.foundation.text.fields import KeepNames
from api.joint_rounds.asked import actions
from api.joint_rounds.asked.actions import MOST_CHARACTERS, AskedTheme

router = Router(prefix="/templates/{template_id}/agencies", tags=["Joint audits"])

Reader = Annotated[Transaction, reading(Permission.WRITE_JOINT_ROUNDS)]
Writer = Annotated[Transaction, writing(Permission.WRITE_JOINT_ROUNDS)]


class AgencyThemeIn(BaseModel):
    """How an agency is asked a theme."""

    model_config = ConfigDict(extra="forbid")

    theme: Annotated[str, Field(max_length=60)]
    asked: StrictBool
    words: Annotated[
        str, Field(max_length=MOST_CHARACTERS, description="In the agency's own words; empty for the template's.")
    ] = ""
    keep_names: KeepNames = None


class AgencyThemesIn(BaseModel):
    """Themes that are to change; the others stay as they are."""

    model_config = ConfigDict(extra="forbid")

    themes: Annotated[list[AgencyThemeIn], Field(min_length=1, max_length=300)]


class AgencyThemeOut(BaseModel):
    theme: str
    label: str
    asked: bool
    words: str


class AgencyThemesOut(BaseModel):
    agency: str
    themes: list[AgencyThemeOut]


@router.get("/{agency_id}", response_model=AgencyThemesOut, responses=refusals(404, 409))
def read_asked(acting: Reader, template_id: uuid.UUID, agency_id: uuid.UUID) -> Response:
    """What an agency is asked of the newest published version of a template. The version is that of the agency."""
    return _shown(acting, template_id, agency_id)


@router.put("/{agency_id}", response_model=AgencyThemesOut, responses=refusals(404, 409, 412, 428))
def write_asked(
    acting: Writer, template_id: uuid.UUID, agency_id: uuid.UUID, version: IfMatch, new: AgencyThemesIn
) -> Response:
    """Say what an agency is asked of a template, for joint rounds that are opened from now on."""
    themes = [AskedTheme(each.theme, each.asked, each.words, each.keep_names) for each in new.themes]
    actions.write_asked(
        acting.session, template_id=template_id, agency_id=agency_id, themes=themes, version=version, by=acting.actor
    )
    return _shown(acting, template_id, agency_id)


def _shown(acting: Transaction, template_id: uuid.UUID, agency_id: uuid.UUID) -> Response:
    found = actions.find_asked(acting.session, template_id=template_id, agency_id=agency_id, by=acting.actor)
    themes = [
        AgencyThemeOut(theme=theme.key, label=theme.label, asked=each.asked, words=each.words)
        for theme, each in found.themes
    ]
    return json_reply(AgencyThemesOut(agency=found.agency.name, themes=themes), version=found.agency.version)
