"""Cases of joint rounds over REST: agencies side by side once the panel is open, and what it agreed on."""

import uuid
from datetime import date
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool
from starlette.responses import Response

from api.audits.redaction.actions import MOST_PLACES, RedactionReason
from api.foundation.http.dependencies import IfMatch, Transaction, reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.foundation.text.fields import FreeText, KeepNames, ThemeKey, WrittenDate
from api.joint_rounds.panels import actions, queries, redaction
from api.joint_rounds.panels.actions import LONGEST_POSTS, NewFinding, PanelContent
from api.joint_rounds.panels.queries import AcrossAgencies, AgencyAnswer, AgencyPart, ThemeAcross
from api.joint_rounds.planning.actions import MOST_AGENCIES
from checklists.joint.states import ChronologyKind
from models import JointCaseState, PartState

router = Router(prefix="/joint-cases", tags=["Joint audits"])

Reader = Annotated[Transaction, reading(Permission.READ_JOINT_CASES)]
Lead = Annotated[Transaction, writing(Permission.WRITE_JOINT_ROUNDS)]
CHANGED = refusals(404, 409, 412, 428)


class PanelOpeningIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    without_missing: Annotated[
        StrictBool,
        Field(description="Open the panel although agencies have not returned their parts; they cannot any more."),
    ] = False


class PanelIn(BaseModel):
    """What a panel agreed on."""

    model_config = ConfigDict(extra="forbid")

    panel_on: WrittenDate | None
    grade: Annotated[str, Field(max_length=40, description="The key of a rating; empty for none.")]
    words: FreeText
    took_part: Annotated[
        dict[uuid.UUID, Annotated[str, Field(max_length=LONGEST_POSTS)]],
        Field(max_length=MOST_AGENCIES, description="The posts of those who took part, never names, by agency."),
    ] = {}
    practitioners_on: WrittenDate | None = None
    practitioners_words: FreeText = ""
    keep_names: KeepNames = None

    def content(self) -> PanelContent:
        """The content to store."""
        return PanelContent(**dict(self))


class JointFindingIn(BaseModel):
    """What a panel found of a theme. Without any text the finding is deleted."""

    model_config = ConfigDict(extra="forbid")

    strengths: FreeText = ""
    development: FreeText = ""
    recommendations: FreeText = ""
    keep_names: KeepNames = None

    def new(self) -> NewFinding:
        """The finding to store."""
        return NewFinding(**dict(self))


class JointRedactionIn(BaseModel):
    """Texts that are removed for good, and why."""

    model_config = ConfigDict(extra="forbid")

    places: Annotated[
        list[Annotated[str, Field(max_length=150)]],
        Field(
            min_length=1,
            max_length=MOST_PLACES,
            description="words, practitioners_words, took_part/<agency>, answers/<part>/<theme>, "
            "entries/<part>/<place> or findings/<theme>/<column>.",
        ),
    ]
    reason: RedactionReason


class JointAgencyOut(BaseModel):
    """Whether an agency has returned its part, and whether it knows the child once the panel is open."""

    agency_id: uuid.UUID
    agency: str
    state: PartState
    known: Annotated[bool | None, Field(description="Null until the panel is open.")]
    took_part: str

    @classmethod
    def of(cls, each: AgencyPart, *, is_open: bool) -> Self:
        part = each.part
        return cls(
            agency_id=part.agency_id,
            agency=each.agency,
            state=part.state,
            known=part.known if is_open else None,
            took_part=part.took_part,
        )


class JointAnswerOut(BaseModel):
    agency: str
    answer: str | None
    words: str
    why_none: Annotated[str, Field(description="Why there is no answer; empty where there is one.")]
    place: Annotated[str, Field(description="How a redaction names these words.")]

    @classmethod
    def of(cls, each: AgencyAnswer) -> Self:
        given = each.answer
        if given is None:
            return cls(agency=each.agency, answer=None, words="", why_none=each.why_none, place="")
        place = redaction.place_of_answer(given)
        return cls(agency=each.agency, answer=given.answer, words=given.words, why_none="", place=place)


class JointThemeOut(BaseModel):
    """A theme across agencies."""

    theme: str
    label: str
    differs: bool
    answers: list[JointAnswerOut]
    strengths: str
    development: str
    recommendations: str

    @classmethod
    def of(cls, each: ThemeAcross) -> Self:
        found = each.finding
        return cls(
            theme=each.theme.key,
            label=each.theme.label,
            differs=each.differs,
            answers=[JointAnswerOut.of(one) for one in each.answers],
            strengths=found.strengths if found else "",
            development=found.development if found else "",
            recommendations=found.recommendations if found else "",
        )


class JointChronologyOut(BaseModel):
    month: date
    agency: str
    kind: ChronologyKind
    words: str
    place: Annotated[str, Field(description="How a redaction names these words.")]


