"""Jobs over REST: long work that was requested, and can be followed or cancelled."""

import uuid
from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field
from sqlmodel import Session
from starlette.responses import Response

from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply
from api.foundation.http.routing import Router
from api.foundation.jobs import queue as actions
from api.foundation.permissions import Permission
from models import Job, JobKind, JobState

router = Router(prefix="/jobs", tags=["Jobs"])
ReadingAsker = Annotated[Transaction, reading(Permission.FOLLOW_JOBS)]
WritingAsker = Annotated[Transaction, writing(Permission.FOLLOW_JOBS)]


class JobFault(BaseModel):
    pointer: str
    detail: str


class JobOut(BaseModel):
    id: uuid.UUID
    kind: JobKind
    state: JobState
    round_id: Annotated[uuid.UUID | None, Field(description="The round that the job is about, if any.")]
    size: Annotated[int, Field(description="Number of cases or audits in the job.")]
    stored: Annotated[int, Field(description="Number stored so far. Nobody can see them until all are stored.")]
    made_at: datetime
    finished_at: datetime | None
    made_id: Annotated[
        uuid.UUID | None,
        Field(description="The case list, sample or snapshot that the job created; for an allocation, the round."),
    ]
    detail: Annotated[str, Field(description="The reason why the job failed.")]
    faults: Annotated[list[JobFault], Field(description="The errors to correct, if known.")]

    @classmethod
    def of(cls, session: Session, job: Job) -> Self:
        problem = actions.read_refusal(job.refusal) if job.refusal else None
        return cls(
            **job.model_dump(include=cls.model_fields.keys() - {"detail", "faults", "stored"}),
            stored=actions.stored_so_far(session, job),
            detail=problem.detail if problem else "",
            faults=[JobFault(pointer=each.pointer, detail=each.detail) for each in problem.faults] if problem else [],
        )


class JobList(BaseModel):
    items: list[JobOut]


def asked(acting: Transaction, job: Job) -> Response:
    """The response that a job was requested, and where to follow it."""
    return json_reply(JobOut.of(acting.session, job), status=202, location=f"/api/v1/jobs/{job.id}")


# What a route that may become a job declares as its responses.
ASKED: dict[int | str, dict[str, Any]] = {
    202: {
        "model": JobOut,
        "description": ("The request will take time and has become a job. The Location header gives its address."),
    }
}


@router.get("", response_model=JobList)
def list_jobs(acting: ReadingAsker) -> JobList:
    """Your own jobs, newest first. Jobs are kept for 7 days."""
    return JobList(
        items=[JobOut.of(acting.session, job) for job in actions.list_own_jobs(acting.session, by=acting.actor)]
    )


@router.get("/{job_id}", response_model=JobOut, responses=refusals(404))
def read_job(acting: ReadingAsker, job_id: uuid.UUID) -> JobOut:
    """The progress of a job, and its result."""
    return JobOut.of(acting.session, actions.find_job(acting.session, job_id=job_id, by=acting.actor))


@router.post("/{job_id}/cancel", response_model=JobOut, responses=refusals(404, 409))
def cancel_job(acting: WritingAsker, job_id: uuid.UUID) -> JobOut:
    """Cancel a job. Nothing is stored."""
    return JobOut.of(acting.session, actions.cancel_job(acting.session, job_id=job_id, by=acting.actor))
