"""Pages of availability: what allocation needs to know of a person, and who is exempt from a round."""

import uuid
from datetime import date
from typing import Annotated

from fastapi import Request
from starlette.responses import Response

from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Fault, Invalid, Problem, Stale
from api.people import actions as people
from api.people.availability import actions
from api.people.availability.actions import AbsencePeriod, Availability
from api.people.teams.queries import team_choices

router = Router(include_in_schema=False)

ReadingLead = Annotated[Transaction, reading(Permission.ALLOCATE_AUDITS)]
WritingLead = Annotated[Transaction, writing(Permission.ALLOCATE_AUDITS)]


@router.get("/people/{person_id}/duties")
def show(request: Request, acting: ReadingLead, person_id: uuid.UUID) -> Response:
    return _page(request, acting, person_id)


@router.post("/people/{person_id}/duties")
def change(request: Request, acting: WritingLead, person_id: uuid.UUID, form: PostedForm) -> Response:
    try:
        with acting.attempt():
            changed = _availability_of(form)
            actions.change_availability(
                acting.session, person_id=person_id, availability=changed, version=form.version, by=acting.actor
            )
    except (Invalid, Stale) as problem:
        return _page(request, acting, person_id, form=form, problem=problem)
    return redirect(f"/people/{person_id}/duties", notice="Availability saved.")


def _availability_of(form: TypedForm) -> Availability:
    most = form.whole_number("most_audits", "Maximum number of audits", most=actions.MOST_AUDITS, needed=False)
    absences = []
    for number, line in enumerate(form.text("absences").splitlines(), start=1):
        if line.strip():
            days = _days_of(line)
            if days is None:
                form.faults.append(Fault("absences", f"Line {number}: enter 2 dates, such as 1/12/2026 to 14/12/2026."))
            else:
                absences.append(days)
    try:
        teams = tuple(uuid.UUID(text) for text in form.texts("teams"))
    except ValueError:
        form.faults.append(Fault("teams", "Select from the list."))
        teams = ()
    form.check()
    return Availability(teams, form.text("worker").strip().upper(), most, tuple(absences))


def _days_of(line: str) -> AbsencePeriod | None:
    """Two days as people write them, the day first: "1/12/2026 to 14/12/2026"; one day alone is both."""
    words = [word for word in line.lower().replace("–", " to ").split() if word != "to"]
    days = []
    for word in words:
        parts = word.split("/")
        if len(parts) != 3 or not all(part.isascii() and part.isdecimal() and len(part) <= 4 for part in parts):
            return None
        day, month, year = map(int, parts)
        try:
            days.append(date(year, month, day))
        except ValueError:
            return None
    if not 1 <= len(days) <= 2 or min(days).year < 2000:
        return None
    return AbsencePeriod(days[0], days[-1])


def _page(
    request: Request,
    acting: Transaction,
    person_id: uuid.UUID,
    *,
    form: TypedForm | None = None,
    problem: Problem | None = None,
) -> Response:
    found, version = actions.availability_of(acting.session, person_id=person_id, by=acting.actor)
    return render(
        request,
        "people/availability/duties.html",
        acting=acting,
        refusal=problem,
        faults=()
        if problem is None
        else tuple(
            Fault(fault.pointer.strip("/").partition("/")[0], fault.detail)
            for fault in problem.faults or (Fault("", problem.detail),)
        ),
        typed=None if form is None else form.typed,
        person=people.find_person(acting.session, person_id=person_id, by=acting.actor).person,
        availability=found,
        absences="\n".join(f"{_day(each.first_day)} to {_day(each.last_day)}" for each in found.absences),
        version=version,
        teams=team_choices(acting.session, acting.actor, retired=True),
    )


def _day(day: date) -> str:
    return f"{day.day}/{day.month}/{day.year}"