class JointCaseOut(BaseModel):
    """A case of a joint round. Before its panel opens there are only the states of parts."""

    id: uuid.UUID
    joint_round_id: uuid.UUID
    reference: str
    state: JointCaseState
    agencies: list[JointAgencyOut]
    panel_on: date | None
    grade: str
    words: str
    practitioners_on: date | None
    practitioners_words: str
    themes: Annotated[list[JointThemeOut], Field(description="The themes on which agencies differ most come first.")]
    chronology: list[JointChronologyOut]
    version: int


@router.get("/{joint_case_id}", response_model=JointCaseOut, responses=refusals(404))
def read_joint_case(acting: Reader, joint_case_id: uuid.UUID) -> Response:
    """A case of a joint round that you lead, or whose panel is open and that your agency knows."""
    return _shown(acting, joint_case_id)


@router.post("/{joint_case_id}/open-panel", response_model=JointCaseOut, responses=CHANGED)
def open_joint_panel(acting: Lead, joint_case_id: uuid.UUID, version: IfMatch, given: PanelOpeningIn) -> Response:
    """Open the panel of a case: agencies that returned a part and know the child see all parts from now on."""
    actions.open_panel(
        acting.session,
        joint_case_id=joint_case_id,
        without_missing=given.without_missing,
        version=version,
        by=acting.actor,
    )
    return _shown(acting, joint_case_id)


@router.put("/{joint_case_id}/panel", response_model=JointCaseOut, responses=CHANGED)
def record_joint_panel(acting: Lead, joint_case_id: uuid.UUID, version: IfMatch, new: PanelIn) -> Response:
    """Record what a panel agreed on, who took part, and the practitioners' event."""
    actions.record_panel(
        acting.session, joint_case_id=joint_case_id, content=new.content(), version=version, by=acting.actor
    )
    return _shown(acting, joint_case_id)


@router.put("/{joint_case_id}/themes/{theme}", response_model=JointCaseOut, responses=CHANGED)
def record_joint_finding(
    acting: Lead, joint_case_id: uuid.UUID, theme: ThemeKey, version: IfMatch, new: JointFindingIn
) -> Response:
    """Record what a panel found of a theme."""
    actions.record_finding(
        acting.session, joint_case_id=joint_case_id, theme=theme, new=new.new(), version=version, by=acting.actor
    )
    return _shown(acting, joint_case_id)


@router.post("/{joint_case_id}/finish", response_model=JointCaseOut, responses=CHANGED)
def finish_joint_panel(acting: Lead, joint_case_id: uuid.UUID, version: IfMatch) -> Response:
    """Finish the panel of a case. It never changes from then on."""
    actions.finish_panel(acting.session, joint_case_id=joint_case_id, version=version, by=acting.actor)
    return _shown(acting, joint_case_id)


@router.post("/{joint_case_id}/redactions", response_model=JointCaseOut, responses=CHANGED)
def redact_joint_case(acting: Lead, joint_case_id: uuid.UUID, version: IfMatch, new: JointRedactionIn) -> Response:
    """Put “[redacted]” in place of texts that should never have been written. They are removed for good."""
    redaction.redact(
        acting.session,
        joint_case_id=joint_case_id,
        places=new.places,
        reason=new.reason,
        version=version,
        by=acting.actor,
    )
    return _shown(acting, joint_case_id)


def _shown(acting: Transaction, joint_case_id: uuid.UUID) -> Response:
    found = queries.find_joint_case(acting.session, joint_case_id=joint_case_id, by=acting.actor)
    across = queries.read_joint_case(acting.session, found, by=acting.actor)
    parts = queries.parts_of(acting.session, found) if across is None else across.parts
    case = found.case
    shown = JointCaseOut(
        id=case.id,
        joint_round_id=case.joint_round_id,
        reference=found.reference,
        state=case.state,
        agencies=[JointAgencyOut.of(each, is_open=across is not None) for each in parts],
        panel_on=case.panel_on,
        grade=case.grade,
        words=case.words,
        practitioners_on=case.practitioners_on,
        practitioners_words=case.practitioners_words,
        themes=_themes(across),
        chronology=_chronology(across),
        version=case.version,
    )
    return json_reply(shown, version=case.version)


def _themes(across: AcrossAgencies | None) -> list[JointThemeOut]:
    return [] if across is None else [JointThemeOut.of(each) for each in across.themes]


def _chronology(across: AcrossAgencies | None) -> list[JointChronologyOut]:
    return [
        JointChronologyOut(
            month=entry.month,
            agency=agency,
            kind=entry.kind,
            words=entry.words,
            place=redaction.place_of_entry(entry),
        )
        for entry, agency in (() if across is None else across.chronology)
    ]
