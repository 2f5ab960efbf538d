"""Whether the service is up, for whatever watches over it. Says nothing else about it."""

from typing import Annotated, Literal

from fastapi import Depends
from pydantic import BaseModel
from sqlalchemy import text

from api.dependencies import database_of, public
from api.routing import Router
from models.database import Database

router = Router(prefix="/health", tags=["Health"])


class HealthOut(BaseModel):
    status: Literal["up"] = "up"


@router.get("/live", dependencies=[public("Watchers have no account; it tells only that the process answers.")])
async def live() -> HealthOut:
    """Whether the process answers. Restart it when it does not."""
    return HealthOut()


@router.get("/ready", dependencies=[public("Watchers have no account; it tells only that the database answers.")])
def ready(database: Annotated[Database, Depends(database_of)]) -> HealthOut:
    """Whether the database answers too; 503 while it does not. Send no requests here until it does."""
    with database.reading() as session:
        session.connection().execute(text("SELECT 1"))
    return HealthOut()
