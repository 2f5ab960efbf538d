"""A person's own parts of joint rounds over REST."""

import uuid
from datetime import date, datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool
from starlette.responses import Response

from api.foundation.http.dependencies import IfMatch, Page, Transaction, reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.foundation.text.fields import FreeText, KeepNames, WrittenDate
from api.joint_rounds.parts import actions, queries
from api.joint_rounds.parts.actions import LONGEST_ENTRY, MOST_ENTRIES, NewEntry, PartAnswer, PartContent
from api.joint_rounds.parts.queries import AskedQuestion, OwnPart, ReadPart
from checklists.joint.states import ChronologyKind
from checklists.templates.rules import MOST_THEMES
from models import ChronologyEntry, JointCaseState, PartState

router = Router(prefix="/joint-parts", tags=["Joint audits"])

Reader = Annotated[Transaction, reading(Permission.WRITE_JOINT_PARTS)]
Writer = Annotated[Transaction, writing(Permission.WRITE_JOINT_PARTS)]
Lead = Annotated[Transaction, writing(Permission.WRITE_JOINT_ROUNDS)]
CHANGED = refusals(404, 409, 412, 428)


class JointAnswerIn(BaseModel):
    """An answer to a theme that the agency is asked."""

    model_config = ConfigDict(extra="forbid")

    theme: Annotated[str, Field(max_length=60)]
    answer: Annotated[
        str, Field(min_length=1, max_length=40, description="A rating's key, not-evidenced or not-applicable.")
    ]
    words: Annotated[FreeText, Field(description="What the agency's records show.")] = ""
    keep_names: KeepNames = None


class ChronologyEntryIn(BaseModel):
    """What happened in a month, without names."""

    model_config = ConfigDict(extra="forbid")

    month: Annotated[WrittenDate, Field(description="Any day of the month: only year and month are stored.")]
    kind: ChronologyKind
    words: Annotated[str, Field(min_length=1, max_length=LONGEST_ENTRY)]
    keep_names: KeepNames = None


class JointPartIn(BaseModel):
    """All that is written in a part so far, in place of what was there."""

    model_config = ConfigDict(extra="forbid")

    known: Annotated[StrictBool, Field(description="False: not known to us.")]
    answers: Annotated[list[JointAnswerIn], Field(max_length=MOST_THEMES)] = []
    entries: Annotated[list[ChronologyEntryIn], Field(max_length=MOST_ENTRIES)] = []

    def content(self) -> PartContent:
        """The content to store."""
        answers = [PartAnswer(each.theme, each.answer, each.words, each.keep_names) for each in self.answers]
        entries = [NewEntry(each.month, each.kind, each.words, each.keep_names) for each in self.entries]
        return PartContent(self.known, answers, entries)


class JointPartSummary(BaseModel):
    """One of your own parts."""

    id: uuid.UUID
    joint_case_id: uuid.UUID
    reference: str
    round: str
    agency: str
    due_on: date
    state: PartState
    case_state: JointCaseState
    known: bool
    submitted_at: datetime | None
    version: int

    @classmethod
    def of(cls, own: OwnPart) -> Self:
        return cls(
            id=own.part.id,
            joint_case_id=own.case.id,
            reference=own.reference,
            round=own.round.title,
            agency=own.agency,
            due_on=own.round.due_on,
            state=own.part.state,
            case_state=own.case.state,
            known=own.part.known,
            submitted_at=own.part.submitted_at,
            version=own.part.version,
        )


class JointPartList(BaseModel):
    items: list[JointPartSummary]
    after: str | None


class JointQuestionOut(BaseModel):
    """A theme that your agency is asked, with your answer so far; null where there is none."""

    theme: str
    label: str
    prompts: Annotated[list[str], Field(description="In your agency's own words, or those of the template.")]
    answer: str | None
    words: str

    @classmethod
    def of(cls, each: AskedQuestion) -> Self:
        given = each.answer
        return cls(
            theme=each.theme.key,
            label=each.theme.label,
            prompts=[each.words] if each.words else list(each.theme.prompts),
            answer=None if given is None else given.answer,
            words="" if given is None else given.words,
        )


class ChronologyEntryOut(BaseModel):
    month: date
    kind: ChronologyKind
    words: str

    @classmethod
    def of(cls, entry: ChronologyEntry) -> Self:
        return cls(month=entry.month, kind=entry.kind, words=entry.words)


class JointPartOut(JointPartSummary):
    """One of your own parts, with what is asked and what you wrote."""

    questions: list[JointQuestionOut]
    entries: list[ChronologyEntryOut]

    @classmethod
    def read(cls, found: ReadPart) -> Self:
        return cls(
            **dict(JointPartSummary.of(found.own)),
            questions=[JointQuestionOut.of(each) for each in found.questions],
            entries=[ChronologyEntryOut.of(each) for each in found.entries],
        )


@router.get("", response_model=JointPartList)
def list_joint_parts(acting: Reader, page: Page) -> JointPartList:
    """Your own parts of joint rounds, the newest first."""
    found = queries.list_own_parts(acting.session, by=acting.actor, limit=page.to_fetch, after=page.after_id)
    shown, after = page.cut(found, key=lambda each: each.part.id)
    return JointPartList(items=[JointPartSummary.of(each) for each in shown], after=after)


@router.get("/{part_id}", response_model=JointPartOut, responses=refusals(404))
def read_joint_part(acting: Reader, part_id: uuid.UUID) -> Response:
    """One of your own parts."""
    return _shown(acting, part_id)


@router.put("/{part_id}", response_model=JointPartOut, responses=CHANGED)
def save_joint_part(acting: Writer, part_id: uuid.UUID, version: IfMatch, new: JointPartIn) -> Response:
    """Save one of your own parts as it is so far."""
    actions.save_part(acting.session, part_id=part_id, content=new.content(), version=version, by=acting.actor)
    return _shown(acting, part_id)


@router.post("/{part_id}/submit", response_model=JointPartOut, responses=CHANGED)
def submit_joint_part(acting: Writer, part_id: uuid.UUID, version: IfMatch) -> Response:
    """Return one of your own parts to the council. It then stays as it is."""
    actions.submit_part(acting.session, part_id=part_id, version=version, by=acting.actor)
    return _shown(acting, part_id)


@router.post("/{part_id}/give-back", status_code=204, responses=CHANGED)
def give_joint_part_back(acting: Lead, part_id: uuid.UUID, version: IfMatch) -> Response:
    """Let the auditor of a returned part change it again, before the panel of its case opens. You do not read it."""
    actions.give_back(acting.session, part_id=part_id, version=version, by=acting.actor)
    return Response(status_code=204)


def _shown(acting: Transaction, part_id: uuid.UUID) -> Response:
    found = queries.read_own_part(acting.session, part_id=part_id, by=acting.actor)
    return json_reply(JointPartOut.read(found), version=found.own.part.version)
