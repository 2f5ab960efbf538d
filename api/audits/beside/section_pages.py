"""How the form of a section of an audit is shown again, and what is said when it can be saved no more."""

from collections.abc import Sequence
from typing import Any

from fastapi import Request
from starlette.responses import Response

from api.audits.actions import ReadAudit
from api.audits.parts import audit_path_of
from api.foundation.http.dependencies import Transaction
from api.foundation.pages.forms import TypedForm
from api.foundation.pages.rendering import render
from api.foundation.problems import Fault, Problem, Stale


def show_section(
    request: Request,
    acting: Transaction,
    found: ReadAudit,
    *,
    page: str,
    called: str,
    version: int,
    came_from: str = "",
    problem: Problem | None = None,
    form: TypedForm | None = None,
    **shown: Any,
) -> Response:
    """The form; after a refusal with what was typed, and after a change in another window with what is saved now.

    `called`: what the form changes, as the first words of a sentence in the past tense.
    """
    is_overtaken = isinstance(problem, Stale)
    overtaken = (
        f"{called} changed in another window after you opened this page. Your own changes are still in the form."
    )
    return render(
        request,
        page,
        acting=acting,
        status=None if problem is None else 409 if is_overtaken else problem.status,
        refusal=problem,
        faults=[Fault("", overtaken)] if is_overtaken else None,
        # Saving again replaces what this page shows as saved.
        typed=None if form is None else {**form.typed, "version": [str(version)]} if is_overtaken else form.typed,
        found=found,
        audit_path=audit_path_of(found),
        came_from=came_from,
        is_overtaken=is_overtaken,
        version=str(version),
        **shown,
    )


def show_not_saved(
    request: Request, acting: Transaction, found: ReadAudit, problem: Problem, texts: Sequence[tuple[str, str]]
) -> Response:
    """Why nothing can be saved any more, with the typed texts (each its label and the words) to copy."""
    return render(
        request,
        "audits/not_saved.html",
        acting=acting,
        status=problem.status,
        found=found,
        audit_path=audit_path_of(found),
        problem=problem,
        typed_texts=[(label, words) for label, words in texts if words],
    )
