"""The page of what an agency is asked of a template."""

import uuid
from typing import Annotated

from fastapi import Request
from starlette.responses import Response

from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Invalid, Problem, Stale
from api.joint_rounds.asked import actions
from api.joint_rounds.asked.actions import AskedTheme

router = Router(include_in_schema=False)

Reader = Annotated[Transaction, reading(Permission.WRITE_JOINT_ROUNDS)]
Writer = Annotated[Transaction, writing(Permission.WRITE_JOINT_ROUNDS)]


@router.get("/templates/{template_id}/agencies/{agency_id}")
def show_asked(request: Request, acting: Reader, template_id: uuid.UUID, agency_id: uuid.UUID) -> Response:
    return _page(request, acting, template_id, agency_id)


@router.post("/templates/{template_id}/agencies/{agency_id}")
def write_asked(
    request: Request, acting: Writer, template_id: uuid.UUID, agency_id: uuid.UUID, form: PostedForm
) -> Response:
    found = actions.find_asked(acting.session, template_id=template_id, agency_id=agency_id, by=acting.actor)
    themes = [_typed(form, theme.key) for theme, _ in found.themes]
    try:
        with acting.attempt():
            actions.write_asked(
                acting.session,
                template_id=template_id,
                agency_id=agency_id,
                themes=themes,
                version=form.version,
                by=acting.actor,
            )
    except (Invalid, Stale) as problem:
        return _page(request, acting, template_id, agency_id, problem=problem, form=form)
    notice = f"Saved what {found.agency.name} is asked. Joint audits that are open stay as they are."
    return redirect(f"/templates/{template_id}/agencies/{agency_id}", notice=notice)


def _typed(form: TypedForm, theme: str) -> AskedTheme:
    prefix = f"themes/{theme}/"
    return AskedTheme(theme, form.has(f"{prefix}asked"), form.text(f"{prefix}words"), form.keep_names(prefix))


def _page(
    request: Request,
    acting: Transaction,
    template_id: uuid.UUID,
    agency_id: uuid.UUID,
    *,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    found = actions.find_asked(acting.session, template_id=template_id, agency_id=agency_id, by=acting.actor)
    return render(
        request,
        "joint_rounds/asked/asked.html",
        acting=acting,
        found=found,
        template_id=template_id,
        refusal=problem,
        form=form,
    )
