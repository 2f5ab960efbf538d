"""The reference as pages: a list of the parts of the interface, and a page for each."""

from typing import Final

from fastapi import Request
from starlette.responses import Response

from api.foundation.http.dependencies import Needs, public
from api.foundation.http.routing import Router
from api.foundation.pages.rendering import render
from api.foundation.permissions import Permission
from api.foundation.problems import NotFound
from api.rest_reference.describing import Group, first_sentence, groups_of, paragraphs_of

router = Router(include_in_schema=False)
DESCRIBES: Final = public("Describes the REST interface; holds no records.", needs=Needs.HEAVY_READING)


@router.get("/rest", dependencies=[DESCRIBES])
def list_groups(request: Request) -> Response:
    return render(request, "rest_reference/list.html", groups=_groups(request), first_sentence=first_sentence)


@router.get("/rest/{slug}", dependencies=[DESCRIBES])
def show_group(request: Request, slug: str) -> Response:
    group = next((each for each in _groups(request) if each.slug == slug), None)
    if group is None:
        raise NotFound("part of the reference")
    address = str(request.app.state.settings.public_address or "https://YOUR-SERVICE").rstrip("/")
    labels = {each.value: each.label[:1].lower() + each.label[1:] for each in Permission}
    return render(
        request,
        "rest_reference/group.html",
        group=group,
        address=address,
        labels=labels,
        paragraphs_of=paragraphs_of,
    )


def _groups(request: Request) -> tuple[Group, ...]:
    """Made when they are first asked for: the whole document takes seconds. Few wait for it at once."""
    state = request.app.state
    if not state.settings.show_api_documentation:
        raise NotFound("page")
    if not hasattr(state, "rest_reference"):
        state.rest_reference = groups_of(request.app.openapi())
    found: tuple[Group, ...] = state.rest_reference
    return found
