"""The document of the interface, for programs that make clients of it."""

from fastapi import Request
from starlette.responses import JSONResponse, Response

from api.foundation.http.dependencies import Needs, public
from api.foundation.http.routing import Router
from api.foundation.problems import NotFound

router = Router(include_in_schema=False)


@router.get(
    "/openapi.json",
    dependencies=[
        public(
            "Developers of clients read it before they have a token. It holds no records.", needs=Needs.HEAVY_READING
        )
    ],
)
def describe(request: Request) -> Response:
    """Made when it is first asked for, which takes seconds: in a thread, so that other requests go on."""
    if not request.app.state.settings.show_api_documentation:
        raise NotFound("page")
    return JSONResponse(request.app.openapi())
