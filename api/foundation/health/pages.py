"""The address that Prometheus reads, where the operator asked for it."""

from fastapi import Request
from starlette.responses import Response

from api.foundation.health.metrics import MEDIA_TYPE, RequestCounts, families_of, text_of
from api.foundation.health.readiness import Readiness
from api.foundation.http.capacity import Capacity
from api.foundation.http.dependencies import database_of, public
from api.foundation.http.routing import Router
from api.foundation.problems import NotFound
from api.foundation.settings import Settings

router = Router(include_in_schema=False)


@router.get(
    "/metrics", dependencies=[public("Monitoring has no account. It is off unless asked for, and names nobody.")]
)
async def show_metrics(request: Request) -> Response:
    settings: Settings = request.app.state.settings
    if not settings.metrics:
        raise NotFound
    readiness: Readiness = request.app.state.readiness
    capacity: Capacity = request.app.state.capacity
    requests: RequestCounts = request.app.state.requests
    loads = (*capacity.loads, database_of(request).writer.load)
    families = families_of(settings, requests, loads, await readiness.checks(), leads=request.app.state.leader.leads)
    return Response(text_of(families), media_type=MEDIA_TYPE)
