"""The page on which a quality lead chooses when child-level actions are due."""

from typing import Annotated

from fastapi import Request
from starlette.responses import Response

from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Invalid, Problem, Stale
from api.improvement import rules
from api.improvement.defaults import actions
from api.improvement.defaults.actions import MOST_DAYS

router = Router(include_in_schema=False)

ReadingPlanner = Annotated[Transaction, reading(Permission.WRITE_ACTIONS)]
WritingPlanner = Annotated[Transaction, writing(Permission.WRITE_ACTIONS)]


@router.get("/actions/defaults")
def ask_for_defaults(request: Request, acting: ReadingPlanner) -> Response:
    return _page(request, acting)


@router.post("/actions/defaults")
def set_defaults(request: Request, acting: WritingPlanner, form: PostedForm) -> Response:
    days = form.whole_number("child_days", "Working days", least=1, most=MOST_DAYS)
    try:
        form.check()
        with acting.attempt():
            actions.set_defaults(acting.session, child_days=days, version=form.version, by=acting.actor)
    except (Invalid, Stale) as problem:
        return _page(request, acting, problem=problem, form=form)
    return redirect("/actions?kind=child-level", notice="Saved.")


def _page(
    request: Request, acting: Transaction, *, problem: Problem | None = None, form: TypedForm | None = None
) -> Response:
    rules.check_can_plan(acting.actor)
    found = actions.find_defaults(acting.session, by=acting.actor)
    return render(
        request,
        "improvement/defaults/form.html",
        acting=acting,
        refusal=problem,
        form=form,
        found=found,
        is_stale=isinstance(problem, Stale),
    )
