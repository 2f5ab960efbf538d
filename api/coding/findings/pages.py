"""Pages of findings: write, change or delete one."""

import uuid
from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from api.coding.codes.queries import list_codes
from api.coding.findings import actions
from api.coding.findings.actions import NewFinding
from api.coding.findings.queries import find_finding
from api.coding.rules import CodedRound, coded_round, slug_of, theme_of
from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm, submit_once
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Invalid, Problem, Stale
from models import WrittenFinding

router = Router(include_in_schema=False)

Reader = Annotated[Transaction, reading(Permission.CODE_PASSAGES)]
Writer = Annotated[Transaction, writing(Permission.CODE_PASSAGES)]
ThemeOfFinding = Annotated[str, Query(max_length=60, description="The theme, or whole-audit.")]


@router.get("/rounds/{round_id}/written-findings/new")
def ask_for_finding(
    request: Request, acting: Reader, round_id: uuid.UUID, theme: ThemeOfFinding = "whole-audit"
) -> Response:
    return _page(request, acting, coded_round(acting.session, round_id, by=acting.actor), theme=theme_of(theme))


@router.post("/rounds/{round_id}/written-findings/new")
def write_finding(request: Request, acting: Writer, round_id: uuid.UUID, form: PostedForm) -> Response:
    theme = form.text("theme")

    def make() -> Response:
        actions.write_finding(
            acting.session, round_id=round_id, theme=theme_of(theme), new=_new_of(form), by=acting.actor
        )
        return redirect(f"/rounds/{round_id}/findings/{theme}/counts", notice="Finding written.")

    try:
        with acting.attempt():
            return submit_once(acting, form, make)
    except Invalid as problem:
        coded = coded_round(acting.session, round_id, by=acting.actor)
        return _page(request, acting, coded, theme=theme_of(theme), problem=problem, form=form)


@router.get("/rounds/{round_id}/written-findings/{finding_id}")
def ask_what_changes(request: Request, acting: Reader, round_id: uuid.UUID, finding_id: uuid.UUID) -> Response:
    coded = coded_round(acting.session, round_id, by=acting.actor)
    found = find_finding(acting.session, coded, finding_id)
    return _page(request, acting, coded, theme=found.theme, found=found)


@router.post("/rounds/{round_id}/written-findings/{finding_id}")
def change_finding(
    request: Request, acting: Writer, round_id: uuid.UUID, finding_id: uuid.UUID, form: PostedForm
) -> Response:
    try:
        with acting.attempt():
            if form.text("do") == "delete":
                actions.delete_finding(
                    acting.session, round_id=round_id, finding_id=finding_id, version=form.version, by=acting.actor
                )
                return redirect(f"/rounds/{round_id}/findings", notice="Finding deleted.")
            actions.change_finding(
                acting.session,
                round_id=round_id,
                finding_id=finding_id,
                new=_new_of(form),
                version=form.version,
                by=acting.actor,
            )
    except (Invalid, Stale) as problem:
        coded = coded_round(acting.session, round_id, by=acting.actor)
        found = find_finding(acting.session, coded, finding_id)
        return _page(request, acting, coded, theme=found.theme, found=found, problem=problem, form=form)
    return redirect(f"/rounds/{round_id}/findings", notice="Finding changed.")


def _page(
    request: Request,
    acting: Transaction,
    coded: CodedRound,
    *,
    theme: str,
    found: WrittenFinding | None = None,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    coded.check_theme(theme)
    codes = list_codes(acting.session, coded)
    return render(
        request,
        "coding/findings/finding.html",
        acting=acting,
        audit_round=coded.round,
        label=coded.label_of(theme),
        slug=slug_of(theme),
        found=found,
        codes=[{"value": each.id, "text": each.name} for each in codes],
        is_stale=isinstance(problem, Stale),
        refusal=problem,
        form=form,
    )


def _new_of(form: TypedForm) -> NewFinding:
    code = form.text("code_id")
    try:
        code_id = uuid.UUID(code) if code else None
    except ValueError:
        raise Invalid.at("/code_id", "Select a code of this round") from None
    return NewFinding(form.text("words"), code_id, form.text("example"), form.keep_names())
