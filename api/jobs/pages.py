"""Pages of jobs: long work that was asked for, followed, cancelled and come back to."""

import uuid
from typing import Annotated, Final

from fastapi import Request
from starlette.responses import Response

from api.foundation.http.dependencies import Acting, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.jobs import actions
from api.rounds import actions as rounds
from models import Job, JobKind, JobState

router = Router(include_in_schema=False)
ReadingAsker = Annotated[Acting, reading(Permission.FOLLOW_JOBS)]
WritingAsker = Annotated[Acting, writing(Permission.FOLLOW_JOBS)]

STATE_COLOURS: Final = {
    JobState.WAITING: "grey",
    JobState.WORKING: "blue",
    JobState.DONE: "green",
    JobState.FAILED: "red",
    JobState.CANCELLED: "grey",
}


def asked(_: Acting, job: Job) -> Response:
    """To the page of a job that was asked for."""
    return redirect(f"/jobs/{job.id}")


@router.get("/jobs")
def list_jobs(request: Request, acting: ReadingAsker) -> Response:
    found = actions.of_asker(acting.session, by=acting.actor)
    titles = {
        round_id: rounds.find(acting.session, round_id=round_id, by=acting.actor).title
        for round_id in {job.round_id for job in found if job.round_id is not None}
    }
    return render(request, "jobs/list.html", acting=acting, found=found, titles=titles, colours=STATE_COLOURS)


@router.get("/jobs/{job_id}")
def show_job(request: Request, acting: ReadingAsker, job_id: uuid.UUID) -> Response:
    job = actions.find(acting.session, job_id=job_id, by=acting.actor)
    return render(
        request,
        "jobs/job.html",
        acting=acting,
        job=job,
        standing=job.round_id and rounds.find(acting.session, round_id=job.round_id, by=acting.actor),
        colours=STATE_COLOURS,
        problem=actions.refusal_read(job.refusal) if job.refusal else None,
        result=_path_of(job),
        stored=actions.stored_so_far(acting.session, job),
    )


@router.post("/jobs/{job_id}/cancel")
def cancel_job(acting: WritingAsker, job_id: uuid.UUID) -> Response:
    actions.cancel(acting.session, job_id=job_id, by=acting.actor)
    return redirect(f"/jobs/{job_id}", notice="The job is cancelled. Nothing was stored.")


def _path_of(job: Job) -> str:
    if job.made_id is None:
        return ""
    match job.kind:
        case JobKind.CASE_LIST:
            return "/case-lists"
        case JobKind.SAMPLE:
            return f"/samples/{job.made_id}"
        case JobKind.SNAPSHOT:
            return f"/snapshots/{job.made_id}"
        case JobKind.ALLOCATION:
            return f"/rounds/{job.round_id}"
