"""The themes that a round asks about: chosen on a page of their own while it is planned."""

import uuid
from typing import Annotated

from fastapi import Request
from starlette.responses import Response

from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Conflict, Fault, Invalid, Problem, Stale
from api.rounds import actions, queries
from models import RoundState

router = Router(include_in_schema=False)

ReadingLead = Annotated[Transaction, reading(Permission.WRITE_ROUNDS)]
WritingLead = Annotated[Transaction, writing(Permission.WRITE_ROUNDS)]


@router.get("/rounds/{round_id}/themes")
def show_themes(request: Request, acting: ReadingLead, round_id: uuid.UUID) -> Response:
    return _page(request, acting, round_id)


@router.post("/rounds/{round_id}/themes")
def choose_themes(request: Request, acting: WritingLead, round_id: uuid.UUID, form: PostedForm) -> Response:
    try:
        with acting.attempt():
            scope = form.texts("scope")
            if not scope:
                raise Invalid.at("/scope", "Select at least one theme.")
            actions.choose_themes(acting.session, round_id=round_id, scope=scope, version=form.version, by=acting.actor)
    except (Invalid, Stale, Conflict) as problem:
        return _page(request, acting, round_id, problem=problem, form=form)
    return redirect(f"/rounds/{round_id}", notice="Themes saved.")


def _page(
    request: Request,
    acting: Transaction,
    round_id: uuid.UUID,
    *,
    problem: Problem | None = None,
    form: TypedForm | None = None,
) -> Response:
    audit_round = actions.find_round(acting.session, round_id=round_id, by=acting.actor)
    return render(
        request,
        "rounds/themes.html",
        acting=acting,
        refusal=problem,
        form=form,
        on_field=lambda fault: Fault("scope" if fault.pointer else "", fault.detail),
        audit_round=audit_round,
        content=audit_round.content(acting.session),
        choices=queries.theme_choices(queries.whole_content(acting.session, audit_round)),
        is_planned=audit_round.state is RoundState.PLANNED,
    )
