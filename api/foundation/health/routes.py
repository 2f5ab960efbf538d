"""Health checks for monitoring. They tell nothing else about the service."""

from typing import Annotated, Literal

from fastapi import Request
from pydantic import BaseModel, Field

from api.foundation.health.readiness import Readiness
from api.foundation.http.dependencies import public
from api.foundation.http.problem_details import refusals
from api.foundation.http.routing import Router
from api.foundation.problems import Unavailable

router = Router(prefix="/health", tags=["Health"])


class CheckOut(BaseModel):
    name: str
    ok: bool
    detail: str
    warning: Annotated[
        bool, Field(description="Whether somebody should look at it, though requests can be served.")
    ] = False


class HealthOut(BaseModel):
    status: Literal["up"] = "up"


class ReadyOut(HealthOut):
    checks: list[CheckOut]


@router.get(
    "/live",
    dependencies=[public("Monitoring systems have no account; the answer shows only that the process is running.")],
)
async def live() -> HealthOut:
    """Whether the process responds. Needs no thread and no database. Restart the process if it does not respond."""
    return HealthOut()


@router.get(
    "/ready",
    dependencies=[
        public("Monitoring systems have no account; the answer shows only whether the service can handle requests.")
    ],
    responses=refusals(503),
)
async def ready(request: Request) -> ReadyOut:
    """Whether requests can be served: the database can be read and written, queues move and background workers run.

    503 with the reason while they cannot. Also shows what does not stop the service: the clock's last jump, and, where
    the service makes backups, the age of the newest.
    """
    readiness: Readiness = request.app.state.readiness
    checks = await readiness.checks()
    wrong = " ".join(check.detail for check in checks if not check.ok)
    if wrong:
        raise Unavailable(wrong)
    shown = [CheckOut(name=each.name, ok=each.ok, detail=each.detail, warning=each.warns) for each in checks]
    return ReadyOut(checks=shown)
