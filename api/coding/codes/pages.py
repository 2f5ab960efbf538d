"""Pages of codes: add, change, merge or delete one, and take those of another round."""

import uuid
from typing import Annotated

from fastapi import Request
from starlette.responses import Response

from api.coding.codes import actions, queries
from api.coding.rules import coded_round
from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm, submit_once
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Conflict, Invalid, Problem, Stale

router = Router(include_in_schema=False)

Reader = Annotated[Transaction, reading(Permission.CODE_PASSAGES)]
Writer = Annotated[Transaction, writing(Permission.CODE_PASSAGES)]


@router.get("/rounds/{round_id}/codes/new")
def ask_for_code(request: Request, acting: Reader, round_id: uuid.UUID) -> Response:
    return _new_page(request, acting, round_id)


@router.post("/rounds/{round_id}/codes/new")
def add_code(request: Request, acting: Writer, round_id: uuid.UUID, form: PostedForm) -> Response:
    def make() -> Response:
        actions.add_code(
            acting.session,
            round_id=round_id,
            name=form.text("name"),
            meaning=form.text("meaning"),
            keep_names=form.keep_names(),
            by=acting.actor,
        )
        return redirect(f"/rounds/{round_id}/findings", notice="Code added.")

    try:
        with acting.attempt():
            return submit_once(acting, form, make)
    except Invalid as problem:
        return _new_page(request, acting, round_id, problem=problem, form=form)


@router.post("/rounds/{round_id}/codes/carried-over")
def carry_over(acting: Writer, round_id: uuid.UUID, form: PostedForm) -> Response:
    def make() -> Response:
        number = actions.carry_over(
            acting.session, round_id=round_id, from_round_id=_identifier(form.text("from_round")), by=acting.actor
        )
        notice = "The round has all of these codes already."
        if number:
            notice = "1 code taken." if number == 1 else f"{number} codes taken."
        return redirect(f"/rounds/{round_id}/findings", notice=notice)

    return submit_once(acting, form, make)


@router.get("/rounds/{round_id}/codes/{code_id}")
def ask_what_changes(request: Request, acting: Reader, round_id: uuid.UUID, code_id: uuid.UUID) -> Response:
    return _code_page(request, acting, round_id, code_id)


@router.post("/rounds/{round_id}/codes/{code_id}")
def change_code(
    request: Request, acting: Writer, round_id: uuid.UUID, code_id: uuid.UUID, form: PostedForm
) -> Response:
    done = form.text("do")
    try:
        with acting.attempt():
            if done == "delete":
                actions.delete_code(
                    acting.session, round_id=round_id, code_id=code_id, version=form.version, by=acting.actor
                )
                notice = "Code deleted."
            elif done == "merge":
                actions.merge_code(
                    acting.session,
                    round_id=round_id,
                    code_id=code_id,
                    into_id=_identifier(form.text("into"), "into"),
                    version=form.version,
                    by=acting.actor,
                )
                notice = "Codes merged."
            else:
                actions.change_code(
                    acting.session,
                    round_id=round_id,
                    code_id=code_id,
                    name=form.text("name"),
                    meaning=form.text("meaning"),
                    version=form.version,
                    keep_names=form.keep_names(),
                    by=acting.actor,
                )
                notice = "Code changed."
    except (Invalid, Stale, Conflict) as problem:
        return _code_page(request, acting, round_id, code_id, problem=problem, form=form)
    return redirect(f"/rounds/{round_id}/findings", notice=notice)


def _new_page(
    request: Request,
    acting: Transaction,
    round_id: uuid.UUID,
    *,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    coded = coded_round(acting.session, round_id, by=acting.actor)
    return render(
        request,
        "coding/codes/new.html",
        acting=acting,
        audit_round=coded.round,
        refusal=problem,
        form=form,
    )


def _code_page(
    request: Request,
    acting: Transaction,
    round_id: uuid.UUID,
    code_id: uuid.UUID,
    *,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    coded = coded_round(acting.session, round_id, by=acting.actor)
    others = [each for each in queries.list_codes(acting.session, coded) if each.id != code_id]
    return render(
        request,
        "coding/codes/change.html",
        acting=acting,
        audit_round=coded.round,
        code=queries.find_code(acting.session, coded, code_id),
        others=[{"value": each.id, "text": each.name} for each in others],
        is_stale=isinstance(problem, Stale),
        refusal=problem,
        form=form,
    )


def _identifier(typed: str, name: str = "from_round") -> uuid.UUID:
    try:
        return uuid.UUID(typed)
    except ValueError:
        chosen = "a code to merge this one into" if name == "into" else "the round to take the codes from"
        raise Invalid.at(f"/{name}", f"Select {chosen}.") from None
