"""How the form of a section of an audit is saved, shown again, and what is said when it can be saved no more."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from fastapi import Request
from starlette.responses import Response

from api.audits import actions as audits
from api.audits.actions import ReadAudit
from api.audits.parts import audit_path_of
from api.foundation.http.dependencies import Transaction
from api.foundation.pages.forms import TypedForm
from api.foundation.pages.rendering import redirect, render
from api.foundation.problems import Conflict, Fault, Invalid, NotAllowed, Problem, Stale

# What the button asks for that leads back to the list of themes; the other one leads on.
LIST: Final = "list"


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


def save_section(
    request: Request,
    acting: Transaction,
    found: ReadAudit,
    form: TypedForm,
    *,
    write: Callable[[], object],
    texts: Sequence[tuple[str, str]],
    show_again: Callable[[ReadAudit, Problem], Response],
    notice: str,
    next_page: str = "",
) -> Response:
    """Save a section by `write`, and go on to the check of the audit or `next_page`, or back to the list of themes.

    `texts` are what was typed, each with its label, for when nothing can be saved any more. `show_again` shows the form
    with what is saved now and why it was refused.
    """
    try:
        with acting.attempt():
            write()
    except (Conflict, NotAllowed) as problem:
        return show_not_saved(request, acting, found, problem, texts)
    except (Invalid, Stale) as problem:
        fresh = audits.find_audit(acting.session, audit_id=found.audit.id, by=acting.actor)
        return show_again(fresh, problem)
    onward = next_page or audit_path_of(found, "check")
    return redirect(audit_path_of(found) if form.text("do") == LIST else onward, notice=notice)


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
