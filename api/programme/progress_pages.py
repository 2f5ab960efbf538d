"""Pages of the progress and the calendar of an audit programme."""

import uuid
from typing import Annotated

from fastapi import Request
from starlette.responses import Response

from api.foundation.http.dependencies import Transaction, heavy_reading, reading
from api.foundation.http.replies import file_answer
from api.foundation.http.routing import Router
from api.foundation.pages.rendering import render
from api.foundation.permissions import Permission
from api.programme import queries
from api.programme.calendar import calendar_of, months_of
from api.programme.progress import progress_of_programme

router = Router(include_in_schema=False)

ReadingLead = Annotated[Transaction, reading(Permission.WRITE_ROUNDS)]
HeavyReadingLead = Annotated[Transaction, heavy_reading(Permission.WRITE_ROUNDS)]


@router.get("/programmes/{programme_id}/progress")
def show_progress(request: Request, acting: HeavyReadingLead, programme_id: uuid.UUID) -> Response:
    found = progress_of_programme(acting.session, programme_id=programme_id, by=acting.actor)
    return render(request, "programme/progress.html", acting=acting, found=found)


@router.get("/programmes/{programme_id}/calendar")
def show_calendar(request: Request, acting: HeavyReadingLead, programme_id: uuid.UUID) -> Response:
    found = queries.show_programme(acting.session, programme_id=programme_id, by=acting.actor)
    return render(request, "programme/calendar.html", acting=acting, found=found, months=months_of(found))


@router.get("/programmes/{programme_id}/calendar.ics")
def fetch_calendar(acting: HeavyReadingLead, programme_id: uuid.UUID) -> Response:
    found = queries.show_programme(acting.session, programme_id=programme_id, by=acting.actor)
    return file_answer(acting, calendar_of(found), "programme.calendar-fetched", programme_id)
