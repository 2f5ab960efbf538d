"""Audit programmes over REST."""

import uuid
from typing import Annotated, Any, Final

from starlette.responses import Response

from api.foundation.http.dependencies import IdempotencyKey, IfMatch, Page, Transaction, heavy_reading, reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import file_answer, json_reply, run_once
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from api.programme import actions, queries, standing
from api.programme.bodies import (
    ExemptionDecisionIn,
    LineExemptionIn,
    LineIn,
    LineMoveIn,
    LineOut,
    ProgrammeIn,
    ProgrammeList,
    ProgrammeOut,
    ProgrammeProgressOut,
    WholeProgramme,
)
from api.programme.calendar import calendar_of
from api.programme.progress import progress_of_programme

router = Router(tags=["Audit programme"])

ReadingLead = Annotated[Transaction, reading(Permission.WRITE_ROUNDS)]
HeavyReadingLead = Annotated[Transaction, heavy_reading(Permission.WRITE_ROUNDS)]
WritingLead = Annotated[Transaction, writing(Permission.WRITE_ROUNDS)]
CALENDAR_ANSWER: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "The calendar", "content": {"text/calendar": {"schema": {"type": "string"}}}}
}


@router.get("/programmes", response_model=ProgrammeList)
def list_programmes(acting: ReadingLead, page: Page) -> ProgrammeList:
    """Audit programmes, newest first."""
    found = queries.list_programmes(acting.session, by=acting.actor, limit=page.to_fetch, after=page.after_id)
    shown, after = page.cut(found, key=lambda each: each.id)
    return ProgrammeList(items=[ProgrammeOut.of(each) for each in shown], after=after)


@router.post("/programmes", status_code=201, response_model=WholeProgramme, responses=refusals(400))
def create_programme(acting: WritingLead, key: IdempotencyKey, programme: ProgrammeIn) -> Response:
    """Create an audit programme; its lines are added afterwards."""

    def make() -> Response:
        made = actions.create_programme(acting.session, new=programme.new(), by=acting.actor)
        return _programme(acting, made.id, status=201)

    return run_once(acting, key, make)


@router.get("/programmes/{programme_id}", response_model=WholeProgramme, responses=refusals(404))
def read_programme(acting: ReadingLead, programme_id: uuid.UUID) -> Response:
    """An audit programme with its lines and their planned rounds."""
    return _programme(acting, programme_id)


@router.put("/programmes/{programme_id}", response_model=WholeProgramme, responses=refusals(404, 412, 428))
def change_programme(
    acting: WritingLead, programme_id: uuid.UUID, version: IfMatch, programme: ProgrammeIn
) -> Response:
    actions.change_programme(
        acting.session, programme_id=programme_id, new=programme.new(), version=version, by=acting.actor
    )
    return _programme(acting, programme_id)


@router.post(
    "/programmes/{programme_id}/lines", status_code=201, response_model=LineOut, responses=refusals(400, 404, 409)
)
def add_line(acting: WritingLead, key: IdempotencyKey, programme_id: uuid.UUID, line: LineIn) -> Response:
    """Add a line: what is audited how often. The service plans its rounds."""

    def make() -> Response:
        made = actions.add_line(acting.session, programme_id=programme_id, new=line.new(), by=acting.actor)
        return _line(acting, made.id, status=201)

    return run_once(acting, key, make)


@router.get("/programmes/{programme_id}/progress", response_model=ProgrammeProgressOut, responses=refusals(404))
def read_progress(acting: HeavyReadingLead, programme_id: uuid.UUID) -> ProgrammeProgressOut:
    """What is expected, done, late and exempt today, without the readings to which you are blind."""
    found = progress_of_programme(acting.session, programme_id=programme_id, by=acting.actor)
    return ProgrammeProgressOut.of(found)


@router.get(
    "/programmes/{programme_id}/calendar.ics", responses={**refusals(404), **CALENDAR_ANSWER}, response_class=Response
)
def read_calendar(acting: HeavyReadingLead, programme_id: uuid.UUID) -> Response:
    """The rounds of a programme as whole days, for another calendar."""
    found = queries.show_programme(acting.session, programme_id=programme_id, by=acting.actor)
    return file_answer(acting, calendar_of(found), "programme.calendar-fetched", programme_id)


@router.get("/programme-lines/{line_id}", response_model=LineOut, responses=refusals(404))
def read_line(acting: ReadingLead, line_id: uuid.UUID) -> Response:
    """A line with its planned rounds."""
    return _line(acting, line_id)


@router.put("/programme-lines/{line_id}", response_model=LineOut, responses=refusals(404, 409, 412, 428))
def change_line(acting: WritingLead, line_id: uuid.UUID, version: IfMatch, line: LineIn) -> Response:
    """Change a line. Rounds that exist stay as they are."""
    actions.change_line(acting.session, line_id=line_id, new=line.new(), version=version, by=acting.actor)
    return _line(acting, line_id)


@router.post("/programme-lines/{line_id}/move", response_model=LineOut, responses=refusals(404, 409, 412, 428))
def move_line(acting: WritingLead, line_id: uuid.UUID, version: IfMatch, wanted: LineMoveIn) -> Response:
    """Pause, continue or end a line. Rounds that fall into a pause are not planned later."""
    standing.move_line(acting.session, line_id=line_id, move=wanted.move, version=version, by=acting.actor)
    return _line(acting, line_id)


@router.post(
    "/programme-lines/{line_id}/exemptions",
    status_code=201,
    response_model=LineOut,
    responses=refusals(400, 404, 409),
)
def ask_for_exemption(acting: WritingLead, key: IdempotencyKey, line_id: uuid.UUID, asked: LineExemptionIn) -> Response:
    """Ask for a planned round to be exempt. Until a second quality lead approves it, the round remains planned."""

    def make() -> Response:
        standing.ask_for_exemption(
            acting.session,
            line_id=line_id,
            starts_on=asked.starts_on,
            reason=asked.reason,
            keep_names=asked.keep_names,
            by=acting.actor,
        )
        return _line(acting, line_id, status=201)

    return run_once(acting, key, make)


@router.post("/programme-lines/{line_id}/exemptions/decision", response_model=LineOut, responses=refusals(404, 409))
def decide_exemption(acting: WritingLead, line_id: uuid.UUID, decision: ExemptionDecisionIn) -> Response:
    """Approve or decline an exemption that another quality lead asked for."""
    standing.decide_exemption(
        acting.session, line_id=line_id, starts_on=decision.starts_on, approved=decision.approved, by=acting.actor
    )
    return _line(acting, line_id)


def _programme(acting: Transaction, programme_id: uuid.UUID, *, status: int = 200) -> Response:
    found = queries.show_programme(acting.session, programme_id=programme_id, by=acting.actor)
    location = f"/api/v1/programmes/{programme_id}" if status == 201 else ""
    return json_reply(WholeProgramme.of(found), status=status, version=found.programme.version, location=location)


def _line(acting: Transaction, line_id: uuid.UUID, *, status: int = 200) -> Response:
    _, shown = queries.show_line(acting.session, line_id=line_id, by=acting.actor)
    location = f"/api/v1/programme-lines/{line_id}" if status == 201 else ""
    return json_reply(LineOut.of(shown), status=status, version=shown.line.version, location=location)
