"""Pages of jobs: long work that was requested, and can be followed or cancelled."""

import uuid
from typing import Annotated, Final

from fastapi import Request
from starlette.responses import Response

from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.jobs import queue as actions
from api.foundation.jobs.long_work import work_of
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.jobs.queries import titles_of_rounds
from models import Job, JobState

router = Router(include_in_schema=False)
ReadingAsker = Annotated[Transaction, reading(Permission.FOLLOW_JOBS)]
WritingAsker = Annotated[Transaction, writing(Permission.FOLLOW_JOBS)]

STATE_COLOURS: Final = {
    JobState.WAITING: "grey",
    JobState.WORKING: "blue",
    JobState.DONE: "green",
    JobState.FAILED: "red",
    JobState.CANCELLED: "grey",
}


def asked(_: Transaction, job: Job) -> Response:
    """Redirect to the page of a requested job."""
    return redirect(f"/jobs/{job.id}")


@router.get("/jobs")
def list_jobs(request: Request, acting: ReadingAsker) -> Response:
    found = actions.list_own_jobs(acting.session, by=acting.actor)
    titles = titles_of_rounds(acting.session, found)
    return render(request, "jobs/list.html", acting=acting, found=found, titles=titles, colours=STATE_COLOURS)


@router.get("/jobs/{job_id}")
def show_job(request: Request, acting: ReadingAsker, job_id: uuid.UUID) -> Response:
    job = actions.find_job(acting.session, job_id=job_id, by=acting.actor)
    return render(
        request,
        "jobs/job.html",
        acting=acting,
        job=job,
        round_id=job.round_id,
        round_title=titles_of_rounds(acting.session, [job]).get(job.round_id, ""),
        colours=STATE_COLOURS,
        problem=actions.read_refusal(job.refusal) if job.refusal else None,
        result=work_of(job.kind).path_of(job.made_id) if job.made_id is not None else "",
        stored=actions.stored_so_far(acting.session, job),
    )


@router.post("/jobs/{job_id}/cancel")
def cancel_job(acting: WritingAsker, job_id: uuid.UUID) -> Response:
    actions.cancel_job(acting.session, job_id=job_id, by=acting.actor)
    return redirect(f"/jobs/{job_id}", notice="Job cancelled. Nothing was stored.")
