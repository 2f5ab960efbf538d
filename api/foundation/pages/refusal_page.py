"""The page of a refusal that no other page shows: it gives back what was typed, and sends it again where that helps."""

from contextlib import suppress
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse

from api.foundation.pages.forms import TypedForm, posted_form
from api.foundation.pages.rendering import compile_before_refusing, current_path, render
from api.foundation.pages.resumed_form import CarriedForm, keep_until_proved
from api.foundation.problems import CrossSite, Problem, Unavailable

_PAGE: Final = "problem.html"

compile_before_refusing(_PAGE, "base.html", "macros/parts.html", "macros/fields.html")


async def problem_page(request: Request, problem: Problem) -> HTMLResponse:
    """A refusal as a page of its own.

    A form that was sent comes back with it to its sender alone, without passwords and files. Where the service could
    not save it for the moment, and nothing of it has to be entered again, one button sends it again.
    """
    form = await _form_of(request, problem)
    sent = None if form is None else keep_until_proved(form, path=current_path(request), typist=None)
    headers = {name: value for name, value in problem.headers.items() if name != "WWW-Authenticate"}
    return render(
        request,
        _PAGE,
        status=problem.status,
        headers=headers,
        problem=problem,
        words=[text.replace("\x00", "") for text in sent.words] if sent else [],
        sent=sent if form and sent and isinstance(problem, Unavailable) and _is_whole(sent, form) else None,
        request_id=getattr(request.state, "request_id", ""),
    )


async def _form_of(request: Request, problem: Problem) -> TypedForm | None:
    """The form that was sent, as far as its route read it; read here for somebody who is signed in.

    Nothing more is read for a stranger, nor of a body that was not read because it is large, nor from another site.
    """
    read: TypedForm | None = getattr(request.state, "posted", None)
    is_known = getattr(request.state, "actor", None) is not None and not hasattr(request.state, "first_part")
    if read is None and is_known and request.method == "POST" and not isinstance(problem, CrossSite):
        with suppress(Problem, RuntimeError):  # no form, or a body that somebody else has read
            read = await posted_form(request)
    return read


def _is_whole(sent: CarriedForm, form: TypedForm) -> bool:
    """Whether the form can be sent again as it is: a password and a file are not kept."""
    return not sent.lost_file and len(sent.fields) == sum(len(texts) for texts in form.typed.values())
