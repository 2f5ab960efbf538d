"""What the pages of jobs show besides the job."""

import uuid
from collections.abc import Iterable

from sqlmodel import Session

from models import Job, Round


def titles_of_rounds(session: Session, jobs: Iterable[Job]) -> dict[uuid.UUID | None, str]:
    """The titles of the rounds that these jobs are about."""
    about = {(job.organisation_id, job.round_id) for job in jobs if job.round_id is not None}
    return {round_id: session.get_one(Round, (own, round_id)).title for own, round_id in about}
