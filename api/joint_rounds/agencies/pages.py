"""Pages of agencies: the list, and one with the people who belong to it."""

import uuid
from typing import Annotated

from fastapi import Request
from starlette.responses import Response

from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm, identifier_in, submit_once
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Fault, Invalid, Problem, Stale
from api.joint_rounds.agencies import actions

router = Router(include_in_schema=False)

Reader = Annotated[Transaction, reading(Permission.WRITE_AGENCIES)]
Writer = Annotated[Transaction, writing(Permission.WRITE_AGENCIES)]


@router.get("/agencies")
def list_agencies(request: Request, acting: Reader) -> Response:
    return _list_page(request, acting)


@router.post("/agencies")
def add_agency(request: Request, acting: Writer, form: PostedForm) -> Response:
    def make() -> Response:
        made = actions.add_agency(acting.session, name=form.text("name"), by=acting.actor)
        return redirect(f"/agencies/{made.id}", notice="Agency added. Select who belongs to it.")

    try:
        with acting.attempt():
            return submit_once(acting, form, make)
    except Invalid as problem:
        return _list_page(request, acting, problem=problem, form=form)


@router.get("/agencies/{agency_id}")
def show_agency(request: Request, acting: Reader, agency_id: uuid.UUID) -> Response:
    return _agency_page(request, acting, agency_id)


@router.post("/agencies/{agency_id}")
def change_agency(request: Request, acting: Writer, agency_id: uuid.UUID, form: PostedForm) -> Response:
    members = [identifier_in(each) for each in form.texts("members")]
    if None in members:
        form.faults.append(Fault("members", "Select people from the list."))
    try:
        form.check()
        with acting.attempt():
            actions.change_agency(
                acting.session,
                agency_id=agency_id,
                name=form.text("name"),
                active=form.text("active") != "no",
                members=[each for each in members if each is not None],
                version=form.version,
                by=acting.actor,
            )
    except (Invalid, Stale) as problem:
        return _agency_page(request, acting, agency_id, problem=problem, form=form)
    return redirect("/agencies", notice="Agency saved.")


def _list_page(
    request: Request, acting: Transaction, *, problem: Problem | None = None, form: TypedForm | None = None
) -> Response:
    found = actions.list_agencies(acting.session, by=acting.actor)
    return render(request, "joint_rounds/agencies/list.html", acting=acting, agencies=found, refusal=problem, form=form)


def _agency_page(
    request: Request,
    acting: Transaction,
    agency_id: uuid.UUID,
    *,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    agency = actions.find_agency(acting.session, agency_id=agency_id, by=acting.actor)
    members = actions.members_of(acting.session, agency_id, by=acting.actor)
    people = actions.possible_members(acting.session, acting.actor) | members
    return render(
        request,
        "joint_rounds/agencies/agency.html",
        acting=acting,
        agency=agency,
        members=[str(each) for each in members],
        people=[{"value": str(key), "text": name} for key, name in people.items()],
        refusal=problem,
        form=form,
    )
