"""Pages of characteristics: those of the organisation, one of them, and the groups that a case is in."""

import uuid
from typing import Annotated

from fastapi import Path, Request
from starlette.responses import Response

from api.case_files import actions as case_files
from api.case_files.characteristics import actions, queries
from api.case_files.characteristics.actions import NewCharacteristic
from api.case_files.characteristics.queries import characteristics_in_use
from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm, submit_once
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Conflict, Fault, Invalid, Problem, Stale
from checklists.characteristics import CaseGroup, decode_groups, groups_from_lines, lines_of, write_file
from models import StoredCharacteristic

router = Router(include_in_schema=False)

Reading = Annotated[Transaction, reading(Permission.WRITE_CASE_FILES)]
Writing = Annotated[Transaction, writing(Permission.WRITE_CASE_FILES)]
Key = Annotated[str, Path(max_length=40)]
GROUP_OF = "group-"


@router.get("/characteristics")
def list_characteristics(request: Request, acting: Reading) -> Response:
    found = queries.list_characteristics(acting.session, by=acting.actor)
    return render(request, "case_files/characteristics/list.html", acting=acting, found=found)


@router.get("/characteristics.json")
def download_characteristics(acting: Reading) -> Response:
    """The file with which the council's own command reads an export."""
    content = write_file(characteristics_in_use(acting.session, acting.actor.organisation_id))
    headers = {"Content-Disposition": 'attachment; filename="characteristics.json"'}
    return Response(content, media_type="application/json", headers=headers)


@router.get("/characteristics/new")
def ask_for_characteristic(request: Request, acting: Reading) -> Response:
    return _form_page(request, acting, None)


@router.post("/characteristics/new")
def add_characteristic(request: Request, acting: Writing, form: PostedForm) -> Response:
    def make() -> Response:
        made = actions.add_characteristic(acting.session, new=_typed(form), by=acting.actor)
        return redirect("/characteristics", notice=f"{made.title} added.")

    try:
        with acting.attempt():
            return submit_once(acting, form, make)
    except (Invalid, Conflict) as problem:
        return _form_page(request, acting, None, problem=problem, form=form)


@router.get("/characteristics/{key}/edit")
def ask_what_changes(request: Request, acting: Reading, key: Key) -> Response:
    return _form_page(request, acting, queries.find_characteristic(acting.session, key=key, by=acting.actor))


@router.post("/characteristics/{key}/edit")
def change_characteristic(request: Request, acting: Writing, key: Key, form: PostedForm) -> Response:
    found = queries.find_characteristic(acting.session, key=key, by=acting.actor)
    try:
        with acting.attempt():
            actions.change_characteristic(
                acting.session,
                key=key,
                new=_typed(form, found.content.groups),
                active=form.text("active") != "no",
                version=form.version,
                by=acting.actor,
            )
    except (Invalid, Stale) as problem:
        found = queries.find_characteristic(acting.session, key=key, by=acting.actor)
        return _form_page(request, acting, found, problem=problem, form=form)
    return redirect("/characteristics", notice="Characteristic saved.")


@router.get("/case-files/{case_file_id}/characteristics")
def ask_for_groups(request: Request, acting: Reading, case_file_id: uuid.UUID) -> Response:
    return _groups_page(request, acting, case_file_id)


@router.post("/case-files/{case_file_id}/characteristics")
def set_groups(request: Request, acting: Writing, case_file_id: uuid.UUID, form: PostedForm) -> Response:
    in_use = characteristics_in_use(acting.session, acting.actor.organisation_id)
    groups = {each.key: form.text(f"{GROUP_OF}{each.key}") for each in in_use}
    try:
        with acting.attempt():
            actions.set_groups(
                acting.session, case_file_id=case_file_id, groups=groups, version=form.version, by=acting.actor
            )
    except (Invalid, Stale) as problem:
        return _groups_page(request, acting, case_file_id, problem=problem, form=form)
    return redirect(f"/case-files/{case_file_id}/edit", notice="Characteristics saved.")


def _typed(form: TypedForm, before: tuple[CaseGroup, ...] = ()) -> NewCharacteristic:
    headings = tuple(line.strip() for line in form.text("headings").splitlines() if line.strip())
    return NewCharacteristic(form.text("title"), headings, groups_from_lines(form.text("groups").splitlines(), before))


def _form_page(
    request: Request,
    acting: Transaction,
    found: StoredCharacteristic | None,
    *,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    return render(
        request,
        "case_files/characteristics/form.html",
        acting=acting,
        refusal=problem,
        form=form,
        is_stale=isinstance(problem, Stale),
        found=found,
        groups="" if found is None else lines_of(found.content.groups),
    )


def _groups_page(
    request: Request,
    acting: Transaction,
    case_file_id: uuid.UUID,
    *,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    found = case_files.find_case_file(acting.session, case_file_id=case_file_id, by=acting.actor).case_file
    groups = decode_groups(found.characteristics)
    return render(
        request,
        "case_files/characteristics/of_case.html",
        acting=acting,
        refusal=problem,
        form=form,
        is_stale=isinstance(problem, Stale),
        on_field=_on_field,
        found=found,
        asked=[
            {
                "name": f"{GROUP_OF}{each.key}",
                "title": each.title,
                "choices": [{"value": group.key, "text": group.label} for group in each.groups],
                "group": groups.get(each.key, ""),
            }
            for each in characteristics_in_use(acting.session, acting.actor.organisation_id)
        ],
    )


def _on_field(fault: Fault) -> Fault:
    return Fault(f"{GROUP_OF}{fault.pointer.rpartition('/')[2]}", fault.detail)
